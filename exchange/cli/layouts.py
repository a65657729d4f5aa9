"""exchange layouts: the reference, from the code itself."""

from exchange.cli._reference import listing

command = listing("layouts", "The layouts there are, and the document each one maps to.")
