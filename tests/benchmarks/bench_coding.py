"""What coding chunks costs: ours, zarr's, and zarr's with the codecs of zarrs.

Run with ``python tests/benchmarks/bench_coding.py``, also by another Python: the newest
zarr and zarrs need 3.12 or newer, and nothing here needs the page. Where zarrs is not
installed it is left out. One field of two channels in chunks of 256 x 256, coded by
blosc with Zstandard and kept as a file a chunk or as one shard. Ours and theirs write
the same documents and read the same files. Medians of interleaved rounds; ratios count.
"""

from __future__ import annotations

import importlib.util
import platform
import shutil
import statistics
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import numpy as np
import zarr

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import hcs
from hcs.writing.encoding.array_layout import ArrayLayout
from hcs.writing.encoding.codec import choose_codec
from hcs.writing.encoding.encode import ArrayEncoder
from tests import plates
from tests.benchmarks.bench_writing import NoDigest, scene

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Acts = dict[str, Callable[[], object]]

ROUNDS = 15
CHUNK = 256
CODEC = "blosc-zstd"
KINDS = {"a file a chunk": False, "one shard": True}
OURS, THEIRS, FASTEST = "hcs", "zarr", "zarr with zarrs"
HAS_ZARRS = importlib.util.find_spec("zarrs") is not None


def main() -> None:
    """Print the tables."""
    version = f"zarr {zarr.__version__}, Python {platform.python_version()}"
    print(f"{version}, {'with' if HAS_ZARRS else 'without'} zarrs")
    pixels = scene()
    with tempfile.TemporaryDirectory() as name:
        for kind, sharded in KINDS.items():
            folder = Path(name) / kind
            show(f"writing a field, {kind}", writing(pixels, folder / "w", sharded))
            for title, acts in reading(pixels, folder / "r", sharded).items():
                show(f"reading {title}, {kind}", acts)


# --- what is timed -------------------------------------------------------------------


class Folder:
    """Takes the files of an array."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def _path(self, key: str) -> Path:
        path = self.place / key
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def create(self, key: str) -> Any:
        return self._path(key).open("wb")

    def put(self, key: str, data: bytes) -> None:
        self._path(key).write_bytes(data)


def writing(pixels: np.ndarray[Any, Any], folder: Path, sharded: bool) -> Acts:
    """Return what writes the pixels of one level."""
    layout = ArrayLayout(
        path="0",
        shape=pixels.shape,
        names=("c", "y", "x"),
        dtype=pixels.dtype,
        chunk=(CHUNK, CHUNK),
        codec=choose_codec(CODEC, pixels.dtype),
        zarr_format=3,
        sharded=sharded,
    )

    def ours() -> None:
        # Zarr makes no digest of the pixels.
        with (
            mock.patch("hcs.writing.encoding.encode.hashlib.sha256", NoDigest),
            ArrayEncoder(layout, Folder(folder / "ours")) as encoder,
        ):
            for plane in pixels:
                encoder.add(plane)

    ours()
    empty = folder / "empty"
    (empty / "0").mkdir(parents=True)
    shutil.copy(folder / "ours/0/zarr.json", empty / "0/zarr.json")

    def theirs() -> None:
        shutil.copytree(empty, folder / "theirs", dirs_exist_ok=True)
        zarr.open_array(folder / "theirs/0", mode="r+")[...] = pixels

    def fastest() -> None:
        with engine():
            theirs()

    return {OURS: ours, THEIRS: theirs} | ({FASTEST: fastest} if HAS_ZARRS else {})


def reading(
    pixels: np.ndarray[Any, Any], folder: Path, sharded: bool
) -> dict[str, Acts]:
    """Return what reads a plane, and a chunk, of one field on disk."""
    path = folder / "p.ome.zarr"
    image = hcs.to_ngff_image(pixels, dims=("c", "y", "x"), channel_names=["a", "b"])
    options = {"shards": sharded, "chunks": CHUNK, "codec": CODEC}
    with hcs.HCSPlateWriter(path, plates.document(1, 1), "0.5") as writer:
        writer.write_well_image(image, "A", "1", 0, **options)
    well = hcs.from_hcs_zarr(path).get_well("A", "1")
    assert well is not None
    field = well.get_image(0)
    assert field is not None
    mine = field.images[0].data
    # An array keeps the pipeline that it was opened with.
    arrays = {THEIRS: zarr.open_array(path / "A/1/0/0", mode="r")}
    if HAS_ZARRS:
        with engine():
            arrays[FASTEST] = zarr.open_array(path / "A/1/0/0", mode="r")
    parts = {
        "a field": np.s_[:],
        "a plane": np.s_[1],
        "a chunk": np.s_[1, :CHUNK, :CHUNK],
    }
    tables: dict[str, Acts] = {}
    for title, part in parts.items():
        tables[title] = {OURS: lambda part=part: np.asarray(mine[part])}
        for name, array in arrays.items():
            assert np.array_equal(mine[part], array[part])
            tables[title][name] = lambda array=array, part=part: array[part]
    return tables


@contextmanager
def engine() -> Iterator[None]:
    """Let zarr code chunks by the pipeline of zarrs."""
    import zarrs  # noqa: F401  (registers its pipeline)

    with zarr.config.set({"codec_pipeline.path": "zarrs.ZarrsCodecPipeline"}):
        yield


# --- figures -------------------------------------------------------------------------


def show(title: str, acts: Acts) -> None:
    """Print the milliseconds of each, and how many times ours that is."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in acts}
    for number in range(ROUNDS + 1):
        for name, act in acts.items():
            cpu, wall = time.process_time(), time.perf_counter()
            act()
            spent = time.process_time() - cpu, time.perf_counter() - wall
            if number:  # the first loads what is loaded when it is needed
                times[name].append(spent)
    print(f"\n{title:44}CPU ms   x hcs   wall ms   x hcs")
    base = [statistics.median(spent) for spent in zip(*times[OURS], strict=True)]
    for name, measured in times.items():
        cpu, wall = (statistics.median(spent) for spent in zip(*measured, strict=True))
        print(
            f"  {name:42}{1e3 * cpu:6.2f}{cpu / base[0]:8.2f}"
            f"{1e3 * wall:10.2f}{wall / base[1]:8.2f}"
        )


if __name__ == "__main__":
    main()
