"""What is proposed for file names of no known microscope."""

from __future__ import annotations

import json
from itertools import product
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hcs.ingest import NamePattern, propose_patterns

WELLS = [f"{row}{column:02d}" for row in "BCDEFG" for column in range(2, 6)]
SHORT = [f"{row}{column}" for row in "BCD" for column in range(8, 13)]
DYES = ("DAPI", "Cy5", "Texas Red")


def named(template, **values):
    """Return a name for each combination of values."""
    return [
        template.format(**dict(zip(values, combination, strict=True)))
        for combination in product(*values.values())
    ]


STYLES = {
    "{plate}_{well}_s{field}_{channel}.tif": named(
        "run7_{w}_s{s}_{c}.tif", w=WELLS, s=(1, 2, 3), c=("DAPI", "GFP")
    ),
    "r{row}c{column}f{field}p{z}-ch{channel}.tif": named(
        "r{r:02}c{c:02}f{f:02}p01-ch{h}.tif", r=(2, 3), c=(3, 14), f=(1, 2), h=(1, 2)
    ),
    "{plate}_{well}f{field}d{channel}.tif": named(
        "AS_09125_050116030001_{w}f{f:02}d{d}.tif", w=WELLS, f=(0, 1), d=(0, 1)
    ),
    "Channel{channel}-{*}-{row}-{column}.tif": [
        f"Channel{channel}-{n + 1:02}-{'ABCDEFGH'[n // 12]}-{n % 12 + 1:02}.tif"
        for n in range(96)
        for channel in (1, 2)
    ],
    "s{field}_{well}_{channel}.tif": named(
        "s{s}_{w}_{c}.tif", s=(1, 2), w=WELLS, c=DYES
    ),
    "{plate}_{well}_{field}_{channel}.tif": named(
        "exp1_{w}_{s}_{c}.tif", w=WELLS, s=(1, 2, 3), c=DYES
    ),
    "{*}_{well}_s{field}_w{channel}.tif": [
        f"2024-05-{1 + number % 28:02}_{name}"
        for number, name in enumerate(
            named("{w}_s{s}_w{c}.tif", w=WELLS, s=(1, 2), c=(1, 2))
        )
    ],
    "{plate}_{well}_s{field}_w{channel:1}{*}.tif": [
        f"P1_{name}{UUID(int=(number + 1) << 100 | 0xABCDEF)}.tif"
        for number, name in enumerate(
            named("{w}_s{s}_w{c}", w=WELLS, s=(1, 2), c=(1, 2))
        )
    ],
    "{plate}_{well}_f{field}_ch{channel}.tiff": named(
        "BR00117006__2020-11-08T18_18_16-Measurement1_{w}_f{f}_ch{c}.tiff",
        w=WELLS,
        f=(1, 2),
        c=(1, 2),
    ),
    "{plate}_{well}_1_{field}.tiff": named(
        "B12345678A01x_{w}_1_{f}.tiff", w=WELLS, f=(1, 2)
    ),
    "{well}_{*}_s{field}_{channel}.tif": [
        f"{well}_{('DMSO', 'drugA', 'H2O2')[number % 3]}_s{field}_{dye}.tif"
        for number, well in enumerate(WELLS)
        for field in (1, 2)
        for dye in ("DAPI", "GFP")
    ],
    "--W{well}--P{field}--Z{z}--T{t}--{channel}.tif": named(
        "--W{w:05}--P{p:05}--Z00000--T00000--{c}.tif",
        w=range(1, 25),
        p=(1, 2),
        c=("GFP", "mcherry"),
    ),
    "{row} - {column}(fld {field} wv {*} - {channel}).tif": named(
        "{r} - {c:02}(fld {f:02} wv {v}).tif",
        r="CD",
        c=(3, 4),
        f=(1, 2),
        v=("UV - DAPI", "Blue - FITC"),
    ),
    "{well}/s{field}_{channel}.tif": named(
        "exp/{w}/s{s}_{c}.tif", w=WELLS, s=(1, 2), c=("DAPI", "GFP")
    ),
    "{channel}/{well}_{field}.tif": named(
        "exp/{c}/{w}_{s}.tif", c=("DAPI", "GFP"), w=WELLS, s=(1, 2)
    ),
    "img_{well}_{channel}.png": [
        name.lower() for name in named("img_{w}_{c}.png", w=WELLS, c=("DAPI", "GFP"))
    ],
    "{*}_{well}_{channel}.tif": [
        f"{number:04}_{name}"
        for number, name in enumerate(named("{w}_{c}.tif", w=WELLS, c=("DAPI", "GFP")))
    ],
    "Well{well}Field{field}Channel{channel}.tif": named(
        "Well{w}Field{f}Channel{c}.tif", w=WELLS, f=(1, 2), c=(1, 2)
    ),
    "{well}-Site_{field}/img_channel{channel}_position000_time{t}_z{z}.tif": named(
        "{w}-Site_{s}/img_channel{c:03}_position000_time000000000_z000.tif",
        w=SHORT,
        s=(0, 1),
        c=(0, 1),
    ),
    "{plate}_{well}_t{t}_{channel}.tif": named(
        "exp_{w}_t{t:03}_{c}.tif", w=WELLS, t=range(4), c=("GFP", "RFP")
    ),
    "Row{row}_Col{column}_Field{field}_{channel}.tif": named(
        "Row{r}_Col{c}_Field{f}_{d}.tif", r=(1, 2), c=(3, 4), f=(1, 2), d=("GFP", "RFP")
    ),
}


@pytest.mark.parametrize("pattern", STYLES)
def test_the_first_proposal_for_a_style_of_names_is_what_a_person_would_write(pattern):
    names = STYLES[pattern]
    first = propose_patterns(names)[0]
    assert first.pattern == pattern
    assert first.matched == len(names)
    assert (first.unmatched, first.doubled) == ((), 0)
    assert first.even


def test_a_proposal_says_what_it_would_give_and_how_it_reads_names():
    names = [
        *named("run7_{w}_s{s}_DAPI.tif", w=WELLS, s=(1, 2, 3)),
        "overview.tif",
        "x.txt",
    ]
    first = propose_patterns(names)[0]
    assert first.counts == "24 wells x 3 fields x 1 channel"
    assert first.examples[0] == ("run7_B02_s1_DAPI.tif", "B02, field s1, channel DAPI")
    assert first.unmatched == ("overview.tif",)
    text = "\n".join(first.lines())
    assert "--pattern '{plate}_{well}_s{field}_{channel}.tif'" in text
    assert "1 image not matched: 'overview.tif'" in text
    json.dumps(first.as_dict())


def test_numbers_that_could_be_several_things_are_proposed_as_each():
    proposals = propose_patterns(named("{w}_{n}.tif", w=WELLS, n=(1, 2, 3)))
    assert {
        "{well}_{field}.tif",
        "{well}_{channel}.tif",
        "{well}_{t}.tif",
        "{well}_{z}.tif",
    } <= {proposal.pattern for proposal in proposals}
    assert proposals[0].pattern == "{well}_{field}.tif"


@pytest.mark.parametrize("line", ["H9", "A549_P3", "U2OS", "MCF7_B12"])
def test_a_cell_line_is_not_taken_for_the_well(line):
    proposals = propose_patterns(named(line + "_{w}_s{s}.tif", w=WELLS, s=(1, 2)))
    assert [proposal.wells for proposal in proposals] == [24] * len(proposals)
    assert proposals[0].plates == (line,)


def test_a_cell_line_and_the_well_of_a_single_one_are_both_proposed():
    proposals = propose_patterns(["H9_B02_s1.tif", "H9_B02_s2.tif"])
    assert {p.examples[0][1] for p in proposals} >= {"B02, field s1", "H09, field s1"}


@pytest.mark.parametrize("separator", ["/", "_"])
def test_names_of_several_plates_are_said_to_be_so(separator):
    names = named("{p}" + separator + "{w}_s{s}.tif", p=("P1", "P2"), w=WELLS, s=(1, 2))
    first = propose_patterns(names)[0]
    assert first.pattern == "{plate}" + separator + "{well}_s{field}.tif"
    assert first.plates == ("P1", "P2")
    assert first.counts == "2 plates x 24 wells x 2 fields x 1 channel"


def test_wells_that_are_numbers_need_a_format_and_say_so():
    names = named("--W{w:05}--P{p:05}--GFP.tif", w=range(1, 98), p=(1, 2))
    assert "--format 384" in propose_patterns(names)[0].problem


def test_missing_images_do_not_hide_the_pattern():
    names = [
        name
        for number, name in enumerate(STYLES["{plate}_{well}_s{field}_{channel}.tif"])
        if number % 7
    ]
    first = propose_patterns(names)[0]
    assert first.counts == "24 wells x 3 fields x 2 channels"
    assert not first.even


@pytest.mark.parametrize(
    "names",
    [[], ["holiday.tif", "x1.tif"], ["notes.txt"], ["._B02.tif"], ["002003001.tif"]],
)
def test_nothing_is_proposed_where_no_well_is_in_the_names(names):
    assert propose_patterns(names) == ()


@pytest.mark.parametrize(
    ("names", "pattern"),
    [
        (
            named("myplate_B03_T0002F00{f}L01A01Z0{z}C01.png", f=(1, 2), z=(1, 2)),
            "{plate}_{well}_T{t}F{field}L01A01Z{z}C{channel}.png",
        ),
        (
            named("AS_09125_D03f00d{d}.tif", d=(0, 1, 2)),
            "{plate}_{well}f{field}d{channel}.tif",
        ),
        (
            named("r01c01f01p01-ch{c}sk1fk1fl1.tiff", c=(2, 3, 5)),
            "r{row}c{column}f{field}p{z}-ch{channel}sk{t}fk1fl1.tiff",
        ),
        (
            named("BR{p}/Images/r01c01f01p01-ch{c}.tiff", p=(16, 17), c=(1, 2)),
            "{plate}/Images/r{row}c{column}f{field}p{z}-ch{channel}.tiff",
        ),
        (
            [f"B{c:02}_F1_A{a}C{a}.tif" for c in (2, 3) for a in (1, 2)],
            "{well}_F{field}_A{*}C{channel}.tif",
        ),
    ],
)
def test_few_files_are_enough_where_the_names_have_words(names, pattern):
    assert propose_patterns(names)[0].pattern == pattern


OF_MAKERS = {
    "Agilent Cytation (Gen5)": [
        f"{well}_01_{number}_{field}_{channel}_001.tif"
        for well in SHORT
        for field in (1, 2, 3)
        for number, channel in ((1, "DAPI"), (2, "Phase Contrast"))
    ],
    "Sartorius Incucyte": named(
        "VID1630_{c}_{w}_{f}_{d:02}d{h:02}h00m.tif",
        c=("Phase", "Green"),
        w=SHORT,
        f=(1, 2),
        d=(0, 1),
        h=(0, 6),
    ),
    "Nikon JOBS": [
        f"Well{well}_Point{well}_{field:04}_Channel{channel}_Seq{number:04}.tif"
        for number, (well, field, channel) in enumerate(
            product(WELLS, (0, 1), ("DAPI", "FITC"))
        )
    ],
}


@pytest.mark.parametrize("maker", OF_MAKERS)
def test_names_of_makers_without_files_are_proposed_by_their_name(maker):
    first = propose_patterns(OF_MAKERS[maker])[0]
    assert (first.maker, first.even) == (maker, True)
    assert f"as {maker} is said to name" in "\n".join(first.lines())


def test_the_folders_of_an_incucyte_are_proposed_as_moments():
    names = named(
        "ScanData/2505/{d}/{h}/644/{w}-1-{c}.tif",
        d=(16, 17),
        h=(1200, 1800),
        w=SHORT,
        c=("C1", "Ph"),
    )
    best = next(p for p in propose_patterns(names) if p.maker)
    assert (best.wells, best.channels, best.t, best.plates) == (15, 2, 4, ("644",))


@pytest.mark.parametrize("names", [*STYLES.values(), *OF_MAKERS.values()])
def test_every_proposal_reads_names_as_its_examples_say(names):
    for proposal in propose_patterns(names):
        if not proposal.problem:
            pattern = NamePattern(proposal.pattern)
            for name, text in proposal.examples:
                assert str(pattern.read(name)) == text


_PIECES = st.sampled_from(
    [
        *("A01", "B02", "H9", "s1", "_", "-", " ", "w2", "DAPI", "Cy5", "1", "02"),
        *("2024-01-31", "00d03h00m", "/", ".", "é", "r01c02", "(", "*", "\\", "{", "}"),
    ]
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(_PIECES, max_size=14).map("".join), max_size=8))
def test_proposing_never_fails_and_every_pattern_that_it_gives_can_be_used(stems):
    names = [f"{stem}.tif" for stem in stems]
    for proposal in propose_patterns(names):
        assert NamePattern(proposal.pattern).text == proposal.pattern
        assert 0 < proposal.matched <= len(names)


def test_names_of_more_parts_than_a_pattern_may_have_are_no_error():
    names = [
        f"{k}q_{well}_{k}a_s1_{k}b_w1_{k}c_z1_{k}d_t1_{k}e_x_{k}f_y_{k}g_v_{k}h.tif"
        for k, well in enumerate(("B02", "B03", "C04", "C05"))
    ]
    for proposal in propose_patterns(names):
        NamePattern(proposal.pattern)


def test_a_proposal_that_begins_with_a_dash_can_be_typed_as_it_stands():
    names = [f"--{well}--P{field}.tif" for well in ("B02", "C03") for field in (1, 2)]
    best = propose_patterns(names)[0]
    assert best.pattern.startswith("-")
    assert f"--pattern='{best.pattern}'" in best.sentence
    assert next(iter(best.lines())) == f"--pattern='{best.pattern}'"
