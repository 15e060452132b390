"""Who acts: the name that goes into a history where nobody gave another."""

from __future__ import annotations

import getpass

from hcs.metadata import Who


def login_name() -> Who:
    """Return the name that this process runs under."""
    try:
        return Who(getpass.getuser(), "login")
    except (OSError, KeyError, ImportError):
        return Who("unknown", "login")
