"""Packs: the files of one partner as one signed file, and how that changes a site.

`signing` keys and signatures · `bundle` the file itself · `receipt` what was installed · `change` what an
installation would change. None of them decides: `exchange/operations/packing.py` does.
"""
