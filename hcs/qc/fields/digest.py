"""Digests of planes, by which the same picture is found in two fields."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
import scipy

from hcs.qc.fields.light import small
from hcs.qc.fields.plane import NotComputableError
from hcs.qc.fields.smoothing import gaussian

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from hcs.qc.fields.plane import Plane

Key = TypeVar("Key")

_SIDE = 64
"""Cells a side of the picture that is hashed."""

_SMOOTH = 4.0
"""Sigma of the surroundings, in cells: slower changes are light, not what is seen."""

_SLOWEST, _FASTEST = 3, 16
"""Waves over the field whose strengths are hashed: 384 of them."""

_SIGNAL = 3.0
"""How many standard deviations of a cell's noise a picture stands out at least."""

MOST_APART = 0.25
"""Share of bits in which two hashes of the same picture differ at most. Those of
different pictures differ in 0.50 +- 0.03; a shift by a tenth of the side in both
directions gives 0.28, by a twentieth 0.17."""

_ROWS = 1 << 22
"""Comparisons made at once, so that memory does not grow with the square."""


@dataclass(frozen=True, slots=True)
class PlaneDigest:
    """What a plane is known by."""

    exact: str
    """Hexadecimal digest of shape, dtype and pixels: equal for equal planes."""

    coarse: str = ""
    """Hexadecimal hash of what is seen, 384 bits. A gain, an offset, another bit
    depth or pixel size, some noise and a small shift change few of them. Empty where
    nothing stands out of the noise, or the plane is smaller than 64 pixels."""


@dataclass(frozen=True, slots=True)
class SamePicture(Generic[Key]):
    """Two planes that show the same."""

    first: Key
    second: Key
    exact: bool
    """Whether all pixels are equal."""

    apart: float
    """Share of the coarse bits that differ; 0 where `exact`."""


def digest_of(plane: Plane) -> PlaneDigest:
    """Return what a plane is known by.

    Notes
    -----
    The strength of a wave does not depend on where a picture lies, so that strengths
    are compared and not pixels. Each bit says whether a wave is stronger than the
    median of those of its length, which gain and unequal sharpness do not move.
    """
    try:
        coarse = _coarse(plane)
    except NotComputableError:
        coarse = ""
    return PlaneDigest(exact_digest(plane.pixels), coarse)


def exact_digest(pixels: NDArray[Any]) -> str:
    """Return what `PlaneDigest.exact` is of a plane, without looking at the picture.

    Parameters
    ----------
    pixels
        A plane, shape ``(y, x)``.
    """
    kind = pixels.dtype.newbyteorder("<")
    exact = hashlib.sha256(f"{pixels.shape}{kind.str}".encode())
    exact.update(np.ascontiguousarray(pixels, kind).data)
    return exact.hexdigest()[:32]


def _coarse(plane: Plane) -> str:
    cells = small(plane, _SIDE).astype(np.float32)
    cells -= gaussian(cells, _SMOOTH)
    noise = plane.noise * _SIDE / plane.pixels.size**0.5
    # Wide, for the squares of integers of 64 bits overflow float32.
    if not cells.std(dtype=np.float64) > _SIGNAL * noise:
        raise NotComputableError("nothing stands out of the noise")
    fade = np.hanning(_SIDE + 2)[1:-1].astype(np.float32)
    cells *= np.multiply.outer(fade, fade)
    waves, lengths = _waves()
    strength = np.abs(scipy.fft.rfft2(cells)).ravel()[waves]
    bits = np.zeros(waves.size, bool)
    for length in range(_SLOWEST, _FASTEST):
        ring = lengths == length
        bits[ring] = strength[ring] > np.median(strength[ring])
    return np.packbits(bits).tobytes().hex()


@lru_cache(maxsize=1)
def _waves() -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return where waves are in a spectrum of `rfft2`, and their number over a side."""
    down = scipy.fft.fftfreq(_SIDE, 1 / _SIDE)[:, np.newaxis]
    right = np.arange(_SIDE // 2 + 1)
    number = np.hypot(down, right)
    # Of waves straight down, each is there twice.
    once = (right > 0) | (down > 0)
    used = np.flatnonzero(once & (number >= _SLOWEST) & (number < _FASTEST))
    return used, number.ravel()[used].astype(np.intp)


def find_same_pictures(
    digests: Iterable[tuple[Key, PlaneDigest]], *, most_apart: float = MOST_APART
) -> list[SamePicture[Key]]:
    """Return which planes show the same picture, exactly or nearly.

    Parameters
    ----------
    digests
        What each plane is called, and its digest. Give planes of one channel:
        channels of one field show the same cells, and would be found.
    most_apart
        Share of the coarse bits that differ at most, 0 to 1.

    Returns
    -------
        Each pair once, in the order given; exact ones first, then by `apart`.

    Notes
    -----
    Every plane is compared with every other: 3,456 fields take under a second.
    Misleads where a pattern of the camera or the dish outshines the cells: then many
    fields look alike, and none is a copy.

    Examples
    --------
    >>> first, other = PlaneDigest("0a"), PlaneDigest("0b")
    >>> find_same_pictures([("A01", first), ("A02", other), ("A03", first)])
    [SamePicture(first='A01', second='A03', exact=True, apart=0.0)]
    """
    planes = list(digests)
    equal: dict[str, list[int]] = defaultdict(list)
    for place, (_, digest) in enumerate(planes):
        equal[digest.exact].append(place)
    exact = {pair for group in equal.values() for pair in combinations(group, 2)}
    pairs = [
        *((0.0, *pair, True) for pair in sorted(exact)),
        *sorted(
            (apart, first, second, False)
            for first, second, apart in _alike(planes, most_apart)
            if (first, second) not in exact
        ),
    ]
    return [
        SamePicture(planes[first][0], planes[second][0], same, apart)
        for apart, first, second, same in pairs
    ]


def _alike(
    planes: list[tuple[Key, PlaneDigest]], most_apart: float
) -> Iterator[tuple[int, int, float]]:
    """Yield pairs of positions whose coarse hashes differ in few bits."""
    places = [place for place, (_, digest) in enumerate(planes) if digest.coarse]
    if not places:
        return
    words = np.array(
        [
            np.frombuffer(bytes.fromhex(planes[place][1].coarse), "<u8")
            for place in places
        ]
    )
    bits = 64 * words.shape[1]
    step = max(1, _ROWS // words.size)
    for start in range(0, len(words), step):
        differ = words[start : start + step, np.newaxis] ^ words[np.newaxis, start:]
        apart = np.bitwise_count(differ).sum(axis=2) / bits
        for first, second in np.argwhere(apart <= most_apart):
            if second > first:
                yield (
                    places[start + first],
                    places[start + second],
                    float(apart[first, second]),
                )
