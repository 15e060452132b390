"""What importing costs: against reading and writing alone, and against ngff-zarr.

Run with ``python tests/benchmarks/bench_import.py``. A part of a plate of 384 wells, 9
fields and 4 channels of 1080 x 1080 uint16 is imported in turns with

- reading and writing alone: tifffile reads, and our writer writes, with all that it
  promises: digests, reading back, waiting for the disk;
- a loop over the fields: tifffile reads, ngff-zarr's writer writes;
- the bare floor, which promises nothing and has no budget: tifffile reads, and the
  levels are made, compressed by our codec, and written as bare files.

CPU time decides, wall time is shown. What is done once a plate, such as 32 fields that
are read for the display windows, weighs more on the part than on a plate.

Memory is the peak of a process of its own: of a part and of four times as much, and of
the plan of all 13,824 files, whose headers are read.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import tifffile

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import hcs
from hcs.images.pyramid import downsample, level_shapes
from hcs.ingest.importing import import_plate
from hcs.layout import well_label
from hcs.writing.encoding.codec import choose_codec
from tests.benchmarks.bench_writing import budget, scene

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WELLS, FIELDS, CHANNELS = 384, 9, 4
STEPS = 40
"""Planes along z of a field that is too large to be held by several threads."""

PART, SMALLER, LARGER = 2, 8, 32
"""Wells of the part that is timed, and of those that memory is compared of."""

REPEATS = 5
FLOOR, PEER = 1.6, 3.0
MEMORY_MB = 1024
GROWTH_MB = 100
"""Most that four times as many images may add to the peak."""

PLANNED_MS = 2.0
"""Most CPU milliseconds of an image while a plate is planned: of 13,824, half a minute.
Nothing is measured against it, so it is wide."""

PATTERN = "{plate}_{well}_s{field}_w{channel}.tif"
STACKED = "{plate}_{well}_s{field}_w{channel}_z{z}.tif"


def main() -> None:
    """Print the tables, and end with 1 where a budget is missed."""
    warnings.simplefilter("ignore")  # those of the peer
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        part, smaller, larger, whole = (
            export(place / f"export{wells}", wells, place / "pixels")
            for wells in (PART, SMALLER, LARGER, WELLS)
        )
        missed = [*speed(part, place), *memory(smaller, larger, whole, place)]
    print("\nbudgets missed: " + (", ".join(missed) or "none"))
    sys.exit(bool(missed))


def stacks(folder: Path, pixels: Path) -> Path:
    """Return an export of eight fields, each of 2 channels and `STEPS` planes."""
    folder.mkdir()
    for well, field, channel, step in product(
        range(2), range(4), range(2), range(STEPS)
    ):
        name = f"run_A0{well + 1}_s{field + 1}_w{channel + 1}_z{step + 1}.tif"
        number = (step + field) % (FIELDS * CHANNELS)
        (folder / name).hardlink_to(pixels / f"{number}.tif")
    return folder


def export(folder: Path, wells: int, pixels: Path) -> Path:
    """Return an export of so many wells; images of all plates are links to a few."""
    if not pixels.exists():
        pixels.mkdir()
        cells = scene()
        for number in range(FIELDS * CHANNELS):
            plane = np.roll(cells[number % 2], (37 * number, 91 * number), (0, 1))
            tifffile.imwrite(pixels / f"{number}.tif", plane)
    folder.mkdir()
    for well, field, channel in product(range(wells), range(FIELDS), range(CHANNELS)):
        name = f"run_{well_label(*divmod(well, 24))}_s{field + 1}_w{channel + 1}.tif"
        (folder / name).hardlink_to(pixels / f"{field * CHANNELS + channel}.tif")
    return folder


# --- speed ---------------------------------------------------------------------------


def ours(source: Path, target: Path) -> None:
    """Import with our defaults: read back, digested, waited for until on the disk."""
    import_plate(source, target, pattern=PATTERN)


def bare_floor(source: Path, target: Path) -> None:
    """Do what no writer of such pixels can leave out, and nothing else."""
    target.mkdir()
    codec = choose_codec(None, np.dtype(np.uint16))
    for path in source.iterdir():
        level_plane = tifffile.imread(path)
        for level in range(len(level_shapes((CHANNELS, *level_plane.shape)))):
            if level:
                level_plane = downsample(level_plane)
            encoded = codec.encode(level_plane)
            (target / f"{path.stem}.{level}").write_bytes(encoded)


def fields_of(source: Path) -> Iterator[tuple[str, str, int, list[Path]]]:
    """Yield row, column, field and the images of each field."""
    wells = sorted({path.stem.split("_")[1] for path in source.iterdir()})
    for well, field in product(wells, range(FIELDS)):
        names = (
            f"run_{well}_s{field + 1}_w{channel + 1}.tif" for channel in range(CHANNELS)
        )
        yield well[0], well[1:], field, [source / name for name in names]


def reading_and_writing(source: Path, target: Path) -> None:
    """Read with tifffile and write with our writer, as it is by default."""
    names = [f"w{channel + 1}" for channel in range(CHANNELS)]
    plate = hcs.Plate(
        rows=[hcs.PlateRow(name) for name in "ABCDEFGHIJKLMNOP"],
        columns=[hcs.PlateColumn(str(column + 1)) for column in range(24)],
        wells=[],
    )
    with hcs.HCSPlateWriter(target, plate) as writer:
        for row, column, field, paths in fields_of(source):
            pixels = np.stack([tifffile.imread(path) for path in paths])
            image = hcs.to_ngff_image(pixels, dims=("c", "y", "x"), channel_names=names)
            writer.write_well_image(image, row, str(int(column)), field)


def peer_loop(method: str | None) -> Callable[[Path, Path], None]:
    """Return a loop over fields: tifffile, and ngff-zarr's writer of plates."""
    import ngff_zarr as peer
    from ngff_zarr import hcs as peer_hcs

    options = {} if method is None else {"method": peer.Methods[method]}

    def run(source: Path, target: Path) -> None:
        fields = list(fields_of(source))
        rows = sorted({row for row, *_ in fields})
        columns = sorted({column for _, column, *_ in fields})
        wells = dict.fromkeys((row, column) for row, column, *_ in fields)
        plate = peer.Plate(
            columns=[peer.PlateColumn(column) for column in columns],
            rows=[peer.PlateRow(row) for row in rows],
            wells=[
                peer.PlateWell(
                    f"{row}/{column}", rows.index(row), columns.index(column)
                )
                for row, column in wells
            ],
            version="0.5",
        )
        with peer_hcs.HCSPlateWriter(str(target), plate) as writer:
            for row, column, field, paths in fields:
                pixels = np.stack([tifffile.imread(path) for path in paths])
                image = peer.to_ngff_image(pixels, dims=["c", "y", "x"])
                multiscales = peer.to_multiscales(image, **options)
                writer.write_well_image(multiscales, row, column, field_index=field)

    return run


def speed(source: Path, folder: Path) -> list[str]:
    """Time imports, floor and peer in turns."""
    functions: dict[str, Callable[[Path, Path], None]] = {
        "reading and writing": reading_and_writing,
        "import": ours,
        "bare floor": bare_floor,
    }
    try:
        functions["ngff-zarr defaults"] = peer_loop(None)
        functions["ngff-zarr BIN_SHRINK"] = peer_loop("ITKWASM_BIN_SHRINK")
    except ImportError:
        print("ngff-zarr is not installed: no comparison.")
    cpu: dict[str, list[float]] = {name: [] for name in functions}
    wall: dict[str, list[float]] = {name: [] for name in functions}
    for turn in range(REPEATS + 1):
        for name, function in functions.items():
            target = Path(tempfile.mkdtemp(dir=folder)) / "p.zarr"
            start, clock = time.process_time(), time.perf_counter()
            function(source, target)
            if turn:  # the first is for imports and caches
                cpu[name].append(time.process_time() - start)
                wall[name].append(time.perf_counter() - clock)
            shutil.rmtree(target.parent)
    images = PART * FIELDS * CHANNELS
    whole = WELLS * FIELDS * CHANNELS / images
    print(f"Import of {images} images of 1080 x 1080 uint16, median of {REPEATS}")
    print(f"{'':28}CPU ms/image  wall ms/image  x reading and writing  plate, CPU min")
    base = statistics.median(cpu["reading and writing"])
    ratios = {}
    for name in functions:
        seconds, elapsed = statistics.median(cpu[name]), statistics.median(wall[name])
        ratios[name] = seconds / base
        print(
            f"{name:28}{1e3 * seconds / images:12.1f}{1e3 * elapsed / images:15.1f}"
            f"{seconds / base:23.2f}{seconds * whole / 60:16.1f}"
        )
    missed = budget("import", ratios["import"], FLOOR)
    for name in functions:
        if name.startswith("ngff-zarr"):
            ratio = ratios[name] / ratios["import"]
            missed += budget(name, ratio, PEER, least=True)
    return missed


# --- memory --------------------------------------------------------------------------

_PROBE = """
import sys, time
from hcs.ingest.importing import import_plate
source, target = sys.argv[1], sys.argv[2] or None
start = time.process_time()
import_plate(source, target, dry_run=target is None, pattern=sys.argv[3], workers=4)
used = time.process_time() - start
status = open("/proc/self/status").read()
print(status.partition("VmHWM:")[2].split()[0], used)
"""


def memory(smaller: Path, larger: Path, whole: Path, folder: Path) -> list[str]:
    """Measure the peak of processes that import a part, more, and plan a plate."""
    print("\nPeak of a process with 4 workers, MB")
    peaks = {}
    for label, source, target in (
        ("part", smaller, folder / "smaller.zarr"),
        ("four times as much", larger, folder / "larger.zarr"),
        ("z stacks", stacks(folder / "stacks", folder / "pixels"), folder / "z.zarr"),
        ("plan of a plate", whole, None),
    ):
        peak, seconds = _probe(source, target)
        images = sum(1 for _ in source.iterdir())
        peaks[label] = peak
        print(f"{label:24}{images:7} images {peak:8.0f}  ({seconds:.1f} CPU s)")
    per_image = 1e3 * seconds / images
    grown = peaks["four times as much"] - peaks["part"]
    return [
        *budget("peak, MB", max(peaks.values()), MEMORY_MB),
        *budget("growth of the peak, MB", grown, GROWTH_MB),
        *budget("a header, CPU ms", per_image, PLANNED_MS),
    ]


def _probe(source: Path, target: Path | None) -> tuple[float, float]:
    """Return peak megabytes and CPU seconds of an import in a process of its own."""
    pattern = STACKED if source.name == "stacks" else PATTERN
    done = subprocess.run(
        [sys.executable, "-c", _PROBE, str(source), str(target or ""), pattern],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
    )
    peak, seconds = map(float, done.stdout.split())
    return peak / 1024, seconds


if __name__ == "__main__":
    main()
