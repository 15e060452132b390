"""What it costs to validate a plate, against loading it and against ngff-zarr.

    python tests/benchmarks/bench_validate.py

CPU time, the median of five rounds that take turns, as ratios: seconds of a shared
machine say little. *Load* is: open, and read every well and every image document. The
floor is reading and parsing the same files with the standard library.

Exits 1 where validating 1536 wells costs three times the load or more.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from hcs import from_hcs_zarr, validate
from hcs.ngff.document import group_json, to_bytes

ROUNDS = 5
BUDGET = 3.0
"""Most that validating may cost, in loads."""

FORMATS = {96: (8, 12), 384: (16, 24), 1536: (32, 48)}
NGFF_ZARR_LIMIT = 384
"""ngff-zarr takes half a minute for 1536 wells; there it runs once."""


def row_name(index: int) -> str:
    return chr(65 + index) if index < 26 else "A" + chr(65 + index - 26)


def make(root: Path, rows: int, columns: int) -> Path:
    """Write the documents of a full plate: one field of three levels a well."""
    names = [row_name(row) for row in range(rows)]
    wells = [
        {"path": f"{name}/{column + 1}", "rowIndex": row, "columnIndex": column}
        for row, name in enumerate(names)
        for column in range(columns)
    ]
    plate = {
        "columns": [{"name": str(column + 1)} for column in range(columns)],
        "rows": [{"name": name} for name in names],
        "wells": wells,
        "field_count": 1,
        "name": "bench",
        "version": "0.5",
    }
    group(root, {"ome": {"version": "0.5", "plate": plate}})
    for name in names:
        group(root / name, {})
    image, levels = image_documents()
    well = {"images": [{"path": "0"}], "version": "0.5"}
    for listed in wells:
        path = root / str(listed["path"])
        group(path, {"ome": {"version": "0.5", "well": well}})
        group(path / "0", image)
        for level, document in enumerate(levels):
            write(path / "0" / str(level) / "zarr.json", document)
    return root


def image_documents() -> tuple[dict[str, object], list[bytes]]:
    axes = [
        {"name": "c", "type": "channel"},
        {"name": "y", "type": "space", "unit": "micrometer"},
        {"name": "x", "type": "space", "unit": "micrometer"},
    ]
    datasets = []
    levels = []
    for level in range(3):
        size = 0.5 * 2**level
        scale = {"type": "scale", "scale": [1.0, size, size]}
        datasets.append({"path": str(level), "coordinateTransformations": [scale]})
        side = 512 >> level
        levels.append(
            to_bytes(
                {
                    "zarr_format": 3,
                    "node_type": "array",
                    "shape": [2, side, side],
                    "data_type": "uint16",
                    "chunk_grid": {
                        "name": "regular",
                        "configuration": {"chunk_shape": [1, side, side]},
                    },
                    "chunk_key_encoding": {"name": "default"},
                    "codecs": [
                        {"name": "bytes", "configuration": {"endian": "little"}}
                    ],
                    "fill_value": 0,
                    "dimension_names": ["c", "y", "x"],
                }
            )
        )
    window = {"min": 0, "max": 4095, "start": 0, "end": 4095}
    channels = [
        {"label": "DNA", "color": "0000FF", "window": window, "active": True}
    ] * 2
    multiscale = {"name": "i", "type": "mean", "metadata": {}, "axes": axes}
    content = {
        "version": "0.5",
        "multiscales": [multiscale | {"datasets": datasets}],
        "omero": {"channels": channels},
    }
    return {"ome": content}, levels


def group(path: Path, attributes: dict[str, object]) -> None:
    for name, data in group_json("0.5", attributes).items():
        write(path / name, data)


def write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


# -- what is measured ------------------------------------------------------------------


def load(path: Path) -> None:
    with from_hcs_zarr(path, well_cache_size=0) as plate:
        for well in plate:
            for field in well.fields:
                field.image()


def floor(path: Path) -> None:
    for document in ("zarr.json", "*/*/zarr.json", "*/*/0/zarr.json"):
        for file in path.glob(document):
            json.loads(file.read_bytes())


def check(path: Path) -> None:
    problems = validate(path)
    assert not problems, problems[:3]


def ngff_zarr(path: Path) -> None:
    import ngff_zarr as nz

    nz.from_hcs_zarr(str(path), validate=True)


def cpu(act: Callable[[Path], None], path: Path) -> float:
    start = time.process_time()
    act(path)
    return time.process_time() - start


def main() -> int:
    print(
        f"{'wells':>6} {'load':>9} {'validate':>9} {'/load':>6} {'/floor':>7} ngff-zarr"
    )
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for wells, (rows, columns) in FORMATS.items():
            path = make(Path(folder) / str(wells), rows, columns)
            acts = [floor, load, check]
            if wells <= NGFF_ZARR_LIMIT:
                acts.append(ngff_zarr)
            times: dict[Callable[[Path], None], list[float]] = {act: [] for act in acts}
            for act in acts:
                act(path)  # imports and the file system's cache
            for _ in range(ROUNDS):
                for act in acts:
                    times[act].append(cpu(act, path))
            if wells > NGFF_ZARR_LIMIT:
                times[ngff_zarr] = [cpu(ngff_zarr, path)]
            median = {act: statistics.median(spent) for act, spent in times.items()}
            ratio, of_floor = (median[check] / median[base] for base in (load, floor))
            other = median[ngff_zarr] / median[check]
            worst = max(worst, ratio) if wells == 1536 else worst
            print(
                f"{wells:>6} {median[load] * 1e3:>6.0f} ms "
                f"{median[check] * 1e3:>6.0f} ms {ratio:>6.2f} {of_floor:>7.2f} "
                f"{other:.0f}x ours (its root document only)"
            )
    print(f"1536 wells: validate / load = {worst:.2f}, budget {BUDGET}")
    return int(worst >= BUDGET)


if __name__ == "__main__":
    sys.exit(main())
