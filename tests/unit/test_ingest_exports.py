import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcs.errors import SourceError, UnknownNamesError
from hcs.ingest.formats import markup
from hcs.ingest.formats.metaseries import read_plane_record
from hcs.ingest.microscopes.harmony.names import name_parts
from hcs.ingest.microscopes.htd import read_htd
from hcs.ingest.microscopes.registry import read_export
from hcs.ingest.sources import open_source
from hcs.layout import FORMATS, PlateFormat

HTD = """"HTSInfoFile", Version 1.0
"Description", "cells \x82 fixed"
"TimePoints", 2
"ZSeries", TRUE
"ZSteps", 3
"XWells", 3
"YWells", 2
"WellsSelection1", TRUE, FALSE, TRUE
"WellsSelection2", FALSE, FALSE, TRUE
"Sites", TRUE
"XSites", 2
"YSites", 2
"SiteSelection1", TRUE, FALSE
"SiteSelection2", TRUE, TRUE
"Waves", TRUE
"NWavelengths", 3
"WaveName1", "DAPI"
"WaveName2", "FITC"
"WaveName3", "Cy5"
"WaveCollect1", 1
"WaveCollect2", 0
"WaveCollect3", 1
"UniquePlateIdentifier", "abc"
"EndFile"
"""


def folder_of(tmp_path, *names, **contents):
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    for name, data in contents.items():
        (tmp_path / name.replace("__", ".")).write_bytes(data)
    return open_source(tmp_path)


def test_an_htd_file_says_what_was_to_be_acquired():
    record = read_htd(HTD.encode("latin-1"), "x.HTD")
    assert record.format == PlateFormat(2, 3)
    assert record.wells == ((0, 0), (0, 2), (1, 2))
    assert (record.sites, record.time_points, record.z_steps) == (3, 2, 3)
    assert record.waves == {1: "DAPI", 3: "Cy5"}
    assert record.identity == "abc"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"HTSInfoFile", Version 1.0', "hello", "no .HTD file"),
        ('"XWells", 3', '"XWells", many', "XWells is 'many'"),
        ('"XWells", 3', "", "XWells is None"),
        ('"YWells", 2', '"YWells", 99999', "cannot have 99999 rows"),
        ('"ZSteps", 3', '"ZSteps", 99999999', "expected 1 to"),
        ('"TimePoints", 2', '"TimePoints", -1', "TimePoints is '-1'"),
    ],
)
def test_a_damaged_htd_file_is_refused_with_its_name(old, new, message):
    text = HTD.replace(old, new)
    with pytest.raises(SourceError, match=message) as caught:
        read_htd(text.encode("latin-1"), "x.HTD")
    assert "x.HTD" in str(caught.value)


@given(st.binary(max_size=300))
def test_any_bytes_are_an_htd_file_or_an_error_of_the_source(data):
    try:
        read_htd(b'"HTSInfoFile"\n' + data, "x.HTD")
    except SourceError:
        return


def test_planes_are_taken_and_projections_left_aside(tmp_path):
    source = folder_of(
        tmp_path,
        "TimePoint_1/ZStep_0/p_A01_s1_w1.TIF",
        "TimePoint_1/ZStep_1/p_A01_s1_w1.TIF",
        "TimePoint_1/ZStep_2/p_A01_s1_w1.TIF",
        "TimePoint_1/ZStep_0/p_A01_s1_w2.TIF",
        "TimePoint_1/p_A01_s1_w1_thumb0A1B2C3D-0000-0000-0000-000000000000.tif",
        "notes.txt",
    )
    planes = read_export(source)
    assert planes.preset == "imagexpress"
    assert sorted(planes.file_parts) == [
        "TimePoint_1/ZStep_0/p_A01_s1_w2.TIF",  # it has no planes of its own
        "TimePoint_1/ZStep_1/p_A01_s1_w1.TIF",
        "TimePoint_1/ZStep_2/p_A01_s1_w1.TIF",
    ]
    reasons = dict(planes.skipped)
    assert "projections" in reasons["TimePoint_1/ZStep_0/p_A01_s1_w1.TIF"]
    assert reasons["notes.txt"] == "is no image by its name"
    assert "is a thumbnail" in reasons.values()
    flat = read_export(source, projection=True)
    assert sorted(flat.file_parts) == [
        "TimePoint_1/ZStep_0/p_A01_s1_w1.TIF",
        "TimePoint_1/ZStep_0/p_A01_s1_w2.TIF",
    ]
    assert all(parts.z is None for parts in flat.file_parts.values())
    assert flat.projection == "by MetaXpress (ZStep_0)"
    assert planes.projection == "by MetaXpress (ZStep_0), 1 of 3 images"


def test_names_of_raw_imagexpress_files_with_their_identifiers_are_understood(tmp_path):
    source = folder_of(
        tmp_path, "plate_B02_s1_w10A1B2C3D-1111-2222-3333-444455556666.tif"
    )
    (parts,) = read_export(source, preset="imagexpress").file_parts.values()
    assert (parts.field.label, parts.channel.label) == ("s1", "w1")


def test_two_plates_in_one_source_are_named(tmp_path):
    source = folder_of(tmp_path, "one/p_A01_s1_w1.TIF", "two/p_A01_s1_w1.TIF")
    with pytest.raises(SourceError, match=r"2 plates \('one', 'two'\)"):
        read_export(source)
    phenixes = folder_of(
        tmp_path / "q",
        "a/Images/r01c01f01p01-ch1sk1fk1fl1.tiff",
        "b/Images/r01c01f01p01-ch1sk1fk1fl1.tiff",
    )
    with pytest.raises(SourceError, match=r"2 plates \('a', 'b'\)"):
        read_export(phenixes)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "no export that is known.*'a.tif'.*Give a pattern"),
        ({"preset": "harmony"}, "No preset is called 'harmony'"),
        ({"preset": "regex"}, "needs a pattern"),
        ({"preset": "phenix", "pattern": "x"}, "takes no pattern"),
        ({"preset": "phenix"}, "no image named as Harmony"),
        ({"preset": "imagexpress"}, "no image named as MetaXpress"),
        ({"pattern": "(?P<well>q)"}, "No file name matches the pattern"),
    ],
)
def test_a_source_that_does_not_fit_is_told_why(tmp_path, arguments, message):
    source = folder_of(tmp_path, "a.tif")
    with pytest.raises(SourceError, match=message):
        read_export(source, **arguments)


INDEX = """<?xml version="1.0" encoding="utf-8"?>
<EvaluationInputData xmlns="http://www.perkinelmer.com/PEHH/HarmonyV5">
<Plates><Plate><PlateID>P7</PlateID><MeasurementID>m-1</MeasurementID><Name>Seven</Name>
<PlateRows>16</PlateRows><PlateColumns>24</PlateColumns><Well id="0203"/></Plate>
</Plates>
<Wells><Well><id>0203</id><Row>2</Row><Col>3</Col><Image id="a"/></Well></Wells>
<Images>{images}</Images></EvaluationInputData>"""

IMAGE = """<Image Version="1"><id>a</id><URL>r02c03f{field:02}p{plane:02}-ch{channel}\
sk1fk1fl1.tiff</URL><Row>2</Row><Col>3</Col><FieldID>{field}</FieldID>
<PlaneID>{plane}</PlaneID><TimepointID>0</TimepointID><ChannelID>{channel}</ChannelID>
<ChannelName>{name}</ChannelName><ImageResolutionX Unit="m">5.98E-07</ImageResolutionX>
<ImageResolutionY Unit="m">5.98E-07</ImageResolutionY><PositionX Unit="m">0.0001
</PositionX><PositionY Unit="m">0.0002</PositionY>
<PositionZ Unit="m">{height}</PositionZ>
<MaxIntensity>65536</MaxIntensity><ExposureTime Unit="s">0.1</ExposureTime>
<MainExcitationWavelength Unit="nm">375</MainExcitationWavelength>
<MainEmissionWavelength Unit="nm">456</MainEmissionWavelength></Image>"""


def index_of(**different):
    images = "".join(
        IMAGE.format(
            **{
                "field": field,
                "plane": plane,
                "channel": channel,
                "name": "HOECHST 33342" if channel == 1 else "Alexa 488",
                "height": f"{(plane - 1) * 2e-6:g}",
                **different,
            }
        )
        for field in (1, 2)
        for plane in (1, 2)
        for channel in (1, 3)
    )
    return INDEX.format(images=images).encode()


def test_the_index_of_a_phenix_export_describes_it(tmp_path):
    source = folder_of(
        tmp_path,
        "r02c03f01p01-ch1sk1fk1fl1.tiff",
        "r02c03f02p01-ch1sk1fk1fl1.tiff",
        "r02c03f01p01-ch1sk1fk1fl1_outline.png",
        Index__idx__xml=index_of(),
    )
    export = read_export(source)
    assert (export.preset, export.plate, export.identity) == ("phenix", "Seven", "m-1")
    assert export.format == FORMATS[384]
    assert export.documents == ("Index.idx.xml",)
    assert export.pixel_size == (0.598, 0.598)
    assert export.z_step == 2.0
    assert len(export.expected.listed) == 8
    names = {part.label: note for part, note in export.channels.items()}
    assert names["ch1"].name == "HOECHST 33342"
    assert (names["ch1"].emission, names["ch1"].excitation) == (456, 375)
    assert names["ch1"].clip == 65535
    assert names["ch3"].exposure == "0.1 s"
    # The stage's y points up.
    assert set(export.centres.values()) == {(-200.0, 100.0)}
    assert [name for name, _ in export.skipped] == [
        "r02c03f01p01-ch1sk1fk1fl1_outline.png"
    ]


def test_uneven_stacks_have_no_z_step(tmp_path):
    source = folder_of(
        tmp_path, "r02c03f01p01-ch1sk1fk1fl1.tiff", Index__xml=index_of(height="1E-06")
    )
    assert read_export(source).z_step is None


def test_an_index_that_declares_entities_is_refused(tmp_path):
    evil = index_of().replace(b"?>", b'?><!DOCTYPE a [<!ENTITY b "c">]>', 1)
    source = folder_of(tmp_path, "r02c03f01p01-ch1sk1fk1fl1.tiff", Index__idx__xml=evil)
    with pytest.raises(SourceError, match=r"Index\.idx\.xml .*document type"):
        read_export(source)


def test_a_cut_index_is_an_error_of_the_source(tmp_path):
    source = folder_of(
        tmp_path, "r02c03f01p01-ch1sk1fk1fl1.tiff", Index__idx__xml=index_of()[:-40]
    )
    with pytest.raises(SourceError, match=r"Index\.idx\.xml cannot be read"):
        read_export(source)


def test_a_fast_series_counts_within_the_slow_one():
    times = [
        name_parts(f"r01c01f01p01-ch1sk{slow}fk{fast}fl1.tiff").t
        for slow, fast in ((1, 1), (1, 2), (1, 10), (2, 1))
    ]
    assert sorted(times, reverse=True) == times[::-1]
    assert len(set(times)) == 4


def test_xml_that_nests_too_deep_is_refused():
    deep = "<a>" * 100_000 + "</a>" * 100_000
    with pytest.raises(SourceError, match="deeper than 64"):
        markup.parse(deep, "x")
    with pytest.raises(SourceError, match="deeper than 64"):
        list(markup.records(io.BytesIO(deep.encode()), ["a"], "x"))


def test_records_are_flat_and_keep_attributes():
    xml = b"<r><Image id='1'><a Unit='m'>1</a><b><c>2</c></b></Image><Image/></r>"
    assert list(markup.records(io.BytesIO(xml), ["Image"], "x")) == [
        ("Image", {"@id": "1", "a": "1", "a@Unit": "m", "b": ""}),
        ("Image", {}),
    ]


def test_a_plane_record_takes_only_what_is_said():
    record = read_plane_record(
        '<MetaData><prop id="spatial-calibration-state" value="off"/>'
        '<prop id="spatial-calibration-x" value="1.3"/>'
        '<prop id="spatial-calibration-y" value="1.3"/>'
        '<prop id="wavelength" value="nan"/></MetaData>',
        "x.tif",
    )
    assert record.pixel_size is None
    assert record.wavelength is None
    assert record.bits is None


def test_a_family_that_fits_a_few_of_many_images_by_chance_is_not_taken(tmp_path):
    names = [f"run7-{w}{n}-DAPI.tif" for w in "BCD" for n in range(10, 20)]
    few = ["r01c01f01p01-ch1sk1fk1fl1.tiff", "r01c01f01p01-ch2sk1fk1fl1.tiff"]
    with folder_of(tmp_path, *names, *few) as source:
        with pytest.raises(
            UnknownNamesError, match=r"Only 2 of the 32 images .* preset phenix"
        ) as caught:
            read_export(source)
        assert caught.value.proposals[0].matched == len(names)
        assert len(read_export(source, preset="phenix").file_parts) == 2


def test_images_of_kinds_that_are_not_read_are_answered_with_those_that_are(tmp_path):
    (tmp_path / "run_A01_s1_w1.bmp").write_bytes(b"BM")
    with (
        open_source(tmp_path) as source,
        pytest.raises(
            UnknownNamesError, match=r"names end in \.tif, .*\.png.* or \.czi"
        ),
    ):
        read_export(source)
