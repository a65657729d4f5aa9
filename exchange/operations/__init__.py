"""What a person can do. The command line calls these functions, and so will every other face.

Each returns plain values (dicts, lists, dataclasses) that a face shows; none prints, none contains SQL.
"""
