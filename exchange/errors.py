"""Exceptions: what stops a piece of work. What is wrong *inside a file* is a Finding, never an exception.

The docstring of each class is its default message, so that the documentation and what a user reads cannot drift.
"""

from __future__ import annotations


class ExchangeError(Exception):
    """Something stopped this piece of work."""

    def __init__(self, message: str = "", *, advice: str = "") -> None:
        self.message = message or (self.__doc__ or "").strip().splitlines()[0]
        self.advice = advice
        super().__init__(f"{self.message} {advice}".strip())


class UseError(ExchangeError):
    """The command or the call was used wrongly."""


class UnknownNameError(UseError):
    """A name is not known here."""


class TransportError(ExchangeError):
    """A place could not be reached or did not do what was asked."""


class RefusedError(TransportError):
    """A place refused for good (authentication, host key, rights, name taken): trying again will not help."""


class InDoubtError(TransportError):
    """It cannot be known whether a file was published: a person must look before anything is sent again."""


class LedgerError(ExchangeError):
    """The ledger refused or could not store a step."""
