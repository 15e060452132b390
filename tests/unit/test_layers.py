"""What a module may load, asked of a fresh interpreter.

import-linter follows imports through our own modules only; here the whole chain counts,
other packages included.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

_DRAWING = ("panel", "holoviews", "bokeh", "datashader")
_STORING = ("zarr", "sqlalchemy", "obstore")

_PURE = (
    "hcs",
    "hcs.cache",
    "hcs.errors",
    "hcs.layout",
    "hcs.metadata",
    "hcs.pyramid",
    "hcs.qc.quality",
    "hcs.qc.screen",
    "hcs.spec",
)
_FACELESS = (
    "dashboard.contrast",
    "dashboard.database",
    "dashboard.decoding",
    "dashboard.events",
    "dashboard.http",
    "dashboard.rendering",
    "dashboard.reviews.reviews",
    "dashboard.service",
    "dashboard.state",
    "dashboard.uploads",
    "dashboard.urls",
    "dashboard.values",
)
_QUICK = ("hcs.cli", "dashboard.cli")


def _loaded(module: str, suspects: tuple[str, ...]) -> list[str]:
    """Import a module in a new process and return the suspects that came with it."""
    program = (
        f"import sys, {module}\n"
        f"print(*[name for name in {suspects!r} if name in sys.modules])"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return run.stdout.split()


@pytest.mark.parametrize("module", _PURE)
def test_pure_module_loads_neither_zarr_nor_anything_that_draws(module: str) -> None:
    assert _loaded(module, _DRAWING + _STORING) == []


@pytest.mark.parametrize("module", _FACELESS)
def test_service_module_loads_nothing_that_draws(module: str) -> None:
    assert _loaded(module, _DRAWING) == []


@pytest.mark.parametrize("module", _QUICK)
def test_command_line_answers_help_without_loading_what_is_heavy(module: str) -> None:
    assert _loaded(module, (*_DRAWING, "zarr", "scipy", "numba")) == []
