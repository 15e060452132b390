"""CPU of a well's thumbnail: ours, with and without its preview, and ngff-zarr's.

    python tests/benchmarks/bench_looking_thumbnails.py

96 wells, one field of 2 channels, 1080 x 1080, 3 levels, drawn with 128 pixels by the
same rendering code, one thread, everything in the page cache. CPU time of this process
a well, the median of seven interleaved rounds, each with plates opened anew. A first
look has no preview yet: it opens well and field, reads the coarse planes and draws
them; the background job packs them later. Exits 1 where a look costs more than a third
of ngff-zarr, with or without preview, or where a cache leaves its bounds while 384
wells are walked (printed as a curve).
"""

from __future__ import annotations

import gc
import resource
import statistics
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from dashboard.compose import compose
from dashboard.options import Options
from dashboard.pictures import rendering, shrinking
from dashboard.pictures.planes import PlaneRequest
from dashboard.plates.values import ChannelSetting
from dashboard.workspace import open_workspace
from hcs import from_hcs_zarr
from tests.benchmarks import cell_plates

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 7
SIZE = 128
BUDGET = 1 / 3
CACHE = 24 << 20
_SHOWN = (1, 2, 3, 4, 6, 8, 16, 32, 64, 128, 192, 256, 320, 384)


def settings(turn: int) -> tuple[ChannelSetting, ...]:
    """Return a contrast that no picture was drawn with before."""
    return tuple(
        ChannelSetting(index=index, color=color, low=300 + turn / 7, high=2500)
        for index, color in enumerate(("4169E1", "00C853"))
    )


def draw(planes: list[Any], turn: int) -> int:
    """Draw and encode as the dashboard does."""
    small = [shrinking.shrink(plane, SIZE) for plane in planes]
    picture = rendering.fit(rendering.composite(small, settings(turn)), SIZE)
    return len(rendering.encode_jpeg(picture))


def peer(path: Path, turn: int) -> None:
    """Read with ngff-zarr."""
    import ngff_zarr

    plate = ngff_zarr.from_hcs_zarr(str(path))
    for well in plate.wells:
        images = plate.get_well(*well.path.split("/"))
        level = images.get_image(0).images[-1]
        draw(list(np.asarray(level.data.compute())), turn)


def library(path: Path, turn: int) -> None:
    """Read with hcs, without the dashboard."""
    with from_hcs_zarr(path) as plate:
        for well in plate.wells:
            level = plate.get_well(*well.path.split("/")).get_image(0).images[-1]  # type: ignore[union-attr]
            draw(list(np.asarray(level.data[:])), turn)


class Dashboard:
    """The dashboard's pictures without its background threads."""

    def __init__(self, path: Path, workspace: Path, **limits: int) -> None:
        self.service = compose(
            [path],
            open_workspace(workspace),
            Options(read_only=True, workers=0, **limits),
        )
        self.key = self.service.plates.entries()[0].key

    def walk(self, turn: int, each: Callable[[int], object] | None = None) -> None:
        """Draw the first field of every well."""
        plate = self.service.access.plate(self.key)
        for at, well in enumerate(plate.plate.wells):
            label = plate.plate.label(well)
            field = plate.well(label).fields[0]
            where = (self.key, label, field.name, field.version)
            self.service.pictures.thumbnail(
                *where, SIZE, settings(turn), PlaneRequest()
            )
            if each is not None:
                each(at)


def cpu(act: Callable[[], object]) -> float:
    """Return the CPU seconds of this process for an act."""
    gc.collect()
    before = time.process_time()
    act()
    return time.process_time() - before


def compare(folder: Path) -> dict[str, float]:
    """Print the table; return the dashboard's shares of ngff-zarr."""
    path = cell_plates.make(folder / "p.ome.zarr", 8, 12, side=1080, levels=3)
    ready = Dashboard(path, folder / "ready")
    ready.walk(0)
    times: dict[str, list[float]] = {}
    for turn in range(1, ROUNDS + 2):
        fresh = Dashboard(path, folder / f"fresh-{turn}")
        acts: dict[str, Callable[[], object]] = {
            "ngff-zarr, our rendering": lambda turn=turn: peer(path, turn),
            "hcs, our rendering": lambda turn=turn: library(path, turn),
            "dashboard, first look": lambda turn=turn, made=fresh: made.walk(turn),
            "dashboard, preview made": lambda turn=turn: ready.walk(turn),
        }
        for name, act in acts.items():
            seconds = cpu(act)
            if turn > 1:  # the first round imports and warms
                times.setdefault(name, []).append(seconds / 96 * 1e3)
        fresh.service.close()
    ready.service.close()
    median = {name: statistics.median(spent) for name, spent in times.items()}
    base = median["ngff-zarr, our rendering"]
    for name, spent in median.items():
        print(f"{name:<28} {spent:6.2f} ms CPU a well   {spent / base:.2f}")
    return {
        name: spent / base
        for name, spent in median.items()
        if name.startswith("dashboard")
    }


def curve(folder: Path) -> bool:
    """Walk 384 wells with small caches; return whether they kept their bounds."""
    path = cell_plates.make(folder / "q.ome.zarr", 16, 24, side=1080, levels=3)
    dashboard = Dashboard(
        path, folder / "walk", cache_bytes=CACHE, preview_bytes=CACHE // 16
    )
    within: list[bool] = []
    print("\nwells  decoded planes   pictures in memory   peak RSS   # full, . free")

    def look(at: int) -> None:
        # Whole planes too, which is what fills the cache.
        plate = dashboard.service.access.plate(dashboard.key)
        label = plate.plate.label(plate.plate.wells[at])
        field = plate.well(label).fields[0]
        where = (dashboard.key, label, field.name, field.version)
        dashboard.service.pictures.picture(*where, settings(0), PlaneRequest())
        fills = dashboard.service.previews.caches()[:2]
        within.extend(fill.nbytes <= (fill.max_bytes or 0) for fill in fills)
        if (at + 1) in _SHOWN:
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
            texts = [
                f"{f.nbytes >> 20:>4} of {(f.max_bytes or 0) >> 20} MB" for f in fills
            ]
            curve = _bar(fills[0].nbytes / (fills[0].max_bytes or 1))
            print(f"{at + 1:>5}  {texts[0]:>14} {texts[1]:>19} {peak:>8} MB   {curve}")

    dashboard.walk(0, look)
    dashboard.service.close()
    return all(within)


def _bar(share: float) -> str:
    full = round(20 * share)
    return "#" * full + "." * (20 - full)


def main() -> int:
    """Compare, walk, and judge."""
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as name:
        shares = compare(Path(name))
        bounded = curve(Path(name))
    print()
    for what, share in shares.items():
        print(f"{what} / ngff-zarr = {share:.2f}, budget {BUDGET:.2f}")
    print("caches stayed in their bounds" if bounded else "A CACHE LEFT ITS BOUNDS")
    return int(max(shares.values()) > BUDGET or not bounded)


if __name__ == "__main__":
    sys.exit(main())
