"""Measuring plates: one process, two, a Dask cluster; and the page meanwhile.

Run with ``python tests/benchmarks/bench_metrics_jobs.py [--fields N]``, some four
minutes on two free cores. In turns on one plate, reading included; ratios count. One
process and two are started anew each time, as a job starts them; the pool that Dask is
compared with runs already, as a cluster does. Wall times need two free cores; the CPU
of all processes together tells the overhead on a busy machine too.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import psutil  # type: ignore[import-untyped]  # comes with Dask

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from hcs.plates.opening import from_hcs_zarr
from hcs.qc.run.measure import measure_plate
from hcs.qc.run.plate_settings import plate_settings
from hcs.qc.run.workers import process_pool
from tests import plates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SIDE = 1080
CHANNELS = 2
SPEED_UP = 1.6
CLUSTER = 1.1
LATENCY = 2.0
ROUNDS = 5


def main() -> None:
    """Print the tables, and end with 1 where a budget is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fields", type=int, default=48)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--side", type=int, default=SIDE)
    options = parser.parse_args()
    calm = os.getloadavg()[0] < 1
    with tempfile.TemporaryDirectory() as folder:
        path = plates.make(
            Path(folder) / "p.ome.zarr",
            rows=4,
            columns=max(1, options.fields // 4),
            shape=(options.side, options.side),
            pixels="random",
        )
        good = executors(path, options)
        good = page(path, Path(folder) / "workspace") and good
    if not calm:
        print("other work was running: the budgets are told, and not held against us")
    sys.exit(calm and not good)


def executors(path: Path, options: argparse.Namespace) -> bool:
    """Measure one plate in every way, in turns."""
    count = 4 * max(1, options.fields // 4)
    with ways() as known:
        spent: dict[str, list[Spent]] = {name: [] for name in known}
        for way in known.values():
            # What every worker imports and every cache holds, once, untimed.
            way(path, 8)
        for _ in range(options.rounds):
            for name, way in known.items():
                spent[name].append(way(path, None))
    size = f"{CHANNELS} x {options.side} x {options.side}"
    print(f"{count} fields of {size}, all metrics, {options.rounds} rounds; ", end="")
    print(f"load {os.getloadavg()[0]:.1f}\n{'':16s} {'wall s':>8s} {'CPU s':>8s}")
    for name, all_ in spent.items():
        walls, cpus = zip(*all_, strict=True)
        print(f"  {name:14s} {median(walls):8.1f} {median(cpus):8.1f}")
    gain, work = ratios(spent["one"], spent["two"])
    print(
        f"two processes, started anew: {gain:.2f} times as fast as one "
        f"(budget {SPEED_UP}), with {1 / work:.2f} times its CPU"
    )
    planes = 384 * 9 * 4
    took, work = (
        median(column) / (CHANNELS * count)
        for column in zip(*spent["two"], strict=True)
    )
    took, work = planes * took / 60, planes * work / 60
    print(
        f"a plate of 384 x 9 x 4 x {options.side}^2, reading included, by two "
        f"processes: {took:.0f} minutes, {work:.0f} minutes of CPU"
    )
    good = gain >= SPEED_UP
    if "Dask" in spent:
        slower, work = ratios(spent["Dask"], spent["pool"])
        print(
            f"Dask, two workers: {slower:.2f} times a running pool's time "
            f"(budget {CLUSTER}), {work:.2f} times its CPU"
        )
        good = good and slower <= CLUSTER
    return good


Spent = tuple[float, float]
"""Wall and CPU seconds."""


def ratios(first: list[Spent], second: list[Spent]) -> Spent:
    """Return the medians of what one took over what another did, round by round."""
    pairs = list(zip(first, second, strict=True))
    return median([a[0] / b[0] for a, b in pairs]), median(
        [a[1] / b[1] for a, b in pairs]
    )


@contextmanager
def ways() -> Iterator[dict[str, Callable[[Path, int | None], Spent]]]:
    """Give each way of measuring, its processes running."""
    with process_pool(2) as pool:
        known: dict[str, Callable[[Path, int | None], Spent]] = {
            "one": lambda path, most: wall(path, most, workers=1),
            "two": lambda path, most: wall(path, most, workers=2),
            "pool": lambda path, most: wall(path, most, executor=pool, batch=2),
        }
        try:
            import distributed
        except ImportError:
            print("distributed is not installed; no figures of Dask")
            yield known
            return
        make: Any = distributed.LocalCluster
        client: Any = distributed.Client
        with (
            make(
                n_workers=2,
                threads_per_worker=1,
                dashboard_address="127.0.0.1:0",
                host="127.0.0.1",
            ) as cluster,
            client(cluster, set_as_default=False) as connection,
        ):
            # As patient as the processes of our pool, or others' work would decide.
            connection.run(os.nice, 10)
            executor = connection.get_executor()
            known["Dask"] = lambda path, most: wall(path, most, executor=executor)
            yield known


def wall(path: Path, most: int | None, **how: Any) -> Spent:
    """Return the seconds that measuring takes; of some fields only, to warm up."""
    with from_hcs_zarr(path) as plate:
        settings = plate_settings(plate)
        left = [most if most is not None else 10**9]

        def skip(_: object) -> bool:
            left[0] -= 1
            return left[0] < 0

        start, before = time.perf_counter(), processor()
        results = list(measure_plate(plate, settings=settings, skip=skip, **how))
        spent = time.perf_counter() - start, processor() - before
    failed = [result.error for result in results if result.error is not None]
    assert not failed, failed[0]
    return spent


def processor() -> float:
    """Return the CPU seconds of this process and of all, also ended ones, below it."""
    this = psutil.Process()
    ended = this.cpu_times()
    total = ended.children_user + ended.children_system
    for process in (this, *this.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system
    return float(total)


def page(path: Path, workspace: Path) -> bool:
    """Compare how late the server's loop answers while it measures, and idle."""
    from dashboard.app import ServerSettings, make_server, new_loop
    from dashboard.compose import compose
    from dashboard.options import Options
    from dashboard.workspace import open_workspace

    service = compose([path], open_workspace(workspace), Options(measure=False))
    ready = threading.Event()
    held: list[Any] = []

    def serve() -> None:
        loop = new_loop()
        server = make_server(service, ServerSettings(port=0))
        server.start()
        held[:] = [loop, server]
        ready.set()
        loop.start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    ready.wait()
    loop, server = held
    (entry,) = service.plates.entries()
    try:
        while not service.plates.overview(entry.key).surveyed:
            time.sleep(0.1)
        time.sleep(3)
        idle = answers(server.port, 40)
        service.quality.resume_measuring(entry.key)
        while not service.quality.progress(entry.key).done:
            time.sleep(0.05)
        busy = answers(server.port, 40)
        still = service.quality.progress(entry.key).running
    finally:
        loop.add_callback(loop.stop)
        thread.join()
        service.close()
    ratio = median(busy) / median(idle)
    print(
        f"the page: {1e3 * median(idle):.0f} ms idle, "
        f"{1e3 * median(busy):.0f} ms while measuring"
        f"{'' if still else ' (which ended meanwhile)'}: {ratio:.2f} times "
        f"(budget {LATENCY})"
    )
    return ratio <= LATENCY


def answers(port: int, count: int) -> list[float]:
    """Return how long the whole first page took, each time."""
    from tornado.httpclient import AsyncHTTPClient

    async def ask() -> list[float]:
        client = AsyncHTTPClient()
        times = []
        for _ in range(count):
            start = time.perf_counter()
            await client.fetch(f"http://127.0.0.1:{port}/", request_timeout=120)
            times.append(time.perf_counter() - start)
            await asyncio.sleep(0.05)
        return times

    return asyncio.run(ask())


if __name__ == "__main__":
    main()
