"""Measures what is asked for on standard input, with the package that it is given.

`bench_metrics` starts one for each checkout, so that both are timed by the same code. A
line asks, a line answers: CPU and wall seconds, or null for what this package has not.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
import tracemalloc
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from hcs.qc import definition, measure_plate

try:
    from hcs.qc.fields.nuclei import find_nuclei
    from hcs.qc.fields.plane import NotComputableError, Plane
    from hcs.qc.run.quality import measure_field, measure_plane
except ModuleNotFoundError:  # a checkout from before measuring had rooms
    from hcs.qc.nuclei import find_nuclei
    from hcs.qc.plane import NotComputableError, Plane
    from hcs.qc.quality import measure_field, measure_plane

if TYPE_CHECKING:
    from collections.abc import Callable

    from hcs.qc import Definition

IDS = {
    "intensity": ("mean", "p99", "std_intensity", "mad_intensity", "total_intensity"),
    "saturation": ("percent_saturated", "percent_maximal", "percent_minimal"),
    "Otsu": ("threshold_otsu",),
    "focus scores": ("focus_score", "local_focus_score"),
    "Laplacian": ("laplacian_variance",),
    "power slope": ("power_log_log_slope",),
    "texture": ("correlation",),
    "background": ("background_unevenness", "empty_tiles", "bright_debris"),
    "two channels": ("channel_correlation",),
    "shift": ("channel_shift",),
}
"""Metrics of each part; `nuclei` and `ring` beside them."""


def main() -> None:
    """Answer until the input ends."""
    planes: list[np.ndarray[Any, Any]] = []
    for line in sys.stdin:
        ask = json.loads(line)
        if ask["do"] == "load":
            planes = list(np.load(ask["path"]))
            answer: object = None
        elif ask["do"] == "memory":
            answer = peak(planes)
        else:
            work = work_of(ask, planes)
            answer = None if work is None else timed(work)
        print(json.dumps(answer), flush=True)


def work_of(
    ask: dict[str, Any], planes: list[np.ndarray[Any, Any]]
) -> Callable[[], object] | None:
    """Return what is asked for, without what it stands on."""
    if ask["do"] == "part":
        return part(ask["name"], planes)
    if ask["do"] == "standard":
        return lambda: measure_plane(planes[0], 4095)
    if ask["do"] == "field":
        return lambda: measure_field(planes, nuclear=0)
    return lambda: plate(ask["path"], ask["way"])


def part(name: str, planes: list[np.ndarray[Any, Any]]) -> Callable[[], object] | None:
    """Return a part of measuring; the histogram is made before, except its own."""
    first, second = (Plane(pixels, clip=4095) for pixels in planes[:2])
    if name != "intensity":
        _ = first.distribution, second.distribution
    if name == "nuclei":
        return lambda: find_nuclei(first)
    if name == "ring":
        nuclei = find_nuclei(first)
        return lambda: definition("nucleus_ring_ratio").compute(second, nuclei)
    if name in ("digest", "light"):
        return new_part(name, first)
    entries = [definition(id) for id in IDS[name]]
    given = (second, first) if entries[0].scope == "pair" else (first,)
    return lambda: [value(entry, given) for entry in entries]


def value(entry: Definition, given: tuple[Plane, ...]) -> float:
    """Return a metric; that it has no value takes as long."""
    try:
        return entry.compute(*given)
    except NotComputableError:
        return float("nan")


def new_part(name: str, plane: Plane) -> Callable[[], object] | None:
    """Return what earlier packages do not have."""
    try:
        from hcs.qc.fields.digest import digest_of
        from hcs.qc.fields.light import light_of
    except ImportError:
        return None
    plane.blocks()
    make: Any = digest_of if name == "digest" else light_of
    return lambda: make(plane)


def plate(path: str, way: str) -> None:
    """Measure a plate: here, in processes of our own, or on a Dask cluster."""
    how: dict[str, Any] = {"workers": {"here": 0, "one": 1, "two": 2}.get(way, 0)}
    if way == "Dask":
        how = {"executor": cluster()}
    errors = [result.error for result in measure_plate(path, **how)]
    assert errors, "no field was measured"
    assert not any(errors), errors


@cache
def cluster() -> Any:
    """Return the executor of a cluster of two workers, that ends with this process."""
    import distributed

    make: Any = distributed.LocalCluster
    made = make(
        n_workers=2,
        threads_per_worker=1,
        dashboard_address="127.0.0.1:0",
        host="127.0.0.1",
    )
    client: Any = distributed.Client
    connection = client(made, set_as_default=False)
    connection.run(os.nice, 10)
    return connection.get_executor()


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return CPU seconds of this process and all below it, and wall seconds."""
    before, own, start = others(), time.process_time(), time.perf_counter()
    work()
    wall, own = time.perf_counter() - start, time.process_time() - own
    return own + others() - before, wall


def others() -> float:
    """Return the CPU seconds of all processes, also ended ones, below this one."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    total = ended.ru_utime + ended.ru_stime
    with suppress(ImportError):
        import psutil  # type: ignore[import-untyped]  # comes with Dask

        for child in psutil.Process().children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                spent = child.cpu_times()
                total += spent.user + spent.system
    return total


def peak(planes: list[np.ndarray[Any, Any]]) -> float:
    """Return the most memory of measuring a field, its pixels included, in planes of
    float32."""
    measure_field(planes, nuclear=0)
    tracemalloc.start()
    copied = [pixels.copy() for pixels in planes]
    measure_field(copied, nuclear=0)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most / (4 * planes[0].size)


if __name__ == "__main__":
    main()
