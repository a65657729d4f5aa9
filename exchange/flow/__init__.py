"""Flows bound to what their names mean: declared files in, objects that can do the work out."""
