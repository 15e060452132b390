"""What measuring costs: each part and the whole, before and after, beside naive forms.

Run with ``python tests/benchmarks/bench_metrics.py``. With ``--before FOLDER``, a
checkout of an earlier commit (``git worktree add FOLDER COMMIT``), its package is timed
in turns with this one, and a plate is measured by both, reading and decoding counted:
here, in one process, in two, and on Dask. With ``--centrosome PYTHON`` CellProfiler's
numerical library is timed too, on an interpreter that has it (numpy < 2).

CPU time is told, medians of interleaved rounds; ratios are what counts, each that of
two measurements right after each other. Wall times need free cores.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks import cell_plates
from tests.benchmarks.naive_metrics import NAIVE

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
SIDE = 1080
CHANNELS = 4
ROUNDS = 7
PLATE_ROUNDS = 5
WELLS = 8
FIELDS = 3
"""Of each well. A process takes 0.7 s to start, which is much of few fields."""

QUARTER = 0.25
"""Share of the naive form that the standard set takes at most."""

FASTER = 3.5
"""How many times as fast as e7b6ede a plate is measured at least."""

PLANES = 12.0
"""Planes of float32 that measuring a field holds at most."""

PARTS = (*NAIVE, "digest", "light")


class Probe:
    """A process that measures with the package of a checkout."""

    def __init__(self, root: Path) -> None:
        single_thread = dict.fromkeys(
            ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "BLOSC_NTHREADS"), "1"
        )
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("measuring_probe.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **single_thread, "PYTHONPATH": str(root)},
            text=True,
        )

    def ask(self, do: str, **what: str) -> Any:
        """Return CPU and wall seconds of something; None where it has not got it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps({"do": do, **what}), file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"a probe ended while it was asked for {do} {what}")
        return json.loads(line)

    def close(self) -> None:
        """End it."""
        self._process.communicate(timeout=60)


def main() -> None:
    """Print the tables, and end with 1 where a budget is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", type=Path, metavar="FOLDER")
    parser.add_argument("--centrosome", metavar="PYTHON")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--fields", type=int, default=FIELDS, help="of each well")
    options = parser.parse_args()
    image = cell_plates.pixels(0, CHANNELS, SIDE)
    probes = {} if options.before is None else {"before": Probe(options.before)}
    probes["after"] = Probe(ROOT)
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder) / "field.npy", image)
        for probe in probes.values():
            probe.ask("load", path=f"{folder}/field.npy")
        cellprofiler = centrosome(folder, options.centrosome)
        parts(probes, image, options.rounds, cellprofiler)
        good = standard_set(probes, image, options.rounds)
        good = whole(probes, options.rounds) and good
        if options.before is not None:
            path = cell_plates.make(
                Path(folder) / "p.ome.zarr",
                1,
                WELLS,
                fields=options.fields,
                channels=CHANNELS,
                side=SIDE,
                levels=3,
            )
            good = plates(probes, path, WELLS * options.fields) and good
        for probe in probes.values():
            probe.close()
    sys.exit(not good)


def cpu(function: Callable[[], object]) -> float:
    """Return the CPU seconds of one call."""
    start = time.process_time()
    function()
    return time.process_time() - start


def turns(
    probes: dict[str, Probe], rounds: int, do: str, **what: str
) -> dict[str, list[tuple[float, float]]]:
    """Return the CPU and wall seconds of each probe, measured in turns."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in probes}
    for number in range(rounds + 1):
        for name, probe in probes.items():
            spent = probe.ask(do, **what)
            # The first fills caches and loads what is loaded when it is needed.
            if spent is not None and number:
                times[name].append(tuple(spent))
    return times


def ratio(times: dict[str, list[tuple[float, float]]], which: int = 0) -> float:
    """Return the median of what `before` took over what `after` did."""
    pairs = zip(times.get("before", ()), times["after"], strict=False)
    ratios = [first[which] / max(second[which], 1e-6) for first, second in pairs]
    return median(ratios) if ratios else float("nan")


def shown(values: list[tuple[float, float]], which: int = 0) -> str:
    """Return a median in ms; a dash where there is none."""
    return (
        f"{1e3 * median(v[which] for v in values):10.1f}" if values else f"{'-':>10s}"
    )


def parts(
    probes: dict[str, Probe],
    image: np.ndarray[Any, Any],
    rounds: int,
    cellprofiler: dict[str, float],
) -> None:
    """Time each part beside its naive form and CellProfiler's."""
    print(f"one plane of {SIDE} x {SIDE}, ms of CPU, medians of {rounds} rounds")
    print(f"{'':14s}{'before':>10s}{'after':>10s}{'ratio':>8s}{'naive':>10s}", end="")
    print(f"{'centrosome':>12s}")
    for name in PARTS:
        times = turns(probes, rounds, "part", name=name)
        line = "".join(shown(times.get(which, [])) for which in ("before", "after"))
        naive = NAIVE.get(name)
        plain = [cpu(lambda n=naive: n(*image[:2])) for _ in range(3)] if naive else []
        plain_ms = f"{1e3 * min(plain):10.1f}" if plain else f"{'-':>10s}"
        other = f"{cellprofiler[name]:12.1f}" if name in cellprofiler else f"{'-':>12s}"
        print(f"{name:14s}{line}{ratio(times):8.2f}{plain_ms}{other}")


def standard_set(
    probes: dict[str, Probe], image: np.ndarray[Any, Any], rounds: int
) -> bool:
    """Time the standard set of one plane against the naive forms of the same."""
    times = turns(probes, rounds, "standard")
    used = [*list(NAIVE)[:6], "background"]
    naive = median(
        sum(cpu(lambda n=name: NAIVE[n](*image[:2])) for name in used) for _ in range(3)
    )
    share = median(spent for spent, _ in times["after"]) / naive
    print(
        f"\nstandard set of a plane: before{shown(times.get('before', []))}, after"
        f"{shown(times['after'])} ms; {share:.2f} of the naive form's "
        f"{1e3 * naive:.0f} ms (budget {QUARTER})"
    )
    return share <= QUARTER


def whole(probes: dict[str, Probe], rounds: int) -> bool:
    """Time all metrics of a field that is in memory, and what they hold."""
    times = turns(probes, rounds, "field")
    print(
        f"all metrics of a field of {CHANNELS} x {SIDE} x {SIDE}, in memory: ", end=""
    )
    print(
        f"before{shown(times.get('before', []))}, after{shown(times['after'])} ms; "
        f"{ratio(times):.2f} times as fast"
    )
    most = {name: probe.ask("memory") for name, probe in probes.items()}
    peaks = ", ".join(f"{name} {planes:.1f}" for name, planes in most.items())
    print(f"memory, in planes of float32: {peaks} (budget {PLANES:g})")
    return bool(most["after"] <= PLANES)


def plates(probes: dict[str, Probe], path: Path, fields: int) -> bool:
    """Measure a plate in every way, by both, reading and decoding counted."""
    print(
        f"\na plate of {fields} fields of {CHANNELS} x {SIDE} x {SIDE}, "
        f"reading counted,"
    )
    print(
        f"medians of {PLATE_ROUNDS} interleaved rounds, load {os.getloadavg()[0]:.1f}"
    )
    print(
        f"{'':8s}{'CPU ms a plane':>22s}{'ratio':>8s}{'wall ms a plane':>22s}", end=""
    )
    print(f"{'ratio':>8s}")
    faster = 0.0
    for way in ways():
        times = turns(probes, PLATE_ROUNDS, "plate", path=str(path), way=way)
        planes = fields * CHANNELS
        each = {
            name: [(cpu / planes, wall / planes) for cpu, wall in spent]
            for name, spent in times.items()
        }
        for which in (0, 1):
            label = f"{way:8s}" if which == 0 else ""
            line = "".join(shown(each[name], which)[-9:] for name in probes)
            print(f"{label}{line:>22s}{ratio(times, which):8.2f}", end="")
        print()
        faster = ratio(times) if way == "here" else faster
    print(f"{faster:.2f} times as fast (budget {FASTER})")
    return faster >= FASTER


def ways() -> tuple[str, ...]:
    """Return the ways of measuring that can be had here."""
    try:
        import distributed  # noqa: F401
    except ImportError:
        print("distributed is not installed; no figures of Dask")
        return "here", "one", "two"
    return "here", "one", "two", "Dask"


CENTROSOME = """
import json, sys, time
import numpy as np
from centrosome.haralick import Haralick
from centrosome.radial_power_spectrum import rps
from centrosome.threshold import TM_GLOBAL, TM_OTSU, get_threshold
image = np.load(sys.argv[1])[0] / 65535
tasks = {
    "texture": lambda: Haralick(image, np.ones(image.shape, int), 0, 10).H3(),
    "power slope": lambda: rps(image),
    "Otsu": lambda: get_threshold(TM_OTSU, TM_GLOBAL, image.astype("f4")),
}
times = {}
for name, task in tasks.items():
    times[name] = 1e9
    for _ in range(3):
        start = time.process_time()
        task()
        times[name] = min(times[name], 1e3 * (time.process_time() - start))
print(json.dumps(times))
"""


def centrosome(folder: str, python: str | None) -> dict[str, float]:
    """Return the milliseconds of CellProfiler's own functions on the same plane."""
    if python is None:
        print("no --centrosome: nothing of CellProfiler's is timed")
        return {}
    command = [python, "-c", CENTROSOME, f"{folder}/field.npy"]
    finished = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    times: dict[str, float] = json.loads(finished.stdout)
    return times


if __name__ == "__main__":
    main()
