"""What is loaded late is loaded whole, also where two threads want it first."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests import plates

TWO_THREADS = """
import sys, threading, time
from importlib.abc import MetaPathFinder
import hcs

class Slow(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == "zarr.codecs.zstd" and "zarr.core.metadata" in sys.modules:
            half.set()
            time.sleep(1)

half = threading.Event()
sys.meta_path.insert(0, Slow())
data = hcs.from_hcs_zarr(sys.argv[1]).well("A1").fields[0].image().images[0].data
threading.Thread(target=lambda: __import__("zarr")).start()
assert half.wait(60)
print(int(data[0, 0, 0]))
"""


def test_pixels_are_read_while_another_thread_loads_zarr(tmp_path: Path) -> None:
    path = plates.make(tmp_path / "p.ome.zarr", rows=1, columns=1)
    run = subprocess.run(
        [sys.executable, "-c", TWO_THREADS, str(path)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout == f"{plates.value()}\n"
