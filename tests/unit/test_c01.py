"""Images of a CellInsight: what their header says, and what is refused."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcs.errors import SourceError
from hcs.ingest.formats.image_file import Limits
from hcs.ingest.formats.images import read_image_file
from tests.c01 import c01

PIXELS = np.arange(6 * 8, dtype="<u2").reshape(6, 8) + 60_000


def pixels_of(data):
    return read_image_file(data, name="x.C01").plane()


@pytest.mark.parametrize("dtype", ["u1", "<u2"])
def test_pixels_are_those_that_were_packed(dtype):
    image = read_image_file(c01(PIXELS.astype(dtype), per_metre=775_193))
    assert (image.kind, image.axes, image.shape) == ("C01", ("y", "x"), (6, 8))
    assert image.pixel_size == (1.29, 1.29)
    np.testing.assert_array_equal(image.plane(), PIXELS.astype(dtype))


@pytest.mark.parametrize("per_metre", [0, -5, 2835, 2_000_000_000])
def test_a_size_that_no_lens_gives_is_not_taken(per_metre):
    assert read_image_file(c01(PIXELS, per_metre=per_metre)).pixel_size is None


WHOLE = c01(PIXELS)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(WHOLE[:4], "ends within the header", id="no stream"),
        pytest.param(WHOLE[:4] + b"no zlib", "cannot be decoded", id="no zlib"),
        pytest.param(c01(PIXELS, bits=24), "24 bits", id="24 bits"),
        pytest.param(c01(PIXELS, planes=2), "2 planes", id="two planes"),
        pytest.param(c01(PIXELS, compression=3), "compression 3", id="packed twice"),
        pytest.param(c01(PIXELS, width=0), "0 x 6 pixels", id="no width"),
        pytest.param(c01(PIXELS, height=-6), "8 x -6 pixels", id="below zero"),
        pytest.param(
            c01(PIXELS, width=60_000, height=60_000), "would take", id="too large"
        ),
    ],
)
def test_a_header_that_cannot_be_is_refused_before_any_pixel(data, message):
    with pytest.raises(SourceError, match=message):
        read_image_file(data)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(WHOLE[:-20], id="cut"),
        pytest.param(WHOLE[:-1] + b"\0", id="checksum"),
        pytest.param(c01(PIXELS, height=5), id="more than it says"),
        pytest.param(c01(PIXELS, height=7), id="less than it says"),
    ],
)
def test_a_stream_that_is_not_whole_gives_no_pixels(data):
    with pytest.raises(SourceError, match=r"x\.C01 cannot be decoded"):
        pixels_of(data)


def test_a_stream_that_would_grow_without_end_is_not_followed():
    bomb = c01(PIXELS)[:4] + zlib.compress(
        zlib.decompress(WHOLE[4:])[:52] + bytes(64 << 20)
    )
    with pytest.raises(SourceError, match="holds 149 bytes where 148 were to be"):
        pixels_of(bomb)


def test_limits_hold():
    with pytest.raises(SourceError, match="at most 90 are read"):
        read_image_file(WHOLE, limits=Limits(plane_bytes=90))


@given(st.binary(max_size=200))
def test_any_bytes_are_an_image_or_an_error_of_the_source(data):
    try:
        read_image_file(WHOLE[:4] + data).plane()
    except SourceError:
        return


def test_the_real_image_holds_what_its_readme_says(shared_data):
    path = shared_data / "exports" / "cellomics_c01" / "iamac01file.c01"
    pixels = read_image_file(path).plane()
    assert (pixels.shape, pixels.dtype) == ((512, 512), np.dtype("u2"))
    assert (pixels.min(), pixels.max(), pixels.sum()) == (526, 1788, 163_556_216)
