"""Superseded versions lie where nobody takes them for fields, and nothing is lost."""

from __future__ import annotations

import json
import shutil
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

import hcs
from hcs.images.image import Multiscales
from hcs.stores.location import opened_store
from hcs.writing.versions.recovery import orphans, recover
from tests import plates
from tests.faults import checks

ME = hcs.Who("Ada", "typed")
NOTES = ("hcs-unsettled", "well-image-unlisted")
FIRST_EDITION = Path(__file__).parents[1] / "first_edition/first_edition.tar.xz"


def _correct(store: Any, value: int, well: str = "A/1", field: str = "0") -> str:
    with hcs.from_hcs_zarr(store) as plate:
        base = plate.well(well).field(field).version
        shape = plate.well(well).field(field).image().images[0].data.shape
    image = hcs.to_ngff_image(np.full(shape, value, "u2"), dims=("c", "y", "x"))
    staged = hcs.stage_field(store, well, field, image, base=base)
    return staged.commit(who=ME, reason="out of focus").id


def _values(store: Any, well: str = "A/1", field: str = "0") -> dict[str, int]:
    """Return the value of each version that the history keeps, by its id."""
    events = hcs.history(store, well)[well, field]
    purged = {event.id for event in events if event.action == "purge"}
    values = {}
    with opened_store(store) as documents, hcs.from_hcs_zarr(store) as plate:
        for event in events:
            if event.id in purged:
                continue
            image = Multiscales.open(
                documents, f"{well}/{event.path}", plate.version or "0.5"
            )
            assert image.version == event.id
            (value,) = np.unique(np.asarray(image.images[0].data))
            values[event.id] = int(value)
    return values


def _shown(store: Any, well: str = "A/1", field: str = "0") -> int:
    with hcs.from_hcs_zarr(store) as plate:
        image = plate.well(well).field(field).image()
        (value,) = np.unique(np.asarray(image.images[0].data))
    return int(value)


def _groups(store: Any, well: str = "A/1") -> set[str]:
    group: Any = zarr.open_group(store, mode="r")
    return set(group[well].group_keys())


def _listed(store: Any, well: str = "A/1") -> set[str]:
    with hcs.from_hcs_zarr(store) as plate:
        return {field.path for field in plate.well(well).fields}


@pytest.fixture(params=["0.4", "0.5", "0.6"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return plates.make(tmp_path / "p.zarr", fields=2, channels=1, version=request.param)


def test_a_settled_plate_lists_the_groups_that_it_listed_before(path: Path) -> None:
    before = {well: _groups(path, well) for well in ("A/1", "B/2")}
    versions = [_correct(path, value) for value in (9, 10, 11)]
    _correct(path, 12, "B/2", "1")
    assert hcs.settle(path, now=True) == ()
    assert {well: _groups(path, well) for well in before} == before
    assert set(zarr.open_group(path, mode="r")["A/1"].array_keys()) == {"hcs_versions"}
    checks.is_at_rest(path)
    values = _values(path)
    assert [values[version] for version in versions] == [9, 10, 11]
    assert len(values) == 4
    assert [p.location for p in hcs.validate(path) if p.severity == "error"] == []
    assert not any("hcs_versions" in p.message for p in hcs.validate(path))
    assert recover(path) == ()
    assert orphans(path) == ()


def test_a_correction_that_was_taken_back_before_it_settled_is_put_away_too(
    path: Path,
) -> None:
    old = _shown(path)
    first = next(iter(hcs.history(path)["A/1", "0"])).id
    second = _correct(path, 9)
    hcs.revert(path, "A/1", "0", first, who=ME, reason="why")
    (waiting,) = hcs.settle(path, grace=60)
    assert waiting.superseded == ("0r2",)
    assert waiting.seconds > 50
    assert hcs.settle(path, grace=1e-6) == ()
    assert _groups(path) == {"0", "1"}
    assert _values(path) == {first: old, second: 9}
    assert _shown(path) == old


def test_versions_come_back_from_the_shelf_and_return_to_it(path: Path) -> None:
    first = hcs.history(path)["A/1", "0"][0].id
    old, second = _shown(path), _correct(path, 9)
    hcs.settle(path, now=True)
    for version, value in ((first, old), (second, 9), (first, old)):
        event = hcs.revert(path, "A/1", "0", version, who=ME, reason="why")
        assert "/" not in event.path
        assert _shown(path) == value
        assert _values(path) == {first: old, second: 9}
        assert [p for p in hcs.validate(path) if p.severity == "error"] == []
        hcs.settle(path, now=True)
        assert (_shown(path), _groups(path)) == (value, {"0", "1"})
        assert _values(path) == {first: old, second: 9}


def test_an_empty_shelf_goes(path: Path) -> None:
    _correct(path, 9)
    hcs.settle(path, now=True)
    (purged,) = hcs.purge(path, originals=True, yes=True)
    assert purged.key == "A/1/hcs_versions/0r1"
    assert purged.size > 0
    assert not (path / "A/1/hcs_versions").exists()
    assert _shown(path) == 9
    assert recover(path) == ()


def test_a_reader_of_a_version_finds_it_on_the_shelf_and_back(path: Path) -> None:
    first = hcs.history(path)["A/1", "0"][0].id
    old = _shown(path)
    with hcs.from_hcs_zarr(path) as plate:
        data = plate.well("A1").field("0").image().images[0].data
        _correct(path, 9)
        hcs.settle(path, now=True)
        assert np.unique(np.asarray(data)).tolist() == [old]
        hcs.revert(path, "A/1", "0", first, who=ME, reason="why")
        assert np.unique(np.asarray(data)).tolist() == [old]


def test_a_group_that_is_called_as_the_shelf_is_left_alone(path: Path) -> None:
    format_version = 2 if (path / ".zattrs").exists() else 3
    theirs = zarr.open_group(
        path / "A/1/hcs_versions", mode="w", zarr_format=format_version
    )
    theirs.attrs["theirs"] = True
    before = checks.snapshot(path / "A/1/hcs_versions")
    _correct(path, 9)
    (left,) = hcs.settle(path, now=True)
    assert "somebody else" in left.problem
    assert _shown(path) == 9
    assert checks.snapshot(path / "A/1/hcs_versions") == before


def test_a_version_that_was_removed_by_hand_keeps_nothing_unsettled(path: Path) -> None:
    first = hcs.history(path)["A/1", "0"][0].id
    _correct(path, 9)
    hcs.revert(path, "A/1", "0", first, who=ME, reason="why")
    shutil.rmtree(path / "A/1/0r2")
    assert hcs.settle(path, now=True) == ()
    assert hcs.unsettled(path) == ()


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_copies_have_their_versions_on_the_shelf(
    path: Path, version: str, tmp_path: Path
) -> None:
    _correct(path, 9)
    hcs.settle(path, now=True)
    values = _values(path)
    with hcs.from_hcs_zarr(path) as plate:
        hcs.to_hcs_zarr(plate, tmp_path / "copy.zarr", version=version)
        hcs.to_hcs_zarr(plate, tmp_path / "live.zarr", version=version, history=False)
    for copy in ("copy.zarr", "live.zarr"):
        assert _groups(tmp_path / copy) == {"0", "1"}
        assert _shown(tmp_path / copy) == 9
        checks.is_at_rest(tmp_path / copy)
    assert _values(tmp_path / "copy.zarr") == values
    assert not (tmp_path / "live.zarr/A/1/hcs_versions").exists()


def test_archives_have_their_versions_on_the_shelf(tmp_path: Path) -> None:
    path = plates.make(tmp_path / "p.zarr", fields=2, channels=1)
    _correct(path, 9)
    hcs.settle(path, now=True)
    archive = tmp_path / "p.ozx"
    hcs.pack(path, archive)
    assert _values(archive) == _values(path)
    _correct(archive, 10)
    assert _groups(zarr.storage.ZipStore(archive, mode="r")) == {"0", "1"}
    assert sorted(_values(archive).values()) == sorted([*_values(path).values(), 10])
    first = hcs.history(archive)["A/1", "0"][0].id
    hcs.revert(archive, "A/1", "0", first, who=ME, reason="why")
    assert _groups(zarr.storage.ZipStore(archive, mode="r")) == {"0", "1"}
    hcs.unpack(archive, tmp_path / "back.zarr")
    assert _values(tmp_path / "back.zarr") == _values(archive)
    checks.is_at_rest(tmp_path / "back.zarr")


def test_an_unknown_path_in_a_history_is_never_followed(tmp_path: Path) -> None:
    """Purging would remove what it leads to."""
    path = plates.make(tmp_path / "p.zarr", fields=2, channels=1)
    _correct(path, 9)
    hcs.settle(path, now=True)
    document = path / "A/1/zarr.json"
    content = json.loads(document.read_bytes())
    versions = content["attributes"]["hcs"]["fields"]["0"]["versions"]
    versions[0]["path"] = "../../B/2/0"
    document.write_text(json.dumps(content))
    before = checks.snapshot(path / "B/2")
    hcs.purge(path, originals=True, yes=True)
    hcs.settle(path, now=True)
    assert checks.snapshot(path / "B/2") == before


# --- plates of the first edition ------------------------------------------------------


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lab")
    with tarfile.open(FIRST_EDITION) as archive:
        archive.extractall(folder, filter="data")
    return folder / "plates"


def _contents(store: Any) -> dict[str, bytes]:
    """Return the pixels of every version that any history keeps, by its id."""
    contents = {}
    with opened_store(store) as documents, hcs.from_hcs_zarr(store) as plate:
        for (well, _), events in hcs.history(store).items():
            for event in events:
                image = Multiscales.open(
                    documents, f"{well}/{event.path}", plate.version or "0.5"
                )
                assert image.version == event.id
                contents[event.id] = np.asarray(image.images[0].data).tobytes()
    return contents


@pytest.mark.parametrize("name", ["settled", "settled04", "unsettled"])
def test_plates_of_the_first_edition_are_brought_to_rest(
    name: str, lab: Path, tmp_path: Path
) -> None:
    path = tmp_path / "p.zarr"
    shutil.copytree(lab / f"{name}.ome.zarr", path)
    before = _contents(path)
    strays = [
        well for well in ("A/1", "A/2", "B/1") if _groups(path, well) != {"0", "1"}
    ]
    assert strays
    assert {field.well for field in hcs.unsettled(path)} == set(strays)
    notes = {p.location.split(":")[0] for p in hcs.validate(path) if p.rule in NOTES}
    assert notes == set(strays)
    hcs.settle(path, now=True)
    assert hcs.unsettled(path) == ()
    assert not [p for p in hcs.validate(path) if p.rule in NOTES]
    for well in strays:
        assert _groups(path, well) == _listed(path, well) == {"0", "1"}
    assert _contents(path) == before
    checks.is_at_rest(path)
    assert recover(path) == ()


def test_the_next_settling_puts_away_what_the_first_edition_left_in_its_well(
    lab: Path, tmp_path: Path
) -> None:
    path = tmp_path / "p.zarr"
    shutil.copytree(lab / "settled.ome.zarr", path)
    before = _contents(path)
    _correct(path, 9, "A/1", "1")
    hcs.settle(path, now=True, wells=("A/1",))
    assert _groups(path) == {"0", "1"}
    assert before.items() <= _contents(path).items()


def test_an_archive_of_the_first_edition_is_brought_to_rest(
    lab: Path, tmp_path: Path
) -> None:
    path = tmp_path / "p.ozx"
    shutil.copy(lab / "packed.ozx", path)
    before = _contents(path)
    assert hcs.settle(path) == ()
    assert _contents(path) == before
    for well in ("A/1", "A/2", "B/1"):
        assert _groups(zarr.storage.ZipStore(path, mode="r"), well) == {"0", "1"}
