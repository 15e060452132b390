"""What measuring costs: the standard set of metrics against its naive form.

Run with ``python tests/benchmarks/bench_metrics.py``. CPU time, the least of
interleaved repeats; ratios are what counts. With ``--centrosome PYTHON`` CellProfiler's
numerical library is timed too, on an interpreter that has it (numpy < 2).
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import fft, ndimage

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from hcs.demo import design
from hcs.qc import background, focus, intensity
from hcs.qc.definitions import STANDARD
from hcs.qc.plane import Plane
from hcs.qc.quality import measure_plane

if TYPE_CHECKING:
    from collections.abc import Callable

SIDE = 1080
REPEATS = 7
QUARTER = 0.25


def main() -> None:
    """Print the tables, and end with 1 where a budget is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--centrosome", metavar="PYTHON")
    options = parser.parse_args()
    image = scene()
    share = standard_set(image)
    parts(image)
    if options.centrosome:
        centrosome(image, options.centrosome)
    print(f"\nstandard set: {share:.2f} of the naive form (budget {QUARTER})")
    sys.exit(share > QUARTER)


def scene() -> np.ndarray[Any, Any]:
    """Return one channel of cells, 1080 x 1080, uint16, 12 bits."""
    return design(shape=(SIDE, SIDE), rows=1, columns=1, fields=1).images[0].render()[0]


def cpu(function: Callable[[], object]) -> float:
    """Return the CPU milliseconds of one call."""
    start = time.process_time()
    function()
    return 1e3 * (time.process_time() - start)


def least(functions: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Return the least time of each, measured in turns."""
    found = dict.fromkeys(functions, float("inf"))
    for _ in range(REPEATS):
        for name, function in functions.items():
            found[name] = min(found[name], cpu(function))
    return found


def standard_set(image: np.ndarray[Any, Any]) -> float:
    """Time the whole set; return its share of the naive form."""
    found = least(
        {"ours": lambda: measure_plane(image, 4095), "naive": lambda: naive(image)}
    )
    print(f"standard set of {len(STANDARD)} metrics, one plane of {SIDE} x {SIDE}, ms")
    for name, spent in found.items():
        print(f"  {name:10s} {spent:8.1f}")
    return found["ours"] / found["naive"]


def naive(image: np.ndarray[Any, Any]) -> None:
    """Compute the same set, each metric by itself, as one would write it down."""
    for compute in NAIVE.values():
        compute(image)


def naive_intensity(image: np.ndarray[Any, Any]) -> None:
    """Mean, SD, median, MAD, extremes and percentiles from numpy."""
    scaled = image / 65535
    middle = np.median(scaled)
    np.median(np.abs(scaled - middle))
    scaled.sum(), scaled.mean(), scaled.std(), scaled.min(), scaled.max()
    np.percentile(image, 99)


def naive_saturation(image: np.ndarray[Any, Any]) -> None:
    """Shares of pixels at the top, at the bottom and at the clip level."""
    (image == image.max()).mean(), (image == image.min()).mean(), (image >= 4095).mean()


def naive_otsu(image: np.ndarray[Any, Any]) -> None:
    """Otsu's threshold of the sorted logarithms, at 256 ranks."""
    logs = np.sort(np.log(np.maximum(image / 65535, 1e-6)).ravel())
    np.cumsum(logs), np.cumsum(logs**2)


def naive_focus(image: np.ndarray[Any, Any]) -> None:
    """Variance over mean, of the plane and of blocks by label."""
    scaled = image / 65535
    ((scaled - scaled.mean()) ** 2).sum() / (scaled.size * scaled.mean())
    blocks = SIDE // 10
    row, column = np.indices(image.shape)
    label = (row * blocks // SIDE) * blocks + column * blocks // SIDE
    index = np.arange(blocks**2)
    ndimage.mean(scaled, label, index)
    ndimage.variance(scaled, label, index)


def naive_laplacian(image: np.ndarray[Any, Any]) -> None:
    """Variance of scipy's Laplacian."""
    ndimage.laplace(image.astype(np.float32)).var()


def naive_slope(image: np.ndarray[Any, Any]) -> None:
    """Power of the whole spectrum, summed over rings."""
    power = np.abs(np.fft.fft2(image - image.mean())) ** 2
    row, column = np.indices(power.shape)
    row, column = np.minimum(row, SIDE - 1 - row), np.minimum(column, SIDE - 1 - column)
    ring = np.floor(np.hypot(row, column)).astype(int) + 1
    sums = ndimage.sum(power, ring, np.arange(2, SIDE // 8))
    np.polyfit(np.log(np.arange(2, SIDE // 8)), np.log(sums), 1)


def naive_background(image: np.ndarray[Any, Any]) -> None:
    """Percentiles of tiles, of a smoothed plane."""
    smooth = ndimage.uniform_filter(image.astype(np.float32), 10)
    tile = SIDE // 8
    for top in range(0, 8 * tile, tile):
        for left in range(0, 8 * tile, tile):
            np.percentile(smooth[top : top + tile, left : left + tile], [3, 25, 100])


NAIVE = {
    "intensity": naive_intensity,
    "saturation": naive_saturation,
    "Otsu": naive_otsu,
    "focus scores": naive_focus,
    "Laplacian": naive_laplacian,
    "power slope": naive_slope,
    "background": naive_background,
}


def parts(image: np.ndarray[Any, Any]) -> None:
    """Time each part beside its naive form; ours share one histogram and one pass."""
    ready = Plane(image, clip=4095)
    _ = ready.distribution, ready.coarse, ready.noise
    ours: dict[str, Callable[[], object]] = {
        "intensity": lambda: Plane(image).distribution.mad,
        "saturation": lambda: intensity.percent_saturated(ready),
        "Otsu": lambda: intensity.threshold_otsu(ready),
        "focus scores": lambda: focus.local_focus_score(Plane(image)),
        "Laplacian": lambda: focus.laplacian_variance(ready),
        "power slope": lambda: focus.power_log_log_slope(ready),
        "background": lambda: (
            background.background_unevenness(ready),
            background.empty_tiles(ready),
        ),
    }
    print("\npart            ours ms   naive ms   ratio")
    for name, compute in ours.items():
        found = least({"ours": compute, "naive": lambda n=name: NAIVE[n](image)})
        ratio = found["naive"] / max(found["ours"], 1e-3)
        print(f"{name:14s} {found['ours']:8.2f} {found['naive']:10.1f} {ratio:7.1f}")
    slower = least({"rfft2": lambda: fft.rfft2(image.astype(np.float32))})
    print(f"(a whole float32 rfft2 alone: {slower['rfft2']:.1f} ms)")


CENTROSOME = """
import sys, time
import numpy as np
from centrosome.haralick import Haralick
from centrosome.radial_power_spectrum import rps
from centrosome.threshold import TM_GLOBAL, TM_OTSU, get_threshold
image = np.load(sys.argv[1]) / 65535
tasks = {
    "Haralick": lambda: Haralick(image, np.ones(image.shape, int), 0, 10).H3(),
    "power slope": lambda: rps(image),
    "Otsu": lambda: get_threshold(TM_OTSU, TM_GLOBAL, image.astype("f4")),
}
for name, task in tasks.items():
    best = 1e9
    for _ in range(3):
        start = time.process_time()
        task()
        best = min(best, time.process_time() - start)
    print(f"{name:14s} {1e3 * best:8.1f}")
"""


def centrosome(image: np.ndarray[Any, Any], python: str) -> None:
    """Time CellProfiler's own functions on the same plane."""
    ready = Plane(image)
    _ = ready.distribution
    print(f"\nours: Haralick {cpu(lambda: focus.correlation(ready)):.1f} ms")
    print("centrosome, ms", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder) / "plane.npy", image)
        command = [python, "-c", CENTROSOME, str(Path(folder) / "plane.npy")]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
