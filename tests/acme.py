"""A small package that is really installed: metrics and a preset by entry points."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MODULE = """
from dataclasses import replace

from hcs.ingest import Microscope, NamePattern, by_pattern
from hcs.qc import Definition, NotComputableError


def _middle(plane):
    return float(plane.pixels[0, 0])


def _ratio(plane, reference):
    return float(plane.pixels[0, 0] / reference.pixels[0, 0])


def _fails(plane):
    return 1 / 0


def _about(id, compute, **more):
    return Definition(
        id=id, title=id.capitalize(), unit="counts", meaning="Of a test.",
        misleads="Always.", compute=compute, **more,
    )


METRICS = (
    _about("corner", _middle),
    _about("corner_ratio", _ratio, scope="pair"),
    _about("failing", _fails),
)
TAKEN = _about("mean", _middle)
NONE = "no metric"

PATTERN = NamePattern(r"acme_(?P<well>[A-H]\\d\\d)_(?P<channel>\\w+)\\.tif")


def _read(source, files, reason, *, projection=False):
    return replace(
        by_pattern(files, PATTERN, source.name), preset="acme", reason=reason
    )


PRESET = Microscope(
    preset="acme", maker="Acme", read=_read,
    matches=lambda file: PATTERN.read(file.base) is not None,
)
BAD_PRESET = Microscope(
    preset="bad", maker="Bad", read=_read, matches=lambda file: 1 / 0,
)
"""

METADATA = """Metadata-Version: 2.1
Name: acme-hcs
Version: 1.2
"""

ENTRY_POINTS = """[hcs.metrics]
corner = acme_hcs:METRICS
taken = acme_hcs:TAKEN
none = acme_hcs:NONE
lost = acme_lost:METRICS

[hcs.imports]
acme = acme_hcs:PRESET
bad = acme_hcs:BAD_PRESET
none = acme_hcs:NONE
"""


def install(folder: Path) -> Path:
    """Install the package into a folder, as pip lays packages out; return the folder.

    It serves processes that have the folder in ``PYTHONPATH``.
    """
    about = folder / "acme_hcs-1.2.dist-info"
    about.mkdir(parents=True)
    (folder / "acme_hcs.py").write_text(MODULE)
    (about / "METADATA").write_text(METADATA)
    (about / "entry_points.txt").write_text(ENTRY_POINTS)
    return folder
