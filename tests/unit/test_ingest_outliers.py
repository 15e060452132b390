"""Which images of a plate are odd, and when the odd ones are few."""

import io

import numpy as np
import pytest
import tifffile

from hcs.errors import SourceError
from hcs.ingest.formats.images import read_image_file
from hcs.ingest.names import NameParts, name_part
from hcs.ingest.plate.outliers import find_outliers


def image(shape=(4, 5), dtype="u2", scale=None, **options):
    stream = io.BytesIO()
    if scale is not None:
        options.update(
            ome=True, metadata={"PhysicalSizeX": scale, "PhysicalSizeY": scale}
        )
    options.setdefault("metadata", None)
    options.setdefault("photometric", "minisblack")
    tifffile.imwrite(stream, np.zeros(shape, dtype), **options)
    return read_image_file(stream.getvalue())


def names(wells=4, fields=3, channels=2, z=False):
    """Return the parts of names such as ``1.2.1`` (well, field, channel)."""
    return {
        f"{w}.{f}.{c}": NameParts(
            well=(0, w - 1),
            field=name_part(str(f), f"s{f}"),
            channel=name_part(str(c), f"w{c}"),
            z=name_part("1", "z1") if z else None,
        )
        for w in range(1, wells + 1)
        for f in range(1, fields + 1)
        for c in range(1, channels + 1)
    }


def outliers(odd, usual=None, parts=None):
    """Return the outliers of a plate some of whose images are `odd`, by name."""
    parts = parts or names()
    usual = usual or image()
    images = {name: odd.get(name, usual) for name in parts}
    return find_outliers(parts, images, lambda channel: channel.label)


HALF = image((2, 3))


@pytest.mark.parametrize(
    "odd",
    [
        ["1.1.1"],
        ["1.1.1", "4.3.2"],
        ["2.1.1", "2.1.2"],
        [f"3.{f}.{c}" for f in (1, 2, 3) for c in (1, 2)],
    ],
    ids=["file", "two files of 24", "field", "well"],
)
def test_few_files_or_a_whole_field_or_well_are_left_out(odd):
    result = outliers(dict.fromkeys(odd, HALF))
    assert sorted(result.left_out) == odd
    assert sorted([*result.images, *odd]) == sorted(names())
    verb = "is" if len(odd) == 1 else "are"
    assert result.notes == [
        f"{len(odd)} of 24 files {verb} 3 x 2 where the others are 5 x 4: left out."
    ]


@pytest.mark.parametrize(
    "odd",
    [
        [f"{w}.1.1" for w in (1, 2, 3)],
        [f"{w}.{f}.1" for w in (1, 2, 3, 4) for f in (1, 2, 3)],
        [f"{w}.{f}.{c}" for w in (1, 2) for f in (1, 2, 3) for c in (1, 2)],
    ],
    ids=["an eighth", "one channel of two", "half of the wells"],
)
def test_more_than_a_few_are_refused_in_words(odd):
    with pytest.raises(SourceError) as caught:
        outliers(dict.fromkeys(odd, HALF))
    text = str(caught.value)
    assert f"{24 - len(odd)} of 24 are 5 x 4 uint16, such as" in text
    assert f"{len(odd)} of 24 are 3 x 2 uint16, such as" in text
    assert "a folder of its own" in text


@pytest.mark.parametrize(("total", "few"), [(2, False), (3, True)])
def test_one_of_two_says_nothing_and_one_of_three_is_odd(total, few):
    parts = names(wells=total, fields=1, channels=1)
    if few:
        assert list(outliers({"1.1.1": HALF}, parts=parts).left_out) == ["1.1.1"]
    else:
        with pytest.raises(SourceError, match="The images differ"):
            outliers({"1.1.1": HALF}, parts=parts)


def test_a_channel_that_is_binned_is_odd_and_so_is_a_file_of_another():
    parts = names(channels=3)
    odd = {name: HALF for name in parts if name.endswith("2")}
    eight_bit = image(dtype="u1")
    result = outliers({**odd, "1.1.1": eight_bit}, parts=parts)
    assert set(result.left_out) == {*odd, "1.1.1"}
    assert result.left_out["1.1.2"] == (
        "is 3 x 2, as 12 of 12 files of channel w2, where the others are 5 x 4"
    )
    assert result.left_out["1.1.1"] == (
        "is uint8, as 1 of 24 files, where the others are uint16"
    )


def test_only_what_differs_is_named():
    result = outliers({"1.1.1": image((2, 3), "u1")})
    assert "is 3 x 2 uint8, as" in result.left_out["1.1.1"]
    assert "where the others are 5 x 4 uint16" in result.left_out["1.1.1"]


@pytest.mark.parametrize(
    "same",
    [
        image(byteorder=">"),
        image(compression="zlib"),
        image(bigtiff=True),
        image(description="written by another program"),
    ],
    ids=["byte order", "compression", "BigTIFF", "metadata"],
)
def test_what_does_not_change_pixels_is_no_difference(same):
    result = outliers({"1.1.1": same})
    assert (result.left_out, result.notes) == ({}, [])


@pytest.mark.parametrize(
    ("shape", "holds"),
    [
        ((11, 4, 5), "holds 11 z planes, as 1 of 12 files of channel w1, where the "),
        ((4, 5), "holds 1 z plane, as 1 of 12 files of channel w1, where the others "),
    ],
    ids=["longer", "single plane"],
)
def test_a_stack_of_other_planes_than_its_channel_is_odd(shape, holds):
    stack = image((10, 4, 5))
    result = outliers({"2.2.1": image(shape)}, usual=stack)
    assert list(result.left_out) == ["2.2.1"]
    assert result.left_out["2.2.1"].startswith(holds)


def test_a_stack_that_ends_early_keeps_its_planes():
    assert outliers({"2.2.1": image((6, 4, 5))}, usual=image((10, 4, 5))).left_out == {}


def test_a_channel_of_single_planes_beside_stacks_is_not_odd():
    flat = {name: image() for name in names() if name.endswith("2")}
    assert outliers(flat, usual=image((10, 4, 5))).left_out == {}


def test_a_file_that_holds_more_than_its_name_says_is_odd_where_others_do_not():
    result = outliers({"1.1.1": image((3, 4, 5))}, parts=names(z=True))
    assert list(result.left_out) == ["1.1.1"]
    assert "3 planes along z, but its name says z z1" in result.left_out["1.1.1"]


def test_another_pixel_size_is_odd_and_rounding_is_not():
    usual = image(scale=0.325)
    result = outliers(
        {"1.1.1": image(scale=0.65), "1.1.2": image(scale=0.32501)}, usual
    )
    assert result.left_out == {
        "1.1.1": "has pixels of 0.65 µm, as 1 of 24 files, where the others have "
        "pixels of 0.325 µm"
    }
    assert outliers({"1.1.1": image()}, usual).left_out == {}
    half = {name: image(scale=0.65) for name in names() if name.endswith("2")}
    assert outliers(half, usual).left_out == {}
