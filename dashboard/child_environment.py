"""The environment of processes that read what anybody wrote: no secret is in it."""

from __future__ import annotations

import os
import sys

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
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def environment() -> dict[str, str]:
    """Return what a program of somebody else gets of this process's environment."""
    return {name: os.environ[name] for name in _PASSED_ON if name in os.environ}


def python_environment() -> dict[str, str]:
    """Return that of a Python which imports what this one does, on one thread."""
    paths = os.pathsep.join(path or os.getcwd() for path in sys.path)  # noqa: PTH109
    return {
        **environment(),
        "PYTHONPATH": paths,
        **dict.fromkeys(_ONE_THREAD, "1"),
    }
