import contextlib
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hcs.errors import SourceError
from hcs.ingest.matching.name_guess import describe_name, match_channel
from hcs.ingest.microscopes import metaxpress
from hcs.ingest.names import NamePattern, name_part
from hcs.ingest.placeholders import compile_simple
from hcs.layout import well_label

SBS = r"Channel(?P<channel>\d)-\d+-(?P<row>[A-H])-(?P<column>\d+)\.tif"


def test_a_pattern_reads_row_column_and_channel():
    parts = NamePattern(SBS).read("images/Channel2-18-B-06.tif")
    assert parts.well == (1, 5)
    assert parts.channel.label == "Channel2"
    assert parts.channel.number == 2
    assert parts.field is None
    assert str(parts) == "B06, channel Channel2"


@pytest.mark.parametrize(
    ("pattern", "name", "labels"),
    [
        pytest.param(
            r"_(?P<well>[A-P]\d+)_s(?P<field>\d+)_w(?P<channel>\d)",
            "x_B02_s1_w2.tif",
            ("s1", "w2"),
            id="letters-before-numbers",
        ),
        pytest.param(
            r"(?P<well>[A-P]\d+)f(?P<field>\d+)d(?P<channel>\d)",
            "AS_09125_D03f00d1.tif",
            ("f00", "d1"),
            id="no-separators",
        ),
        pytest.param(
            r"(?P<row>[A-H])(?P<column>\d\d)(?P<field>\d)-(?P<channel>\w+)\.",
            "A011-DAPI.tif",
            ("1", "DAPI"),
            id="not-the-group-before",
        ),
    ],
)
def test_labels_are_spelled_as_in_the_name(pattern, name, labels):
    parts = NamePattern(pattern).read(name)
    assert (parts.field.label, parts.channel.label) == labels


def test_numbers_are_equal_whatever_their_zeros_and_sort_by_value():
    assert name_part("1", "s1") == name_part("01", "f01")
    assert hash(name_part("1")) == hash(name_part("001"))
    assert sorted([name_part("10"), name_part("DAPI"), name_part("9")]) == [
        name_part("9"),
        name_part("10"),
        name_part("DAPI"),
    ]


def test_a_pattern_with_a_slash_reads_the_folders_too():
    pattern = NamePattern(r"t(?P<t>\d+)/(?P<well>[A-H]\d+)\.tif")
    assert pattern.read("run/t3/B02.tif").t.label == "t3"
    assert NamePattern(r"^(?P<well>[A-H]\d+)").read("C07/B02.tif").well == (1, 1)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        (r"(?P<well>[", "no regular expression"),
        (r"(\w+)", "needs 'well'"),
        (r"(?P<row>[A-H])", "needs 'well'"),
        (r"(?P<well>\w+)_(?P<site>\d)", r"groups \['site', 'well'\]"),
    ],
)
def test_a_pattern_that_cannot_place_images_is_refused(pattern, message):
    with pytest.raises(SourceError, match=message):
        NamePattern(pattern)


def test_a_match_that_is_no_well_names_the_file():
    with pytest.raises(SourceError, match=r"The name Z99z\.tif gives no well"):
        NamePattern(r"(?P<well>\w+)\.tif").read("Z99z.tif")


def test_rows_may_be_numbers():
    pattern = NamePattern(r"r(?P<row>\d+)c(?P<column>\d+)")
    assert pattern.read("r02c11.tif").well == (1, 10)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("9987_B02_s1_w2.TIF", "B02, field s1, channel w2"),
        ("9987_B02.TIF", "B02"),
        (
            "r01c01f01p01-ch2sk1fk1fl1.tiff",
            "A01, field f01, channel ch2, z p01, t sk1",
        ),
        ("AS_09125_050116030001_D03f00d0.tif", "D03, field f00, channel d0"),
        ("Channel1-01-A-01.tif", "A01, channel Channel1"),
        ("B02 site 3 DAPI.tif", "B02, field site 3"),
        ("well-B2_ch1.png", "B02, channel ch1"),
        (
            "MyExp_C05_T0001F002L01A01Z01C03.tif",
            "C05, field F002, channel C03, z Z01, t T0001",
        ),
        ("plate_AF48_f2.ome.tif", "AF48, field f2"),
        ("C:\\uploads\\B2-s1.tif", "B02, field s1"),
        ("c1.tif", "channel c1"),
        ("img001.tif", "nothing"),
        ("holiday.jpg", "nothing"),
        ("../../evil.tif", "nothing"),
        ("", "nothing"),
    ],
)
def test_names_of_any_origin_are_described(name, said):
    assert str(describe_name(name)) == said


@given(st.text(max_size=40))
def test_describing_a_name_never_fails(name):
    describe_name(name)
    match_channel(name, ["DAPI", name])


@given(st.integers(0, 15), st.integers(0, 23), st.integers(1, 99), st.integers(1, 9))
def test_our_own_way_of_naming_is_understood(row, column, site, wave):
    label = well_label(row, column)
    parts = describe_name(f"plate_{label}_s{site}_w{wave}.tif")
    assert (parts.well, parts.field.number, parts.channel.number) == (
        (row, column),
        site,
        wave,
    )


@pytest.mark.parametrize(
    ("name", "channels", "index"),
    [
        ("B02_DAPI.tif", ["DAPI", "FITC"], 0),
        ("b02_texas-red.tif", ["DAPI", "Texas Red"], 1),
        ("texas red.tif", ["Red", "Texas Red"], 1),
        ("B02_s1_w2.tif", ["w1", "w2"], 1),
        ("B02_s1_w2.tif", ["DAPI", "FITC"], 1),
        ("B02_s1_w3.tif", ["DAPI", "FITC"], None),
        ("Channel2-18-B-06.tif", ["Channel1", "Channel2"], 1),
        ("r01c01f01p01-ch5sk1fk1fl1.tiff", ["ch2", "ch3", "ch5"], 2),
        ("r01c01f01p01-ch4sk1fk1fl1.tiff", ["ch2", "ch3", "ch5"], None),
        ("B02.tif", ["DAPI"], None),
        ("DAPI_FITC.tif", ["DAPI", "FITC"], None),
    ],
)
def test_a_file_finds_its_channel_by_name_or_number(name, channels, index):
    assert match_channel(name, channels) == index


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("P_A01_s10_w1.TIF", "A01, field s10, channel w1"),
        ("P_A01_S10_W1.TIF", "A01, field s10, channel w1"),
        ("my_s1_plate_A01_s10_w1.TIF", "A01, field s10, channel w1"),
        ("my_s12_z10_A01_s100_w12_z10.TIF", "A01, field s100, channel w12, z z10"),
        ("P_B03_A01_w10.TIF", "A01, channel w10"),
        ("P_S10_s10_w1.TIF", "S10, field s10, channel w1"),
        ("P_S10_w1.TIF", "S10, channel w1"),
        (
            "P_A01_s10A1B2C3D4-0000-0000-0000-000000000000.tif",
            "A01, field s10",
        ),
        (
            "P_AF48_s12_w1_thumb0A1B2C3D-0000-0000-0000-000000000000.tif",
            "AF48, field s12, channel w1",
        ),
    ],
)
def test_site_wave_and_z_of_two_digits_are_no_wells(name, said):
    assert str(metaxpress.name_parts(name)) == said
    assert str(describe_name(name)) == said


@pytest.mark.parametrize("name", ["P_s10_w1.TIF", "P_z10_w1.TIF", "P_A00_w1.TIF"])
def test_a_metaxpress_name_without_a_well_is_none(name):
    assert metaxpress.name_parts(name) is None
    assert describe_name(name).well is None


def test_an_upper_case_well_goes_before_what_may_be_a_channel():
    assert str(describe_name("img_c10_B02.png")) == "B02, channel c10"
    assert str(describe_name("img_c10.png")) == "C10"


@pytest.mark.parametrize(
    ("pattern", "name", "said"),
    [
        (
            "{plate}_{well}_s{field}_{channel}.tif",
            "2024_exp_1_B02_s3_DAPI.TIF",
            "B02, field s3, channel DAPI",
        ),
        (
            "{plate}_{well}_s{field}_{channel}",
            "x/P_A01_B02_s3_Alexa 568.ome.tif",
            "B02, field s3, channel Alexa 568",
        ),
        (
            "Channel{channel}-{*}-{row}-{column}.tif",
            "Channel2-18-B-06.tif",
            "B06, channel Channel2",
        ),
        (
            "{plate}/{well}/f{field}.tif",
            "run/P1/B02/f3.tif",
            "B02, field f3",
        ),
        ("{plate}\\{well}\\f{field}.tif", "P1/B02/f3.tif", "B02, field f3"),
        (
            "{well}--W{*}--P{field}--Z{z}--T{t}--{channel}.tif",
            "B2--W00014--P00001--Z00000--T00000--405 nm #1.tif",
            "B02, field P00001, channel 405 nm #1, z Z00000, t T00000",
        ),
        (
            "--W{*}--P{field}--{well}.tif",
            "--W00014--P00001--B02.tif",
            "B02, field P00001",
        ),
        (
            "{plate}_{well}_{field}_{t}.tif",
            "VID1630_A1_1_00d03h00m.tif",
            "A01, field 1, t 00d03h00m",
        ),
        ("{{x}}_{well}.tif", "{x}_B02.tif", "B02"),
        ("r{row}c{column}f{field}.tiff", "r02c11f01.tiff", "B11, field f01"),
        ("{well:3}{field:1}-{channel}.tif", "A111-DAPI.tif", "A11, field 1, channel"),
        ("{well}/{well}_s{field}.tif", "B02/B02_s1.tif", "B02, field s1"),
        ("{well}/{well}_s{field}.tif", "B02/B03_s1.tif", "None"),
        ("{well}_s{field}.tif", "B02_s1.tif.bak", "None"),
        ("{plate}/{well}.tif", "B02.tif", "None"),
        ("{well}_s{field}.tif", "A01.b2_s1.tif", "B02, field s1"),
        ("({well}).tif", "(C - 3).tif", "C03"),
    ],
)
def test_a_pattern_of_placeholders_reads_a_name(pattern, name, said):
    assert str(NamePattern(pattern).read(name)).startswith(said)


def test_a_lettered_number_that_stands_for_a_whole_part_counts_as_the_number():
    pattern = NamePattern("{well}_{field}_{channel}.tif")
    fields = [pattern.read(f"B02_{name}_A488.tif").field for name in ("s10", "s9")]
    assert [field.label for field in sorted(fields)] == ["s9", "s10"]
    assert pattern.read("B02_s1_A488.tif").channel.number is None


def test_the_plate_is_what_stands_before_a_well_that_looks_like_one_too():
    parts = NamePattern("{plate}_{well}_s{field}.tif").read("P_A01_B02_s1.tif")
    assert (parts.plate, parts.well) == ("P_A01", (1, 1))


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("{well}{field}-{channel}.tif", "A111-DAPI.tif"),
        ("{well}_{*}_{channel}.tif", "B02_b_c_d.tif"),
    ],
)
def test_a_name_that_can_be_read_in_two_ways_is_an_error(pattern, name):
    with pytest.raises(SourceError, match="can be read in two ways"):
        NamePattern(pattern).read(name)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("{well}_{site}.tif", r"character 8: 'site' is no part .* write \{field\}"),
        ("{well}_{xyz}.tif", "character 8: 'xyz' is no part of a name; there are"),
        ("a{well", "character 2: a brace is not closed"),
        ("{well}}_s1.tif", "character 7: a brace is closed that was not opened"),
        ("{well:0}.tif", "'0' is no number of characters"),
        ("{field}.tif", "needs 'well', or 'row' and 'column'"),
        ("{row}_{field}.tif", "needs 'well', or 'row' and 'column'"),
        ("{well}{row}{column}", "names the well twice"),
        (r"{well}_(?P<field>\d)", "write all parts in one of the two ways"),
        ("plate", "needs 'well'"),
        ("{*}_{well}" + "_{*}x{channel:1}" * 7, "8 parts that may be any text"),
    ],
)
def test_a_wrong_pattern_of_placeholders_names_the_place(pattern, message):
    with pytest.raises(SourceError, match=message):
        NamePattern(pattern)


@given(st.text(alphabet="{}wel:*/\\_.[](?P<>)d1", max_size=20), st.text(max_size=20))
def test_no_text_makes_a_pattern_fail_otherwise_than_in_words(text, name):
    with contextlib.suppress(SourceError):
        NamePattern(text).read(name)


def test_wells_that_are_numbers_count_for_a_pattern_of_placeholders_too():
    pattern = NamePattern("--W{well}--P{field}--{channel}.tif")
    names = [f"--W{number:05}--P00001--GFP.tif" for number in (1, 14, 96)]
    parts, _ = pattern.read_all(names, 96)
    assert [parts[name].well for name in names] == [(0, 0), (1, 1), (7, 11)]
    with pytest.raises(SourceError, match="give the plate's format"):
        pattern.read(names[0])


def test_many_parts_that_are_passed_over_are_one_way_to_match():
    """Without that, each name would be tried in billions of ways."""
    pattern = NamePattern("{plate}" + "_{*}" * 20 + "_{well}x.tif")
    assert pattern.read("a_" * 110 + "B02.tif") is None
    parts = pattern.read("a_" * 110 + "B02x.tif")
    assert (parts.plate, parts.well) == ("a", (1, 1))


@example(["{*}"] * 9, "ab")
@given(
    st.lists(st.sampled_from(["{*}", "{*}", "_", "a", "b"]), max_size=9),
    st.text(alphabet="_ab", max_size=12),
)
def test_what_is_passed_over_matches_as_it_would_by_trying_everything(pieces, name):
    text = "".join([*pieces, ".tif"])
    whole = re.escape(text).replace(re.escape("{*}"), ".*")
    matched = re.fullmatch(whole, f"{name}.tif") is not None
    for pattern in compile_simple(text):
        assert (pattern.fullmatch(f"{name}.tif") is not None) == matched


@pytest.mark.parametrize("text", [r"(a+)+(?P<well>[B-H]\d)$", r"(?P<well>(a|a)*b\d)"])
def test_an_expression_that_would_take_for_ever_is_given_up(text, monkeypatch):
    monkeypatch.setattr("hcs.ingest.expression._SECONDS", 1.0)
    names = ["B2.tif", "x/" + "a" * 60 + ".tif"]
    with pytest.raises(SourceError, match=r"given up .* at the name 'a{60}\.tif'"):
        NamePattern(text).check_time(names)


def test_expressions_that_end_are_taken_for_all_names():
    names = [f"run/p_B02_s{i}_w1.tif" for i in range(20_000)]
    pattern = NamePattern(r"_(?P<well>[A-H]\d+)_s(?P<field>\d+)")
    pattern.check_time(names)
    assert len(pattern.read_all(names)[0]) == 20_000
