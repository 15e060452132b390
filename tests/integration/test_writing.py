"""`HCSPlateWriter` and the functions of one call, on folders."""

from __future__ import annotations

import json
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import zarr

import hcs
from hcs.metadata import Plate
from hcs.ngff.document import group_document
from hcs.writing.targets import hierarchy
from hcs.writing.targets.folder import DirectoryTarget
from tests import plates

VERSIONS = ["0.4", "0.5", "0.6"]


def _image(value: int = 1, shape: tuple[int, ...] = (2, 30, 40), **more: Any) -> Any:
    dims = (
        ("t", "c", "z", "y", "x")[-len(shape) :] if len(shape) != 3 else ("c", "y", "x")
    )
    return hcs.to_ngff_image(np.full(shape, value, "u2"), dims=dims, **more)


def _attributes(path: Path, key: str = "") -> dict[str, Any]:
    folder = path / key
    if (folder / ".zattrs").exists():
        return dict(json.loads((folder / ".zattrs").read_bytes()))
    return dict(json.loads((folder / "zarr.json").read_bytes())["attributes"])


def _ngff(path: Path, key: str = "") -> dict[str, Any]:
    attributes = _attributes(path, key)
    return dict(attributes.get("ome", attributes))


def _value(path: Path, well: str, field: str) -> int:
    with hcs.from_hcs_zarr(path) as plate:
        image = plate.well(well).field(field).image()
        seen = np.unique(np.asarray(image.images[0].data))
    assert seen.size == 1
    return int(seen[0])


def _tree(path: Path) -> dict[str, bytes]:
    return {
        file.relative_to(path).as_posix(): file.read_bytes()
        for file in path.rglob("*")
        if file.is_file()
    }


# --- what is written -----------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "shape", [(2, 300, 401), (3, 2, 2, 40, 50), (2, 2, 40, 50)], ids=str
)
def test_other_readers_see_what_was_written(
    tmp_path: Path, version: str, shape: tuple[int, ...]
) -> None:
    pixels = np.random.default_rng(0).integers(0, 9999, shape).astype("u2")
    dims = (
        ("c", "y", "x") if len(shape) == 3 else ("t", "c", "z", "y", "x")[-len(shape) :]
    )
    image = hcs.to_ngff_image(
        pixels, dims=dims, scale={"y": 0.5, "x": 0.25}, axes_units={"x": "micrometer"}
    )
    path = tmp_path / "p.zarr"
    with hcs.HCSPlateWriter(path, plates.document(), version) as writer:
        writer.write_well_image(image, "B", "3", levels=3)
    group = zarr.open_group(path, mode="r")["B/3/0"]
    np.testing.assert_array_equal(group["0"][...], pixels)
    with hcs.from_hcs_zarr(path) as plate:
        assert plate.version == version
        read = plate.well("B03").get_image(0)
        assert read is not None
        for level, read_level in enumerate(read.images):
            np.testing.assert_array_equal(
                np.asarray(read_level.data), group[str(level)][...]
            )
        assert read.images[2].scale["y"] == 2.0
        assert read.images[2].translation["y"] == pytest.approx(0.75)
        assert read.images[2].translation["x"] == pytest.approx(0.375)
        assert hcs.validate(path) == [] or all(
            problem.severity != "error" for problem in hcs.validate(path)
        )


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_the_models_of_ome_accept_what_was_written(
    tmp_path: Path, version: str
) -> None:
    pytest.importorskip("ome_zarr_models")
    from ome_zarr_models import v04, v05

    models = v04 if version == "0.4" else v05
    path = plates.make(tmp_path / "p.zarr", version=version, fields=2)
    models.hcs.HCS.from_zarr(zarr.open_group(path, mode="r"))
    models.image.Image.from_zarr(zarr.open_group(path, path="A/1/0", mode="r"))


@pytest.mark.parametrize("version", ["0.5", "0.6"])
def test_a_level_takes_two_files_and_a_field_one_more(
    tmp_path: Path, version: str
) -> None:
    path = plates.make(
        tmp_path / "p.zarr", version=version, rows=1, columns=1, shape=(600, 600), z=2
    )
    files = [file for file in (path / "A/1/0").rglob("*") if file.is_file()]
    levels = len(_ngff(path, "A/1/0")["multiscales"][0]["datasets"])
    assert levels == 3
    assert len(files) == 2 * levels + 1


def test_version_04_takes_one_chunk_for_each_plane_and_level(tmp_path: Path) -> None:
    path = plates.make(
        tmp_path / "p.zarr", version="0.4", rows=1, columns=1, shape=(600, 600), z=2
    )
    chunks = [
        file
        for file in (path / "A/1/0").rglob("*")
        if file.is_file() and not file.name.startswith(".")
    ]
    assert len(chunks) == 2 * 2 * 3
    assert (
        json.loads((path / "A/1/0/0/.zarray").read_bytes())["dimension_separator"]
        == "/"
    )


@pytest.mark.parametrize(
    ("options", "files"),
    [
        ({"levels": 1}, 2),
        ({"levels": 1, "shards": False}, 3),
        ({"levels": 1, "shards": False, "chunks": 20}, 9),
        ({"levels": 2, "codec": "gzip"}, 4),
    ],
    ids=str,
)
def test_options_of_storage_are_kept(
    tmp_path: Path, options: dict[str, Any], files: int
) -> None:
    path = plates.make(tmp_path / "p.zarr", rows=1, columns=1, **options)
    assert len([p for p in (path / "A/1/0").rglob("*") if p.is_file()]) == files + 1


def test_levels_that_were_given_are_written_as_they_are(tmp_path: Path) -> None:
    """Such as those of ngff-zarr, whose kernel is another."""
    coarse = np.full((2, 15, 20), 7, "u2")
    image = hcs.Multiscales(
        [
            _image(1),
            hcs.to_ngff_image(coarse, dims=("c", "y", "x"), scale={"y": 2, "x": 2}),
        ]
    )
    path = tmp_path / "p.zarr"
    with hcs.HCSPlateWriter(path, plates.document()) as writer:
        writer.write_well_image(image, "A", "1")
    group = zarr.open_group(path, mode="r")["A/1/0"]
    assert group["1"][...].tolist() == coarse.tolist()


def test_axes_in_another_order_are_put_in_order(tmp_path: Path) -> None:
    pixels = np.arange(2 * 3 * 4).reshape(3, 4, 2).astype("u2")  # y x c
    image = SimpleNamespace(data=pixels, dims=("y", "x", "c"), scale={}, translation={})
    path = tmp_path / "p.zarr"
    with hcs.HCSPlateWriter(path, plates.document()) as writer:
        writer.write_well_image(image, "A", "1")
    array = zarr.open_group(path, mode="r")["A/1/0/0"]
    np.testing.assert_array_equal(array[...], np.moveaxis(pixels, 2, 0))


def test_a_plate_has_an_id_and_each_field_a_history(tmp_path: Path) -> None:
    path = tmp_path / "p.zarr"
    who = hcs.Who("Ada", "typed")
    with hcs.HCSPlateWriter(path, plates.document(), who=who) as writer:
        writer.write_well_image(
            _image(), "A", "1", label="s1", source="a.tif", reason="import"
        )
    assert len(_attributes(path)["hcs"]["id"]) == 32
    (event,) = hcs.history(path)["A/1", "0"]
    assert (event.who, event.known, event.source) == ("Ada", "typed", "a.tif")
    assert (event.why, event.action, event.path) == ("import", "write", "0")
    assert event.digest is not None
    assert event.digest.startswith("sha256:")
    assert event.size is not None
    with hcs.from_hcs_zarr(path) as plate:
        assert plate.well("A1").field("s1").version == event.id
        assert plate.well("A1").history("s1") == (event,)


# --- versions of NGFF ----------------------------------------------------------------


def _document(version: str | None) -> Plate:
    return replace(plates.document(), version=version)


def _foreign(version: str) -> Any:
    """Return a plate as another library's object, whose default version is 0.4."""
    own = plates.document()
    names = ("columns", "rows", "wells", "acquisitions", "field_count", "name")
    return SimpleNamespace(
        version=version, **{name: getattr(own, name) for name in names}
    )


@pytest.mark.parametrize(
    ("plate", "argument", "expected"),
    [
        (_document(None), None, "0.5"),
        (_document(None), "0.4", "0.4"),
        (_document("0.6"), None, "0.6"),
        (_document("0.4"), "0.4", "0.4"),
        (_foreign("0.4"), None, "0.4"),
        (_foreign("0.4"), "0.5", "0.5"),
        (_foreign("0.5"), None, "0.5"),
    ],
    ids=["none", "argument", "plate", "both", "peer", "peer-0.5", "peer-plate"],
)
def test_the_version_is_the_arguments_else_the_plates_else_05(
    tmp_path: Path, plate: Any, argument: str | None, expected: str
) -> None:
    with hcs.HCSPlateWriter(tmp_path / "p.zarr", plate, argument) as writer:
        assert writer.version == expected
    with hcs.from_hcs_zarr(tmp_path / "p.zarr") as read:
        assert read.version == expected


def test_two_versions_that_differ_are_an_error_naming_both(tmp_path: Path) -> None:
    with pytest.raises(hcs.UnsupportedVersionError, match=r"0\.5.*0\.4"):
        hcs.HCSPlateWriter(tmp_path / "p", _document("0.4"), "0.5").__enter__()
    with pytest.raises(hcs.UnsupportedVersionError, match=r"'0\.7'"):
        hcs.HCSPlateWriter(tmp_path / "p", _document(None), "0.7").__enter__()
    assert not (tmp_path / "p").exists()


def test_the_version_of_an_existing_plate_counts_first(tmp_path: Path) -> None:
    path = plates.make(tmp_path / "p.zarr", version="0.4")
    hcs.write_hcs_well_image(path, _image(5), plates.document(), "A", "1", 7)
    assert _value(path, "A1", "7") == 5
    with pytest.raises(hcs.UnsupportedVersionError, match=r"existing plate.*argument"):
        hcs.write_hcs_well_image(
            path, _image(5), plates.document(), "A", "1", 8, version="0.5"
        )
    # What another library's plate says by default contradicts nobody.
    hcs.write_hcs_well_image(path, _image(6), _foreign("0.4"), "A", "1", 8)


def test_the_peers_default_version_does_not_keep_it_from_archives(
    tmp_path: Path,
) -> None:
    with hcs.HCSPlateWriter(tmp_path / "p.ozx", _foreign("0.4")) as writer:
        assert writer.version == "0.5"
    with pytest.raises(hcs.UnsupportedVersionError, match="Zarr v3"):
        hcs.HCSPlateWriter(tmp_path / "q.ozx", _document("0.4")).__enter__()


# --- fields and acquisitions ---------------------------------------------------------


def test_fields_are_listed_by_acquisition_and_index(tmp_path: Path) -> None:
    path = tmp_path / "p.zarr"
    plate = plates.document(acquisitions=[0, 5])
    with hcs.HCSPlateWriter(path, plate) as writer:
        for acquisition, field in ((5, 1), (0, 10), (5, 0), (0, 2)):
            writer.write_well_image(
                _image(), "A", "1", field_index=field, acquisition_id=acquisition
            )
    assert _ngff(path, "A/1")["well"]["images"] == [
        {"path": "a0f2", "acquisition": 0},
        {"path": "a0f10", "acquisition": 0},
        {"path": "a5f0", "acquisition": 5},
        {"path": "a5f1", "acquisition": 5},
    ]


def test_without_acquisitions_no_key_is_written_and_0_finds_the_field(
    tmp_path: Path,
) -> None:
    path = plates.make(tmp_path / "p.zarr", fields=2)
    assert _ngff(path, "A/1")["well"]["images"] == [{"path": "0"}, {"path": "1"}]
    with hcs.from_hcs_zarr(path) as plate:
        assert plate.well("A1").get_image_by_acquisition(0, 1) is not None


def test_acquisitions_that_are_not_declared_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.zarr"
    with pytest.raises(hcs.WriterStateError, match=r"^4 field"):
        with hcs.HCSPlateWriter(path, plates.document(acquisitions=[3])) as writer:
            writer.write_well_image(_image(), "A", "1", acquisition_id=3)
            writer.write_well_image(_image(), "A", "2", acquisition_id=None)
            for wrong in (0, 77, -3, "3"):
                with pytest.raises(hcs.MetadataError, match="acquisition"):
                    writer.write_well_image(_image(), "A", "1", acquisition_id=wrong)
    assert _ngff(path, "A/2")["well"]["images"] == [{"path": "0", "acquisition": 3}]


def test_new_fields_and_wells_raise_the_counts(tmp_path: Path) -> None:
    path = plates.make(tmp_path / "p.zarr", wells=[(1, 1)], fields=1)
    with hcs.HCSPlateWriter(path, overwrite=False) as writer:
        writer.write_well_image(_image(), "B", "2", 4)
        writer.write_well_image(_image(), "A", "3")
    plate = _ngff(path)["plate"]
    assert plate["field_count"] == 2
    assert [well["path"] for well in plate["wells"]] == ["A/3", "B/2"]


@pytest.mark.parametrize("index", [-1, 1.5, True, "../x", "a", None])
def test_case_25_field_indices_that_are_none_are_refused(
    tmp_path: Path, index: Any
) -> None:
    path = plates.make(tmp_path / "p.zarr")
    before = _tree(path)
    with pytest.raises(hcs.HCSError):
        hcs.write_hcs_well_image(path, _image(), plates.document(), "A", "1", index)
    assert _tree(path) == before


@pytest.mark.parametrize("name", ["..", "a/b", "", ".", "zarr.json", "A b", "Z", "ä"])
def test_names_that_are_not_the_plates_are_refused(tmp_path: Path, name: str) -> None:
    path = plates.make(tmp_path / "p.zarr")
    before = _tree(tmp_path)
    with pytest.raises(hcs.HCSError):
        hcs.write_hcs_well_image(path, _image(), plates.document(), name, "1")
    with pytest.raises(hcs.HCSError):
        hcs.write_hcs_well_image(path, _image(), plates.document(), "A", name)
    assert _tree(tmp_path) == before


@pytest.mark.parametrize("name", ["..", "a/b", "\0", "x" * 300, "CON", "ä", ""])
def test_case_24_rows_with_bad_names_are_refused_before_the_disk_is_touched(
    tmp_path: Path, name: str
) -> None:
    plate = plates.document()
    bad = replace(plate, rows=[hcs.PlateRow(name)], wells=[])
    with pytest.raises(hcs.InvalidPathError):
        hcs.HCSPlateWriter(tmp_path / "p.zarr", bad).__enter__()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "image",
    [
        object(),
        SimpleNamespace(images=[]),
        SimpleNamespace(data=np.zeros((2, 2), "c8"), dims=("y", "x")),
        SimpleNamespace(data=np.zeros((2, 2), "O"), dims=("y", "x")),
        SimpleNamespace(data=np.zeros((2, 2), "u2"), dims=("q", "x")),
        SimpleNamespace(data=np.zeros((0, 2), "u2"), dims=("y", "x")),
        SimpleNamespace(data=np.zeros((2, 2), "u2"), dims=("x",)),
    ],
    ids=["object", "no-images", "complex", "object-dtype", "axis", "empty", "few"],
)
def test_images_that_are_none_are_refused(tmp_path: Path, image: Any) -> None:
    path = plates.make(tmp_path / "p.zarr")
    before = _tree(path)
    with pytest.raises(hcs.HCSError):
        hcs.write_hcs_well_image(path, image, plates.document(), "A", "1", 9)
    assert _tree(path) == before


def test_unknown_keys_and_foreign_groups_survive(tmp_path: Path) -> None:
    path = plates.make(tmp_path / "p.zarr", fields=2)
    for key in ("", "A/1"):
        document = json.loads((path / key / "zarr.json").read_bytes())
        document["attributes"]["custom"] = {"a": 1}
        document["attributes"]["ome"]["other"] = [2]
        part = document["attributes"]["ome"]["well" if key else "plate"]
        part["barcode"] = "X1"
        if key:
            part["images"][1]["note"] = "mine"
        (path / key / "zarr.json").write_text(json.dumps(document))
    shutil.copytree(path / "A/1/0", path / "A/1/0r2")  # a foreign group of that name
    mark = path / "A/1/0r2/zarr.json"
    mark.write_text(mark.read_text().replace('"hcs"', '"theirs"'))
    hcs.write_hcs_well_image(path, _image(7), plates.document(), "A", "1", 0)
    hcs.write_hcs_well_image(path, _image(8), plates.document(), "A", "1", 5)
    assert _attributes(path)["custom"] == {"a": 1}
    assert _ngff(path)["other"] == [2]
    assert _ngff(path)["plate"]["barcode"] == "X1"
    assert _attributes(path, "A/1")["custom"] == {"a": 1}
    well = _ngff(path, "A/1")["well"]
    assert well["barcode"] == "X1"
    assert [image["path"] for image in well["images"]] == ["0r3", "1", "5"]
    assert well["images"][1]["note"] == "mine"
    assert _attributes(path, "A/1/0r2")["theirs"]


# --- the life of a writer ------------------------------------------------------------


def test_a_writer_is_used_between_enter_and_exit_only(tmp_path: Path) -> None:
    writer = hcs.HCSPlateWriter(tmp_path / "p.ozx", plates.document())
    with pytest.raises(hcs.WriterStateError, match="with statement"):
        writer.write_well_image(_image(), "A", "1")
    with writer:
        writer.write_well_image(_image(), "A", "1")
    with pytest.raises(hcs.WriterStateError, match="with statement"):
        writer.write_well_image(_image(), "A", "1")
    with pytest.raises(hcs.WriterStateError, match="entered before"):
        writer.__enter__()
    assert [entry.name for entry in tmp_path.iterdir()] == ["p.ozx"]


def test_a_new_plate_can_be_read_from_its_first_field_on(tmp_path: Path) -> None:
    path = tmp_path / "p.zarr"
    with hcs.HCSPlateWriter(path, plates.document()) as writer:
        with hcs.from_hcs_zarr(path) as plate:
            assert len(plate.wells) == 6
            with pytest.raises(hcs.NotFoundError):
                plate.well("A1")
        writer.write_well_image(_image(3), "A", "1")
        assert _value(path, "A1", "0") == 3


def test_a_plate_is_replaced_at_a_clean_end(tmp_path: Path) -> None:
    path = plates.make(tmp_path / "p.zarr")
    before = _tree(path)
    with hcs.HCSPlateWriter(path, plates.document()) as writer:
        writer.write_well_image(_image(3), "A", "1")
        assert _tree(path) == before
    assert _value(path, "A1", "0") == 3
    assert not (path / "B").exists()
    assert [entry.name for entry in tmp_path.iterdir()] == ["p.zarr"]


@pytest.mark.parametrize("name", ["p.zarr", "p.ozx"])
def test_a_failing_body_leaves_the_old_plate_and_says_where_the_fields_are(
    tmp_path: Path, name: str
) -> None:
    path = plates.make(tmp_path / name)
    before = path.read_bytes() if path.is_file() else _tree(path)
    with pytest.raises(ZeroDivisionError) as caught:
        with hcs.HCSPlateWriter(path, plates.document()) as writer:
            writer.write_well_image(_image(3), "A", "1")
            raise ZeroDivisionError
    assert (path.read_bytes() if path.is_file() else _tree(path)) == before
    (remains,) = tmp_path.glob(".p.*")
    (note,) = caught.value.__notes__
    assert str(remains) in note
    assert _value(remains, "A1", "0") == 3


def test_a_body_that_fails_before_any_field_leaves_nothing(tmp_path: Path) -> None:
    path = plates.make(tmp_path / "p.zarr")
    with pytest.raises(ZeroDivisionError):
        with hcs.HCSPlateWriter(path, plates.document()):
            raise ZeroDivisionError
    assert [entry.name for entry in tmp_path.iterdir()] == ["p.zarr"]


def test_fields_that_failed_are_told_at_the_end(tmp_path: Path) -> None:
    path = plates.make(tmp_path / "p.zarr")
    before = _tree(path)
    with pytest.raises(hcs.WriterStateError, match=r"1 field.*well A/1 field 3"):
        with hcs.HCSPlateWriter(path, plates.document()) as writer:
            with pytest.raises(hcs.ShapeError):
                writer.write_well_image(object(), "A", "1", 3)
            writer.write_well_image(_image(), "A", "2")
    assert _tree(path) == before


def test_a_failed_field_that_succeeds_later_is_forgiven(tmp_path: Path) -> None:
    path = tmp_path / "p.zarr"
    with hcs.HCSPlateWriter(path, plates.document()) as writer:
        with pytest.raises(hcs.ShapeError):
            writer.write_well_image(object(), "A", "1", 3)
        writer.write_well_image(_image(4), "A", "1", 3)
    assert _value(path, "A1", "3") == 4


def test_a_source_that_fails_half_way_leaves_no_field(tmp_path: Path) -> None:
    class Broken:
        shape = (2, 30, 40)
        dtype = np.dtype("u2")

        def __array__(self, *_: Any, **__: Any) -> Any:
            raise ValueError("the camera was unplugged")

    path = plates.make(tmp_path / "p.zarr", fields=1)
    before = _tree(path)
    image = SimpleNamespace(
        data=Broken(), dims=("c", "y", "x"), scale={}, translation={}
    )
    with pytest.raises(ValueError, match="unplugged"):
        hcs.write_hcs_well_image(path, image, plates.document(), "A", "1", 0)
    assert _tree(path) == before


@pytest.mark.parametrize(
    ("name", "stranger"),
    [
        ("thesis.docx", True),
        ("A/1/notes.txt", True),
        (".DS_Store", False),
        ("Thumbs.db", False),
        ("OME/METADATA.ome.xml", False),
    ],
)
def test_a_folder_with_anything_but_a_plate_is_never_replaced(
    tmp_path: Path, name: str, stranger: bool
) -> None:
    path = plates.make(tmp_path / "p.zarr")
    (path / name).parent.mkdir(exist_ok=True)
    (path / name).write_text("x")
    writer = hcs.HCSPlateWriter(path, plates.document())
    if stranger:
        with pytest.raises(hcs.StoreError, match="not part of a plate"):
            writer.__enter__()
        assert (path / name).read_text() == "x"
    else:
        with writer:
            writer.write_well_image(_image(), "A", "1")


def test_a_folder_without_a_plate_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "thesis.docx").write_text("x")
    with pytest.raises(hcs.StoreError, match="holds no plate"):
        hcs.HCSPlateWriter(tmp_path / "x", plates.document()).__enter__()
    with pytest.raises(hcs.StoreError, match="is a file"):
        hcs.HCSPlateWriter(tmp_path / "x/thesis.docx", plates.document()).__enter__()
    (tmp_path / "d.ozx").mkdir()
    with pytest.raises(hcs.StoreError, match="is a folder"):
        hcs.HCSPlateWriter(tmp_path / "d.ozx", plates.document()).__enter__()
    image = tmp_path / "image.zarr"
    zarr.create_group(image)
    with pytest.raises(hcs.StoreError, match="holds no plate"):
        hcs.HCSPlateWriter(image, plates.document()).__enter__()


def test_work_goes_on_after_a_crash(tmp_path: Path) -> None:
    path = tmp_path / "p.zarr"
    everything = [("A/1", "0"), ("A/1", "1"), ("B/2", "0")]
    with pytest.raises(ZeroDivisionError):
        with hcs.HCSPlateWriter(path, plates.document()) as writer:
            writer.write_well_image(_image(), "A", "1", 0)
            raise ZeroDivisionError
    with hcs.HCSPlateWriter(path, plates.document(), overwrite=False) as writer:
        missing = [place for place in everything if place not in writer.written]
        assert missing == everything[1:]
        for well, field in missing:
            writer.write_well_image(_image(), *well.split("/"), int(field))
        assert writer.written == set(everything)


def test_progress_counts_fields(tmp_path: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    plate = plates.document(1, 2, fields=2)
    with hcs.HCSPlateWriter(
        tmp_path / "p.zarr", plate, progress=lambda *counts: seen.append(counts)
    ) as writer:
        for field in range(2):
            writer.write_well_image(_image(), "A", "1", field)
    assert seen == [(1, 4), (2, 4)]


def test_map_writes_in_threads_and_raises_what_was_raised(tmp_path: Path) -> None:
    with hcs.HCSPlateWriter(tmp_path / "p.zarr", plates.document()) as writer:
        events = writer.map(
            lambda field: writer.write_well_image(_image(field + 1), "A", "1", field),
            range(8),
            max_workers=4,
        )
        assert [event.path for event in events] == [str(field) for field in range(8)]
        with pytest.raises(KeyError, match="no such file"):
            writer.map(lambda item: {}["no such file"], range(3))
    with hcs.from_hcs_zarr(tmp_path / "p.zarr") as plate:
        assert [field.name for field in plate.well("A1").fields] == list("01234567")


def test_threads_with_writers_of_their_own_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "p.zarr"

    def write(number: int) -> None:
        spelled = path if number % 2 else f"{tmp_path}/./p.zarr/"
        hcs.write_hcs_well_image(
            spelled, _image(number + 1), plates.document(), "A", "1", number
        )

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(24)))
    assert _ngff(path)["plate"]["field_count"] == 24
    for number in range(24):
        assert _value(path, "A1", str(number)) == number + 1


def test_writers_that_start_at_once_where_nothing_is_share_one_plate(
    tmp_path: Path,
) -> None:
    """Each may meet the place before, while and after another makes the plate."""

    def start(path: Path, number: int, begin: threading.Barrier) -> None:
        begin.wait()
        with hcs.HCSPlateWriter(
            path, plates.document(), overwrite=False, durable=False
        ) as writer:
            writer.annotate({f"w{number}": number})

    for attempt in range(20):
        begin = threading.Barrier(8)
        path = tmp_path / f"{attempt}.zarr"
        with ThreadPoolExecutor(8) as pool:
            begun = [pool.submit(start, path, number, begin) for number in range(8)]
        assert [writing.exception() for writing in begun] == [None] * 8
        assert set(_attributes(path)["hcs"]) == {"id", *(f"w{n}" for n in range(8))}


@pytest.mark.parametrize("name", [".zgroup", "zarr.json.0a1b.hcs-part"])
def test_a_place_in_which_a_plate_is_being_made_is_nobody_elses(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / "p.zarr"
    path.mkdir()
    (path / name).write_bytes(b"{}")
    with hcs.HCSPlateWriter(path, plates.document(), "0.4") as writer:
        writer.write_well_image(_image(3), "A", "1")
    assert _value(path, "A1", "0") == 3


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_remembered_of_a_plate_is_what_its_document_says(
    tmp_path: Path, version: str
) -> None:
    path = tmp_path / "p.zarr"
    with hcs.HCSPlateWriter(path, plates.document(), version) as writer:
        for column in ("2", "1", "3"):
            writer.write_well_image(_image(3), "A", column)
            remembered = hierarchy.read_plate_document(DirectoryTarget(path))
            name = group_document(version)
            data = (path / name).read_bytes()
            assert remembered == hierarchy._parse_plate(data, name, str(path))


def test_a_note_beside_the_wells_keeps_nobody_from_adding_fields(
    tmp_path: Path,
) -> None:
    path = plates.make(tmp_path / "p.zarr")
    (path / "note.txt").write_text("keep me")
    hcs.write_hcs_well_image(path, _image(3), None, "A", "1", 5)
    with hcs.HCSPlateWriter(path, plates.document(), overwrite=False) as writer:
        writer.write_well_image(_image(4), "A", "1", 6)
    assert [_value(path, "A1", name) for name in "56"] == [3, 4]
    assert (path / "note.txt").read_text() == "keep me"


def test_annotations_go_into_our_own_key(tmp_path: Path) -> None:
    path = tmp_path / "p.zarr"
    with hcs.HCSPlateWriter(
        path, plates.document(), annotations={"gaps": [{"well": "A/1"}]}
    ) as writer:
        writer.annotate({"import": {"state": "done"}, "gaps": None})
    assert set(_attributes(path)["hcs"]) == {"id", "import"}


def test_text_of_other_locations_is_refused(tmp_path: Path) -> None:
    for wrong in ("http://host/p.zarr", 5, ""):
        with pytest.raises(hcs.HCSError):
            hcs.HCSPlateWriter(wrong, plates.document()).__enter__()
    with hcs.HCSPlateWriter(f"file://{tmp_path}/a%20b.zarr", plates.document()):
        pass
    assert (tmp_path / "a b.zarr").is_dir()


def test_a_link_to_a_plate_stays_a_link(tmp_path: Path) -> None:
    path = plates.make(tmp_path / "p.zarr")
    (tmp_path / "link").symlink_to(path)
    with hcs.HCSPlateWriter(tmp_path / "link", plates.document()) as writer:
        writer.write_well_image(_image(3), "A", "1")
    assert (tmp_path / "link").is_symlink()
    assert _value(path, "A1", "0") == 3


@pytest.mark.parametrize("key", ["Z/1/zarr.json", "../x/y", "/x/y", "A/../../x/y"])
def test_nothing_is_written_outside_the_plate(tmp_path: Path, key: str) -> None:
    path = plates.make(tmp_path / "p.zarr")
    (tmp_path / "outside").mkdir()
    (path / "Z").symlink_to(tmp_path / "outside")
    before = _tree(tmp_path)
    with pytest.raises(hcs.InvalidPathError, match="out of the plate"):
        DirectoryTarget(path).replace(key, b"{}")
    assert _tree(tmp_path) == before


def test_a_link_that_stays_in_the_plate_is_written_through(tmp_path: Path) -> None:
    path = plates.make(tmp_path / "p.zarr")
    (path / "Z").symlink_to("A")
    DirectoryTarget(path).replace("Z/1/note.json", b"{}")
    assert (path / "A/1/note.json").read_bytes() == b"{}"


def test_an_acquisition_that_other_software_gave_stays(tmp_path: Path) -> None:
    path = plates.make(tmp_path / "p.zarr")
    document = path / "A/1/zarr.json"
    content = json.loads(document.read_bytes())
    content["attributes"]["ome"]["well"]["images"][0]["acquisition"] = 0
    del content["attributes"]["hcs"]
    document.write_text(json.dumps(content))
    hcs.write_hcs_well_image(path, _image(3), None, "A", "1", 0)
    assert _ngff(path, "A/1")["well"]["images"] == [{"path": "0r2", "acquisition": 0}]


def test_one_broken_well_keeps_nobody_from_the_others(tmp_path: Path) -> None:
    path = plates.make(tmp_path / "p.zarr")
    (path / "B/1/zarr.json").write_text("{")
    with hcs.HCSPlateWriter(path, overwrite=False, grace=0) as writer:
        assert ("A/1", "0") in writer.written
        writer.write_well_image(_image(3), "A", "1", 0)
    assert _value(path, "A1", "0") == 3
    with pytest.raises(hcs.MetadataError, match="B/1"):
        hcs.write_hcs_well_image(path, _image(3), None, "B", "1", 5)
    assert (path / "B/1/zarr.json").read_text() == "{"


# --- display windows -----------------------------------------------------------------


def test_all_fields_of_a_plate_get_the_windows_of_the_first(tmp_path: Path) -> None:
    path = tmp_path / "p.zarr"
    with hcs.HCSPlateWriter(path, plates.document()) as writer:
        # Of noise alone a window would be wider than its pixels.
        ramp = np.broadcast_to(np.linspace(100, 899, 60), (2, 60, 60)).astype("u2")
        writer.write_well_image(hcs.to_ngff_image(ramp, dims=("c", "y", "x")), "A", "1")
        writer.write_well_image(_image(5000), "A", "2")
    first, second = (_ngff(path, f"A/{n}/0")["omero"]["channels"] for n in (1, 2))
    assert [channel["window"] for channel in first] == [
        channel["window"] for channel in second
    ]
    assert 100 <= first[0]["window"]["start"] < first[0]["window"]["end"] <= 900


def test_windows_that_were_given_stand(tmp_path: Path) -> None:
    path = tmp_path / "p.zarr"
    window = hcs.Window(start=5, end=50, min=0, max=255)
    image = _image()
    described = hcs.Multiscales([image])
    metadata = replace(
        described.metadata,
        channels=tuple(
            hcs.Channel(name=name, color="FF0000", window=window) for name in "ab"
        ),
    )
    with hcs.HCSPlateWriter(path, plates.document()) as writer:
        writer.write_well_image(hcs.Multiscales([image], metadata), "A", "1")
    channels = _ngff(path, "A/1/0")["omero"]["channels"]
    assert [channel["window"]["end"] for channel in channels] == [50, 50]
    assert [channel["label"] for channel in channels] == ["a", "b"]


# --- a plate of metadata only --------------------------------------------------------


def test_a_plate_with_fields_is_not_replaced_by_an_empty_one(tmp_path: Path) -> None:
    path = tmp_path / "p.zarr"
    empty = hcs.HCSPlate(metadata=plates.document())
    hcs.to_hcs_zarr(empty, path)
    hcs.to_hcs_zarr(empty, path)  # no fields yet
    hcs.write_hcs_well_image(path, _image(), plates.document(), "A", "1")
    with pytest.raises(hcs.StoreError, match="overwrite=True"):
        hcs.to_hcs_zarr(empty, path)
    hcs.to_hcs_zarr(empty, path, overwrite=True)
    assert not (path / "A").exists()
