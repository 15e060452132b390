"""What it costs to start the command line, against importing zarr alone.

    python tests/benchmarks/bench_start.py

CPU time of whole processes, the median of seven rounds that take turns, as ratios.
Exits 1 where ``hcs info`` on a 96-well plate costs 1.5 times ``import zarr`` or more.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from bench_validate import make

ROUNDS = 7
BUDGET = 1.5
FLOOR = "import zarr"


def cpu(arguments: list[str]) -> float:
    """Return the CPU seconds of one process, its user and its system time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        plate = str(make(Path(folder) / "p.ome.zarr", 8, 12))
        acts = {
            FLOOR: ["-c", "import zarr"],
            "python": ["-c", "pass"],
            "hcs --help": ["-m", "hcs.cli", "--help"],
            "hcs info": ["-m", "hcs.cli", "info", plate],
            "hcs validate": ["-m", "hcs.cli", "validate", plate],
        }
        times: dict[str, list[float]] = {name: [] for name in acts}
        for arguments in acts.values():
            cpu(arguments)  # byte code, and the file system's cache
        for _ in range(ROUNDS):
            for name, arguments in acts.items():
                times[name].append(cpu(arguments))
    median = {name: statistics.median(spent) for name, spent in times.items()}
    for name, seconds in median.items():
        print(f"{name:<14} {seconds * 1e3:>6.0f} ms  {seconds / median[FLOOR]:.2f}")
    ratio = median["hcs info"] / median[FLOOR]
    print(f"hcs info / import zarr = {ratio:.2f}, budget {BUDGET}")
    return int(ratio >= BUDGET)


if __name__ == "__main__":
    sys.exit(main())
