import io

import numpy as np
import pytest
import tifffile

from hcs.errors import SourceError
from hcs.gaps import read_gap
from hcs.ingest.formats.images import read_image_file
from hcs.ingest.microscopes.export import ChannelNote, Expected
from hcs.ingest.names import NameParts, name_part
from hcs.ingest.plate.display import channel_colors, display_channels
from hcs.ingest.plate.expectation import expect
from hcs.ingest.plate.gaps import count_expected, count_present, find_gaps
from hcs.ingest.plate.grid import ONLY, lay_out
from hcs.layout import FORMATS


def image(array, **options):
    stream = io.BytesIO()
    options.setdefault("photometric", "minisblack")
    options.setdefault("metadata", None)
    tifffile.imwrite(stream, array, **options)
    return read_image_file(stream.getvalue())


def plane(value=0, shape=(4, 5), dtype="u1"):
    return np.full(shape, value, dtype)


def parts(well="A1", field=None, channel=None, z=None, t=None):
    row, column = ord(well[0]) - ord("A"), int(well[1:]) - 1
    said = {"field": field, "channel": channel, "z": z, "t": t}
    return NameParts(
        well=(row, column),
        **{axis: name_part(str(n), f"{axis[0]}{n}") for axis, n in said.items() if n},
    )


def grid_of(places, images=None):
    return lay_out(places, images or {name: image(plane()) for name in places})


def test_files_stand_where_their_names_say():
    grid = grid_of(
        {
            "a": parts("A1", 1, 1),
            "b": parts("A1", 2, 1),
            "c": parts("B2", 1, 2),
        }
    )
    assert grid.wells == ((0, 0), (1, 1))
    assert [field.label for field in grid.fields] == ["f1", "f2"]
    assert grid.planes[(1, 1), 0][0, 1, 0].file == "c"
    assert grid.count == 3
    assert grid.files == {"a", "b", "c"}
    assert (grid.size, grid.dtype) == ((4, 5), np.uint8)


def test_numbers_sort_by_value():
    grid = grid_of({str(n): parts(field=n) for n in (10, 9, 2)})
    assert [field.label for field in grid.fields] == ["f2", "f9", "f10"]


def test_two_files_for_one_plane_stop_the_import():
    with pytest.raises(
        SourceError, match=r"1 plane with two files.*A01 field f1 channel c1: a and b"
    ):
        grid_of({"a": parts("A1", 1, 1), "b": parts("A1", 1, 1)})


def test_byte_order_is_no_difference():
    places = {"a": parts("A1"), "b": parts("A2")}
    images = {
        "a": image(plane(dtype="<u2"), byteorder="<"),
        "b": image(plane(dtype=">u2"), byteorder=">"),
    }
    assert grid_of(places, images).dtype == np.uint16


def test_a_stack_in_one_file_fills_its_planes():
    stack = np.stack([plane(value) for value in (7, 8, 9)])
    grid = grid_of({"s": parts("A1", channel=1)}, {"s": image(stack)})
    assert len(grid.z) == 3
    assert grid.planes[(0, 0), 0][0, 0, 2].index == (0, 0, 2)
    with pytest.raises(SourceError, match="its name says z z4"):
        grid_of({"s": parts("A1", z=4)}, {"s": image(stack)})


NAMES = {name_part("1"): "DAPI", name_part("2"): "GFP", name_part("3"): "Cy5"}


def compared(places, described=None, lost=(), damaged=()):
    """Return what is expected of files by their names, and the gaps in words."""
    grid = grid_of(
        {name: said for name, said in places.items() if name not in lost} or places
    )
    expectation = expect(
        described or Expected(),
        grid,
        list(places.values()),
        [places[name] for name in lost],
    )
    gaps = find_gaps(grid, expectation, NAMES, FORMATS[96], damaged)
    return count_expected(expectation), [str(gap) for gap in gaps], expectation.notes


def test_nothing_is_missing_where_everything_is_there():
    places = {f"{c}": parts("A1", 1, c) for c in (1, 2)}
    expected, gaps, _ = compared(places)
    assert expected == count_present(grid_of(places))
    assert gaps == []
    assert str(expected) == "1 wells x 1 fields x 2 channels x 1 z x 1 t: 2 planes"


def test_gaps_name_the_largest_thing_that_is_missing():
    everything = {
        f"{w}{f}{c}{z}": parts(w, f, c, z)
        for w in ("A1", "B2")
        for f in (1, 2)
        for c in (1, 2)
        for z in (1, 2)
    }
    for gone in ("A1212", "B2111", "B2112", "B2221", "B2222"):
        del everything[gone]
    lost = [name for name in everything if name.startswith("A11")]
    expected, gaps, _ = compared(everything, lost=lost)
    assert expected.planes == 16
    assert gaps == [
        "A01 field f1",
        "A01 field f2 channel DAPI z 2",
        "B02 field f1 channel DAPI",
        "B02 field f2 channel GFP",
    ]


def test_what_no_file_has_is_a_gap_of_the_whole_plate():
    described = Expected(
        wells=((0, 0), (0, 1)),
        fields=(name_part("1", "s1"), name_part("2", "s2")),
        channels=(name_part("1"), name_part("3")),
        z=(name_part("1", "ZStep_1"), name_part("2", "ZStep_2")),
    )
    expected, gaps, _ = compared({"a": parts("A1", 1, 1, 1)}, described)
    assert expected.planes == 2 * 2 * 2 * 2
    assert gaps == [
        "A02",
        "every well: field s2",
        "every well: channel Cy5",
        "every well: z ZStep_2",
    ]


def test_an_index_expects_what_it_lists_and_no_more():
    places = {
        "a": parts("A1", 1, 1),
        "b": parts("A1", 2, 1),
        "c": parts("B2", 1, 1),
        "d": parts("B2", 1, 2),  # a channel that the index lists nowhere else
    }
    listed = frozenset(places.values())
    expected, gaps, _ = compared(places, Expected(listed=listed))
    assert (expected.planes, gaps) == (4, [])
    more = listed | {parts("B2", 2, 1), parts("C3", 1, 1)}
    expected, gaps, _ = compared(places, Expected(listed=frozenset(more)))
    assert expected.planes == 6
    assert gaps == ["C03", "B02 field f2"]


def wells_of(count, sites):
    """Return places of files: `sites` of the number of the well, one file each."""
    return {
        f"{n}s{site}": parts(f"{'ABCDEFGH'[n // 12]}{n % 12 + 1}", site)
        for n in range(count)
        for site in sites(n)
    }


def test_one_site_that_a_well_of_96_lacks_is_one_gap():
    places = wells_of(96, lambda n: range(1, 9 if n == 17 else 10))
    expected, gaps, notes = compared(places)
    assert (expected.planes, gaps, notes) == (96 * 9, ["B06 field f9"], ())


def test_wells_with_sites_of_their_own_lack_none_and_that_is_said_once():
    expected, gaps, notes = compared(wells_of(5, lambda n: [n % 3 + 1]))
    assert (expected.wells, expected.planes, gaps) == (5, 5, [])
    assert notes == (
        "The wells have different sites (3 sets in 5 wells); those of one are not "
        "expected of the others.",
    )


@pytest.mark.parametrize(("odd", "count"), [(1, 1), (2, 0)])
def test_sites_are_expected_where_nine_of_ten_wells_share_them(odd, count):
    _, gaps, notes = compared(wells_of(10, lambda n: (1,) if n < odd else (1, 2)))
    assert (len(gaps), len(notes)) == (count, 1 - count)


def test_more_sites_than_the_others_have_are_expected_of_their_well_alone():
    _, gaps, _ = compared(wells_of(20, lambda n: (1, 2, 3) if n == 4 else (1, 2)))
    assert gaps == []


def test_each_file_that_cannot_be_read_is_a_gap_by_its_name():
    places = {f"{w}{c}": parts(w, 1, c) for w in ("A1", "B2") for c in (1, 2)}
    assert compared(places, lost=["B22"])[1] == ["B02 field f1 channel GFP"]
    assert compared(places, lost=["B21", "B22"])[1] == ["B02"]
    assert compared(places, lost=["A12", "B22"])[1] == ["every well: channel GFP"]
    described = Expected(
        wells=((0, 0),), fields=(name_part("1"),), channels=(name_part("1"),)
    )
    assert compared(places, described, ["B22"])[1] == ["B02 field f1 channel GFP"]


def test_a_file_that_cannot_be_read_and_names_no_channel_held_all_of_them():
    stack = image(np.zeros((2, 4, 5), "u1")).with_pages_as("c")
    grid = grid_of({"a": parts("A1")}, {"a": stack})
    names = [parts("A1"), parts("A2")]
    expectation = expect(Expected(), grid, names, names[1:])
    assert count_expected(expectation).planes == 4
    (gap,) = find_gaps(grid, expectation, NAMES, FORMATS[96])
    assert str(gap) == "A02"


def test_planes_that_cannot_be_decoded_are_gaps_as_those_that_are_not_there():
    places = {f"{w}{c}": parts(w, 1, c) for w in ("A1", "B2") for c in (1, 2)}
    assert compared(places, damaged=[(1, 1, 0, 0, 1, 0)])[1] == [
        "B02 field f1 channel GFP"
    ]
    both = [(1, 1, 0, 0, c, 0) for c in (0, 1)]
    assert compared(places, damaged=both)[1] == ["B02"]
    every = [(n, n, 0, 0, c, 0) for n in (0, 1) for c in (0, 1)]
    assert compared(places, damaged=every)[1] == ["A01", "B02"]


@pytest.mark.parametrize(
    ("steps", "hole"),
    [
        ((1, 2, 4), "a hole: 3 is between 1 and 4"),
        ((1, 3, 5, 11), "a hole: 7, 9 are between 1 and 11"),
        ((2, 4, 6), None),
        ((1, 5), None),
        ((7,), None),
    ],
)
def test_a_hole_in_z_numbers_is_a_note_and_no_gap(steps, hole):
    _, gaps, notes = compared({f"{z}": parts("A1", 1, 1, z) for z in steps})
    assert gaps == []
    assert [hole in note for note in notes] == ([True] if hole else [])


def test_a_hole_that_the_description_lists_is_a_gap_and_no_note():
    described = Expected(z=tuple(name_part(str(n), f"z{n}") for n in (1, 2, 3, 4)))
    places = {f"{z}": parts("A1", 1, 1, z) for z in (1, 2, 4)}
    _, gaps, notes = compared(places, described)
    assert (gaps, notes) == (["every well: z z3"], ())


def test_a_gap_in_the_document_points_into_the_arrays():
    grid = grid_of(
        {
            "a": parts("B2", 3, 1, 1),
            "b": parts("B2", 3, 1, 2),
            "c": parts("B2", 3, 2, 1),
        }
    )
    names = [parts("B2", 3)]
    (gap,) = find_gaps(grid, expect(Expected(), grid, names, []), NAMES, FORMATS[96])
    assert gap.entry == {
        "well": "B/2",
        "field": "0",
        "label": "f3",
        "channel": "GFP",
        "z": 1,
        "t": None,
    }
    assert str(gap) == "B02 field f3 channel GFP z 2"
    assert read_gap(gap.entry, {"B/2": "B02"}) == gap


def test_files_without_numbers_are_the_only_ones():
    grid = grid_of({"a": parts("A1")})
    assert grid.fields == grid.channels == grid.z == grid.t == (ONLY,)


# How channels are shown


def test_one_window_for_the_plate_is_the_same_every_time():
    rng = np.random.default_rng(0)
    places = {f"{n}": parts(f"A{n}", 1, 1) for n in range(1, 60)}
    images = {name: image(rng.poisson(100, (64, 64)).astype("u2")) for name in places}
    grid = grid_of(places, images)
    notes = [ChannelNote(name="DAPI", clip=4095)]
    (channel,) = display_channels(grid, images, notes)
    assert (channel,) == display_channels(grid, images, notes)
    window = channel.window
    assert 70 < window.start < 85
    assert 260 < window.end < 300, "twenty deviations: there is nothing but noise"
    assert (window.min, window.max) == (0, 4095)


@pytest.mark.parametrize("dtype", ["u1", "u2", "i2", "f4"])
def test_a_constant_channel_has_a_window_of_some_width(dtype):
    for value in (0, 100, np.iinfo(dtype).max if dtype != "f4" else 1e6):
        images = {"a": image(plane(value, dtype=dtype))}
        (channel,) = display_channels(
            grid_of({"a": parts()}, images), images, [ChannelNote(name="x")]
        )
        window = channel.window
        assert window.min <= window.start < window.end <= window.max


def test_pixels_that_are_not_finite_do_not_enter_the_window():
    pixels = np.linspace(0, 1, 400, dtype="f4").reshape(20, 20)
    pixels[0] = [np.nan, np.inf] * 10
    images = {"a": image(pixels)}
    (channel,) = display_channels(
        grid_of({"a": parts()}, images), images, [ChannelNote(name="x")]
    )
    assert 0 < channel.window.start < channel.window.end <= 1


def test_colours_follow_the_emission_then_the_name():
    notes = [
        ChannelNote(name="x", emission=452),
        ChannelNote(name="FITC"),
        ChannelNote(name="Texas Red"),
        ChannelNote(name="ch4"),
    ]
    colors = channel_colors(notes)
    assert colors[:3] == ("0080FF", "00FF00", "FF4000")
    assert len(set(colors)) == 4
    assert channel_colors([ChannelNote(name="ch1")]) == ("FFFFFF",)
    assert len(channel_colors([ChannelNote(name=str(n)) for n in range(9)])) == 9
