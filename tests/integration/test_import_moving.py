"""Imports of sources that are written to, or go away, while they are read."""

from __future__ import annotations

import errno
import json
import os
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

import hcs
from hcs.errors import SourceError, StoreError
from hcs.ingest.importing import import_plate, plan_import
from hcs.ingest.plate.growth import growth
from hcs.ingest.plate.plan import ImportChoices
from hcs.ingest.sources import folder, open_source

PATTERN = "{well}_s{field}_w{channel}.tif"
WELLS = ("A01", "A02", "B03", "C04")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return a folder of 16 images, each with its own number in every pixel."""
    folder = tmp_path / "share" / "run7"
    folder.mkdir(parents=True)
    number = 0
    for well in WELLS:
        for field in (1, 2):
            for channel in (1, 2):
                number += 1
                write(folder / f"{well}_s{field}_w{channel}.tif", number)
    return folder


def write(path: Path, number: int, shape: tuple[int, int] = (40, 50)) -> None:
    tifffile.imwrite(path, np.full(shape, number, "u2"))


def run(source: Path, target: Path, **arguments: Any) -> hcs.ImportReport:
    return import_plate(source, target, pattern=PATTERN, workers=1, **arguments)


def at(count: int, act: Any) -> Any:
    """Return a progress callback that acts once, when so many fields are written."""
    acts = [act]

    def progress(done: int, total: int) -> None:
        if done >= count and acts:
            acts.pop()()

    return progress


def record(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((path / "zarr.json").read_bytes())
    import_record: dict[str, Any] = document["attributes"]["hcs"]["import"]
    return import_record


def first_pixels(path: Path) -> list[int]:
    with hcs.from_hcs_zarr(path) as plate:
        return [
            int(value)
            for well in plate.wells
            for field in plate.well(well.path).fields
            for value in np.asarray(field.image().images[0].data)[:, 0, 0]
        ]


# -- a share that goes away ------------------------------------------------------------


@pytest.mark.parametrize("depth", ["the export", "the share"])
def test_an_import_whose_source_goes_away_stops_and_goes_on_when_it_is_back(
    tmp_path: Path, source: Path, depth: str
) -> None:
    place = source if depth == "the export" else source.parent
    away = tmp_path / "away"
    target = tmp_path / "p.zarr"
    with pytest.raises(
        StoreError, match=r"is out of reach: .* the same command goes on"
    ):
        run(source, target, progress=at(3, lambda: place.rename(away)))
    assert record(target)["state"] == "unfinished"
    assert record(target)["damaged"] == []
    away.rename(place)
    report = run(source, target)
    assert (report.state, report.gaps, report.skipped) == ("resumed", (), ())
    assert first_pixels(target) == list(range(1, 17))


def test_a_mount_point_that_became_empty_is_no_export_with_missing_files(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unmounted share is a folder that is there, empty, of another device."""
    with open_source(source) as files:
        for path in source.iterdir():
            path.unlink()
        monkeypatch.setattr(files, "_device", -1)
        with pytest.raises(StoreError, match="is out of reach"):
            files.change("A01_s1_w1.tif")


@pytest.mark.parametrize("name", ["ESTALE", "EIO", "ETIMEDOUT"])
def test_an_error_of_the_server_is_no_damaged_file(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    number = getattr(errno, name)
    target = tmp_path / "p.zarr"

    def fail(path: str, mode: str) -> Any:
        raise OSError(number, os.strerror(number))

    with pytest.raises(StoreError, match=os.strerror(number)):
        run(
            source,
            target,
            progress=at(
                3, lambda: monkeypatch.setattr(folder, "open", fail, raising=False)
            ),
        )
    monkeypatch.undo()
    assert run(source, target).state == "resumed"
    assert first_pixels(target) == list(range(1, 17))


def test_one_file_that_the_disk_cannot_read_is_a_gap_and_no_lost_share(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: str, mode: str) -> Any:
        if path.endswith("B03_s1_w1.tif"):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return Path(path).open(mode)

    monkeypatch.setattr(folder, "open", fail, raising=False)
    report = run(source, tmp_path / "p.zarr")
    assert [str(replace(gap, reason="")) for gap in report.gaps] == [
        "B03 field s1 channel w1"
    ]
    assert "Input/output error" in dict(report.skipped)["B03_s1_w1.tif"]


def test_a_share_that_is_gone_before_anything_was_written_leaves_nothing(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hcs.ingest.plate import plan

    read = plan.read_image_file
    away = tmp_path / "away"

    def reading(*arguments: Any, **options: Any) -> Any:
        if source.exists():
            source.rename(away)
        return read(*arguments, **options)

    monkeypatch.setattr(plan, "read_image_file", reading)
    with pytest.raises(StoreError, match="is out of reach"):
        run(source, tmp_path / "p.zarr")
    assert not (tmp_path / "p.zarr").exists()


# -- files that are written meanwhile --------------------------------------------------


def test_a_file_that_vanishes_is_a_gap_with_that_reason(
    tmp_path: Path, source: Path
) -> None:
    path = source / "C04_s2_w2.tif"
    report = run(source, tmp_path / "p.zarr", progress=at(1, path.unlink))
    assert dict(report.skipped) == {path.name: "has gone since it was listed"}
    assert [str(replace(gap, reason="")) for gap in report.gaps] == [
        "C04 field s2 channel w2"
    ]


def test_a_file_that_is_replaced_meanwhile_is_read_as_it_is_then(
    tmp_path: Path, source: Path
) -> None:
    path, target = source / "C04_s2_w2.tif", tmp_path / "p.zarr"

    def replace() -> None:
        tifffile.imwrite(path, np.full((40, 50), 99, "u2"), compression="zlib")

    report = run(source, target, progress=at(1, replace))
    assert report.gaps == ()
    assert first_pixels(target)[-1] == 99
    # The same source is known again by what was read.
    again = run(source, target)
    assert again.state == "unchanged"
    assert again.plan.digests == report.plan.digests


def test_a_file_that_becomes_another_image_is_a_gap(
    tmp_path: Path, source: Path
) -> None:
    path = source / "C04_s2_w2.tif"
    report = run(
        source, tmp_path / "p.zarr", progress=at(1, lambda: write(path, 5, (30, 30)))
    )
    assert dict(report.skipped) == {
        path.name: "was replaced by an image of 30 x 30 uint16 while the import ran"
    }


def test_a_file_that_keeps_growing_while_it_is_read_is_a_gap(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hcs.ingest.formats.image_file import ImageFile

    path, plane = source / "C04_s2_w2.tif", ImageFile.plane
    growing: list[bool] = []

    def reading(image: ImageFile, **indices: int) -> Any:
        pixels = plane(image, **indices)
        if image.name == path.name and growing:
            with path.open("ab") as stream:
                stream.write(b"more")
        return pixels

    monkeypatch.setattr(ImageFile, "plane", reading)
    report = run(
        source, tmp_path / "p.zarr", progress=at(1, lambda: growing.append(True))
    )
    assert [str(replace(gap, reason="")) for gap in report.gaps] == [
        "C04 field s2 channel w2"
    ]
    assert "was written while it was read: it had" in dict(report.skipped)[path.name]
    assert [name for name, _ in report.damaged] == [path.name]
    # When it is whole, its field counts as grown, and no other does.
    with plan_import(source, ImportChoices(pattern=PATTERN)) as planned:
        later = planned.report.plan.digests
    grown = growth(report.plan.digests, later)
    assert (grown.changed, grown.new, grown.gone) == ({"C/4/1"}, set(), set())


def test_a_half_file_that_is_whole_when_it_is_looked_at_again_is_used(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hcs.ingest.plate import plan

    path, read = source / "A01_s1_w1.tif", plan.read_image_file
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])

    def reading(opener: Any, **options: Any) -> Any:
        try:
            return read(opener, **options)
        finally:
            if path.stat().st_size < len(whole):
                path.write_bytes(whole)

    monkeypatch.setattr(plan, "read_image_file", reading)
    target = tmp_path / "p.zarr"
    report = run(source, target)
    assert (report.gaps, report.skipped) == ((), ())
    assert first_pixels(target) == list(range(1, 17))
    assert run(source, target).state == "unchanged"


def test_a_half_file_that_stays_so_is_a_gap_and_its_growth_is_told(
    tmp_path: Path, source: Path
) -> None:
    path, target = source / "A01_s1_w1.tif", tmp_path / "p.zarr"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])

    def grow() -> None:
        path.write_bytes(whole)
        shutil.copy(path, source / "D01_s1_w1.tif")
        (source / "microscope.log").write_text("x")

    report = run(source, target, progress=at(1, grow))
    assert [str(replace(gap, reason="")) for gap in report.gaps] == [
        "A01 field s1 channel w1"
    ]
    note = (
        "In the source 2 files appeared or changed after the import had looked at "
        "them: 'A01_s1_w1.tif', 'D01_s1_w1.tif'."
    )
    assert any(text.startswith(note) for text in report.plan.notes)
    assert any(text.startswith(note) for text in record(target)["notes"])


def test_a_zip_that_is_replaced_meanwhile_is_no_plate_of_gaps(
    tmp_path: Path, source: Path
) -> None:
    archive, target = tmp_path / "run7.zip", tmp_path / "p.zarr"
    with zipfile.ZipFile(archive, "w") as packed:  # stored: no buffer holds it whole
        for path in source.iterdir():
            packed.write(path, path.name)
    size = archive.stat().st_size

    def overwrite() -> None:
        archive.write_bytes(b"\0" * (size + 1))

    with pytest.raises(StoreError, match="was written while it was read"):
        run(archive, target, progress=at(2, overwrite))
    assert record(target)["state"] == "unfinished"
    with pytest.raises(SourceError):
        run(archive, target)
