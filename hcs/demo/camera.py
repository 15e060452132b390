"""From a scene to the counts of a 12-bit camera, with the faults of a real screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import ndimage

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

CLIP = 4095
"""Top value of the camera, in counts: 12 bits, stored as uint16."""

_OFFSET = 100.0
"""Counts of the closed camera."""

_HAZE = (45.0, 75.0)
"""Counts of the medium in each channel, where there is no cell."""

_SHOT = 0.35
"""Variance of the light's own noise, in counts for each count above the offset."""

_READ = 2.5
"""Standard deviation of the camera's noise, in counts."""

FAULTS = ("blurred", "saturated", "debris", "uneven", "shifted")
"""What can befall one image; ``empty``, ``missing`` and ``edge`` befall the scene."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """How one field was photographed."""

    seed: int
    background: float = 1.0
    """Factor on the haze of the medium."""

    vignette: float = 0.05
    """Share of the light lost in the corners."""

    faults: tuple[tuple[str, int | None], ...] = ()
    """Kind of fault (see `FAULTS`) and the channel that has it; None for both."""


def expose(signal: NDArray[np.float32], shot: Shot) -> NDArray[np.uint16]:
    """Return the counts of an ideal `signal`, shape ``(2, y, x)``, up to `CLIP`.

    Equal arguments give equal arrays.
    """
    rng = np.random.default_rng(shot.seed)
    counts = np.empty(signal.shape, np.uint16)
    shape = signal.shape[1:]
    # Faults draw from a source of their own, so that they leave the noise as it was.
    fault = np.random.default_rng((shot.seed, 1))
    shift = fault.choice((-1, 1), 2) * fault.integers(9, 16, 2)
    tilt = fault.uniform(0, 2 * np.pi)
    soiled = any(kind == "debris" for kind, _ in shot.faults)
    dirt = _debris(fault, shape) if soiled else 0
    for channel, plane in enumerate(signal):
        faults = {kind for kind, where in shot.faults if where in (None, channel)}
        light = plane + np.float32(_HAZE[channel] * shot.background)
        if "debris" in faults:
            light = light + dirt
        if "shifted" in faults:
            light = ndimage.shift(light, shift, order=1, mode="reflect")
        if "blurred" in faults:
            light = ndimage.gaussian_filter(light, 6.0, mode="reflect", truncate=3)
        if "saturated" in faults:
            light = light * np.float32(9)
        light = light * _vignette(shape, shot.vignette)
        if "uneven" in faults:
            light = light * _slope(tilt, shape)
        counts[channel] = _read_out(light, rng)
    return counts


def _read_out(light: NDArray[np.float32], rng: Generator) -> NDArray[np.uint16]:
    """Return counts with noise, rounded and cut to the camera's range."""
    sigma = np.sqrt(light * np.float32(_SHOT) + np.float32(_READ**2))
    noisy = light + sigma * rng.standard_normal(light.shape, np.float32)
    counts = np.clip(np.rint(noisy + np.float32(_OFFSET)), 0, CLIP)
    return np.asarray(counts, np.uint16)


def _grid(shape: tuple[int, ...]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return y and x from -1 to 1, to be broadcast."""
    y, x = (np.linspace(-1, 1, side, dtype=np.float32) for side in shape)
    return y[:, np.newaxis], x[np.newaxis, :]


def _vignette(shape: tuple[int, ...], loss: float) -> NDArray[np.float32]:
    """Return the share of light over the field: 1 in the middle, less outside."""
    y, x = _grid(shape)
    return np.asarray(1 - np.float32(loss / 2) * (y**2 + x**2))


def _slope(angle: float, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return light that falls off to one side, as with a loose lamp: 1.35 to 0.3."""
    y, x = _grid(shape)
    along = (np.float32(np.sin(angle)) * y + np.float32(np.cos(angle)) * x) / np.sqrt(2)
    return np.asarray(0.82 + 0.53 * along, np.float32)


def _debris(rng: Generator, shape: tuple[int, ...]) -> NDArray[Any]:
    """Return bright dirt: some clumps out of focus, and a fibre."""
    canvas = np.zeros(shape, np.float32)
    y, x = (axis * (side / 2) for axis, side in zip(_grid(shape), shape, strict=True))
    for _ in range(rng.integers(2, 4)):
        cy, cx = rng.uniform(-0.38, 0.38, 2) * shape
        size = rng.uniform(0.022, 0.04) * min(shape)
        flat = rng.uniform(0.6, 1.0)
        distance = np.hypot((y - cy) / flat, x - cx) / size
        canvas += np.float32(rng.uniform(3200, 4600)) * np.exp(-(distance**4) / 2)
    return canvas + _fibre(rng, shape)


def _fibre(rng: Generator, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return a bright curved thread, some 4 pixels wide."""
    steps = np.linspace(0, 1, 4 * max(shape))
    start, end = rng.uniform(0.12, 0.88, (2, 2))
    bend = rng.uniform(-0.25, 0.25, 2)
    path = start + np.outer(steps, end - start) + np.outer(np.sin(np.pi * steps), bend)
    line = np.zeros(shape, np.float32)
    at = np.clip(path * shape, 0, np.array(shape) - 1).astype(int)
    line[at[:, 0], at[:, 1]] = 1
    soft = ndimage.gaussian_filter(line, 2.0)
    return np.asarray(
        soft * np.float32(3000 / max(float(soft.max()), 1e-6)), np.float32
    )
