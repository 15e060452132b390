"""Every set of `shared/data/exports`, looked through as its README says it is right.

A row is a set. Where only metadata is at hand, `images` writes blank TIFFs by the names
that the metadata gives.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from hcs.ingest.importing import import_plate
from hcs.layout import parse_well
from tests.exports import names_in_index, writable_copy, write_blanks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

Um = tuple[float, float]
"""Micrometres along y and x."""


@dataclass(frozen=True, kw_only=True)
class ExportSet:
    """A set, and what importing it by `auto` yields."""

    folder: str
    """Below `exports`: what the import is pointed at."""

    images: Callable[[Path], None] = lambda folder: None
    """Writes the images that the set lacks into a copy of the folder."""

    preset: str
    plate: str
    found: str
    expected: str
    channels: tuple[str, ...]
    format: str = "96"
    pixel_size: Um | None = None
    z_step: float | None = None
    centres: Mapping[tuple[str, str], Um] = field(default_factory=dict)
    """Of fields from the centre of the well, by well and the field's label."""

    files: Mapping[tuple[str, str, str, int, int], str] = field(default_factory=dict)
    """The file of a plane, by well, field's label, channel, z and t (from 0)."""

    notes: tuple[str, ...] = ()
    """Parts of what the report says."""


SETS = (
    ExportSet(
        folder="harmony_v7_meta/images",
        images=lambda folder: write_blanks(
            folder, names_in_index(folder / "Index.xml"), (64, 64)
        ),
        preset="phenix",
        plate="240624_WES_Perturbs_n_densities_1.1",
        found="1 wells x 1 fields x 7 channels x 1 z x 1 t: 7 planes",
        expected="1 wells x 1 fields x 7 channels x 1 z x 1 t: 7 planes",
        channels=(
            "Alexa 488",
            "Alexa 568",
            "Alexa 488 Em 650",
            "405ex, 570-630-em)",
            "Alexa 647",
            "HOECHST 33342",
            "Brightfield",
        ),
        pixel_size=(0.296688, 0.296688),
    ),
)


@pytest.mark.parametrize("case", SETS, ids=lambda case: case.folder.partition("/")[0])
def test_a_set_is_understood_as_its_readme_says(case, shared_data, tmp_path):
    source = writable_copy(
        shared_data / "exports" / case.folder,
        tmp_path / case.folder.rpartition("/")[2],
    )
    case.images(source)
    report = import_plate(source, dry_run=True)
    plan = report.plan
    assert (report.preset, plan.export.plate) == (case.preset, case.plate)
    assert (str(report.found), str(report.expected)) == (case.found, case.expected)
    assert report.channel_names == case.channels
    assert plan.format.name == case.format
    assert plan.traits.pixel_size == (
        case.pixel_size and pytest.approx(case.pixel_size, rel=1e-4)
    )
    assert plan.traits.z_step == (case.z_step and pytest.approx(case.z_step, rel=1e-2))
    labels = [part.label for part in plan.grid.fields]
    for (well, label), centre in case.centres.items():
        key = parse_well(well), labels.index(label)
        assert plan.traits.centres[key] == pytest.approx(centre, abs=0.1)
    for (well, label, channel, z, t), name in case.files.items():
        c = report.channel_names.index(channel)
        planes = plan.grid.planes[parse_well(well), labels.index(label)]
        assert planes[t, c, z].file == name
    for text in case.notes:
        assert text in str(report)
    listed = {*report.used, *(name for name, _ in report.skipped)}
    assert listed == {
        path.relative_to(source).as_posix()
        for path in source.rglob("*")
        if path.is_file()
    }
