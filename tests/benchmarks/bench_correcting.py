"""What correcting forty fields costs: against reading them, and against the writer.

Run with ``python tests/benchmarks/bench_correcting.py``. Medians of interleaved
repeats, on the clock and on the processor (of this process and all that it has
started); ratios are what counts.

Matched and shown: forty files of two channels arrive, are decoded, matched to fields,
and a picture is drawn for each. The floor reads and decodes the same files in two
processes that run already.

Committed: the forty corrections are written to the plate and named. The floor is
`HCSPlateWriter`, which writes the same pixels to a new plate.
"""

from __future__ import annotations

import logging
import os
import shutil
import statistics
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import tifffile

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import hcs
from dashboard.pictures.planes import PlaneRequest
from dashboard.uploads.values import FileToSend
from hcs import read_image_file
from hcs.demo import design
from hcs.metadata import Who
from tests import plates
from tests.integration.serving import service, surveyed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dashboard.service import Service

ROWS, COLUMNS, FIELDS = 4, 5, 2
SIDE = 1080
REPEATS = 5
KEY = "p.ome.zarr"
Result = TypeVar("Result")
OWNER = "local"
NAMES = ("DNA", "GFP")

SHOWN, COMMITTED = 2.5, 0.7
"""Most that matching and showing may take, in times of reading and decoding; least
speed of committing, as a share of the writer's."""


def main() -> None:
    """Print the ratios, and end with 1 where a budget is missed."""
    logging.disable(logging.WARNING)
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else REPEATS
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(Path(folder), repeats)
    for name, (wall, cpu) in rows.items():
        print(f"{name:20} {wall:8.2f} s on the clock {cpu:8.2f} s on the processor")
    shown = ratios(rows["matched and shown"], rows["read and decoded"])
    speed = ratios(rows["writer"], rows["committed"])
    print(f"shown / read: {shown[0]:.2f} clock, {shown[1]:.2f} processor; < {SHOWN}")
    print(f"writer / commit: {speed[0]:.2f} clock, {speed[1]:.2f}; >= {COMMITTED}")
    missed = shown[0] >= SHOWN or speed[0] < COMMITTED
    print("budgets missed" if missed else "budgets kept")
    sys.exit(missed)


def ratios(these: tuple[float, float], those: tuple[float, float]) -> list[float]:
    return [this / that for this, that in zip(these, those, strict=True)]


def measure(folder: Path, repeats: int) -> Mapping[str, tuple[float, float]]:
    """Return clock and processor seconds of each part, the medians."""
    files = make_files(folder / "files")
    plate = folder / "served" / KEY
    write_plate(plate)
    seconds: dict[str, list[tuple[float, float]]] = {}
    with (
        ProcessPoolExecutor(2) as pool,
        service(
            folder / "workspace", plate, settle_after=3600.0, measure=False
        ) as made,
    ):
        surveyed(made, KEY)
        for turn in range(repeats + 1):  # the first is for imports and caches
            read, _ = timed(lambda: list(pool.map(decode_file, files)))
            shown, proposal = timed(lambda: match_and_show(made, files))
            copy = folder / f"writer{turn}.zarr"
            written, _ = timed(partial(write_plate, copy))
            shutil.rmtree(copy)
            staged = stage(made, proposal)
            committed, _ = timed(partial(commit, made, staged))
            if turn:
                for name, part in (
                    ("read and decoded", read),
                    ("matched and shown", shown),
                    ("writer", written),
                    ("committed", committed),
                ):
                    seconds.setdefault(name, []).append(part)
    return {
        name: (
            statistics.median(clock for clock, _ in times),
            statistics.median(processor for _, processor in times),
        )
        for name, times in seconds.items()
    }


def places() -> list[tuple[int, int, int]]:
    return [
        (row, column, field)
        for row in range(ROWS)
        for column in range(COLUMNS)
        for field in range(FIELDS)
    ]


def pixels(row: int, column: int, field: int) -> np.ndarray[Any, Any]:
    """Return the two channels of a field, each field with other ones."""
    shift = 97 * (1 + field + FIELDS * (column + COLUMNS * row))
    return np.roll(SCENE, shift, axis=2)


SCENE = np.ascontiguousarray(
    design(shape=(SIDE, SIDE), rows=1, columns=1, fields=1).images[0].render()[:2]
)


def make_files(folder: Path) -> list[Path]:
    folder.mkdir()
    files = []
    for row, column, field in places():
        path = folder / f"{'ABCD'[row]}{column + 1:02d}_f{field}.ome.tif"
        tifffile.imwrite(
            path,
            pixels(row, column, field),
            ome=True,
            photometric="minisblack",
            compression="lzw",
            predictor=True,
            metadata={"axes": "CYX", "Channel": {"Name": list(NAMES)}},
        )
        files.append(path)
    return files


def decode_file(path: Path) -> int:
    """Read and decode one file; what the floor does."""
    with read_image_file(path.read_bytes()) as file:
        return sum(int(file.plane(c=channel)[0, 0]) for channel in (0, 1))


def write_plate(path: Path) -> None:
    document = plates.document(ROWS, COLUMNS, fields=FIELDS)
    with hcs.HCSPlateWriter(path, document, "0.5") as writer:
        for row, column, field in places():
            image = hcs.to_ngff_image(
                pixels(row, column, field),
                dims=("c", "y", "x"),
                scale={"y": 0.5, "x": 0.5},
                channel_names=list(NAMES),
            )
            writer.write_well_image(
                image, "ABCD"[row], str(column + 1), field, label=f"s{field}"
            )


def match_and_show(made: Service, files: list[Path]) -> str:
    """Drop the files, match them and draw a picture of each; return the proposal."""
    token = made.sessions.open()
    sent = []
    for path in files:
        data = path.read_bytes()
        file = made.uploads.create(
            OWNER, FileToSend(name=path.name, size=len(data)), token
        )
        receiving = made.uploads.receive(OWNER, file.id, 0)
        for start in range(0, len(data), 1 << 20):
            receiving.write(data[start : start + (1 << 20)])
        receiving.end()
        sent.append(file.id)
    for upload in sent:
        made.corrections.take_up(token, upload)
    proposal = made.batches.propose(token, KEY, ())
    channels = [channel.setting() for channel in made.plates.overview(KEY).channels]
    for match in proposal.table.matches:
        assert match.ready, match.problem
        made.pictures.staged_thumbnail(
            made.corrections.images(match.id, OWNER), 160, channels, PlaneRequest()
        )
    return proposal.id


def stage(made: Service, proposal: str) -> list[str]:
    staged = made.batches.stage_all(proposal)
    assert not staged.failed, staged.failed
    for view in staged.staged:
        for difference in view.differences:
            if difference.blocking:
                made.corrections.confirm(view.id, difference.kind)
    return [view.id for view in staged.staged]


def commit(made: Service, staged: list[str]) -> None:
    batch = made.batches.commit_batch(staged, Who("Ada", "typed"), "imaged again")
    assert not batch.failed, batch.failed


def timed(work: Callable[[], Result]) -> tuple[tuple[float, float], Result]:
    """Return seconds on the clock and on the processor, and what came of it."""
    clock, processor = time.perf_counter(), processor_seconds()
    result = work()
    return (time.perf_counter() - clock, processor_seconds() - processor), result


def processor_seconds() -> float:
    """Return what this process and all that it has started have used (Linux)."""
    parents: dict[int, int] = {}
    used: dict[int, float] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(entry.name)] = int(stat[1])
            used[int(entry.name)] = (int(stat[11]) + int(stat[12])) / os.sysconf(
                "SC_CLK_TCK"
            )
    own = {os.getpid()}
    for _ in range(4):
        own |= {process for process, parent in parents.items() if parent in own}
    return sum(used.get(process, 0.0) for process in own)


if __name__ == "__main__":
    main()
