"""What opening costs, against reading and parsing the same JSON with the standard one.

Run with ``python -m tests.benchmarks.bench_reading``. CPU time of this process, the
median of interleaved repeats; ratios are what counts, seconds depend on the machine.
"""

from __future__ import annotations

import gc
import json
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hcs
from hcs.layout import row_letters

if TYPE_CHECKING:
    from collections.abc import Callable

GRIDS = {96: (8, 12), 384: (16, 24), 1536: (32, 48)}
REPEATS = 7
LEVELS = 3


def main() -> None:
    """Print one table an operation."""
    with tempfile.TemporaryDirectory() as folder:
        plates = {
            count: make_documents(Path(folder) / f"{count}.ome.zarr", *grid)
            for count, grid in GRIDS.items()
        }
        print_reading(plates)
        print_memory(plates[384])
        print_start(plates[96])


def make_documents(path: Path, rows: int, columns: int) -> Path:
    """Write the documents of a 0.5 plate: one field a well, 2 channels, no chunks."""
    row_names = [row_letters(index) for index in range(rows)]
    column_names = [str(index + 1) for index in range(columns)]
    wells = [
        {"path": f"{row}/{column}", "rowIndex": y, "columnIndex": x}
        for y, row in enumerate(row_names)
        for x, column in enumerate(column_names)
    ]
    plate = {
        "columns": [{"name": name} for name in column_names],
        "rows": [{"name": name} for name in row_names],
        "wells": wells,
        "field_count": 1,
        "name": "benchmark",
    }
    write(path, {"attributes": {"ome": {"version": "0.5", "plate": plate}}})
    for row in row_names:
        write(path / row, {"attributes": {}})
    for number, well in enumerate(wells):
        place = path / str(well["path"])
        images = {"well": {"images": [{"path": "0", "acquisition": 0}]}}
        write(place, {"attributes": {"ome": {"version": "0.5", **images}}})
        image = image_document(number)
        write(place / "0", {"attributes": image})
        for level in range(LEVELS):
            write(place / "0" / str(level), array_document(1080 >> level))
    return path


def write(folder: Path, document: dict[str, Any]) -> None:
    """Write one ``zarr.json``."""
    folder.mkdir(parents=True, exist_ok=True)
    node = {"zarr_format": 3, "node_type": "group", **document}
    (folder / "zarr.json").write_text(json.dumps(node, indent=2))


def image_document(number: int) -> dict[str, Any]:
    """Return an image's attributes, with a stage position of its own."""
    axes = [
        {"name": "c", "type": "channel"},
        {"name": "y", "type": "space", "unit": "micrometer"},
        {"name": "x", "type": "space", "unit": "micrometer"},
    ]
    datasets = [
        {
            "path": str(level),
            "coordinateTransformations": [
                {"type": "scale", "scale": [1.0, 0.5 * 2**level, 0.5 * 2**level]},
                {"type": "translation", "translation": [0.0, 9000.5, 9.0 * number]},
            ],
        }
        for level in range(LEVELS)
    ]
    window = {"start": 0.0, "end": 4095.0, "min": 0.0, "max": 65535.0}
    channels = [
        {"label": name, "color": color, "active": True, "window": window}
        for name, color in (("DNA", "4169E1"), ("GFP", "00C853"))
    ]
    return {
        "ome": {
            "version": "0.5",
            "multiscales": [{"name": "0", "axes": axes, "datasets": datasets}],
            "omero": {"channels": channels},
        },
        "hcs": {"version": f"{number:032x}"},
    }


def array_document(side: int) -> dict[str, Any]:
    """Return the document of one level."""
    return {
        "node_type": "array",
        "shape": [2, side, side],
        "data_type": "uint16",
        "chunk_grid": {
            "name": "regular",
            "configuration": {"chunk_shape": [1, side, side]},
        },
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": 0,
        "codecs": [
            {"name": "bytes", "configuration": {"endian": "little"}},
            {"name": "zstd", "configuration": {"level": 0, "checksum": False}},
        ],
        "attributes": {},
        "dimension_names": ["c", "y", "x"],
    }


# --- operations ----------------------------------------------------------------------


def parse(*paths: Path) -> list[Any]:
    """Read and parse documents with the standard library."""
    documents = []
    for path in paths:
        with path.open("rb") as stream:
            documents.append(json.load(stream))
    return documents


def floor_open(path: Path) -> list[str]:
    """Parse the plate document and list its wells."""
    document = parse(path / "zarr.json")[0]
    return [well["path"] for well in document["attributes"]["ome"]["plate"]["wells"]]


def floor_images(path: Path) -> list[Any]:
    """Parse plate, well and image documents."""
    return [
        parse(path / well / "zarr.json", path / well / "0" / "zarr.json")
        for well in floor_open(path)
    ]


def floor_levels(path: Path) -> list[Any]:
    """Parse what ngff-zarr needs: the array documents too."""
    return floor_images(path) + [
        parse(path / well / "0" / str(level) / "zarr.json")
        for well in floor_open(path)
        for level in range(LEVELS)
    ]


def ours_open(path: Path) -> list[str]:
    """Open a plate and list its wells."""
    return [well.path for well in hcs.from_hcs_zarr(path).wells]


def ours_images(path: Path) -> list[Any]:
    """Open a plate, every well and every image."""
    plate = hcs.from_hcs_zarr(path, well_cache_size=2000)
    return [
        plate.get_well(*well.path.split("/")).get_image(0)  # type: ignore[union-attr]
        for well in plate.wells
    ]


def peer_open(path: Path) -> list[str]:
    """Open and list with ngff-zarr."""
    import ngff_zarr

    return [well.path for well in ngff_zarr.from_hcs_zarr(str(path)).wells]


def peer_images(path: Path) -> list[Any]:
    """Open every image with ngff-zarr."""
    import ngff_zarr

    plate = ngff_zarr.from_hcs_zarr(str(path), well_cache_size=2000)
    return [
        plate.get_well(*well.path.split("/")).get_image(0)  # type: ignore[union-attr]
        for well in plate.wells
    ]


def validated(path: Path) -> list[Any]:
    """Check all documents."""
    return hcs.validate(path)


# --- figures -------------------------------------------------------------------------


def cpu(function: Callable[[Path], Any], path: Path) -> float:
    """Return the CPU seconds of one call."""
    gc.collect()
    start = time.process_time()
    function(path)
    return time.process_time() - start


def compare(
    path: Path, functions: dict[str, Callable[[Path], Any]], repeats: int = REPEATS
) -> dict[str, float]:
    """Return the median CPU seconds of each, interleaved."""
    times: dict[str, list[float]] = {name: [] for name in functions}
    for function in functions.values():
        function(path)
    for _ in range(repeats):
        for name, function in functions.items():
            times[name].append(cpu(function, path))
    return {name: statistics.median(spent) for name, spent in times.items()}


def print_reading(plates: dict[int, Path]) -> None:
    """Print open + list, and open + every image."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import ngff_zarr  # noqa: F401
        except ImportError:
            peers = False
        else:
            peers = True
        print("open + list wells, CPU ms (x floor)")
        for count, path in plates.items():
            functions = {"floor": floor_open, "hcs": ours_open}
            if peers:
                functions["ngff-zarr"] = peer_open
            show(count, compare(path, functions, 15))
        print("open + every well + every image, CPU ms (x floor of the same documents)")
        for count, path in plates.items():
            functions = {"floor": floor_images, "hcs": ours_images}
            functions["validate"] = validated
            show(count, compare(path, functions))
        if peers:
            print("the same, with ngff-zarr (x floor with array documents), 1 repeat")
            for count, path in list(plates.items())[:2]:
                functions = {"floor": floor_levels, "hcs": ours_images}
                show(count, compare(path, {**functions, "ngff-zarr": peer_images}, 1))


def show(count: int, times: dict[str, float]) -> None:
    """Print one line of a table."""
    floor = times["floor"]
    parts = [
        f"{name} {seconds * 1e3:9.2f} ({seconds / floor:5.2f}x)"
        for name, seconds in times.items()
    ]
    print(f"  {count:5d} wells  " + "   ".join(parts))


def print_memory(path: Path) -> None:
    """Print the bytes that one cached image takes."""
    plate = hcs.from_hcs_zarr(path)
    wells = [plate.get_well(*well.path.split("/")) for well in plate.wells]
    for well in wells[:2]:
        well.get_image(0).images[0].data.shape  # type: ignore[union-attr]  # noqa: B018
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    images = [well.get_image(0) for well in wells]  # type: ignore[union-attr]
    gc.collect()
    opened = tracemalloc.get_traced_memory()[0]
    for image in images:
        image.images[0].data.shape  # type: ignore[union-attr]  # noqa: B018
    gc.collect()
    used = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    count = len(images)
    print("memory of one cached image, bytes")
    print(f"  opened {(opened - before) / count:.0f}, its levels made and the first")
    print(f"  array's document read {(used - before) / count:.0f}; of what the cache")
    print(f"  reckons {images[5].nbytes}")  # type: ignore[union-attr]


def print_start(path: Path) -> None:
    """Print the CPU time of a command against that of importing zarr."""
    commands = {
        "floor": [sys.executable, "-c", "import zarr"],
        "import hcs": [sys.executable, "-c", "import hcs; hcs.HCSPlate"],
        "hcs info": [sys.executable, "-m", "hcs.cli", "info", str(path)],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(5):
        for name, command in commands.items():
            times[name].append(child_cpu(command))
    print("start, CPU ms (x `import zarr`)")
    show(96, {name: statistics.median(spent) for name, spent in times.items()})


def child_cpu(command: list[str]) -> float:
    """Return the CPU seconds of a process that is run to its end."""
    import resource

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=False, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
