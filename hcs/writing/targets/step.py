"""Names for the moments at which a crash would matter.

The writing modules call `reached` before each act that changes a plate's bytes, and it
does nothing. The fault suite runs writers in child processes where it is replaced by a
function that kills the process, so that no switch for that exists in the library.
"""

from __future__ import annotations


def reached(name: str) -> None:
    """Say that the step called `name` comes next."""
