"""Which field and channel of a plate each of many pictures is for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hcs.errors import SourceError
from hcs.ingest import (
    ALL_CHANNELS,
    Fact,
    Leftover,
    MatchTarget,
    NameParts,
    Picture,
    TargetField,
    match_pictures,
)
from hcs.ingest.names import name_part

CHANNELS = ("DNA", "Actin")


def target(
    *,
    fields: int = 2,
    labelled: bool = True,
    channels: tuple[str, ...] = CHANNELS,
    z: int = 1,
) -> MatchTarget:
    """A plate of two rows and three columns."""
    listed = tuple(
        TargetField(name=str(index), label=f"s{index + 1}" if labelled else str(index))
        for index in range(fields)
    )
    return MatchTarget(
        name="P1",
        wells={
            (row, column): f"{'AB'[row]}{column + 1:02d}"
            for row in range(2)
            for column in range(3)
        },
        fields_of=lambda well: listed,
        channels=channels,
        sizes={"c": len(channels), "z": z, "y": 8, "x": 8},
    )


def picture(name: str, channels: int = 1, **about: object) -> Picture:
    """A picture of a file of this name."""
    picture = Picture(
        id=name,
        name=name,
        kind="TIFF",
        axes=("c", "y", "x") if channels > 1 else ("y", "x"),
        shape=(channels, 8, 8) if channels > 1 else (8, 8),
        dtype="uint16",
    )
    return replace(picture, **about)  # type: ignore[arg-type]


def test_metadata_are_sure_and_a_name_of_no_microscope_is_guessed() -> None:
    stated = NameParts(
        well=(1, 0), field=name_part("2", "s2"), channel=name_part("Actin")
    )
    table = match_pictures(
        [
            picture("scan.tif", stated=stated, stated_by="its OME-XML"),
            picture("B01_s1_Actin.tif"),
        ],
        target(),
    )
    sure, guessed = table.matches
    assert (sure.well, sure.field_label, sure.channels) == ("B01", "s2", (1,))
    assert sure.certainty == "sure"
    assert "Well B01: from its OME-XML." in sure.reasons
    assert (guessed.well, guessed.field_label) == ("B01", "s1")
    assert guessed.certainty == "guessed"
    assert "Well B01: from its name." in guessed.reasons


def test_a_name_that_contradicts_the_metadata_is_a_doubt() -> None:
    stated = NameParts(well=(1, 0), field=name_part("1", "s1"))
    file = picture("A03_s1_DNA.tif", stated=stated, stated_by="its OME-XML")
    (match,) = match_pictures([file], target()).matches
    assert match.well == "B01"
    assert match.certainty == "guessed"
    assert match.doubts == ("Its OME-XML says well B01, its name well A03.",)


def test_what_is_missing_is_said_and_can_be_chosen_for_many_rows_at_once() -> None:
    files = [picture("one_DNA.tif"), picture("two_Actin.tif")]
    table = match_pictures(files, target())
    assert [match.needs for match in table.matches] == [("well",), ("well",)]
    assert not table.fields
    table = table.with_change(["one_DNA.tif", "two_Actin.tif"], well="b2", field="s2")
    assert [match.problem for match in table.matches] == ["", ""]
    (correction,) = table.fields
    assert (correction.well, correction.field.label) == ("B02", "s2")
    assert [match.channels for match in correction.matches] == [(0,), (1,)]
    assert correction.unchanged == ()
    # What was said can be taken back.
    table = table.with_change(["one_DNA.tif"], well=None)
    assert table.match("one_DNA.tif").needs == ("well",)
    assert table.match("two_Actin.tif").well == "B02"


def test_a_change_of_an_unknown_row_is_refused_and_a_wrong_well_is_said() -> None:
    table = match_pictures([picture("A01_s1_DNA.tif")], target())
    with pytest.raises(SourceError, match="no such row"):
        table.with_change(["other.tif"], well="A01")
    (match,) = table.with_change(["A01_s1_DNA.tif"], well="H12").matches
    assert match.problem == "The plate has no well 'H12'."
    assert "A01" in match.help


def test_two_files_for_one_channel_are_both_held_until_one_is_excluded() -> None:
    files = [picture("A01_s1_DNA.tif"), picture("again/A01_s1_DNA.tif")]
    table = match_pictures(files, target())
    assert all("2 files are for channel DNA" in m.problem for m in table.matches)
    table = table.with_change(["again/A01_s1_DNA.tif"], excluded=True)
    first, second = table.matches
    assert first.ready
    assert second.excluded
    assert not second.ready


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["A01_f0_DNA.tif", "A01_f1_DNA.tif"], ["0", "1"]),
        (["A01_f1_DNA.tif", "A01_f2_DNA.tif"], ["0", "1"]),
        (["A01_f1_DNA.tif"], [""]),
    ],
)
def test_where_field_numbers_count_from_is_told_by_all_files_or_not_at_all(
    names: list[str], expected: list[str]
) -> None:
    table = match_pictures([picture(name) for name in names], target(labelled=False))
    assert [match.field for match in table.matches] == expected
    assert [bool(match.needs) for match in table.matches] == [
        not name for name in expected
    ]


def test_where_a_picture_was_taken_tells_its_field_where_nothing_else_does() -> None:
    plate = replace(
        target(), centres_of=lambda well: {"0": (0.0, -300.0), "1": (0.0, 300.0)}
    )
    at = picture("A01_DNA.tif", centre=(4.0, 296.0))
    (match,) = match_pictures([at], plate).matches
    assert (match.field, match.certainty) == ("1", "guessed")
    assert "Field s2: its position is nearest to that one's." in match.reasons
    between = replace(at, centre=(0.0, 90.0))
    assert match_pictures([between], plate).matches[0].needs == ("field",)
    unlabelled = replace(plate, fields_of=target(labelled=False).fields_of)
    (match,) = match_pictures(
        [picture("A01_f1_DNA.tif", centre=(0.0, -299.0))], unlabelled
    ).matches
    assert match.field == "0"


def test_channels_by_name_in_any_order_are_put_in_the_order_of_the_plate() -> None:
    named = replace(picture("A01_s1.tif", channels=2), channels=("actin", "DNA"))
    (match,) = match_pictures([named], target()).matches
    assert match.channels == (1, 0)
    unnamed = picture("A01_s1.tif", channels=2)
    (match,) = match_pictures([unnamed], target()).matches
    assert match.channels == (0, 1)
    assert match.certainty == "guessed"
    assert any("in order" in reason for reason in match.reasons)


def test_pages_that_equal_the_channels_are_channels_and_a_person_may_say_else() -> None:
    pages = picture("A01_s1.tif", axes=("z", "y", "x"), shape=(2, 8, 8), pages=2)
    table = match_pictures([pages], target())
    assert table.matches[0].pages == "c"
    assert table.matches[0].channels == (0, 1)
    (match,) = table.with_change(["A01_s1.tif"], pages="t").matches
    assert match.axes == ("t", "y", "x")
    assert match.needs == ("channel",)


def test_of_several_images_in_a_file_none_is_taken_silently() -> None:
    first = picture("A01_s1_DNA.tif", series_name="overview")
    second = replace(first, id="second", shape=(16, 16), series_name="detail")
    file = replace(first, series=(first, second))
    table = match_pictures([file], target())
    (match,) = table.matches
    assert match.needs == ("series",)
    assert "overview, detail" in match.problem
    (match,) = table.with_change([match.id], series=1).matches
    assert match.ready
    assert match.picture.id == "second"
    assert match.id == "A01_s1_DNA.tif"


def test_a_photograph_is_called_what_it_is() -> None:
    photo = picture("A01_s1.tif", channels=3, facts=(Fact("rgb", "colour"),))
    plate = target(channels=("r", "g", "b"))
    (match,) = match_pictures([photo], plate).matches
    assert "colour picture (RGB)" in match.problem
    assert "greyscale" in match.help


def test_planes_in_files_of_their_own_are_one_row_and_a_part_is_refused() -> None:
    names = [f"r01c01f01p{z:02d}-ch1sk1fk1fl1.tiff" for z in (3, 1, 2)]
    plate = replace(target(z=3), wells={(0, 0): "A01"})
    table = match_pictures([picture(name) for name in names], plate)
    (match,) = table.matches
    assert [each.name[9:12] for each in match.pictures] == ["p01", "p02", "p03"]
    assert match.ready, match.problem
    (match,) = match_pictures([picture(name) for name in names[:2]], plate).matches
    assert "2 files are there" in match.problem


def test_a_file_of_another_plate_is_a_doubt() -> None:
    stated = NameParts(plate="P2", well=(0, 0), field=name_part("1", "s1"))
    file = picture("DNA.tif", stated=stated, stated_by="its OME-XML")
    (match,) = match_pictures([file], target()).matches
    assert match.ready
    assert match.doubts == ("It is of plate 'P2'; this plate is 'P1'.",)


def test_all_channels_can_be_chosen_only_where_the_file_has_as_many() -> None:
    table = match_pictures([picture("A01_s1_DNA.tif")], target())
    (match,) = table.with_change(["A01_s1_DNA.tif"], channel=ALL_CHANNELS).matches
    assert match.needs == ("channel",)
    (match,) = table.with_change(["A01_s1_DNA.tif"], channel=1).matches
    assert match.channels == (1,)


def test_the_summary_counts_what_is_ready_and_what_is_not() -> None:
    table = match_pictures(
        [picture("A01_s1_DNA.tif"), picture("A01_s1_Actin.tif"), picture("x.tif")],
        target(),
        leftovers=[
            Leftover(name="b.tif", reason="It is damaged."),
            Leftover(name="plate.xml", reason="It is no image.", is_image=False),
        ],
    )
    assert table.summary == (
        "2 of 5 files are for 1 field; 2 rows guessed; 1 row unclear; 1 image cannot "
        "be used; 1 other file left aside."
    )


def test_a_zero_in_any_field_tells_where_channel_numbers_count_from() -> None:
    names = ["A01_s1_ch0.tif", "A02_s1_ch1.tif", "A03_s1_ch2.tif", "B01_s1_w1.tif"]
    rows = match_pictures([picture(name) for name in names], target()).matches
    assert [row.channels for row in rows] == [(0,), (1,), (), (0,)]


@pytest.mark.parametrize("series", [-1, 2])
def test_a_number_of_no_image_in_the_file_is_asked_again(series: int) -> None:
    first = picture("A01_s1_DNA.tif", series_name="overview")
    second = replace(first, id="second", series_name="detail")
    file = replace(first, series=(first, second))
    (match,) = (
        match_pictures([file], target()).with_change([first.id], series=series).matches
    )
    assert not match.ready
    assert match.needs == ("series",)
