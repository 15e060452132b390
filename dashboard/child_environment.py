"""The environment of processes that read what anybody wrote: no secret is in it."""

from __future__ import annotations

import os
import sys

from hcs.lifeline import SINGLE_THREADED

_PASSED_ON = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "SYSTEMROOT",
    "TMPDIR",
    "TEMP",
    "LD_LIBRARY_PATH",
)


def environment() -> dict[str, str]:
    """Return what a program of somebody else gets of this process's environment."""
    return {name: os.environ[name] for name in _PASSED_ON if name in os.environ}


def python_environment() -> dict[str, str]:
    """Return that of a Python which imports what this one does, on one thread."""
    paths = os.pathsep.join(path or os.getcwd() for path in sys.path)  # noqa: PTH109
    return {
        **environment(),
        "PYTHONPATH": paths,
        **SINGLE_THREADED,
    }
