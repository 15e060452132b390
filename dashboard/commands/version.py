"""Which version of the program this is."""

from __future__ import annotations


def version() -> str:
    """Return the installed version, or that there is none."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed("hcs-dashboard")
    except PackageNotFoundError:
        return "(not installed)"
