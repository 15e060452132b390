"""The metrics as one would write them down, each by itself, with numpy and scipy."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import ndimage

Image = np.ndarray[Any, Any]


def intensity(image: Image, _: Image) -> None:
    """Mean, SD, median, MAD, extremes and percentiles from numpy."""
    scaled = image / 65535
    middle = np.median(scaled)
    np.median(np.abs(scaled - middle))
    scaled.sum(), scaled.mean(), scaled.std(), scaled.min(), scaled.max()
    np.percentile(image, 99)


def saturation(image: Image, _: Image) -> None:
    """Shares of pixels at the top, at the bottom and at the clip level."""
    (image == image.max()).mean(), (image == image.min()).mean(), (image >= 4095).mean()


def otsu(image: Image, _: Image) -> None:
    """Otsu's threshold of the sorted logarithms, at 256 ranks."""
    logs = np.sort(np.log(np.maximum(image / 65535, 1e-6)).ravel())
    np.cumsum(logs), np.cumsum(logs**2)


def focus_scores(image: Image, _: Image) -> None:
    """Variance over mean, of the plane and of blocks by label."""
    height, width = image.shape
    scaled = image / 65535
    ((scaled - scaled.mean()) ** 2).sum() / (scaled.size * scaled.mean())
    blocks = height // 10
    row, column = np.indices(image.shape)
    label = (row * blocks // height) * blocks + column * blocks // width
    index = np.arange(blocks**2)
    ndimage.mean(scaled, label, index)
    ndimage.variance(scaled, label, index)


def laplacian(image: Image, _: Image) -> None:
    """Variance of scipy's Laplacian."""
    ndimage.laplace(image.astype(np.float32)).var()


def slope(image: Image, _: Image) -> None:
    """Power of the whole spectrum, summed over rings."""
    side = min(image.shape)
    power = np.abs(np.fft.fft2(image - image.mean())) ** 2
    row, column = np.indices(power.shape)
    row, column = np.minimum(row, side - 1 - row), np.minimum(column, side - 1 - column)
    ring = np.floor(np.hypot(row, column)).astype(int) + 1
    sums = ndimage.sum(power, ring, np.arange(2, side // 8))
    np.polyfit(np.log(np.arange(2, side // 8)), np.log(sums), 1)


def texture(image: Image, _: Image) -> None:
    """Correlation of pixels ten columns apart, at eight levels."""
    low, high = image.min(), image.max()
    grey = np.clip((image - low) / (high - low) * 8, 0, 7).astype(int)
    pairs, *_rest = np.histogram2d(
        grey[:, :-10].ravel(), grey[:, 10:].ravel(), bins=8, range=[[0, 8], [0, 8]]
    )
    pairs / pairs.sum()


def background(image: Image, _: Image) -> None:
    """Percentiles of tiles, of a smoothed plane."""
    smooth = ndimage.uniform_filter(image.astype(np.float32), 10)
    tile = min(image.shape) // 8
    for top in range(0, 8 * tile, tile):
        for left in range(0, 8 * tile, tile):
            np.percentile(smooth[top : top + tile, left : left + tile], [3, 25, 100])


def channels(image: Image, other: Image) -> None:
    """Pearson's correlation of two channels."""
    np.corrcoef(image.ravel(), other.ravel())


def shift(image: Image, other: Image) -> None:
    """Phase correlation of two channels' edges."""
    first, second = (
        np.fft.fft2(np.abs(ndimage.gaussian_laplace(np.sqrt(plane), 1.5)))
        for plane in (image, other)
    )
    cross = first * np.conj(second)
    np.argmax(np.fft.ifft2(cross / np.abs(cross)).real)


def _nuclei(image: Image) -> Image:
    smooth = ndimage.gaussian_filter(image.astype(np.float32), 1)
    counts, edges = np.histogram(smooth, 1024)
    below = np.cumsum(counts)
    sums = np.cumsum(counts * edges[:-1])
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = sums / below - (sums[-1] - sums) / (below[-1] - below)
        best = np.nanargmax(below * (below[-1] - below) * apart**2)
    return np.asarray(ndimage.binary_fill_holes(smooth > edges[best]))


def nuclei(image: Image, _: Image) -> None:
    """Otsu's threshold of a smoothed plane, holes filled, labelled."""
    labels, number = ndimage.label(_nuclei(image))
    ndimage.sum(labels > 0, labels, np.arange(1, number + 1))


def ring(image: Image, other: Image) -> None:
    """Mean of another channel inside nuclei and six pixels around them."""
    inside = _nuclei(image)
    near = ndimage.distance_transform_edt(~inside) <= 6
    other[inside].mean() / other[near & ~inside].mean()


NAIVE = {
    "intensity": intensity,
    "saturation": saturation,
    "Otsu": otsu,
    "focus scores": focus_scores,
    "Laplacian": laplacian,
    "power slope": slope,
    "texture": texture,
    "background": background,
    "two channels": channels,
    "shift": shift,
    "nuclei": nuclei,
    "ring": ring,
}
