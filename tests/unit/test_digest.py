"""The same picture in two fields: exact, shifted, brighter, smaller; never others."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from hcs.demo import design
from hcs.qc import PlaneDigest, find_same_pictures
from hcs.qc.fields.digest import MOST_APART, digest_of
from hcs.qc.fields.plane import Plane


@pytest.fixture(scope="module")
def pictures():
    """Eight different fields, 540 x 540."""
    drawn = design(shape=(540, 540), rows=2, columns=4, fields=1, defects=False)
    return [image.render()[0] for image in drawn.images]


@pytest.fixture(scope="module")
def digests(pictures):
    return list(map(digest, pictures))


def digest(pixels):
    return digest_of(Plane(pixels))


def same(*pixels):
    return find_same_pictures(enumerate(map(digest, pixels)))


def test_equal_planes_are_the_same_exactly(pictures):
    first, second = pictures[:2]
    (pair,) = same(first, second, first.copy())
    assert (pair.first, pair.second, pair.exact, pair.apart) == (0, 2, True, 0)


def test_the_byte_order_and_the_layout_of_memory_do_not_count(pictures):
    plane = pictures[0]
    assert digest(plane.astype(">u2")) == digest(plane)
    assert digest(np.asfortranarray(plane)) == digest(plane)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(np.zeros((4, 9), "u2"), id="shape"),
        pytest.param(np.zeros((6, 6), "i2"), id="dtype"),
        pytest.param(np.eye(6, dtype="u2"), id="pixel"),
    ],
)
def test_another_shape_dtype_or_pixel_is_another_plane(other):
    assert digest(other).exact != digest(np.zeros((6, 6), "u2")).exact


def test_different_fields_are_never_the_same(digests):
    assert find_same_pictures(enumerate(digests)) == []


CHANGES = {
    "gain and offset": lambda p: (1.7 * p + 200).astype("u2"),
    "8 bits": lambda p: (p >> 4).clip(0, 255).astype("u1"),
    "as fractions": lambda p: (p / 65535).astype("f4"),
    "half the pixels": lambda p: (
        p.reshape(270, 2, 270, 2).mean(axis=(1, 3)).astype("u2")
    ),
    "noise": lambda p: p + np.random.default_rng(0).poisson(30, p.shape).astype("u2"),
    "uneven light": lambda p: (p * np.linspace(0.7, 1.3, 540)).astype("u2"),
    "blur": lambda p: ndimage.gaussian_filter(p, 2.0),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_picture_is_found_among_others(pictures, digests, change):
    changed = digest(CHANGES[change](pictures[3]))
    pairs = find_same_pictures(enumerate([*digests, changed]))
    assert [(pair.first, pair.second, pair.exact) for pair in pairs] == [(3, 8, False)]
    assert 0 <= pairs[0].apart <= MOST_APART


@pytest.mark.parametrize("shift", [(0, 3), (-14, 9), (27, 27), (0, -50)])
def test_a_shifted_picture_is_found_among_others(pictures, digests, shift):
    moved = np.roll(pictures[3], shift, axis=(0, 1))
    # What comes into view at the rim was never seen before.
    rim = np.ones(moved.shape, bool)
    inside = tuple(slice(max(s, 0), 540 + min(s, 0)) for s in shift)
    rim[inside] = False
    moved[rim] = pictures[5][rim]
    pairs = find_same_pictures(enumerate([*digests, digest(moved)]))
    assert [(pair.first, pair.second) for pair in pairs] == [(3, 8)]


def test_empty_fields_are_not_taken_for_copies_of_each_other():
    rng = np.random.default_rng(0)
    light = 100 + 40 * np.linspace(-1, 1, 540) ** 2
    empty = [rng.poisson(light, (540, 540)).astype("u2") for _ in range(6)]
    assert {digest(plane).coarse for plane in empty} == {""}
    assert same(*empty) == []


@pytest.mark.parametrize(
    "plane",
    [
        pytest.param(np.zeros((100, 100), "u2"), id="constant"),
        pytest.param(np.full((100, 100), np.nan), id="no numbers"),
        pytest.param(np.eye(20, dtype="u1"), id="small"),
        pytest.param(np.ones((1, 1), "u1"), id="one pixel"),
    ],
)
def test_what_shows_nothing_has_an_exact_digest_only(plane):
    known = digest(plane)
    assert len(known.exact) == 32
    assert known.coarse == ""


def test_exact_pairs_come_first_then_the_nearest():
    coarse = bytearray(48)
    apart = {0: bytes(coarse).hex()}
    for bits in (20, 60):
        changed = np.zeros(384, bool)
        changed[:bits] = True
        apart[bits] = np.packbits(changed).tobytes().hex()
    digests = [
        ("far", PlaneDigest("1", apart[60])),
        ("it", PlaneDigest("2", apart[0])),
        ("near", PlaneDigest("3", apart[20])),
        ("copy", PlaneDigest("2", apart[0])),
    ]
    pairs = find_same_pictures(digests, most_apart=0.1)
    assert [(pair.first, pair.second, pair.exact) for pair in pairs[:1]] == [
        ("it", "copy", True)
    ]
    assert [pair.apart for pair in pairs[1:]] == [20 / 384, 20 / 384]
    assert all("far" not in (pair.first, pair.second) for pair in pairs)


def test_many_planes_are_compared_in_parts(monkeypatch):
    """The same pairs come out, however many comparisons are made at once."""
    rng = np.random.default_rng(0)
    digests = [(n, PlaneDigest(str(n), rng.bytes(48).hex())) for n in range(40)]
    digests += [(40, PlaneDigest("40", digests[7][1].coarse))]
    whole = find_same_pictures(digests)
    monkeypatch.setattr("hcs.qc.fields.digest._ROWS", 1)
    assert find_same_pictures(digests) == whole
    assert [(pair.first, pair.second) for pair in whole] == [(7, 40)]
