"""Our declared files: YAML whose scalars keep their text and place, and the models it must satisfy.

`yaml.load` makes nodes of text, `parse.parse` a model of nodes; all problems of a pass come together.
Knows nothing of formats, transports or the ledger.
"""
