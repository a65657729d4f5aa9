"""exchange codes: the reference, from the code itself."""

from exchange.cli._reference import listing

command = listing("codes", "The finding codes, with their meaning and next step.")
