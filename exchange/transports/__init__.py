"""How places are reached: one module per transport, all with the functions that `contract` describes."""
