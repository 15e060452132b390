"""What a module may load, asked of a fresh interpreter.

import-linter follows imports through our own modules only; here the whole chain counts,
other packages included.
"""

from __future__ import annotations

import subprocess
import sys

_DRAWING = ("panel", "holoviews", "bokeh", "datashader")
_STORING = ("zarr", "sqlalchemy", "obstore")

_PURE = (
    "hcs",
    "hcs.cache",
    "hcs.errors",
    "hcs.gaps",
    "hcs.layout",
    "hcs.lines",
    "hcs.metadata",
    "hcs.images.pyramid",
    "hcs.qc.run.quality",
    "hcs.qc.plates.screen",
    "hcs.ngff.multiscale",
    "hcs.ngff.plate",
)
_FACELESS = (
    "dashboard.plates.contrast",
    "dashboard.storage.database",
    "dashboard.storage.engine",
    "dashboard.corrections.decoding",
    "dashboard.events",
    "dashboard.compose",
    "dashboard.web.routes",
    "dashboard.quality.judging",
    "dashboard.pictures.rendering",
    "dashboard.reviews.decisions",
    "dashboard.reviews.reviews",
    "dashboard.projects.roles",
    "dashboard.service",
    "dashboard.state",
    "dashboard.quality.statistics",
    "dashboard.quality.suspects",
    "dashboard.corrections.uploads",
    "dashboard.addresses",
    "dashboard.corrections.values",
    "dashboard.plates.values",
    "dashboard.progress",
    "dashboard.quality.values",
)
_QUICK = ("hcs.cli", "dashboard.cli")


def _guilty(modules: tuple[str, ...], suspects: tuple[str, ...]) -> list[str]:
    """Import modules one after the other in a new process; return who loaded what.

    They share the process because most of its time goes into numpy and the like.
    """
    program = (
        "import sys\n"
        "from importlib import import_module\n"
        f"for module in {modules!r}:\n"
        "    before = set(sys.modules)\n"
        "    import_module(module)\n"
        f"    for suspect in {suspects!r}:\n"
        "        if suspect in sys.modules and suspect not in before:\n"
        "            print(module, 'loads', suspect)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return run.stdout.splitlines()


def test_pure_modules_load_neither_zarr_nor_anything_that_draws() -> None:
    assert _guilty(_PURE, _DRAWING + _STORING) == []


def test_service_modules_load_nothing_that_draws_nor_slow_tests_of_chance() -> None:
    """Half a second of each server and each worker went into `scipy.stats`."""
    assert _guilty(_FACELESS, (*_DRAWING, "scipy.stats")) == []


def test_command_lines_answer_help_without_loading_what_is_heavy() -> None:
    assert _guilty(_QUICK, (*_DRAWING, "zarr", "scipy", "numba")) == []
