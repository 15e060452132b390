"""Exports of HCS.ai: whole, without its tables, damaged, and uneven."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcs.errors import SourceError
from hcs.ingest.microscopes.jdce import read_experiment
from hcs.ingest.microscopes.registry import read_export
from tests.unit.test_ingest_exports import folder_of

HEADER = (
    "Well,Row,Column,Field,Wavelength,Timepoint,ZIndex,ImageSubFolderPath,"
    "ImageFileName,TimeStampSec,ExposureTimeMs,PositionZUm,FieldOffsetPointX,"
    "FieldOffsetPointY"
)


def jdce(*, slices=(2, 2), time_points=2, **more):
    """Return a .jdce file of two wavelengths."""
    protocol = {
        "ObjectiveCalibration": {"Unit": "µm", "PixelWidth": 0.5, "PixelHeight": 0.6},
        "Plate": {"Rows": 8, "Columns": 12},
        "Wavelengths": [
            {
                "Index": index,
                "ImagingMode": "3-D" if count > 1 else "2-D",
                "ZSlice": count,
                "EmissionFilter": {"Name": name, "Wavelength": 500, "Unit": "nm"},
                "ExcitationFilter": {"Name": name, "Wavelength": 450, "Unit": "nm"},
            }
            for index, (count, name) in enumerate(
                zip(slices, ("DAPI", "FITC"), strict=True)
            )
        ],
        "PlateMap": {
            "ZDimensionParameters": {
                "Enabled": max(slices) > 1,
                "Step": 1.5,
                "NumberOfSlices": max(slices),
            },
            "TimeSchedule": {"Enabled": True, "NumberOfTimepoints": time_points},
        },
        "CollectionComplete": False,
        **more,
    }
    stack = {
        "Uuid": "u-1",
        "PlateId": "Seven",
        "SpecimenHolder": {"Barcode": "BC7"},
        "AutoLeadAcquisitionProtocol": protocol,
        "ImageMetadataFiles": ["image_metadata_1.csv"],
    }
    return json.dumps({"ImageStack": stack}).encode()


def name_of(well, t, s, w, z):
    return f"timepoint{t}/Scr_t{t}_{well}_s{s}_w{w}_z{z}.tif"


def rows(places):
    """Return a table of the planes at (row, column, t, s, w, z)."""
    lines = [HEADER]
    for row, column, t, s, w, z in places:
        well = f"{'ABCDEFGH'[row - 1]}{column:02}"
        folder, name = name_of(well, t, s, w, z).split("/")
        lines.append(
            f"x,{row},{column},{s},{w},{t},{z},{folder},{name},{100 + 60 * t},"
            f"{10 + w},{50 + 1.5 * z - 4 * w},-300,{200 * s}"
        )
    return "\r\n".join(lines).encode()


def box(wells=((2, 7), (2, 8)), t=(0, 1), s=(0, 1), w=(0, 1), z=(0, 1)):
    return [
        (*well, i, j, k, m)
        for well in wells
        for i in t
        for j in s
        for k in w
        for m in z
    ]


def source_of(tmp_path, places, **contents):
    names = [
        name_of(f"{'ABCDEFGH'[row - 1]}{column:02}", *more)
        for row, column, *more in places
    ]
    return folder_of(tmp_path, *names, **contents)


def test_file_and_table_say_all_that_names_do_not(tmp_path):
    source = source_of(
        tmp_path, box(), e__jdce=jdce(), image_metadata_1__csv=rows(box())
    )
    export = read_export(source)
    assert (export.preset, export.plate, export.identity) == (
        "imagexpress",
        "Seven",
        "u-1",
    )
    assert (export.barcode, export.complete) == ("BC7", False)
    assert (export.pixel_size, export.z_step) == ((0.6, 0.5), 1.5)
    assert export.documents == ("e.jdce", "image_metadata_1.csv")
    assert (len(export.file_parts), export.skipped) == (32, ())
    notes = {part.label: note for part, note in export.channels.items()}
    assert (notes["w0"].name, notes["w0"].exposure) == ("DAPI", "10 ms")
    assert (notes["w1"].emission, notes["w1"].excitation) == (500, 450)
    assert set(export.centres.values()) == {(0, -300), (200, -300)}
    assert set(export.times.values()) == {100, 160}
    assert export.notes == ("Planes of FITC lie 4 µm below those of DAPI.",)


def test_planes_that_the_table_lists_and_no_file_holds_are_expected(tmp_path):
    source = source_of(
        tmp_path, box()[:-1], e__jdce=jdce(), image_metadata_1__csv=rows(box())
    )
    export = read_export(source)
    expected = export.expected
    assert len(export.file_parts) == 31
    assert (len(expected.wells), len(expected.fields)) == (2, 2)
    assert (len(expected.channels), len(expected.z), len(expected.t)) == (2, 2, 2)


def test_a_wavelength_in_one_plane_is_not_expected_in_every_slice(tmp_path):
    places = [place for place in box() if place[-2] == 0 or place[-1] == 0]
    source = source_of(
        tmp_path,
        places,
        e__jdce=jdce(slices=(2, 1)),
        image_metadata_1__csv=rows(places),
    )
    assert len(read_export(source).expected.listed) == len(places) == 24


def test_sites_of_one_well_are_not_expected_of_another(tmp_path):
    places = box(wells=[(2, 7)]) + box(wells=[(2, 8)], s=(0,))
    source = source_of(
        tmp_path, places, e__jdce=jdce(), image_metadata_1__csv=rows(places)
    )
    assert len(read_export(source).expected.listed) == len(places)


def test_names_place_images_where_the_table_is_not_there(tmp_path):
    export = read_export(source_of(tmp_path, box(), e__jdce=jdce(time_points=3)))
    assert len(export.file_parts) == 32
    assert export.expected.wells is None
    assert [part.label for part in export.expected.t] == ["t0", "t1", "t2"]
    assert "No table of planes" in export.notes[0]


def test_a_row_that_was_cut_off_is_counted_and_its_image_placed_by_its_name(tmp_path):
    source = source_of(
        tmp_path,
        box(),
        e__jdce=jdce(),
        image_metadata_1__csv=rows(box())[:-60],
    )
    export = read_export(source)
    assert len(export.file_parts) == 32
    assert export.notes[0] == "1 row of its tables named no plane."


def test_the_table_counts_before_the_name(tmp_path):
    table = rows([(2, 7, 0, 0, 0, 0)]).replace(b",2,7,0,0,0,0,", b",3,9,0,0,0,0,")
    source = source_of(
        tmp_path, [(2, 7, 0, 0, 0, 0)], e__jdce=jdce(), image_metadata_1__csv=table
    )
    (parts,) = read_export(source).file_parts.values()
    assert parts.well == (2, 8)


def test_several_exports_of_one_project_are_plates_by_their_folders(tmp_path):
    for folder, plate in (("a", b"Seven"), ("b", b"Eight")):
        (tmp_path / folder).mkdir()
        source_of(
            tmp_path / folder, box(), e__jdce=jdce().replace(b"Seven", plate)
        ).close()
    source = folder_of(tmp_path)
    with pytest.raises(SourceError, match="'a', 'b'"):
        read_export(source)
    assert read_export(source, plate="b").plate == "Eight"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (jdce()[:-20], r"e\.jdce cannot be read"),
        (b"[" * 100_000, r"e\.jdce cannot be read"),
        (b"{}", "no .jdce file of HCS.ai"),
        (b"\xff\xfe\0", r"e\.jdce cannot be read"),
    ],
)
def test_a_damaged_file_is_refused_with_its_name(tmp_path, data, message):
    with pytest.raises(SourceError, match=message):
        read_export(source_of(tmp_path, box(), e__jdce=data))


@pytest.mark.parametrize(
    "more",
    [
        {"Plate": {"Rows": -3, "Columns": 12}},
        {"Plate": {"Rows": 10**9, "Columns": True}},
        {"Wavelengths": None},
        {"Wavelengths": [None, {"Index": "x"}, {"Index": 10**12}]},
        {"ObjectiveCalibration": {"Unit": "furlong", "PixelWidth": 1}},
        {"ObjectiveCalibration": {"Unit": "µm", "PixelWidth": -1, "PixelHeight": 1}},
        {"PlateMap": {"TimeSchedule": {"Enabled": True, "NumberOfTimepoints": 1e30}}},
        {"CollectionComplete": "yes"},
    ],
)
def test_values_that_cannot_be_are_as_if_not_said(tmp_path, more):
    export = read_export(source_of(tmp_path, box(), e__jdce=jdce(**more)))
    assert len(export.file_parts) == 32


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["Plate", "Rows", "Columns", "Wavelengths", "Index", "ZSlice"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@given(JSON)
def test_any_protocol_is_read_or_an_error_of_the_source(protocol):
    document = {"ImageStack": {"AutoLeadAcquisitionProtocol": protocol}}
    try:
        read_experiment(json.dumps(document).encode(), "e.jdce")
    except SourceError:
        return
