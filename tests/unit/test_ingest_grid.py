import io

import numpy as np
import pytest
import tifffile

from hcs.errors import SourceError
from hcs.ingest.display import channel_colors, display_channels
from hcs.ingest.export import ChannelNote, Expected
from hcs.ingest.gaps import Gap, compare
from hcs.ingest.grid import ONLY, lay_out
from hcs.ingest.images import read_image_file
from hcs.ingest.names import NameParts, part


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
        **{axis: part(str(n), f"{axis[0]}{n}") for axis, n in said.items() if n},
    )


def grid_of(places, images=None):
    found = images or {name: image(plane()) for name in places}
    return lay_out(places, found)


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
        SourceError, match=r"1 planes have two files.*A01 field f1 channel c1: a and b"
    ):
        grid_of({"a": parts("A1", 1, 1), "b": parts("A1", 1, 1)})


@pytest.mark.parametrize(
    "odd", [plane(shape=(4, 6)), plane(dtype="u2")], ids=["size", "dtype"]
)
def test_images_that_differ_stop_the_import(odd):
    places = {"a": parts("A1"), "b": parts("A2"), "odd.tif": parts("A3")}
    images = {"a": image(plane()), "b": image(plane()), "odd.tif": image(odd)}
    with pytest.raises(SourceError, match=r"2 are 5 x 4 uint8, but odd\.tif \("):
        grid_of(places, images)


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


NAMES = {part("1"): "DAPI", part("2"): "GFP", part("3"): "Cy5"}


def test_nothing_is_missing_where_everything_is_there():
    grid = grid_of({f"{c}": parts("A1", 1, c) for c in (1, 2)})
    found, expected, gaps = compare(grid, Expected(), NAMES)
    assert found == expected
    assert gaps == ()
    assert str(found) == "1 wells x 1 fields x 2 channels x 1 z x 1 t: 2 planes"


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
    for gone in [name for name in everything if name.startswith("A11")]:
        del everything[gone]
    found, expected, gaps = compare(grid_of(everything), Expected(), NAMES)
    assert (found.planes, expected.planes) == (7, 16)
    assert gaps == (
        Gap(well=(0, 0), field=0),
        Gap(well=(0, 0), field=1, channel="DAPI", z=1),
        Gap(well=(1, 1), field=0, channel="DAPI"),
        Gap(well=(1, 1), field=1, channel="GFP"),
    )


def test_what_no_file_has_is_a_gap_of_the_whole_plate():
    grid = grid_of({"a": parts("A1", 1, 1, 1)})
    expected = Expected(
        wells=((0, 0), (0, 1)),
        fields=(part("1", "s1"), part("2", "s2")),
        channels=(part("1"), part("3")),
        z=(part("1", "ZStep_1"), part("2", "ZStep_2")),
    )
    found, wanted, gaps = compare(grid, expected, NAMES)
    assert (found.planes, wanted.planes) == (1, 2 * 2 * 2 * 2)
    assert gaps == (
        Gap(well=(0, 1)),
        Gap(field="s2"),
        Gap(channel="Cy5"),
        Gap(z="ZStep_2"),
    )
    rows, columns = ["A"], ["1", "2"]
    assert gaps[0].as_dict(rows, columns, grid.fields)["well"] == "A/2"
    assert gaps[1].describe(12, grid.fields) == "every well: field s2"


def test_fields_that_an_index_does_not_list_are_no_gaps():
    places = {
        "a": parts("A1", 1, 1),
        "b": parts("A1", 2, 1),
        "c": parts("B2", 1, 1),
    }
    listed = frozenset(places.values())
    grid = grid_of(places)
    _, wanted, gaps = compare(grid, Expected(listed=listed), NAMES)
    assert (wanted.planes, gaps) == (3, ())
    more = listed | {parts("B2", 2, 1), parts("C3", 1, 1)}
    _, wanted, gaps = compare(grid, Expected(listed=frozenset(more)), NAMES)
    assert wanted.planes == 5
    assert gaps == (Gap(well=(2, 2)), Gap(well=(1, 1), field=1))


def test_a_gap_in_the_document_points_into_the_arrays():
    grid = grid_of({"a": parts("B2", 3, 1, 1), "b": parts("B2", 3, 1, 2)})
    gap = Gap(well=(1, 1), field=0, channel="DAPI", z=1)
    assert gap.as_dict(["A", "B"], ["1", "2"], grid.fields) == {
        "well": "B/2",
        "field": "0",
        "label": "f3",
        "channel": "DAPI",
        "z": 1,
        "t": None,
    }
    assert gap.describe(12, grid.fields) == "B02 field f3 channel DAPI z 2"


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
    assert 125 < window.end < 145
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
