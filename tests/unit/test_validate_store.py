"""`validate` on stores: every finding with its place, and nothing stops the rest."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hcs import from_hcs_zarr
from hcs.errors import PlateNotFoundError
from hcs.ngff.document import group_json, to_bytes
from hcs.rules.problem import Problem
from hcs.stores.directory import DirectoryStore
from hcs.validation import validate
from tests.unit.test_rules_image import image
from tests.unit.test_rules_well import well

VERSIONS = ("0.4", "0.5", "0.6")
WELLS = {"A/1": (0, 0), "A/2": (0, 1), "B/1": (1, 0)}


class Raw:
    """A plate written file by file, so that a test can break any of them."""

    def __init__(self, root: Path, version: str = "0.5") -> None:
        self.root, self.version = root, version

    def group(self, path: str, attributes: dict[str, Any]) -> None:
        for name, data in group_json(self.version, attributes).items():
            self.put(f"{path}/{name}", data)

    def put(self, key: str, data: bytes) -> None:
        target = self.root / key.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)

    def array(self, path: str, *shape: int, dtype: str = "uint16", **keys: Any) -> None:
        if self.version == "0.4":
            document = {
                "zarr_format": 2,
                "shape": list(shape),
                "chunks": list(shape),
                "dtype": {"uint16": "<u2", "float32": "<f4"}[dtype],
                "compressor": None,
                "fill_value": 0,
                "order": "C",
                "filters": None,
                "dimension_separator": "/",
            }
            name = ".zarray"
        else:
            document = {
                "zarr_format": 3,
                "node_type": "array",
                "shape": list(shape),
                "data_type": dtype,
                "chunk_grid": {
                    "name": "regular",
                    "configuration": {"chunk_shape": list(shape)},
                },
                "chunk_key_encoding": {"name": "default"},
                "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}],
                "fill_value": 0,
                "attributes": {},
                "dimension_names": list("tczyx"[-len(shape) :])
                if len(shape) != 3
                else ["c", "y", "x"],
            }
            name = "zarr.json"
        self.put(f"{path}/{name}", to_bytes({**document, **keys}))

    def chunk(self, path: str, size: int, *, data: bytes | None = None) -> None:
        key = "0/0/0" if self.version == "0.4" else "c/0/0/0"
        self.put(f"{path}/{key}", bytes(size) if data is None else data)

    def image(self, path: str, *, chunks: bool = True) -> None:
        self.group(path, image(self.version))
        for level, side in (("0", 8), ("1", 4)):
            self.array(f"{path}/{level}", 2, side, side)
            if chunks:
                self.chunk(f"{path}/{level}", 4 * side * side)

    def document(self, path: str) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.root / self.key(path)).read_bytes())
        return content

    def key(self, path: str) -> str:
        name = ".zattrs" if self.version == "0.4" else "zarr.json"
        return f"{path}/{name}".lstrip("/")

    def change(self, path: str, act: Callable[[Any], None]) -> None:
        """Change the block that a group's keys stand in."""
        document = self.document(path)
        block = document if self.version == "0.4" else document["attributes"]["ome"]
        act(block)
        self.put(self.key(path), to_bytes(document))

    def ours(self, path: str, content: Any) -> None:
        document = self.document(path)
        block = document if self.version == "0.4" else document["attributes"]
        block["hcs"] = content
        self.put(self.key(path), to_bytes(document))


def plate_attributes(version: str) -> dict[str, Any]:
    plate: dict[str, Any] = {
        "columns": [{"name": "1"}, {"name": "2"}],
        "rows": [{"name": "A"}, {"name": "B"}],
        "wells": [
            {"path": path, "rowIndex": row, "columnIndex": column}
            for path, (row, column) in WELLS.items()
        ],
        "field_count": 2,
        "name": "p",
    }
    if version == "0.4":
        return {"plate": {**plate, "version": version}}
    if version == "0.5":
        plate["version"] = version
    return {"ome": {"version": version, "plate": plate}}


def make(root: Path, version: str = "0.5") -> Raw:
    """Write a plate of three wells with two fields each that breaks no rule."""
    raw = Raw(root / "p.zarr", version)
    raw.group("", plate_attributes(version))
    for row in ("A", "B"):
        raw.group(row, {})
    for path in WELLS:
        raw.group(path, well([{"path": "0"}, {"path": "1"}], version))
        for field in ("0", "1"):
            raw.image(f"{path}/{field}")
    return raw


def problems_of(raw: Raw, **options: Any) -> list[tuple[str, str, str]]:
    return [
        (problem.severity, problem.rule, problem.location.partition(":")[0])
        for problem in validate(raw.root, **options)
    ]


@pytest.fixture(params=VERSIONS)
def raw(request: pytest.FixtureRequest, tmp_path: Path) -> Raw:
    return make(tmp_path, request.param)


def test_a_sound_plate_has_no_problems(raw: Raw) -> None:
    assert validate(raw.root) == []
    assert validate(raw.root, pixels=True) == []


def test_an_open_store_a_text_and_a_dict_are_validated_alike(raw: Raw) -> None:
    shutil.rmtree(raw.root / "B")
    expected = validate(raw.root)
    assert [problem.rule for problem in expected] == ["well-missing"]
    assert validate(str(raw.root)) == expected
    with DirectoryStore(raw.root) as store:
        assert validate(store) == expected
        assert validate(store) == expected
    with from_hcs_zarr(raw.root) as plate:
        assert validate(plate) == expected
    files = {
        path.relative_to(raw.root).as_posix(): path.read_bytes()
        for path in raw.root.rglob("*")
        if path.is_file()
    }
    assert validate(files) == expected


def test_no_place_at_all_is_an_error_of_the_call(tmp_path: Path) -> None:
    with pytest.raises(PlateNotFoundError):
        validate(tmp_path / "nowhere")


def test_an_empty_folder_is_a_problem(tmp_path: Path) -> None:
    (problem,) = validate(tmp_path)
    assert (problem.severity, problem.rule) == ("error", "store-empty")


# -- wells -----------------------------------------------------------------------------


def test_a_listed_well_without_group_is_a_warning(raw: Raw) -> None:
    shutil.rmtree(raw.root / "A" / "2")
    assert problems_of(raw) == [("warning", "well-missing", "A/2")]


def test_a_folder_of_fields_without_well_document_is_an_error(raw: Raw) -> None:
    (raw.root / raw.key("A/2")).unlink()
    if raw.version == "0.4":
        (raw.root / "A/2/.zgroup").unlink()
    assert problems_of(raw) == [("error", "well-document-missing", "A/2")]


def test_a_cut_off_document_is_an_error_and_the_others_are_judged(raw: Raw) -> None:
    target = raw.root / raw.key("A/1")
    target.write_bytes(target.read_bytes()[:50])
    raw.change("A/2", lambda block: block["well"].update(images=[]))
    assert [problem[1:] for problem in problems_of(raw)] == [
        ("document-unreadable", raw.key("A/1")),
        ("well-images-empty", "A/2"),
        ("well-image-unlisted", "A/2"),
    ]


def test_a_link_out_of_the_plate_is_an_error(raw: Raw, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes((raw.root / raw.key("A/1")).read_bytes())
    (raw.root / raw.key("A/1")).unlink()
    (raw.root / raw.key("A/1")).symlink_to(outside)
    assert ("error", "document-unreadable", raw.key("A/1")) in problems_of(raw)


def test_a_fifo_is_an_error_and_does_not_hang(raw: Raw) -> None:
    (raw.root / raw.key("A/1")).unlink()
    os.mkfifo(raw.root / raw.key("A/1"))
    assert ("error", "document-unreadable", raw.key("A/1")) in problems_of(raw)


def test_wells_that_lead_out_of_the_plate_are_not_followed(raw: Raw) -> None:
    other = make(raw.root.parent / "other", raw.version)
    assert validate(other.root) == []

    def act(block: Any) -> None:
        block["plate"]["wells"][0]["path"] = "../other/p.zarr/A/1"

    raw.change("", act)
    rules = [problem[1] for problem in problems_of(raw)]
    assert rules[0] == "plate-well-path"


def test_a_version_mismatch_in_the_hierarchy_is_an_error(tmp_path: Path) -> None:
    raw = make(tmp_path, "0.5")
    raw.change("A/2", lambda block: block.update(version="0.6"))
    raw.change("B/1/0", lambda block: block.update(version="0.4"))
    assert problems_of(raw) == [
        ("error", "ome-version", "A/2"),
        ("error", "ome-version", "B/1/0"),
    ]


def test_a_well_of_another_zarr_format_is_an_error(tmp_path: Path) -> None:
    raw = make(tmp_path, "0.5")
    (raw.root / "A/1/zarr.json").unlink()
    other = Raw(raw.root, "0.4")
    other.group("A/1", well([{"path": "0"}], "0.4"))
    assert problems_of(raw) == [("error", "well-zarr-format", "A/1")]


def test_two_formats_at_the_root_are_an_error(tmp_path: Path) -> None:
    raw = make(tmp_path, "0.5")
    Raw(raw.root, "0.4").group("", plate_attributes("0.4"))
    assert ("error", "store-mixed-formats", "") in problems_of(raw)


def test_0_5_in_zarr_v2_is_an_error(tmp_path: Path) -> None:
    raw = make(tmp_path, "0.4")
    raw.change("", lambda block: block["plate"].update(version="0.5"))
    assert ("error", "version-zarr-format", "") in problems_of(raw)


def test_0_4_without_group_markers_is_an_error(tmp_path: Path) -> None:
    raw = make(tmp_path, "0.4")
    for path in ("", "A", "A/1", "A/1/0"):
        (raw.root / path / ".zgroup").unlink()
    assert problems_of(raw) == [
        ("error", "group-missing", ""),
        ("error", "group-missing", "A/1"),
        ("error", "group-missing", "A/1/0"),
        ("error", "row-missing", "A"),
    ]


def test_an_array_where_a_group_must_be_is_an_error(tmp_path: Path) -> None:
    raw = make(tmp_path, "0.5")
    document = raw.document("A/1")
    document["node_type"] = "array"
    raw.put("A/1/zarr.json", to_bytes(document))
    assert problems_of(raw) == [("error", "group-type", "A/1")]


def test_field_count_smaller_than_the_largest_well_is_one_error(raw: Raw) -> None:
    raw.change("", lambda block: block["plate"].update(field_count=1))
    (problem,) = validate(raw.root)
    assert (problem.severity, problem.rule) == ("error", "plate-field-count-exceeded")
    assert problem.message == "field_count is 1, but well A/1 lists 2 fields."


def test_undeclared_acquisitions_are_found_in_wells(raw: Raw) -> None:
    runs = [
        {"id": 0, "name": "a", "maximumfieldcount": 1},
        {"id": 1, "name": "b", "maximumfieldcount": 1},
    ]
    raw.change("", lambda block: block["plate"].update(acquisitions=runs))
    images = [{"path": "0", "acquisition": 0}, {"path": "1", "acquisition": 77}]
    raw.change("A/2", lambda block: block["well"].update(images=images))
    images = [{"path": "0", "acquisition": 1}, {"path": "1", "acquisition": 1}]
    raw.change("B/1", lambda block: block["well"].update(images=images))
    assert problems_of(raw) == [
        ("error", "well-image-acquisition-missing", "A/1"),
        ("error", "well-image-acquisition-missing", "A/1"),
        ("error", "well-image-acquisition-undeclared", "A/2"),
        ("error", "well-maximumfieldcount", "B/1"),
    ]


def test_groups_that_should_not_be_there_are_reported(raw: Raw) -> None:
    def forget(block: Any) -> None:
        del block["plate"]["wells"][1:]

    raw.change("", forget)
    raw.group("A/3", {})
    assert problems_of(raw) == [
        ("warning", "well-unlisted", "A/2"),
        ("warning", "well-empty", "A/3"),
        ("warning", "well-unlisted", "B/1"),
    ]


def test_a_row_group_without_wells_should_not_be_there(raw: Raw) -> None:
    def forget(block: Any) -> None:
        del block["plate"]["wells"][2]

    raw.change("", forget)
    shutil.rmtree(raw.root / "B" / "1")
    assert problems_of(raw) == [("warning", "row-empty", "B")]


def test_foreign_groups_beside_the_rows_are_nobody_s_business(raw: Raw) -> None:
    raw.group("OME", {"series": []})
    raw.group("tables", {})
    raw.group("A/1/0/tables", {})
    assert validate(raw.root) == []


# -- fields and levels -----------------------------------------------------------------


def test_a_listed_field_without_image_is_an_error(raw: Raw) -> None:
    shutil.rmtree(raw.root / "A" / "2" / "1")
    assert problems_of(raw) == [("error", "image-missing", "A/2/1")]


def test_a_listed_level_without_array_is_an_error(raw: Raw) -> None:
    shutil.rmtree(raw.root / "A" / "2" / "1" / "1")
    assert problems_of(raw) == [("error", "level-missing", "A/2/1/1")]


def test_a_group_instead_of_an_array_is_an_error(tmp_path: Path) -> None:
    raw = make(tmp_path, "0.5")
    raw.group("A/1/0/1", {})
    assert problems_of(raw) == [("error", "level-not-array", "A/1/0/1")]


def test_fields_unlike_the_others_are_warnings(raw: Raw) -> None:
    for level, side in (("0", 6), ("1", 3)):
        raw.array(f"A/2/1/{level}", 2, side, side, dtype="float32")
    assert problems_of(raw) == [
        ("warning", "fields-shape-differ", "A/2/1"),
        ("warning", "fields-dtype-differ", "A/2/1"),
    ]


def test_arrays_that_are_refused_here_are_named(tmp_path: Path) -> None:
    raw = make(tmp_path, "0.5")
    codecs = [{"name": "numcodecs.pickle", "configuration": {}}]
    raw.array("A/1/0/0", 2, 8, 8, codecs=codecs)
    raw.array("A/1/1/0", 2, 8, 8, chunk_grid={})
    assert problems_of(raw) == [
        ("warning", "array-refused", "A/1/0/0"),
        ("error", "array-document", "A/1/1/0"),
    ]


def test_labels_are_judged_with_their_image(raw: Raw) -> None:
    labels: dict[str, Any] = {"labels": ["nuclei", "gone"]}
    label = image(raw.version, **{"image-label": {"colors": [{"label-value": 1}]}})
    if raw.version == "0.4":
        label["image-label"]["version"] = "0.4"
    else:
        labels = {"ome": {"version": raw.version, **labels}}
    raw.group("A/1/0/labels", labels)
    raw.image("A/1/0/labels/nuclei")
    raw.group("A/1/0/labels/nuclei", label)
    raw.array("A/1/0/labels/nuclei/1", 2, 4, 4, dtype="float32")
    raw.image("A/1/0/labels/extra")
    expected = {
        ("error", "label-missing", "A/1/0/labels/gone"),
        ("error", "label-dtype", "A/1/0/labels/nuclei"),
        ("warning", "level-dtype", "A/1/0/labels/nuclei"),
    }
    if raw.version != "0.4":
        expected.add(("warning", "labels-unlisted", "A/1/0/labels"))
    assert set(problems_of(raw)) == expected


def test_an_unlisted_group_in_a_well_is_reported(raw: Raw) -> None:
    raw.image("A/1/0r2")
    assert problems_of(raw) == [("warning", "well-image-unlisted", "A/1")]


def test_what_a_history_or_a_settling_knows_is_no_stray_group(raw: Raw) -> None:
    for name in ("0r1", "0r2", "0r3"):
        raw.image(f"A/1/{name}")
    field = {
        "path": "0",
        "live": "b",
        "versions": [{"id": "a", "path": "0r1"}, {"id": "b", "path": "0"}],
        "settling": {"aliases": [{"path": "0r2", "version": "b"}, 5]},
    }
    raw.ours("A/1", {"fields": {"0": field}})
    raw.ours("A/1/0r3", {"state": "staging"})
    assert [problem[1] for problem in problems_of(raw)] == [
        "hcs-unsettled",
        "hcs-incomplete",
    ]


# -- pixels ----------------------------------------------------------------------------


def chunk_of(raw: Raw, path: str) -> Path:
    return raw.root / path / ("0/0/0" if raw.version == "0.4" else "c/0/0/0")


def test_case_19_a_missing_chunk_is_a_warning_when_pixels_are_asked_for(
    raw: Raw,
) -> None:
    chunk_of(raw, "A/1/0/0").unlink()
    assert problems_of(raw) == []
    assert problems_of(raw, pixels=True) == [("warning", "pixels-missing", "A/1/0/0")]


def test_a_broken_chunk_is_an_error_and_the_others_are_still_read(raw: Raw) -> None:
    chunk_of(raw, "A/1/0/0").write_bytes(b"cut")
    chunk_of(raw, "B/1/1/1").write_bytes(b"cut")
    assert problems_of(raw) == []
    assert problems_of(raw, pixels=True) == [
        ("error", "pixels-broken", "A/1/0/0"),
        ("error", "pixels-broken", "B/1/1/1"),
    ]


# -- ours ------------------------------------------------------------------------------


def notes(raw: Raw) -> list[tuple[str, str, str]]:
    problems: list[Problem] = validate(raw.root)
    assert all(
        problem.severity == "warning" and problem.clause == "hcs"
        for problem in problems
    )
    return [(problem.rule, problem.location, problem.message) for problem in problems]


def test_gaps_are_one_warning_a_well(raw: Raw) -> None:
    gaps: list[Any] = [
        {"well": "A/1", "field": "s1", "channel": "DNA"},
        {"well": "A/1", "field": "s2", "channel": "DNA"},
        {"well": "B/2", "z": 3},
        {"well": None, "channel": "Cy5"},
        "rubbish",
    ]
    raw.ours("", {"gaps": gaps, "import": {"state": "unfinished"}})
    first, second, third, every = notes(raw)
    assert every == (
        "hcs-gaps",
        "",
        "The source had no image for channel Cy5 in any well.",
    )
    assert first[0] == "hcs-import-unfinished"
    assert second[:2] == ("hcs-gaps", "A/1")
    assert "2 places" in second[2]
    assert third == ("hcs-gaps", "B/2", "The source had no image for z 4.")


def test_corrections_that_are_not_settled_are_warnings(raw: Raw) -> None:
    raw.image("A/1/0r2")
    raw.change(
        "A/1",
        lambda block: block["well"].update(images=[{"path": "0r2"}, {"path": "1"}]),
    )
    versions = [{"id": "a", "path": "0"}, {"id": "b", "path": "0r2"}]
    field: dict[str, Any] = {"path": "0", "live": "b", "versions": versions}
    raw.ours("A/1", {"fields": {"0": field, "1": {"live": 5}, "2": None}})
    (note,) = notes(raw)
    assert note[:2] == ("hcs-unsettled", "A/1: hcs.fields.0")
    field["settling"] = {"move": {"from": "0r2"}}
    raw.ours("A/1", {"fields": {"0": field}})
    (note,) = notes(raw)
    assert "being brought back" in note[2]


@pytest.mark.parametrize(
    "content", [5, [], "x", {"gaps": 5, "import": 1, "fields": []}]
)
def test_our_key_bent_by_others_breaks_nothing(raw: Raw, content: Any) -> None:
    raw.ours("", content)
    raw.ours("A/1", content)
    assert {note[0] for note in notes(raw)} <= {"hcs-extension"}


# -- roots that are no plate -----------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
def test_images_wells_and_labels_are_validated_by_themselves(
    tmp_path: Path, version: str
) -> None:
    raw = make(tmp_path, version)
    assert validate(raw.root / "A" / "1") == []
    assert validate(raw.root / "A" / "1" / "0") == []
    raw.change("A/1/0", lambda block: block["multiscales"][0].pop("name"))
    (problem,) = validate(raw.root / "A" / "1" / "0")
    assert problem.rule == "multiscale-name-missing"


def test_a_collection_of_images_is_validated(tmp_path: Path) -> None:
    raw = Raw(tmp_path, "0.5")
    raw.group("", {"ome": {"version": "0.5", "bioformats2raw.layout": 3}})
    raw.group("OME", {"ome": {"version": "0.5"}})
    raw.put("OME/METADATA.ome.xml", b"<OME/>")
    raw.image("0")
    raw.image("1")
    assert validate(tmp_path) == []
    raw.group("", {"ome": {"version": "0.5", "bioformats2raw.layout": 2}})
    raw.group("OME", {"ome": {"version": "0.5", "series": ["0", "5"]}})
    (tmp_path / "OME/METADATA.ome.xml").unlink()
    assert [problem.rule for problem in validate(tmp_path)] == [
        "collection-layout",
        "collection-xml",
        "image-missing",
    ]


def test_a_plate_document_of_another_version_s_shape_is_explained(
    tmp_path: Path,
) -> None:
    raw = Raw(tmp_path, "0.5")
    raw.group("", plate_attributes("0.4"))
    format_problem, problem = validate(tmp_path)
    assert format_problem.rule == "version-zarr-format"
    assert problem.rule == "ome-missing"
    assert "'plate' stands beside it" in problem.message


@pytest.mark.parametrize("stated", ["0.7", "1.0"])
def test_a_version_to_come_is_named_and_not_judged(tmp_path: Path, stated: str) -> None:
    raw = Raw(tmp_path, "0.5")
    raw.group("", {"ome": {"version": stated, "plate": 5}})
    (problem,) = validate(tmp_path)
    assert (problem.severity, problem.rule) == ("error", "version-unknown")


# -- cost ------------------------------------------------------------------------------


class Counting(DirectoryStore):
    """A folder that counts how often each document is read."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.reads: list[str] = []

    def fetch(self, key: str, *args: Any, **options: Any) -> bytes | None:
        self.reads.append(key)
        return super().fetch(key, *args, **options)


def test_each_document_is_read_once_whatever_the_number_of_wells(
    raw: Raw,
) -> None:
    store = Counting(raw.root)
    assert validate(store) == []
    assert store.reads.count(raw.key("")) <= 2  # the root once more, as a group
    others = [key for key in store.reads if key != raw.key("")]
    assert len(others) == len(set(others))


def test_progress_counts_wells(raw: Raw) -> None:
    steps: list[tuple[int, int]] = []
    validate(raw.root, progress=lambda done, total: steps.append((done, total)))
    assert steps == [(3, 3)]
