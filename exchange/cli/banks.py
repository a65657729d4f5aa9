"""exchange banks: the reference, from the declared files themselves."""

from exchange.cli._reference import listing

command = listing("banks", "The profiles of banks there are: what each takes, and how sure that is.")
