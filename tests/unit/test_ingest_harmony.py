"""Exports of Harmony and Columbus: names, folders, every kind of index, layouts."""

import json

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

from hcs.errors import SourceError
from hcs.flatfield import FlatField, Profile, read_flat_field
from hcs.ingest.importing import import_plate
from hcs.ingest.microscopes.harmony.names import name_parts
from hcs.ingest.microscopes.harmony.profiles import read_profiles
from hcs.ingest.microscopes.registry import read_export
from hcs.ingest.sources import open_source
from hcs.layout import FORMATS

OLD = "http://www.perkinelmer.com/PEHH/HarmonyV{}"
NAMESPACES = {
    **{version: OLD.format(version) for version in range(1, 7)},
    7: "43B2A954-E3C3-47E1-B392-6635266B0DD3/HarmonyV7",
    "Columbus": "http://www.perkinelmer.com/Columbus",
}
CHANNELS = {1: ("HOECHST 33342", 405, 456), 2: ("Alexa 488", 488, 522)}

PROFILE = (
    "{{Background: {{Character: NonFlat, Mean: 300.5, NoiseConst: 2.4, "
    "NonFlatness: {{Corrected: 0.1, Original: 0.64, Random: INF}}, "
    "Profile: {{Coefficients: [[1.1], [0.2, -0.1], [-0.6, 0, -0.3]], "
    "Dims: [1080, 1080], Origin: [539.5, 539.5], Scale: [0.0009, 0.0009], "
    "Type: Polynomial}}, Quality: 1.0}}, Channel: {channel}, "
    'ChannelName: "{name}", Version: Acapella:2013}}'
)


def described(channel):
    """Return what an index says of a channel, in an image or in a map of channels."""
    name, excitation, emission = CHANNELS[channel]
    return f"""<ChannelName>{name}</ChannelName>
    <ImageResolutionX Unit="m">2.96688E-07</ImageResolutionX>
    <ImageResolutionY Unit="m">2.96688E-07</ImageResolutionY>
    <MaxIntensity>65536</MaxIntensity>
    <MainExcitationWavelength Unit="nm">{excitation}</MainExcitationWavelength>
    <MainEmissionWavelength Unit="nm">{emission}</MainEmissionWavelength>
    <ExposureTime Unit="s">0.1</ExposureTime>"""


def image_of(well, channel, url, version, *, t=1, page=None, state="Ok", z=1, extra=""):
    row, column = well
    number = t if version == 7 else t - 1
    buffer = "" if page is None else f' BufferNo="{page}"'
    return f"""<Image Version="1"><id>x</id><State>{state}</State>
    <URL{buffer}>{url}</URL><Row>{row}</Row><Col>{column}</Col><FieldID>1</FieldID>
    <PlaneID>{z}</PlaneID><TimepointID>{number}</TimepointID>
    <ChannelID>{channel}</ChannelID>
    {"" if version in (6, 7) else described(channel)}
    <PositionX Unit="m">0.0001</PositionX><PositionY Unit="m">0.0002</PositionY>
    <PositionZ Unit="m">{channel * 1e-5 + z * 2e-6}</PositionZ>
    <AbsTime>2024-06-24T11:{48 + t}:00-04:00</AbsTime>{extra}</Image>"""


def index_of(images, version=5):
    entries = "".join(
        f'<Entry ChannelID="{c}">{described(c) if version in (6, 7) else ""}</Entry>'
        for c in CHANNELS
    )
    profiles = "".join(
        f'<Entry ChannelID="{c}"><FlatfieldProfile>'
        f"{PROFILE.format(channel=c, name=name)}</FlatfieldProfile></Entry>"
        for c, (name, *_) in CHANNELS.items()
    )
    return f"""\ufeff<?xml version="1.0" encoding="utf-8"?>
    <EvaluationInputData Version="1" xmlns="{NAMESPACES[version]}">
    <User>jane.doe</User><Plates><Plate><PlateID>P7</PlateID>
    <MeasurementID>m-1</MeasurementID><Name>Seven</Name><PlateRows>8</PlateRows>
    <PlateColumns>12</PlateColumns></Plate></Plates>
    <Maps><Map>{profiles}</Map><Map>{entries}</Map></Maps>
    <Images>{"".join(images)}</Images></EvaluationInputData>""".encode()


def write(folder, files):
    """Write files by name: bytes as they are, numbers as images full of them."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            pages = [np.full((8, 9), value, "u2") for value in np.atleast_1d(content)]
            tifffile.imwrite(path, np.squeeze(pages), photometric="minisblack")
    return folder


def planes(folder, **arguments):
    """Return the pixel of each plane by well, channel, z and t as the plate has it."""
    report = import_plate(folder, dry_run=True, **arguments)
    plan = report.plan
    values = {}
    for (well, _), indices in plan.grid.planes.items():
        for (t, c, z), plane in indices.items():
            axes = dict(zip("tcz", plane.index, strict=True))
            key = plan.format.label(well), report.channel_names[c], z, t
            values[key] = int(plan.images[plane.file].plane(**axes)[0, 0])
    return values, report


NAME = "r{0:02}c{1:02}f01p01-ch{2}sk{3}fk1fl1.tiff"
WELLS = ((1, 1), (2, 3))


@pytest.mark.parametrize("version", NAMESPACES)
@pytest.mark.parametrize("index", ["Index.idx.xml", "Index.xml", "Index.ref.xml"])
def test_each_version_of_the_index_describes_plate_channels_and_places(
    tmp_path, version, index
):
    names = {
        (w, c, t): NAME.format(*w, c, t) for w in WELLS for c in (1, 2) for t in (1, 2)
    }
    images = [image_of(w, c, name, version, t=t) for (w, c, t), name in names.items()]
    folder = write(
        tmp_path / "Images",
        {name: n for n, name in enumerate(names.values())}
        | {index: index_of(images, version)},
    )
    values, report = planes(folder)
    plan = report.plan
    assert report.preset == "phenix"
    assert (plan.export.plate, plan.export.identity) == ("Seven", "m-1")
    assert (plan.export.barcode, plan.format) == ("P7", FORMATS[96])
    assert report.channel_names == ("HOECHST 33342", "Alexa 488")
    assert [note.clip for note in plan.traits.channels] == [65535, 65535]
    assert [note.emission for note in plan.traits.channels] == [456, 522]
    assert plan.traits.pixel_size == (0.296688, 0.296688)
    assert plan.traits.t_step == 60
    assert plan.traits.acquired == (
        "2024-06-24T15:49:00.000+00:00",
        "2024-06-24T15:50:00.000+00:00",
    )
    assert plan.traits.centres[(1, 2), 0] == (-200.0, 100.0)
    assert report.gaps == ()
    labels = {(1, 1): "A01", (2, 3): "B03"}
    assert values == {
        (labels[w], CHANNELS[c][0], 0, t - 1): n for n, (w, c, t) in enumerate(names)
    }


@pytest.mark.parametrize(
    ("name", "t"),
    [
        ("r02c03f04p05-ch6sk7fk1fl1.tiff", 7),
        ("r02c03f04p05-ch6t07.tiff", 7),
        ("flex_r02c03f04p05-ch6t07.tiff", 7),
        ("flex_r02c03f04p05-ch6sk7fk1fl1.tiff", 7),
        ("r02c03f04p05rc1-ch6sk7fk1fl1.TIF", 7),
    ],
)
def test_every_spelling_of_a_name_says_the_same(name, t):
    parts = name_parts(name)
    assert parts.well == (1, 2)
    numbers = [parts.field.number, parts.z.number, parts.channel.number, parts.t.number]
    assert numbers == [4, 5, 6, t]


def test_an_index_above_folders_of_wells_lists_their_images(tmp_path):
    names = {
        f"r{w[0]:02}c{w[1]:02}/{NAME.format(*w, c, 1)}": n
        for n, (w, c) in enumerate((w, c) for w in WELLS for c in (1, 2))
    }
    images = [
        image_of(w, c, f"r{w[0]:02}c{w[1]:02}\\{NAME.format(*w, c, 1)}", 7)
        for w in WELLS
        for c in (1, 2)
    ]
    with_index = write(tmp_path / "a", names | {"Index.xml": index_of(images, 7)})
    values, report = planes(with_index)
    assert sorted(values.values()) == [0, 1, 2, 3]
    assert (report.gaps, report.plan.export.plate) == ((), "Seven")
    # Without an index the folders of wells are still one measurement.
    values, _ = planes(write(tmp_path / "b", names))
    assert sorted(values.values()) == [0, 1, 2, 3]


def test_an_archive_is_read_where_it_lies(tmp_path):
    names = {f"hs/0f3c/images/{NAME.format(1, 1, c, 1)}": c for c in (1, 2)}
    images = [image_of((1, 1), c, NAME.format(1, 1, c, 1), 7) for c in (1, 2)]
    folder = write(
        tmp_path / "Archive",
        names
        | {
            "hs/0f3c/images/Index.ref.xml": index_of(images, 7),
            "hs/0f3c/assaylayout/layout.xml": layout({"Drug": {(1, 1): "DMSO"}}),
        },
    )
    values, report = planes(folder)
    assert values == {("A01", "HOECHST 33342", 0, 0): 1, ("A01", "Alexa 488", 0, 0): 2}
    assert report.plan.export.plate == "Seven"
    assert report.plan.plate_map.wells == {(0, 0): ("DMSO",)}
    other = {
        name.replace("0f3c", "77aa"): content.read_bytes()
        for name, content in ((n, folder / n) for n in names)
    }
    write(folder, other | {"hs/77aa/images/Index.xml": index_of(images, 7)})
    with pytest.raises(SourceError, match="2 plates"):
        planes(folder)
    report = planes(folder, plate="0f3c")[1]
    assert report.plan.plate_map.wells == {(0, 0): ("DMSO",)}
    assert planes(folder, plate="77aa")[1].plan.plate_map is None


def test_corrected_copies_are_used_only_where_there_are_no_others(tmp_path):
    raw = {f"Images/{NAME.format(1, 1, c, 1)}": c for c in (1, 2)}
    images = [image_of((1, 1), c, NAME.format(1, 1, c, 1), 7) for c in (1, 2)]
    copies = {f"Images/flex/flex_r01c01f01p01-ch{c}t01.tiff": 70 + c for c in (1, 2)}
    corrected = [
        image_of((1, 1), c, f"flex_r01c01f01p01-ch{c}t01.tiff", 7) for c in (1, 2)
    ]
    indices = {
        "Images/Index.xml": index_of(images, 7),
        "Images/flex/index.xml": index_of(corrected, 7),
    }
    values, report = planes(write(tmp_path / "both", raw | copies | indices))
    assert set(values.values()) == {1, 2}
    assert dict(report.skipped) == {
        **dict.fromkeys(
            copies,
            "is a flat-field corrected copy; the images as they were acquired are used",
        ),
        "Images/flex/index.xml": "is another index than Images/Index.xml",
    }
    del indices["Images/Index.xml"]
    values, report = planes(write(tmp_path / "copies", copies | indices))
    assert set(values.values()) == {71, 72}
    assert any("flat-field corrected by Harmony" in note for note in report.plan.notes)
    assert report.gaps == ()


def test_files_whose_names_say_nothing_are_those_that_the_index_lists(tmp_path):
    names = {
        (w, c): f"{n:08x}.tif"
        for n, (w, c) in enumerate((w, c) for w in WELLS for c in (1, 2))
    }
    images = [image_of(w, c, name, "Columbus") for (w, c), name in names.items()]
    folder = write(
        tmp_path,
        {name: n for n, name in enumerate(names.values())}
        | {
            "ImageIndex.ColumbusIDX.xml": index_of(images, "Columbus"),
            "stray.tif": 99,
        },
    )
    values, report = planes(folder)
    assert values["B03", "Alexa 488", 0, 0] == 3
    assert sorted(values.values()) == [0, 1, 2, 3]
    assert dict(report.skipped) == {
        "stray.tif": "is not named as the images of this plate are"
    }


def test_pages_that_columbus_lists_stand_where_it_says(tmp_path):
    pages = {
        (1, 1): [(c, z) for z in (1, 2, 3) for c in (1, 2)],
        (2, 3): [(c, z) for c in (2, 1) for z in (3, 2, 1)],
    }
    images, files = [], {}
    for (row, column), order in pages.items():
        name = f"00{row}00{column}000.flex"
        files[name] = [100 * row + 10 * c + z for c, z in order]
        images += [
            image_of((row, column), c, name, "Columbus", page=page, z=z)
            for page, (c, z) in enumerate(order)
        ]
    index = {"ImageIndex.ColumbusIDX.xml": index_of(images, "Columbus")}
    values, report = planes(write(tmp_path, files | index))
    assert report.gaps == ()
    assert report.plan.traits.z_step == 2.0
    assert values == {
        (well, CHANNELS[c][0], z - 1, 0): 100 * row + 10 * c + z
        for well, row in (("A01", 1), ("B03", 2))
        for c in (1, 2)
        for z in (1, 2, 3)
    }


def test_what_was_not_recorded_is_a_gap_that_says_so(tmp_path):
    images = [
        image_of((1, 1), 1, NAME.format(1, 1, 1, 1), 4),
        image_of((1, 1), 2, "", 4),
        image_of((2, 3), 1, NAME.format(2, 3, 1, 1), 4, state="FocusFailed"),
        image_of((2, 3), 2, NAME.format(2, 3, 2, 1), 4),
    ]
    files = {NAME.format(1, 1, 1, 1): 1, NAME.format(2, 3, 2, 1): 2}
    _, report = planes(write(tmp_path, files | {"Index.idx.xml": index_of(images, 4)}))
    assert [str(gap) for gap in report.gaps] == [
        "A01 field f01 channel Alexa 488 (was not recorded, as the index says)",
        "B03 field f01 channel HOECHST 33342 (is in state 'FocusFailed', as the index "
        "says)",
    ]


def test_a_file_that_name_and_index_put_into_different_wells_is_left_out(tmp_path):
    images = [
        image_of((1, 1), 1, NAME.format(1, 1, 1, 1), 5),
        image_of((1, 2), 1, NAME.format(2, 3, 1, 1), 5),
    ]
    files = {NAME.format(1, 1, 1, 1): 1, NAME.format(2, 3, 1, 1): 2}
    values, report = planes(write(tmp_path, files | {"Index.xml": index_of(images)}))
    assert set(values) == {("A01", "HOECHST 33342", 0, 0)}
    assert dict(report.skipped)[NAME.format(2, 3, 1, 1)] == (
        "is named for well B03, and the index lists it for A02"
    )


def layout(layers, root="AssayLayout"):
    """Return an assay layout with layers of values by row and column, from 1."""
    body = "".join(
        f"<Layer><Name>{name}</Name><ValueType>string</ValueType>"
        + "".join(
            f"<Well><Row>{r}</Row><Col>{c}</Col><Value>{value}</Value>"
            f"<Color>-1</Color></Well>"
            for (r, c), value in wells.items()
        )
        + "</Layer>"
        for name, wells in layers.items()
    )
    if root != "AssayLayout":
        body = f"<AssayLayout>{body}</AssayLayout>"
    return f'<{root} xmlns="{OLD.format(5)}"><User>jane</User>{body}</{root}>'.encode()


def measured(folder, layouts):
    """Write a measurement of two wells with layouts beside its images."""
    files = {f"Images/{NAME.format(*w, 1, 1)}": 1 for w in WELLS}
    images = [image_of(w, 1, NAME.format(*w, 1, 1), 5) for w in WELLS]
    files["Images/Index.idx.xml"] = index_of(images)
    return write(folder, files | {f"Assaylayout/{n}": d for n, d in layouts.items()})


@pytest.mark.parametrize("root", ["AssayLayout", "AssayLayoutEntry"])
def test_the_assay_layout_becomes_the_plate_map(tmp_path, root):
    layers = {
        "Compound": {(1, 1): "DMSO", (2, 3): "Taxol"},
        "Dose": {(1, 1): "0", (2, 3): "0,5"},
    }
    folder = measured(tmp_path, {"Unnamed.xml": layout(layers, root)})
    report = import_plate(folder, dry_run=True)
    plate_map = report.plan.plate_map
    assert plate_map.columns == ("Compound", "Dose")
    assert plate_map.wells == {(0, 0): ("DMSO", 0), (1, 2): ("Taxol", 0.5)}
    assert "Assaylayout/Unnamed.xml" in report.used
    assert "jane" not in repr(plate_map)


def test_layouts_and_profiles_are_of_their_own_measurement(tmp_path):
    for name, drug in (("P1__Measurement 1", "DMSO"), ("P2__Measurement 1", "Taxol")):
        layers = {"Drug": {(1, 1): drug}}
        measured(tmp_path / "screen" / name, {"a.xml": layout(layers)})
    with pytest.raises(SourceError, match=r"'P1__Measurement 1', 'P2__Measurement 1'"):
        import_plate(tmp_path / "screen", dry_run=True)
    for name, drug in (("P1__Measurement 1", "DMSO"), ("P2__Measurement 1", "Taxol")):
        report = import_plate(tmp_path / "screen", dry_run=True, plate=name)
        assert report.plan.plate_map.wells == {(0, 0): (drug,)}


def test_without_an_index_the_plate_is_called_as_its_folder(tmp_path):
    name = NAME.format(1, 1, 1, 1)
    for folder, plate in (
        ("a/P1__Measurement 1/Images", "P1__Measurement 1"),
        ("b/orig", "b"),
        ("c/Images/r01c01", "c"),
        ("d/P2/Images/flex", "P2"),
    ):
        source = write(tmp_path / folder.partition("/")[0], {f"{folder[2:]}/{name}": 1})
        assert import_plate(source, dry_run=True).plan.export.plate == plate


def test_what_a_person_gives_counts_before_the_layout_and_conflicts_are_named(tmp_path):
    layers = {"Compound": {(1, 1): "DMSO", (2, 3): "Taxol"}}
    folder = measured(tmp_path / "m", {"a.xml": layout(layers)})
    table = b"well,compound\nA1,DMSO\nB3,Water\n"
    report = import_plate(folder, dry_run=True, plate_map=table)
    assert report.plan.plate_map.column("compound")[1, 2] == "Water"
    (note,) = [note for note in report.plan.notes if "plate map" in note]
    assert "was not used, since one was given" in note
    assert "differ in 1 well: B03 has compound 'Water', there 'Taxol'" in note


def test_layouts_that_differ_or_leave_the_plate_are_named(tmp_path):
    layouts = {
        "a.xml": layout({"Compound": {(1, 1): "DMSO", (17, 1): "far"}}),
        "b.xml": layout({"Compound": {(1, 1): "Water"}}),
        "c.xml": b"<other/>",
        "d.xml": layout({"Compound": {("1" * 5000, 1): "x"}}),
    }
    report = import_plate(measured(tmp_path, layouts), dry_run=True)
    messages = [problem.message for problem in report.plan.plate_map.problems]
    assert any(
        "A01 is both 'DMSO' and 'Water'; the first is used" in m for m in messages
    )
    assert any("Q01 is not on the plate" in m for m in messages)
    skipped = dict(report.skipped)
    assert "has no element 'Layer'" in skipped["Assaylayout/c.xml"]
    assert "names a well by row" in skipped["Assaylayout/d.xml"]


HOSTILE = {
    "long text": b"<a><Image>" + b"x" * (3 << 20) + b"</Image></a>",
    "entities": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    "external": b'<!DOCTYPE a SYSTEM "file:/etc/passwd"><a/>',
    "deep": b"<a>" * 10_000,
    "cut": b"<AssayLayout><Layer>",
    "no XML": b"\0\1\2",
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_document_is_left_aside_and_a_hostile_index_stops(tmp_path, data):
    folder = measured(tmp_path / "a", {"x.xml": data})
    index = folder / "Images" / "Index.idx.xml"
    index.write_bytes(index.read_bytes().replace(b"FlatfieldProfile", b"Other"))
    report = import_plate(write(folder, {"FFC_Profile/y.xml": data}), dry_run=True)
    assert report.plan.plate_map is None
    skipped = dict(report.skipped)
    assert "is no assay layout" in skipped["Assaylayout/x.xml"]
    assert "holds no profiles" in skipped["FFC_Profile/y.xml"]
    folder = measured(tmp_path / "b", {})
    (folder / "Images" / "Index.idx.xml").write_bytes(data)
    with pytest.raises(SourceError, match=r"Index\.idx\.xml"):
        import_plate(folder, tmp_path / "p.zarr")
    assert not (tmp_path / "p.zarr").exists()


@pytest.mark.parametrize(
    "number",
    ["9" * 5000, "-1", "1e400", "²", ""],
    ids=["long", "-1", "big", "²", "none"],
)
def test_numbers_of_an_index_that_are_none_place_nothing(tmp_path, number):
    image = image_of((1, 1), 1, "a.tif", 5).replace("<Row>1<", f"<Row>{number}<")
    index = index_of([image]).replace(
        b"<PlateRows>8<", f"<PlateRows>{number}<".encode()
    )
    write(tmp_path, {"Index.idx.xml": index, "a.tif": 1})
    with pytest.raises(SourceError, match="holds no image"):
        read_export(open_source(tmp_path))


def test_an_index_without_its_images_says_so(tmp_path):
    images = [image_of((1, 1), c, NAME.format(1, 1, c, 1), 5) for c in (1, 2)]
    write(tmp_path, {"Index.idx.xml": index_of(images)})
    with pytest.raises(SourceError, match="lists 2 images, and none of these"):
        read_export(open_source(tmp_path), preset="phenix")


def test_names_of_people_and_paths_of_an_index_stay_behind(tmp_path):
    name = NAME.format(1, 1, 1, 1)
    extra = "<Operator>jane.doe</Operator><Password>hunter2</Password>"
    image = image_of((1, 1), 1, f"\\\\srv\\jane.doe\\{name}", 5, extra=extra)
    files = {
        f"Images/{name}": 5,
        "Images/Index.idx.xml": index_of([image]),
        "Assaylayout/a.xml": layout({"Drug": {(1, 1): "DMSO"}}),
    }
    report = import_plate(write(tmp_path / "s", files), tmp_path / "p.zarr")
    assert report.gaps == ()
    for path in (tmp_path / "p.zarr").rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        assert b"jane" not in data
        assert b"hunter2" not in data


# Flat-field profiles


def test_a_profile_is_read_with_its_formula():
    field = read_profiles(PROFILE.format(channel=1, name="405ex, 570-630-em)"))
    assert field.foreground is None
    profile = field.background
    assert (profile.mean, profile.size) == (300.5, (1080, 1080))
    surface = profile.surface((1080, 1080))
    x, y = (100 - 539.5) * 0.0009, (700 - 539.5) * 0.0009
    expected = 1.1 + 0.2 * x - 0.1 * y - 0.6 * x * x - 0.3 * y * y
    assert surface[700, 100] == pytest.approx(expected)
    # Parts of a binned image have the light of the same place.
    assert profile.surface((2, 2))[0, 1] == pytest.approx(
        surface[:540, 540:].mean(), rel=0.05
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[" * 10_000,
        "{a: " * 50,
        "{Background: {Profile: {Type: Polynomial}}}",
        "{Background: {Profile: {Type: Identity}, Quality: 1}}",
        PROFILE.format(channel=1, name="x").replace("[1.1]", "[NaN]"),
        PROFILE.format(channel=1, name="x").replace("[1.1]", "[1.1, 2]"),
        PROFILE.format(channel=1, name="x").replace("Dims: [1080", "Dims: [1e9"),
        PROFILE.format(channel=1, name="x" * (1 << 17)),
    ],
    ids=[
        "empty",
        "open",
        "lists",
        "maps",
        "bare",
        "flat",
        "nan",
        "more",
        "big",
        "long",
    ],
)
def test_what_is_no_profile_gives_none(text):
    assert read_profiles(text) is None


@given(st.text(alphabet='{}[]:," \n1.eaN-', max_size=60))
def test_any_text_is_a_profile_or_none(text):
    assert read_profiles(text) is None


def test_profiles_of_a_document_of_their_own_are_read_where_the_index_has_none(
    tmp_path,
):
    texts = "".join(
        f'<Entry ChannelID="{c}"><FlatfieldProfile>'
        f"{PROFILE.format(channel=c, name='x')}</FlatfieldProfile></Entry>"
        for c in (1, 2)
    )
    document = f'<Results xmlns="{OLD.format(5)}"><Map>{texts}</Map></Results>'.encode()
    name = NAME.format(1, 1, 1, 1)
    files = {f"Images/{name}": 1, "FFC_Profile/FFC_Profile_Measurement 1.xml": document}
    images = [image_of((1, 1), 1, name, 5)]
    bare = index_of(images).replace(b"FlatfieldProfile", b"Other")
    for index, used in ((bare, True), (index_of(images), False)):
        folder = write(tmp_path, files | {"Images/Index.idx.xml": index})
        report = import_plate(folder, dry_run=True)
        assert report.plan.traits.channels[0].flat_field.background.mean == 300.5
        assert ("FFC_Profile/FFC_Profile_Measurement 1.xml" in report.used) == used


def test_a_profile_survives_the_document():
    profile = Profile(
        coefficients=((1.0,), (0.1, -0.2)),
        size=(8, 4),
        origin=(3.5, 1.5),
        scale=(0.1, 0.2),
    )
    field = FlatField(foreground=profile)
    assert read_flat_field(field.entry) == field
    for damage in (
        {"size": [0, 4]},
        {"scale": None},
        {"coefficients": [[1], [True, 2]]},
    ):
        assert read_flat_field({"foreground": profile.entry | damage}) is None


def test_profiles_are_kept_with_the_channels_of_the_plate(tmp_path):
    files = {NAME.format(1, 1, c, 1): c for c in (1, 2)}
    images = [
        image_of((1, 1), c, name, 5) for c, name in zip((1, 2), files, strict=True)
    ]
    folder = write(tmp_path / "s", files | {"Index.idx.xml": index_of(images)})
    report = import_plate(folder, tmp_path / "p.zarr")
    document = json.loads((tmp_path / "p.zarr" / "zarr.json").read_bytes())
    channels = document["attributes"]["hcs"]["channels"]
    profiles = [read_flat_field(channel["flat_field"]) for channel in channels]
    assert profiles == [note.flat_field for note in report.plan.traits.channels]
    assert profiles[0].background.mean == 300.5
    assert len(json.dumps(channels[0]["flat_field"])) < 1000
