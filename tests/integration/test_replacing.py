"""Which plates may be replaced: what somebody acquired only by an explicit word."""

from __future__ import annotations

import contextlib
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile

import hcs
from hcs.cli import main
from hcs.demo import make_demo_plate
from hcs.writing.targets import step
from hcs.writing.targets.folder import DirectoryTarget
from tests import plates
from tests.faults import checks

if TYPE_CHECKING:
    from collections.abc import Callable

SMALL: dict[str, Any] = {"rows": 1, "columns": 2, "fields": 1, "shape": (32, 32)}


def written(path: Path) -> Path:
    return plates.make(path, rows=1, columns=2)


def corrected(path: Path) -> Path:
    with hcs.HCSPlateWriter(written(path), overwrite=False, grace=0) as writer:
        writer.write_well_image(plates.multiscales(1, 1), "A", "1", reason="blurred")
    return path


def imported(path: Path) -> Path:
    source = path.parent / "export"
    source.mkdir()
    for name in ("P_A01_s1_w1.TIF", "P_A02_s1_w1.TIF"):
        tifffile.imwrite(source / name, np.ones((8, 8), "u2"))
    hcs.import_plate(source, path)
    return path


def judged(path: Path) -> Path:
    """Make a plate with a table of verdicts, as the dashboard writes it."""
    table = written(path) / "tables" / "qc"
    table.mkdir(parents=True)
    document = {"zarr_format": 3, "node_type": "group"}
    document["attributes"] = {"hcs-dashboard": True}
    (table / "zarr.json").write_text(json.dumps(document))
    return path


def unreadable(path: Path) -> Path:
    (written(path) / "A" / "1" / "zarr.json").write_text("{")
    return path


ACQUIRED = [
    pytest.param(corrected, "a history of corrections", id="corrected"),
    pytest.param(imported, "the record of its import from export", id="imported"),
    pytest.param(judged, "a table of verdicts", id="judged"),
    pytest.param(unreadable, "documents that cannot be read", id="unreadable"),
]


def replace(path: Path, **options: Any) -> None:
    with hcs.HCSPlateWriter(path, plates.document(1, 2), **options) as writer:
        writer.write_well_image(plates.multiscales(0, 1), "A", "2")


def copy_over(path: Path, overwrite: Any) -> None:
    source = written(path.parent / "source.zarr")
    with hcs.from_hcs_zarr(source) as plate:
        hcs.to_hcs_zarr(plate, path, overwrite=overwrite)


@pytest.mark.parametrize(("make", "what"), ACQUIRED)
def test_a_writer_replaces_what_was_acquired_only_when_told(
    tmp_path: Path, make: Callable[[Path], Path], what: str
) -> None:
    path = make(tmp_path / "p.zarr")
    before = checks.snapshot(path)
    with pytest.raises(hcs.StoreError, match=f"{what}.*overwrite='acquired'"):
        replace(path)
    with pytest.raises(hcs.StoreError, match=f"{what}.*overwrite='acquired'"):
        copy_over(path, True)
    assert checks.snapshot(path) == before
    assert not list(tmp_path.glob(".p.zarr*"))
    replace(path, overwrite="acquired")
    with hcs.from_hcs_zarr(path) as plate:
        assert [field.well for field in plate.fields(missing="skip")] == ["A/2"]
    assert not (path / "tables").exists()


def test_an_archive_is_told_apart_likewise(tmp_path: Path) -> None:
    archive = tmp_path / "p.ozx"
    hcs.pack(corrected(tmp_path / "p.zarr"), archive)
    before = archive.read_bytes()
    with pytest.raises(hcs.StoreError, match="a history of corrections"):
        replace(archive)
    assert archive.read_bytes() == before
    replace(archive, overwrite="acquired")
    assert archive.read_bytes() != before


def test_a_file_that_only_ends_like_an_archive_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "thesis.ozx"
    path.write_bytes(b"mine")
    with pytest.raises(hcs.HCSError):
        replace(path)
    assert path.read_bytes() == b"mine"


def test_a_plate_of_which_nothing_is_lost_is_replaced_by_default(
    tmp_path: Path,
) -> None:
    path = written(tmp_path / "p.zarr")
    replace(path)
    with hcs.from_hcs_zarr(path) as plate:
        assert [field.well for field in plate.fields(missing="skip")] == ["A/2"]
    assert [place.name for place in tmp_path.iterdir()] == ["p.zarr"]


def test_another_word_for_overwriting_is_refused(tmp_path: Path) -> None:
    with pytest.raises(hcs.ArgumentError, match="expected True, False or 'acquired'"):
        replace(tmp_path / "p.zarr", overwrite="yes")
    assert not list(tmp_path.iterdir())


def test_a_person_at_the_command_line_has_said_so(tmp_path: Path) -> None:
    path, source = corrected(tmp_path / "p.zarr"), written(tmp_path / "source.zarr")
    order = ["convert", str(source), str(path), "--version", "0.5"]
    assert main(order) == 1
    assert hcs.history(path)
    assert main([*order, "--overwrite"]) == 0
    assert all(len(events) == 1 for events in hcs.history(path).values())


# --- the demo ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make", [written, corrected, imported], ids=["written", "corrected", "imported"]
)
def test_a_demo_takes_the_place_of_no_other_plate(
    tmp_path: Path,
    make: Callable[[Path], Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = make(tmp_path / "p.zarr")
    before = checks.snapshot(path)
    assert main(["demo", str(path), "--rows", "1", "--columns", "1"]) == 1
    assert "no demo plate" in capsys.readouterr().err
    assert checks.snapshot(path) == before
    assert not (tmp_path / "p.truth.json").exists()


def test_a_demo_takes_the_place_of_a_demo_also_of_one_for_practice(
    tmp_path: Path,
) -> None:
    path = tmp_path / "demo.ome.zarr"
    make_demo_plate(path, **SMALL)
    with hcs.HCSPlateWriter(path, overwrite=False, grace=0) as writer:
        writer.write_well_image(plates.multiscales(), "A", "1", reason="practice")
    make_demo_plate(path, **SMALL, seed=1)
    assert all(len(events) == 1 for events in hcs.history(path).values())
    left = sorted(place.name for place in tmp_path.iterdir())
    assert left == ["demo.ome.zarr", "demo.truth.json"]


# --- the new one is sound before the old one goes ------------------------------------


def _damage(path: Path) -> None:
    for chunk in path.rglob("0"):
        if chunk.is_file() and chunk.stat().st_size > 60:
            data = bytearray(chunk.read_bytes())
            data[20] ^= 0xFF
            chunk.write_bytes(data)
            return
    raise AssertionError("no chunk was there to damage")


def test_a_plate_is_not_replaced_by_pixels_that_do_not_read_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the writer was told not to look, as the demo's is."""
    path = written(tmp_path / "p.zarr")
    before = checks.snapshot(path)

    def damage(name: str) -> None:
        if name == "verify":
            _damage(next(tmp_path.glob(".p.zarr.*.hcs-new")))

    monkeypatch.setattr(step, "reached", damage)
    with pytest.raises(hcs.CorruptDataError, match=r"reads? back"):
        replace(path, verify=False)
    assert checks.snapshot(path) == before


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_a_plate_is_not_replaced_by_a_copy_that_does_not_read_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    """Whether bytes are copied (0.5) or encoded anew (0.4)."""
    path = written(tmp_path / "p.zarr")
    source = written(tmp_path / "source.zarr")
    before = checks.snapshot(path)
    create = DirectoryTarget.create

    class Flipped:
        """A disk that keeps another byte than it was given."""

        def __init__(self, stream: Any) -> None:
            self.stream = stream

        def write(self, data: Any) -> None:
            changed = bytearray(data)
            changed[len(changed) // 2] ^= 0xFF
            self.stream.write(bytes(changed))

    @contextlib.contextmanager
    def failing(self: Any, key: str) -> Any:
        with create(self, key) as stream:
            is_chunk = "/c/" in key or key.rsplit("/", 1)[-1].isdigit()
            yield Flipped(stream) if is_chunk else stream

    monkeypatch.setattr(DirectoryTarget, "create", failing)
    with hcs.from_hcs_zarr(source) as plate, pytest.raises(hcs.CorruptDataError):
        hcs.to_hcs_zarr(plate, path, overwrite=True, version=version)
    monkeypatch.undo()
    assert checks.snapshot(path) == before


def test_what_could_not_be_removed_is_said(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    path = written(tmp_path / "p.zarr")
    remove = shutil.rmtree

    def refuse(place: Any, *more: Any, **options: Any) -> None:
        if str(place).endswith(".hcs-trash"):
            raise PermissionError(13, "Permission denied")
        remove(place, *more, **options)

    monkeypatch.setattr(shutil, "rmtree", refuse)
    replace(path)
    (left,) = tmp_path.glob(".p.zarr.*.hcs-trash")
    assert f"takes up space in {left}" in caplog.text
    assert "hcs recover" in caplog.text
