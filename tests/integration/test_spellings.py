"""Corrections take wells and fields in the spellings that reading takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hcs
from hcs.metadata import Plate, PlateAcquisition, PlateColumn, PlateRow, PlateWell
from tests import plates

ME = hcs.Who("Ada", "typed")


def _image(value: int) -> hcs.NgffImage:
    return hcs.to_ngff_image(np.full((1, 30, 40), value, "u2"), dims=("c", "y", "x"))


@pytest.fixture(params=["0.4", "0.5"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A plate whose fields are called s1 and s2 by their source."""
    path = tmp_path / "p.zarr"
    with hcs.HCSPlateWriter(path, plates.document(), request.param) as writer:
        for field in (0, 1):
            writer.write_well_image(
                _image(field), "B", "2", field, label=f"s{field + 1}"
            )
    return path


def _base(path: Path, field: str) -> str:
    with hcs.from_hcs_zarr(path) as plate:
        return plate.well("B2").field(field).version


@pytest.mark.parametrize(
    ("well", "field"),
    [("B/2", "1"), ("B2", "s2"), ("b2", 1), ("B02", "B/2/1"), ("r02c02", "s2")],
)
def test_a_field_is_staged_and_reverted_by_any_name(
    path: Path, well: str, field: Any
) -> None:
    first = _base(path, "1")
    staged = hcs.stage_field(path, well, field, _image(9), base=first)
    staged.commit(who="Ada", reason="focus")
    ((_, name), events), *_ = [
        (key, events)
        for key, events in hcs.history(path, well).items()
        if len(events) > 1
    ]
    assert (name, events[-1].who, events[-1].known) == ("1", "Ada", "typed")
    hcs.revert(path, well, str(field), first, who=ME, reason="was right")
    assert _base(path, "1") == first


def test_a_plate_that_is_open_is_a_place(path: Path) -> None:
    with hcs.from_hcs_zarr(path) as plate:
        first = plate.well("B2").field("s1").version
        staged = hcs.stage_field(plate, "B2", "s1", _image(9), base=first)
        staged.commit(who=ME, reason="focus")
        hcs.write_labels(plate, "B2", "s1", "nuclei", np.ones((30, 40), "u1"))
        assert len(hcs.history(plate, "B2")["B/2", "0"]) == 2
        hcs.settle(plate, now=True)
        plate.refresh()
        assert plate.well("B2").field("s1").image().labels == ("nuclei",)
        hcs.revert(plate, "B2", "s1", first, who=ME, reason="was right")


def test_the_path_of_a_correction_names_its_field(path: Path) -> None:
    hcs.stage_field(path, "B2", "s1", _image(8), base=_base(path, "0")).commit(
        who=ME, reason="focus"
    )
    staged = hcs.stage_field(path, "B2", "0r2", _image(9), base=_base(path, "0"))
    assert staged.place.name == "0"
    staged.discard()


def test_a_new_field_of_a_well_that_is_not_listed_takes_any_spelling(
    path: Path,
) -> None:
    staged = hcs.stage_field(path, "a03", 0, _image(9), base=None)
    staged.commit(who=ME, reason="was forgotten")
    with hcs.from_hcs_zarr(path) as plate:
        assert plate.well("A/3").field("0").exists()


@pytest.mark.parametrize("well", ["", "A/", "99", "Z99", "A/2/0", "../B2"])
def test_no_well_is_guessed(path: Path, well: str) -> None:
    with pytest.raises(hcs.HCSError):
        hcs.stage_field(path, well, "s1", _image(9), base=None)


def test_a_label_that_several_acquisitions_have_asks_for_one(tmp_path: Path) -> None:
    document = Plate(
        columns=[PlateColumn("1")],
        rows=[PlateRow("A")],
        wells=[PlateWell("A/1", 0, 0)],
        acquisitions=[PlateAcquisition(0), PlateAcquisition(1)],
    )
    path = tmp_path / "p.zarr"
    with hcs.HCSPlateWriter(path, document) as writer:
        for run in (0, 1):
            writer.write_well_image(_image(run), "A", "1", 0, run, label="s1")
    with pytest.raises(hcs.MetadataError, match="acquisitions 0, 1"):
        hcs.stage_field(path, "A1", "s1", _image(9), base=None)
    with hcs.from_hcs_zarr(path) as plate:
        base = plate.well("A1").field("s1", 1).version
    staged = hcs.stage_field(path, "A1", "s1", _image(9), base=base, acquisition=1)
    assert staged.place.name == "a1f0"
    staged.discard()


@pytest.mark.parametrize("who", [None, "", "  ", 7, hcs.Who("")])
def test_a_commit_names_somebody(path: Path, who: Any) -> None:
    staged = hcs.stage_field(path, "B2", "s1", _image(9), base=_base(path, "0"))
    with pytest.raises(hcs.ArgumentError, match="name that the history keeps"):
        staged.commit(who=who, reason="focus")
    with pytest.raises(hcs.ArgumentError, match="name that the history keeps"):
        hcs.revert(path, "B2", "s1", "x", who=who, reason="focus")
    staged.discard()


@pytest.mark.parametrize("reason", [None, "", " \n", 7])
def test_a_commit_says_why(path: Path, reason: Any) -> None:
    staged = hcs.stage_field(path, "B2", "s1", _image(9), base=_base(path, "0"))
    before = _base(path, "0")
    with pytest.raises(hcs.ArgumentError, match="say why"):
        staged.commit(who=ME, reason=reason)
    assert _base(path, "0") == before
    assert staged.commit(who=ME, reason=" focus ").why == "focus"
    with pytest.raises(hcs.ArgumentError, match="say why"):
        hcs.revert(path, "B2", "s1", before, who=ME, reason=reason)


@pytest.mark.parametrize(
    ("well", "message"),
    [("Q7", "no row 'Q'; it has"), ("B23", "no column '23'; it has")],
)
def test_a_well_outside_the_plate_is_told_from_one_that_is_misspelled(
    path: Path, well: str, message: str
) -> None:
    with pytest.raises(hcs.MetadataError, match=message):
        hcs.stage_field(path, well, 0, _image(9), base=None)
    with pytest.raises(hcs.MetadataError, match=message):
        hcs.history(path, well)


@pytest.mark.parametrize(
    ("well", "base", "pixels"),
    [
        ("Q7", None, _image(9)),
        ("B2", "no version", _image(9)),
        ("B2", None, None),
    ],
)
def test_what_is_not_staged_leaves_nothing_beside_an_archive(
    tmp_path: Path, well: str, base: str | None, pixels: Any
) -> None:
    path = tmp_path / "p.ozx"
    with hcs.HCSPlateWriter(path, plates.document()) as writer:
        writer.write_well_image(_image(1), "B", "2")
    with hcs.from_hcs_zarr(path) as plate:
        live = plate.well("B2").field("0").version
    with pytest.raises(hcs.HCSError):
        hcs.stage_field(path, well, "0", pixels, base=base or live)
    assert list(tmp_path.iterdir()) == [path]


def test_a_version_is_named_by_the_beginning_of_its_id(path: Path) -> None:
    first = _base(path, "1")
    staged = hcs.stage_field(path, "B2", 1, _image(9), base=first)
    second = staged.commit(who=ME, reason="focus").id
    hcs.revert(path, "B2", "1", first[:8], who=ME, reason="was right")
    assert _base(path, "1") == first
    with pytest.raises(hcs.ConflictError, match="already"):
        hcs.revert(path, "B2", "1", first[:8], who=ME, reason="was right")
    with pytest.raises(hcs.NotFoundError, match="could be 2"):
        hcs.revert(path, "B2", "1", "", who=ME, reason="was right")
    with pytest.raises(hcs.NotFoundError, match=f"is unknown.*{second[:8]}"):
        hcs.revert(path, "B2", "1", "not", who=ME, reason="was right")
