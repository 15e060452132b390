"""Arrays become pictures: contrast, colour, size, and what is sent to browsers."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from dashboard.pictures.rendering import (
    composite,
    encode_jpeg,
    error_cell,
    fit,
    level_for,
    little_endian,
    sprite,
    to_8bit,
)
from dashboard.pictures.shrinking import shrink
from dashboard.plates.values import ChannelSetting

DTYPES = ["u1", "u2", "u4", "i1", "i2", "i4", "f4", "f8", "?"]


def setting(color: str = "FFFFFF", low: float = 0, high: float = 255) -> ChannelSetting:
    return ChannelSetting(index=0, color=color, low=low, high=high)


@pytest.mark.parametrize("dtype", ["u1", "u2", "i2", "u4", "f4"])
def test_contrast_maps_black_to_0_white_to_255_and_clips_beyond(dtype: str) -> None:
    plane = np.array([[0, 10, 60, 110, 120]], dtype=dtype)
    assert to_8bit(plane, 10, 110).tolist() == [[0, 0, 128, 255, 255]]


def test_the_table_of_integers_equals_the_arithmetic_of_floats() -> None:
    values = np.arange(0, 65536, 7, dtype=np.uint16).reshape(1, -1)
    by_table = to_8bit(values, 100, 4000, 0.6)
    by_float = to_8bit(values.astype(np.float32), 100, 4000, 0.6)
    assert np.array_equal(by_table, by_float)


def test_gamma_below_one_brightens_the_middle_and_keeps_the_ends() -> None:
    plane = np.array([[0, 128, 255]], dtype=np.uint8)
    plain, bright = to_8bit(plane, 0, 255), to_8bit(plane, 0, 255, 0.5)
    assert (bright[0, 0], bright[0, 2]) == (0, 255)
    assert bright[0, 1] > plain[0, 1]


def test_nan_is_black_and_infinities_are_the_ends() -> None:
    plane = np.array([[np.nan, -np.inf, np.inf]], dtype=np.float32)
    assert to_8bit(plane, 0, 1).tolist() == [[0, 0, 255]]


def test_an_empty_window_splits_at_its_value() -> None:
    assert to_8bit(np.array([[4, 5, 6]], dtype="u2"), 5, 5).tolist() == [[0, 0, 255]]


@given(
    hnp.arrays(
        st.sampled_from(DTYPES), hnp.array_shapes(min_dims=2, max_dims=2, max_side=9)
    ),
    st.floats(-1e6, 1e6),
    st.floats(-1e6, 1e6),
)
def test_any_plane_and_window_give_bytes_of_the_same_shape(
    plane: np.ndarray, low: float, high: float
) -> None:
    drawn = to_8bit(plane, low, high)
    assert drawn.dtype == np.uint8
    assert drawn.shape == plane.shape


def test_channels_add_in_their_colours_and_saturate() -> None:
    full = np.full((2, 3), 255, dtype=np.uint8)
    picture = composite([full, full], [setting("FF0000"), setting("FF8000")])
    assert picture.shape == (2, 3, 3)
    assert picture[0, 0].tolist() == [255, 128, 0]


@given(
    st.lists(
        st.tuples(st.sampled_from(["u1", "u2", "f4"]), st.integers(0, 255)),
        min_size=1,
        max_size=12,
    ),
    st.data(),
)
def test_any_number_of_channels_adds_as_whole_numbers_do(
    channels: list[tuple[str, int]], data: st.DataObject
) -> None:
    same_dtype = data.draw(st.booleans())
    planes = [
        np.full((2, 2), grey, dtype="u2" if same_dtype else dtype)
        for dtype, grey in channels
    ]
    colors = [
        data.draw(st.sampled_from(["FFFFFF", "FF0000", "00FF80", "1234FE"]))
        for _ in channels
    ]
    picture = composite(planes, [setting(color) for color in colors])
    expected = [
        min(
            255,
            sum(
                int(grey) * bytes.fromhex(color)[part] // 255
                for (_, grey), color in zip(channels, colors, strict=True)
            ),
        )
        for part in range(3)
    ]
    assert picture[1, 0].tolist() == expected


def test_composite_refuses_planes_without_settings() -> None:
    with pytest.raises(ValueError, match="pair up"):
        composite([np.zeros((2, 2), "u1")], [])


@pytest.mark.parametrize("dtype", ["u1", "u2", "u4", "u8", "i2", "i8", "f4", "f8"])
def test_shrink_is_the_mean_of_whole_blocks(dtype: str) -> None:
    plane = np.arange(12 * 18).reshape(12, 18).astype(dtype)
    expected = plane.reshape(4, 3, 6, 3).mean(axis=(1, 3), dtype=np.float64)
    small = shrink(plane, 6)
    assert small.shape == (4, 6)
    assert small.dtype == plane.dtype
    assert np.abs(small - expected).max() < 1


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8"])
@pytest.mark.parametrize("end", ["min", "max"])
def test_shrink_keeps_the_ends_of_every_type_of_integers(dtype: str, end: str) -> None:
    value = getattr(np.iinfo(dtype), end)
    plane = np.full((60, 60), value, dtype=dtype)
    assert shrink(plane, 4).tolist() == [[value] * 4] * 4


@given(hnp.arrays(st.sampled_from(["u8", "i8"]), (3, 6)))
def test_shrink_of_64_bits_is_exact(plane: np.ndarray) -> None:
    blocks = plane.reshape(3, 2, 3).swapaxes(0, 1).reshape(2, 9)
    wanted = [sum(map(int, block)) // 9 for block in blocks]
    assert shrink(plane, 2).tolist() == [wanted]


def test_shrink_sums_blocks_of_any_size_without_overflow() -> None:
    plane = np.full((300, 300), 65535, dtype=np.uint16)
    assert shrink(plane, 1).tolist() == [[65535]]


def test_a_block_of_a_mask_is_set_where_half_of_it_is() -> None:
    plane = np.array([[1, 1, 0, 0], [0, 0, 1, 0]], dtype=bool)
    assert shrink(plane, 2).tolist() == [[True, False]]


def test_shrink_leaves_alone_what_is_small() -> None:
    plane = np.zeros((5, 7), dtype=np.uint8)
    assert shrink(plane, 7) is plane


@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 40))
def test_a_thumbnail_has_exactly_the_size_that_was_asked(
    rows: int, columns: int, size: int
) -> None:
    plane = shrink(np.zeros((rows, columns), "u2"), size)
    picture = fit(composite([plane], [setting()]), size)
    assert max(picture.shape[:2]) == size
    assert min(picture.shape[:2]) >= 1


def test_fit_keeps_pixels_hard_when_it_enlarges() -> None:
    picture = np.zeros((1, 2, 3), dtype=np.uint8)
    picture[0, 1] = 255
    assert set(np.unique(fit(picture, 8))) == {0, 255}


def test_the_level_is_the_smallest_that_is_large_enough() -> None:
    shapes = [(1080, 1080), (540, 540), (270, 270)]
    assert [level_for(shapes, size) for size in (128, 270, 271, 600, 5000)] == [
        2,
        2,
        1,
        0,
        0,
    ]


def test_a_sprite_places_cells_row_by_row_and_leaves_absent_ones_black() -> None:
    cell = np.full((4, 4, 3), 200, dtype=np.uint8)
    picture = sprite([cell, None, None, cell], 6, 3)
    assert picture.shape == (12, 18, 3)
    assert picture[1:5, 1:5].min() == 200
    assert picture[:6, 6:].max() == 0
    assert picture[7:11, 1:5].min() == 200


def test_a_sprite_that_no_browser_draws_is_refused() -> None:
    with pytest.raises(ValueError, match="too large"):
        sprite([None] * 3456, 512, 72)


def test_jpeg_shows_what_it_was_given() -> None:
    picture = np.zeros((32, 32, 3), dtype=np.uint8)
    picture[:, 16:] = (250, 120, 10)
    decoded = np.asarray(Image.open(io.BytesIO(encode_jpeg(picture))))
    assert np.abs(decoded.astype(int) - picture).mean() < 3


def test_the_error_picture_is_not_black() -> None:
    assert error_cell(64).max() > 150


@given(hnp.arrays(st.sampled_from(["u1", "<u2", ">u2", "<f4", ">i4"]), (3, 4)))
def test_raw_planes_come_back_equal(plane: np.ndarray) -> None:
    data, name = little_endian(plane)
    decoded = np.frombuffer(data, np.dtype(name).newbyteorder("<")).reshape(3, 4)
    assert np.array_equal(decoded, plane, equal_nan=plane.dtype.kind == "f")


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        ("?", "uint8"),
        ("f8", "float64"),
        ("f2", "float32"),
        ("i8", "uint32"),
        ("u8", "uint32"),
        (">u8", "uint32"),
    ],
)
def test_dtypes_without_a_browser_array_are_narrowed(dtype: str, expected: str) -> None:
    assert little_endian(np.ones((2, 2), dtype))[1] == expected


def test_large_64_bit_integers_become_floats() -> None:
    assert little_endian(np.full((1, 1), 2**40, "i8"))[1] == "float64"
