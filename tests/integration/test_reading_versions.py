"""Reading while fields are corrected: old or new, wholly, and never a mix."""

from __future__ import annotations

import json
import pickle
import threading
from pathlib import Path

import numpy as np
import pytest

import hcs
from hcs.errors import NotFoundError, StaleVersionError
from tests import plates

ME = hcs.Who("tester", "typed")


@pytest.fixture(params=["0.4", "0.5", "0.6"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return plates.make(
        tmp_path / "plate.ome.zarr",
        rows=1,
        columns=2,
        fields=2,
        shape=(64, 64),
        version=request.param,
    )


def picture(value: int) -> hcs.Multiscales:
    pixels = np.full((2, 64, 64), value, "u2")
    return hcs.to_multiscales(hcs.to_ngff_image(pixels, dims="cyx"), scale_factors=[])


def correct(path: Path, value: int) -> hcs.FieldVersion:
    field = hcs.from_hcs_zarr(path).well("A1").field("0")
    staged = hcs.stage_field(path, "A/1", "0", picture(value), base=field.version)
    return staged.commit(who=ME, reason="blurred")


def value_of(image: hcs.Multiscales) -> int:
    values = np.unique(np.asarray(image.images[0].data))
    assert len(values) == 1, "pixels of two versions"
    return int(values[0])


def first(path: Path) -> hcs.Field:
    return hcs.from_hcs_zarr(path).well("A1").field("0")


def test_an_open_image_stays_on_its_version(path: Path) -> None:
    """Through the correction, the move back to the first path, and the alias's end."""
    old = first(path).image()
    before = value_of(plain_channel(old))
    version = correct(path, 4000)
    assert value_of(plain_channel(old)) == before
    new = first(path)
    assert new.version == version.id == new.image().version
    assert value_of(new.image()) == 4000
    opened = new.image()
    hcs.settle(path, now=True)
    assert first(path).path == "0"
    assert value_of(plain_channel(old)) == before, "followed to where it was moved"
    assert value_of(opened) == 4000
    assert old.version != opened.version


def plain_channel(image: hcs.Multiscales) -> hcs.Multiscales:
    """Return one channel of an image whose channels have values of their own."""
    full = image.images[0]
    data = np.asarray(full.data)[:1]
    return hcs.Multiscales([hcs.to_ngff_image(data, dims="cyx")])


def test_a_plate_shows_the_correction_after_a_refresh(path: Path) -> None:
    plate = hcs.from_hcs_zarr(path)
    well = plate.well("A1")
    well.get_image(0)
    old = well.field("0").version
    correct(path, 4000)
    assert plate.well("A1").field("0").version == old
    assert plate.refresh() == ("A/1",)
    field = plate.well("A1").field("0")
    assert field.version != old
    assert value_of(field.image()) == 4000
    assert [version.action for version in plate.well("A1").history("0")] == [
        "write",
        "correct",
    ]
    assert plate.id == hcs.from_hcs_zarr(path).id


def test_a_well_read_before_a_settled_correction_finds_the_live_image(
    path: Path,
) -> None:
    correct(path, 4000)
    plate = hcs.from_hcs_zarr(path)
    well = plate.well("A1")
    assert well.field("0").path != "0"
    hcs.settle(path, now=True)
    image = well.get_image(0)
    assert image is not None
    assert value_of(image) == 4000


def test_a_purged_version_is_stale_and_never_zeros(path: Path) -> None:
    old = first(path).image()
    assert old.images[0].data.shape == (2, 64, 64)
    correct(path, 4000)
    middle = first(path).image()
    correct(path, 5000)
    hcs.settle(path, now=True)
    hcs.purge(path, originals=True, yes=True)
    for image in (old, middle):
        with pytest.raises(StaleVersionError, match="refresh"):
            np.asarray(image.images[0].data)
    assert value_of(first(path).image()) == 5000


def test_a_pickled_image_finds_its_version_where_it_is_now(path: Path) -> None:
    correct(path, 4000)
    data = pickle.dumps(first(path).image())
    hcs.settle(path, now=True)
    assert value_of(pickle.loads(data)) == 4000  # noqa: S301


def test_the_version_of_a_field_is_that_of_its_image(path: Path) -> None:
    correct(path, 4000)
    for field in hcs.from_hcs_zarr(path).fields():
        assert field.version == field.image().version


def test_readers_during_corrections_see_one_version_at_a_time(tmp_path: Path) -> None:
    path = plates.make(tmp_path / "p.ome.zarr", rows=1, columns=1, shape=(64, 64))
    correct(path, 1)
    hcs.settle(path, now=True)
    done = threading.Event()
    seen: set[int] = set()
    errors: list[Exception] = []

    def read() -> None:
        plate = hcs.from_hcs_zarr(path)
        while not done.is_set():
            try:
                plate.refresh()
                image = plate.well("A1").get_image(0)
                assert image is not None
                seen.add(value_of(image))
            except StaleVersionError:
                continue
            except Exception as error:
                errors.append(error)
                return

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for value in range(2, 12):
        correct(path, value)
        if value % 3 == 0:
            hcs.settle(path, now=True)
    done.set()
    for reader in readers:
        reader.join()
    assert not errors
    assert seen <= set(range(1, 12))
    assert len(seen) > 1


@pytest.mark.parametrize("state", ["staging", "removing"])
def test_a_group_that_is_not_whole_is_never_read(tmp_path: Path, state: str) -> None:
    """Its chunks may be missing, and would read as zeros."""
    path = plates.make(tmp_path / "p.ome.zarr", rows=1, columns=1, shape=(64, 64))
    opened = first(path).image()
    assert opened.images[0].data.shape == (2, 64, 64)
    document = path / "A" / "1" / "0" / "zarr.json"
    content = json.loads(document.read_text())
    content["attributes"]["hcs"]["state"] = state
    part = path / "part"
    part.write_text(json.dumps(content))
    part.replace(document)
    with pytest.raises(StaleVersionError):
        np.asarray(opened.images[0].data)
    with pytest.raises(NotFoundError, match="being written or removed"):
        first(path).image()
