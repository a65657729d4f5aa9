"""exchange formats: the reference, from the code itself."""

from exchange.cli._reference import listing

command = listing("formats", "The formats there are.")
