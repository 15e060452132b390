"""The documents of plates, wells and images, in each version."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hcs.errors import (
    HCSError,
    InvalidPathError,
    MetadataError,
    UnsupportedVersionError,
)
from hcs.metadata import (
    Axis,
    Channel,
    Dataset,
    ImageMetadata,
    Plate,
    PlateAcquisition,
    PlateColumn,
    PlateRow,
    PlateWell,
    Well,
    WellImage,
    Window,
)
from hcs.ngff.document import (
    document_attributes,
    group_document,
    group_json,
    parse_json,
)
from hcs.ngff.envelope import VERSIONS, detect_version
from hcs.ngff.multiscale import read_image, write_image
from hcs.ngff.plate import read_plate, write_plate
from hcs.ngff.well import read_well, write_well
from hcs.rules.writable import check_plate
from tests import strategies

PLATE: dict[str, Any] = {
    "columns": [{"name": "1"}, {"name": "2"}],
    "rows": [{"name": "A"}],
    "wells": [
        {"path": "A/1", "rowIndex": 0, "columnIndex": 0},
        {"path": "A/2", "rowIndex": 0, "columnIndex": 1},
    ],
    "acquisitions": [{"id": 0}],
    "version": "0.4",
}
IMAGE: dict[str, Any] = {
    "multiscales": [
        {
            "axes": [{"name": "y", "type": "space"}, {"name": "x", "type": "space"}],
            "datasets": [
                {
                    "path": "0",
                    "coordinateTransformations": [{"type": "scale", "scale": [1, 1]}],
                }
            ],
            "version": "0.4",
        }
    ],
    "omero": {"channels": [{"label": "DNA", "color": "0000ff"}]},
}


# --- round trips ---------------------------------------------------------------------


@given(strategies.plates(), strategies.versions)
def test_a_plate_survives_writing_and_reading(plate: Plate, version: str) -> None:
    read = read_plate(write_plate(plate, version), "here")
    assert read == Plate(**{**_slots(plate), "version": version})


@given(strategies.wells(), strategies.versions)
def test_a_well_survives_writing_and_reading(well: Well, version: str) -> None:
    read = read_well(write_well(well, version), "here")
    assert read == Well(images=well.images, version=version)


@given(strategies.images(), strategies.versions)
def test_an_image_survives_writing_and_reading(
    image: ImageMetadata, version: str
) -> None:
    read = read_image(write_image(image, version), "here")
    assert read.axes == image.axes
    assert read.channels == image.channels
    assert read.name == image.name
    assert read.version == version
    for before, after in zip(image.datasets, read.datasets, strict=True):
        assert after == before


@given(strategies.plates(), strategies.versions, strategies.versions)
def test_a_plate_converted_to_another_version_reads_the_same(
    plate: Plate, first: str, second: str
) -> None:
    written = write_plate(plate, first, {"barcode": "X1"})
    converted = write_plate(plate, second, written)
    assert converted["barcode"] == "X1"
    assert read_plate(converted, "here").wells == plate.wells
    assert ("ome" in converted) == (second != "0.4")
    assert ("plate" in converted) == (second == "0.4")


def _slots(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__slots__}


@pytest.mark.parametrize("version", VERSIONS)
def test_documents_of_a_group_parse_back(version: str) -> None:
    files = group_json(version, {"plate": {"name": "Größe"}})
    name = group_document(version)
    assert name == list(files)[-1], "the attributes come last"
    attributes = document_attributes(parse_json(files[name], name), name)
    assert attributes == {"plate": {"name": "Größe"}}


# --- what is kept --------------------------------------------------------------------


def test_keys_that_are_not_ours_survive_in_every_part_of_a_plate() -> None:
    old = {
        "ome": {
            "version": "0.5",
            "custom": 1,
            "plate": {
                **PLATE,
                "barcode": "X1",
                "rows": [{"name": "A", "concentration": 10}],
                "wells": [{**PLATE["wells"][0], "note": "wet"}, PLATE["wells"][1]],
            },
        },
        "tool": {"a": 1},
        "hcs": {"id": "0" * 32},
    }
    new = write_plate(read_plate(old, "here"), "0.5", old)
    assert new["tool"] == {"a": 1}
    assert new["hcs"] == {"id": "0" * 32}
    assert new["ome"]["custom"] == 1
    assert new["ome"]["plate"]["barcode"] == "X1"
    assert new["ome"]["plate"]["rows"] == [{"name": "A", "concentration": 10}]
    assert new["ome"]["plate"]["wells"][0]["note"] == "wet"


def test_keys_of_images_that_are_not_ours_survive() -> None:
    old = json.loads(json.dumps(IMAGE))
    old["multiscales"][0]["type"] = "gaussian"
    old["multiscales"].append({"name": "second"})
    old["omero"]["rdefs"] = {"model": "color"}
    old["omero"]["channels"][0]["family"] = "linear"
    meta = read_image(old, "here")
    new = write_image(meta, "0.5", old)["ome"]
    assert new["multiscales"][0]["type"] == "gaussian"
    assert new["multiscales"][1] == {"name": "second"}
    assert new["omero"]["rdefs"] == {"model": "color"}
    assert new["omero"]["channels"][0]["family"] == "linear"
    assert new["omero"]["channels"][0]["label"] == "DNA"


def test_writing_does_not_change_the_attributes_it_was_given() -> None:
    old = {"plate": {**PLATE}, "x": [1]}
    before = json.dumps(old)
    write_plate(read_plate(old, "here"), "0.6", old)
    assert json.dumps(old) == before


def test_an_empty_list_of_acquisitions_is_not_written() -> None:
    plate = Plate(columns=[], rows=[], wells=[], acquisitions=[])
    assert "acquisitions" not in write_plate(plate, "0.4")["plate"]


# --- versions ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attributes", "zarr_format", "version"),
    [
        pytest.param({"plate": {"version": "0.4"}}, 2, "0.4", id="0.4"),
        pytest.param({"plate": {}}, 2, "0.4", id="0.4 says SHOULD"),
        pytest.param({}, 2, "0.4", id="no keys"),
        pytest.param({"ome": {"version": "0.4", "plate": {}}}, 2, "0.4", id="in ome"),
        pytest.param({"ome": {"version": "0.5"}}, 3, "0.5", id="0.5"),
        pytest.param({"ome": {"plate": {"version": "0.5"}}}, 3, "0.5", id="in plate"),
        pytest.param({"ome": {"version": "0.6"}}, 3, "0.6", id="0.6"),
        pytest.param({"ome": {"version": "0.6rc0"}}, 3, "0.6", id="draft of 0.6"),
        pytest.param({"ome": {"version": "0.6.dev3"}}, 3, "0.6", id="older draft"),
    ],
)
def test_the_version_of_a_group_is_found(
    attributes: dict[str, Any], zarr_format: int, version: str
) -> None:
    assert detect_version(attributes, zarr_format, "here") == version


@pytest.mark.parametrize(
    ("attributes", "zarr_format", "named"),
    [
        pytest.param({"plate": {"version": "0.2"}}, 2, "'0.2'", id="old"),
        pytest.param({"ome": {"version": "1.0"}}, 3, "'1.0'", id="new"),
        pytest.param({"ome": {"version": 0.5}}, 3, "0.5", id="number"),
        pytest.param({"ome": {"plate": {}}}, 3, "None", id="none in Zarr v3"),
        pytest.param({"plate": {"version": "0.5"}}, 2, "Zarr v2", id="0.5 in v2"),
        pytest.param({"ome": {"version": "0.4"}}, 3, "Zarr v3", id="0.4 in v3"),
    ],
)
def test_a_version_that_is_not_read_is_named(
    attributes: dict[str, Any], zarr_format: int, named: str
) -> None:
    with pytest.raises(UnsupportedVersionError) as error:
        detect_version(attributes, zarr_format, "the plate")
    assert named in str(error.value)
    assert "the plate" in str(error.value)
    assert "0.4" in str(error.value)


# --- plates --------------------------------------------------------------------------


def _plate(**changes: Any) -> dict[str, Any]:
    return {"plate": {**PLATE, **changes}}


def _well(**changes: Any) -> dict[str, Any]:
    return _plate(wells=[{**PLATE["wells"][0], **changes}])


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        pytest.param({}, "no plate", id="no plate"),
        pytest.param({"plate": []}, "list", id="a list"),
        pytest.param(_plate(rows=None), "'rows' is absent", id="no rows"),
        pytest.param(_plate(columns={}), "'columns' is {}", id="columns no list"),
        pytest.param(_plate(wells=None), "'wells' is absent", id="no wells"),
        pytest.param(_plate(rows=[{"name": 1}]), "name is a string", id="number name"),
        pytest.param(_plate(rows=["A"]), "name is a string", id="no object"),
        pytest.param(
            _plate(rows=[{"name": "A"}, {"name": "A"}]), "'A' twice", id="row twice"
        ),
        pytest.param(
            _plate(columns=[{"name": "1"}] * 2), "'1' twice", id="column twice"
        ),
        pytest.param(
            _plate(wells=[PLATE["wells"][0]] * 2), "'A/1' twice", id="well twice"
        ),
        pytest.param(_plate(wells=["A/1"]), "type str", id="well no object"),
        pytest.param(_well(path="B/1"), "no row 'B'", id="unknown row"),
        pytest.param(_well(path="A/9"), "column '9'", id="unknown column"),
        pytest.param(_well(rowIndex=1), "rowIndex 1", id="index too large"),
        pytest.param(_well(rowIndex=-1), "rowIndex -1", id="negative index"),
        pytest.param(_well(rowIndex=False), "rowIndex False", id="boolean index"),
        pytest.param(_well(rowIndex=0.0), "rowIndex 0.0", id="fractional index"),
        pytest.param(_well(columnIndex="0"), "columnIndex '0'", id="text index"),
        pytest.param(_well(columnIndex=10**30), "columnIndex 1000", id="huge index"),
        pytest.param(
            _plate(acquisitions=[{"id": "0"}]), "id '0'", id="acquisition id text"
        ),
        pytest.param(_plate(acquisitions=[{"id": -1}]), "id -1", id="negative id"),
        pytest.param(_plate(acquisitions=[{}]), "id None", id="no id"),
        pytest.param(
            _plate(acquisitions=[{"id": 1}, {"id": 1}]), "id 1 twice", id="id twice"
        ),
        pytest.param(_plate(acquisitions={}), "expected a list", id="no list"),
        pytest.param(_plate(field_count="two"), "field_count 'two'", id="count text"),
        pytest.param(_plate(name=7), "name 7", id="name number"),
    ],
)
def test_case_07_08_09_a_broken_plate_is_refused_by_name(
    attributes: dict[str, Any], message: str
) -> None:
    with pytest.raises(MetadataError, match="the place") as error:
        read_plate(attributes, "the place")
    assert message in str(error.value)


@pytest.mark.parametrize(
    "attributes",
    [
        pytest.param(_plate(rows=[{"name": ".."}]), id="row climbs"),
        pytest.param(_plate(rows=[{"name": "a/b"}]), id="row of two parts"),
        pytest.param(_plate(rows=[{"name": ""}]), id="empty row"),
        pytest.param(_plate(columns=[{"name": "."}]), id="column is here"),
        pytest.param(_plate(columns=[{"name": "a\\b"}]), id="backslash"),
        pytest.param(_plate(columns=[{"name": "a\0"}]), id="NUL"),
        pytest.param(_plate(columns=[{"name": "zarr.json"}]), id="a document"),
        pytest.param(_plate(columns=[{"name": "x" * 300}]), id="300 characters"),
        pytest.param(_well(path="../x"), id="path climbs"),
        pytest.param(_well(path="/A/1"), id="absolute path"),
        pytest.param(_well(path="A/1/2"), id="three parts"),
        pytest.param(_well(path="A1"), id="one part"),
        pytest.param(_well(path=None), id="no path"),
        pytest.param(_well(path=["A", "1"]), id="a list"),
    ],
)
def test_case_10_a_path_that_leads_elsewhere_is_refused(
    attributes: dict[str, Any],
) -> None:
    with pytest.raises(InvalidPathError, match="the place"):
        read_plate(attributes, "the place")


def test_wells_without_indices_take_them_from_their_paths() -> None:
    plate = read_plate(_plate(wells=[{"path": "A/2"}]), "here")
    assert plate.wells == [PlateWell("A/2", 0, 1)]


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        pytest.param(32, 48, id="the largest usual grid"),
        pytest.param(1, 400, id="indices above 256"),
        pytest.param(300, 300, id="more places than are kept"),
        pytest.param(60_000, 60_000, id="more places than memory holds"),
    ],
)
def test_wells_of_a_grid_of_any_size_are_read_with_their_indices(
    rows: int, columns: int
) -> None:
    corners = {(0, 0), (0, columns - 1), (rows - 1, 0), (rows - 1, columns - 1)}
    wells = [PlateWell(f"r{y}/c{x}", y, x) for y, x in sorted(corners)]
    attributes = _plate(
        rows=[{"name": f"r{row}"} for row in range(rows)],
        columns=[{"name": f"c{column}"} for column in range(columns)],
        wells=[asdict(well) for well in wells],
    )
    assert read_plate(attributes, "here").wells == wells


def test_the_wells_of_one_reading_are_not_those_of_the_next() -> None:
    first, second = read_plate(_plate(), "here"), read_plate(_plate(), "here")
    first.wells[0].path = "B/7"
    assert second.wells[0].path == read_plate(_plate(), "here").wells[0].path == "A/1"


def test_indices_that_point_elsewhere_give_way_to_the_path() -> None:
    """A published example plate has them swapped; `validate` reports it."""
    attributes = _plate(
        rows=[{"name": "A"}, {"name": "B"}],
        wells=[{"path": "A/2", "rowIndex": 1, "columnIndex": 0}],
    )
    assert read_plate(attributes, "here").wells == [PlateWell("A/2", 0, 1)]


def test_names_beyond_the_specification_are_read() -> None:
    attributes = _plate(
        rows=[{"name": "Rän 1"}],
        wells=[{"path": "Rän 1/1", "rowIndex": 0, "columnIndex": 0}],
    )
    assert read_plate(attributes, "here").wells[0].path == "Rän 1/1"


def test_whole_numbers_written_as_floats_are_integers() -> None:
    assert read_plate(_plate(field_count=2.0), "here").field_count == 2


def test_a_plate_may_list_no_wells_yet() -> None:
    assert read_plate(_plate(wells=[]), "here").wells == []


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        pytest.param({"rows": [PlateRow("A-1")]}, InvalidPathError, id="dash"),
        pytest.param({"rows": [PlateRow("ä")]}, InvalidPathError, id="not ASCII"),
        pytest.param({"columns": [PlateColumn("CON")]}, InvalidPathError, id="device"),
        pytest.param({"columns": [PlateColumn("")]}, InvalidPathError, id="empty"),
        pytest.param(
            {"rows": [PlateRow("Aa"), PlateRow("aA")]}, MetadataError, id="case"
        ),
        pytest.param(
            {"wells": [PlateWell("A/1", 3, 0)]}, MetadataError, id="index too large"
        ),
        pytest.param(
            {"acquisitions": [PlateAcquisition(0), PlateAcquisition(0)]},
            MetadataError,
            id="acquisition twice",
        ),
    ],
)
def test_a_plate_that_must_not_be_written_is_refused(
    changes: dict[str, Any], kind: type[Exception]
) -> None:
    whole = {
        "columns": [PlateColumn("1")],
        "rows": [PlateRow("A")],
        "wells": [PlateWell("A/1", 0, 0)],
    }
    check_plate(Plate(**whole))
    with pytest.raises(kind):
        check_plate(Plate(**{**whole, **changes}))


# --- wells ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("well", "kind", "message"),
    [
        pytest.param(None, MetadataError, "no well", id="no well"),
        pytest.param({}, MetadataError, "'images' is absent", id="no images"),
        pytest.param({"images": {}}, MetadataError, "a list", id="no list"),
        pytest.param({"images": ["0"]}, MetadataError, "image 0", id="no object"),
        pytest.param(
            {"images": [{"path": "0"}] * 2}, MetadataError, "'0' twice", id="twice"
        ),
        pytest.param(
            {"images": [{"path": "0", "acquisition": "0"}]},
            MetadataError,
            "acquisition '0'",
            id="acquisition text",
        ),
        pytest.param({"images": [{}]}, InvalidPathError, "None", id="no path"),
        pytest.param(
            {"images": [{"path": "../x"}]}, InvalidPathError, "'../x'", id="climbs"
        ),
        pytest.param(
            {"images": [{"path": "a/b"}]}, InvalidPathError, "'a/b'", id="two parts"
        ),
        pytest.param({"images": [{"path": ".."}]}, InvalidPathError, "'..'", id="up"),
    ],
)
def test_case_08_11_a_broken_well_is_refused_by_name(
    well: Any, kind: type[HCSError], message: str
) -> None:
    with pytest.raises(kind, match="the place") as error:
        read_well({"well": well} if well is not None else {}, "the place")
    assert message in str(error.value)


def test_image_paths_of_other_tools_are_read() -> None:
    well = read_well({"well": {"images": [{"path": "0"}, {"path": "0_mip"}]}}, "here")
    assert well.images == [WellImage("0"), WellImage("0_mip")]


# --- images --------------------------------------------------------------------------


def _image(**changes: Any) -> dict[str, Any]:
    return {"multiscales": [{**IMAGE["multiscales"][0], **changes}]}


def _steps(*steps: dict[str, Any], path: Any = "0") -> dict[str, Any]:
    return _image(datasets=[{"path": path, "coordinateTransformations": list(steps)}])


SCALE = {"type": "scale", "scale": [2, 3]}
TRANSLATION = {"type": "translation", "translation": [10, 20]}


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        pytest.param({}, "not an image", id="no multiscales"),
        pytest.param({"multiscales": []}, "one entry or more", id="empty"),
        pytest.param({"multiscales": [1]}, "multiscales[0] is 1", id="number"),
        pytest.param(_image(axes=None), "'axes' is None", id="no axes"),
        pytest.param(_image(axes=["y", "x"]), "name is a string", id="0.3 axes"),
        pytest.param(_image(axes=[{"name": "x"}] * 2), "named twice", id="x twice"),
        pytest.param(_image(datasets=[]), "'datasets' is []", id="no levels"),
        pytest.param(_image(datasets=[1]), "datasets[0] is 1", id="level number"),
        pytest.param(
            _image(datasets=[{"path": "0"}]), "starts with a scale", id="no scale"
        ),
        pytest.param(
            _steps({"type": "scale", "scale": [1]}), "2 finite", id="short scale"
        ),
        pytest.param(
            _steps({"type": "scale", "scale": ["1", 1]}), "2 finite", id="text scale"
        ),
        pytest.param(
            _steps({"type": "scale", "scale": [10**400, 1]}), "2 finite", id="infinite"
        ),
        pytest.param(
            _steps({"type": "scale", "path": "s"}), "2 finite", id="scale by path"
        ),
        pytest.param(_steps({"type": "affine"}), "affine", id="affine"),
    ],
)
def test_a_broken_image_is_refused_by_name(
    attributes: dict[str, Any], message: str
) -> None:
    with pytest.raises(MetadataError, match="the place") as error:
        read_image(attributes, "the place")
    assert message in str(error.value)


@pytest.mark.parametrize("path", ["../0", "/0", "", None, "a//b", "a/../b", True])
def test_a_level_elsewhere_is_refused(path: Any) -> None:
    with pytest.raises(InvalidPathError, match="the place"):
        read_image(_steps(SCALE, path=path), "the place")


def test_a_level_given_as_a_number_is_read() -> None:
    assert read_image(_steps(SCALE, path=0), "here").datasets[0].path == "0"


def test_transforms_are_applied_in_their_order() -> None:
    attributes = _steps(TRANSLATION, SCALE, {"type": "identity"})
    dataset = read_image(attributes, "here").datasets[0]
    assert dataset.scale == (2.0, 3.0)
    assert dataset.translation == (20.0, 60.0)


def test_transforms_of_the_whole_follow_those_of_the_level() -> None:
    attributes = _steps(SCALE, TRANSLATION)
    attributes["multiscales"][0]["coordinateTransformations"] = [SCALE]
    dataset = read_image(attributes, "here").datasets[0]
    assert dataset.scale == (4.0, 9.0)
    assert dataset.translation == (20.0, 60.0)


def test_a_level_without_translation_has_none() -> None:
    assert read_image(_steps(SCALE), "here").datasets[0].translation is None


@pytest.mark.parametrize("output", [{"name": "stage"}, "stage"], ids=["0.6", "draft"])
def test_axes_of_0_6_are_those_that_the_levels_lead_into(output: Any) -> None:
    stage = [{"name": name, "type": "space", "unit": "micrometer"} for name in "yx"]
    ends = {"input": {"path": "0"}, "output": output}
    sequence = {"type": "sequence", "transformations": [SCALE, TRANSLATION], **ends}
    multiscale = {
        "coordinateSystems": [
            {"name": "other", "axes": [{"name": "q"}]},
            {"name": "stage", "axes": stage},
        ],
        "datasets": [{"path": "0", "coordinateTransformations": [sequence]}],
        # leads on to another system, so it is no part of the pixel's size
        "coordinateTransformations": [{"type": "affine", "affine": []}],
    }
    attributes = {"ome": {"version": "0.6", "multiscales": [multiscale]}}
    image = read_image(attributes, "here")
    assert image.axes == [
        Axis(name="y", type="space", unit="micrometer"),
        Axis(name="x", type="space", unit="micrometer"),
    ]
    expected = Dataset(path="0", scale=(2.0, 3.0), translation=(10.0, 20.0))
    assert image.datasets == [expected]


@pytest.mark.parametrize(
    ("stored", "channel"),
    [
        pytest.param({}, Channel(), id="nothing"),
        pytest.param(7, Channel(), id="a number"),
        pytest.param({"label": 7, "color": 255}, Channel(), id="wrong types"),
        pytest.param({"color": "#00ff00"}, Channel(color="00FF00"), id="hash sign"),
        pytest.param({"color": "green"}, Channel(), id="colour name"),
        pytest.param({"active": False}, Channel(active=False), id="inactive"),
        pytest.param(
            {"window": {"start": 1, "end": 2}},
            Channel(window=Window(start=1, end=2, min=1, max=2)),
            id="no range",
        ),
        pytest.param(
            {"window": {"min": 0, "max": 9}},
            Channel(window=Window(start=0, end=9, min=0, max=9)),
            id="only range",
        ),
        pytest.param({"window": {"start": "a"}}, Channel(), id="window of text"),
    ],
)
def test_odd_display_settings_keep_nobody_from_the_pixels(
    stored: Any, channel: Channel
) -> None:
    attributes = {**IMAGE, "omero": {"channels": [stored]}}
    assert read_image(attributes, "here").channels == [channel]


# --- anything ------------------------------------------------------------------------

READERS = (
    (read_plate, {"plate": PLATE}),
    (read_well, {"well": {"images": [{"path": "0", "acquisition": 0}]}}),
    (read_image, IMAGE),
)


def _value_or_error(data: st.DataObject) -> None:
    reader, document = data.draw(st.sampled_from(READERS))
    if data.draw(st.booleans()):
        document = {"ome": {"version": "0.6", **document}}
    changed = data.draw(strategies.mutated(document))
    try:
        value = reader(changed, "here")
    except HCSError:
        return
    # What was read can be written, in each version.
    write = {
        read_plate: write_plate,
        read_well: write_well,
        read_image: write_image,
    }[reader]
    for version in VERSIONS:
        write(value, version, changed)  # type: ignore[arg-type]


@settings(max_examples=200)
@given(st.data())
def test_a_mutated_document_gives_a_value_or_our_error(data: st.DataObject) -> None:
    _value_or_error(data)


@pytest.mark.full
@settings(max_examples=5000)
@given(st.data())
def test_5000_mutated_documents_give_a_value_or_our_error(data: st.DataObject) -> None:
    _value_or_error(data)
