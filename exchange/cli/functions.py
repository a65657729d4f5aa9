"""exchange functions: the reference, from the code itself."""

from exchange.cli._reference import listing

command = listing("functions", "The functions of mapping expressions.")
