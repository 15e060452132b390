"""Synthetic cells: what a microscope with an ideal camera would see.

Two channels: DNA (nuclei) and a reporter that is in the cytoplasm and moves into the
nucleus when a compound acts. Cells are stamped one by one from small patches in polar
coordinates, so that a field of a hundred cells costs some tens of milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

_RADIUS = 37
"""Half the side of a cell's patch in pixels; no cell reaches further."""

_MARGIN = _RADIUS + 20
"""Canvas around the field; cells centred up to 20 pixels outside reach into it."""

_ANGLES = 256
"""Directions in which an outline is known."""

_NUCLEUS = 9.5
"""Typical radius of a nucleus in pixels: 6 µm at 0.65 µm a pixel."""

_APART = 2.1 * _NUCLEUS
"""Least distance between the centres of two nuclei, in pixels."""

_DNA = 900.0
"""Counts of a typical nucleus in the DNA channel, above background."""

_REPORTER = 620.0
"""Counts of the reporter, spread over a typical cell, above background."""

_PSF = 1.0
"""Sigma of the optics in pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What is in view in one field."""

    seed: int
    shape: tuple[int, int] = (512, 512)
    cells: float = 110.0
    """Expected number of cells; the number drawn differs as by Poisson."""

    action: float = 0.0
    """Share of the reporter that moved into the nucleus, 0 to 1."""

    toxicity: float = 0.0
    """0 healthy to 1: cells round up, shrink and condense."""

    brightness: float = 1.0
    """Factor on the signal of both channels."""


def draw(scene: Scene) -> NDArray[np.float32]:
    """Return the signal of a scene, shape ``(2, y, x)``, in counts above background.

    Equal scenes give equal arrays.
    """
    rng = np.random.default_rng(scene.seed)
    canvas = np.zeros((2, *(side + 2 * _MARGIN for side in scene.shape)), np.float32)
    speckle = _speckle()
    for y, x in _positions(rng, scene):
        _stamp(canvas, speckle, rng, scene, y, x)
    # 8 pixels more on each side, so that the optics blur in what lies outside.
    edge = _MARGIN - 8
    field = np.ascontiguousarray(canvas[:, edge:-edge, edge:-edge])
    for plane in field:
        ndimage.gaussian_filter(plane, _PSF, output=plane, mode="nearest", truncate=3)
    return np.ascontiguousarray(field[:, 8:-8, 8:-8]) * np.float32(scene.brightness)


def _positions(rng: Generator, scene: Scene) -> list[tuple[int, int]]:
    """Draw centres on the canvas: in patches, but no two nuclei overlap."""
    size = np.array(scene.shape) + 2 * (_MARGIN - _RADIUS)
    planned = int(rng.poisson(scene.cells * size.prod() / np.prod(scene.shape)))
    # Density varies slowly over the field, as where cells grow in patches.
    density = 1 / (1 + np.exp(-rng.normal(0, 0.9, (6, 6))))
    tried = rng.uniform(0, 1, (12 * planned, 3))
    patch = (6 * tried[:, :2]).astype(int)
    tried = tried[tried[:, 2] < density[patch[:, 0], patch[:, 1]], :2] * size
    taken = np.full((planned, 2), np.inf)
    count = 0
    for spot in tried:
        if count == planned:
            break
        apart = taken[:count] - spot
        if count and np.min(np.einsum("ij,ij->i", apart, apart)) < _APART**2:
            continue
        taken[count] = spot
        count += 1
    return [(_RADIUS + int(y), _RADIUS + int(x)) for y, x in taken[:count]]


@lru_cache(maxsize=1)
def _speckle() -> NDArray[np.float32]:
    """Return two pieces of texture around 1: chromatin (fine), cytoplasm (coarser).

    One piece serves all cells of all fields: each takes its part from elsewhere.
    """
    rng = np.random.default_rng(20_01)
    out = np.empty((2, 512, 512), np.float32)
    for layer, sigma, depth in ((0, 1.6, 0.16), (1, 2.2, 0.28)):
        noise = rng.standard_normal(out.shape[1:], np.float32)
        ndimage.gaussian_filter(noise, sigma, output=noise, mode="wrap", truncate=3)
        out[layer] = 1 + noise * (depth / noise.std())
    return np.maximum(out, 0.15)


@lru_cache(maxsize=1)
def _polar() -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """Return radius and direction index of each pixel of a patch."""
    axis = np.arange(-_RADIUS, _RADIUS + 1, dtype=np.float32)
    y, x = np.meshgrid(axis, axis, indexing="ij")
    turn = np.arctan2(y, x) / (2 * np.pi)
    return np.hypot(y, x), (np.floor(turn * _ANGLES).astype(np.intp)) % _ANGLES


@lru_cache(maxsize=1)
def _waves() -> NDArray[np.float64]:
    """Return cosines and sines of 1 to 6 turns, shape ``(12, directions)``.

    Scaled to what they do to an outline: the first only moves it, so it gets little;
    the second makes an ellipse; the higher ones make it ragged.
    """
    angle = 2 * np.pi * (np.arange(_ANGLES) + 0.5) / _ANGLES
    order = np.arange(1, 7)[:, np.newaxis]
    weight = np.where(order == 1, 0.35, 1.6 / order)
    return np.concatenate(
        (weight * np.cos(order * angle), weight * np.sin(order * angle))
    )


def _outline(rng: Generator, size: float, rough: float) -> NDArray[np.float32]:
    """Return an outline's radius in every direction: `size` times a smooth wave."""
    wave = (rng.standard_normal(12) * rough) @ _waves()
    return np.clip(size * np.exp(wave), 3, _RADIUS - 2).astype(np.float32)


def _inside(outline: NDArray[np.float32], soft: float) -> NDArray[np.float32]:
    """Return 1 inside an outline, 0 outside, and a ramp of `soft` pixels between."""
    radius, turn = _polar()
    ramp = (outline[turn] - radius) * np.float32(1 / soft) + np.float32(0.5)
    return np.asarray(np.clip(ramp, 0, 1, out=ramp))


def _stamp(
    canvas: NDArray[np.float32],
    speckle: NDArray[np.float32],
    rng: Generator,
    scene: Scene,
    y: int,
    x: int,
) -> None:
    """Add one cell around ``(y, x)``, coordinates of the canvas."""
    window = _patch(y, x)
    sick = float(np.clip(scene.toxicity + rng.normal(0, 0.12), 0, 1))
    dividing = rng.uniform() < 0.025
    size = _NUCLEUS * rng.lognormal(0, 0.12) * (1 - 0.38 * sick)
    nucleus = _inside(_outline(rng, size, 0.045), 2.5)
    spread = 2.45 * size * (1 - 0.3 * sick) * (0.75 if dividing else 1.0)
    body = _inside(_outline(rng, spread, 0.17 * (1 - 0.7 * sick)), 5.0)
    radius, _ = _polar()
    offset = rng.integers(_RADIUS, 512 - _RADIUS, 2)
    chromatin, grain = speckle[:, *_patch(int(offset[0]), int(offset[1]))]

    dna = nucleus * chromatin * (1 - 0.12 * (radius / size) ** 2 * nucleus)
    if dividing:
        plate = _inside(_bar(rng, size), 3.0)
        dna = 0.12 * nucleus + 1.7 * plate * chromatin
    amount = _DNA * rng.lognormal(0, 0.14) * (1 + 0.5 * sick)
    canvas[0][window] = np.maximum(canvas[0][window], amount * dna)

    moved = float(np.clip(scene.action + rng.normal(0, 0.06), 0.02, 0.98))
    # Thicker near the nucleus, thin at the rim.
    height = body * (0.28 + 0.72 * np.exp(-((radius / (1.5 * size)) ** 2)))
    inside = nucleus * (0.22 + 2.3 * moved)
    around = (1 - 0.86 * nucleus) * height * (1.25 - 1.05 * moved) * grain
    reporter = _REPORTER * rng.lognormal(0, 0.2) * (around + inside * height)
    canvas[1][window] = np.maximum(canvas[1][window], reporter)


def _patch(y: int, x: int) -> tuple[slice, slice]:
    """Return the window of one cell's patch around its centre."""
    return slice(y - _RADIUS, y + _RADIUS + 1), slice(x - _RADIUS, x + _RADIUS + 1)


def _bar(rng: Generator, size: float) -> NDArray[np.float32]:
    """Return the outline of the chromosomes of a dividing cell, a short bar."""
    angle = 2 * np.pi * (np.arange(_ANGLES) + 0.5) / _ANGLES - rng.uniform(0, np.pi)
    long, short = 0.95 * size, 0.33 * size
    return (
        long * short / np.hypot(short * np.cos(angle), long * np.sin(angle))
    ).astype(np.float32)
