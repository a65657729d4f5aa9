"""Exchange: a file-based batch exchange engine."""

__version__ = "0.1.0"
