"""What can go wrong in the dashboard itself; everything else is an `hcs.errors`."""

from __future__ import annotations

from hcs.errors import HCSError


class DashboardError(HCSError, RuntimeError):
    """The dashboard cannot start, or cannot do what it was asked."""


class UsageError(DashboardError):
    """What is said to a command cannot be meant so."""


class NotServedError(DashboardError, LookupError):
    """No such plate, well, field, version, upload or staged correction is served."""


class OutOfRangeError(DashboardError, IndexError):
    """An address has a number that nothing here can have."""


class RefusedError(DashboardError, PermissionError):
    """The server refuses to do it: read-only, a foreign token, a quota."""


class BlockedError(DashboardError):
    """A correction differs from its target and nobody has confirmed it."""


class UnmeasuredError(DashboardError):
    """A plate's numbers are not all there, so that no table of them can be made.

    Parameters
    ----------
    message
        What is missing, and what to do.
    again
        Seconds after which it may be there; None where waiting does not help.
    """

    def __init__(self, message: str, *, again: int | None = None) -> None:
        super().__init__(message)
        self.again = again


class SignedOffError(RefusedError):
    """The plate is signed off: nothing of it may change until it is reopened."""


class TooLargeError(RefusedError):
    """More was sent, or announced, than may be uploaded."""


class NoSpaceError(RefusedError):
    """The disk of the workspace has no room for it."""


class OffsetError(DashboardError, ValueError):
    """Bytes of an upload came that do not go on where the last ones ended."""
