"""What writing costs: against the least that must be done, and against ngff-zarr.

Run with ``python tests/benchmarks/bench_writing.py``. CPU time, the median of
interleaved repeats; ratios are what counts. The floor makes the same levels with numpy,
compresses the same chunks with the same codec and writes the bytes. Verification,
digests and syncing are timed apart. With ``../shared/data`` beside the repository the
codecs are compared on real pixels too.
"""

from __future__ import annotations

import hashlib
import io
import shutil
import statistics
import sys
import tempfile
import time
import warnings
import zipfile
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import numcodecs
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import hcs
from hcs.demo import design
from hcs.images.pyramid import downsample, level_shapes, levels_of
from hcs.layout import well_label
from hcs.writing.encoding.codec import CODECS, choose_codec
from hcs.writing.writer import HCSPlateWriter
from tests import plates

if TYPE_CHECKING:
    from collections.abc import Callable

FIELDS = 3
SIDE = 1080
REPEATS = 7
PEER_REPEATS = 5

FLOOR, STEP, ARCHIVE = 1.5, 1.3, 1.1
PEER_DEFAULT, PEER_SHRINK = 8.0, 3.0
GROWTH = 2.5
"""Most that a field of 1536 wells may cost, in fields of 96 wells: each new well
replaces the plate document, which lists all."""

Row = tuple[str, float, float | None, bool | None]


def main() -> None:
    """Print the tables, and end with 1 where a budget is missed."""
    warnings.simplefilter("ignore")  # those of the peer
    pixels = scene()
    with tempfile.TemporaryDirectory() as folder:
        missed = [
            *pyramid_step(pixels[0]),
            *against_the_floor(pixels, Path(folder)),
            *against_the_peer(pixels, Path(folder)),
            *growth(Path(folder)),
        ]
    real_pixels()
    print("\nbudgets missed: " + (", ".join(missed) or "none"))
    sys.exit(bool(missed))


def scene() -> np.ndarray[Any, Any]:
    """Return two channels of cells, 1080 x 1080, uint16, 12 bits."""
    shown = design(shape=(SIDE, SIDE), rows=1, columns=1, fields=1).images[0].render()
    return np.ascontiguousarray(shown[:2])


def timed(
    functions: dict[str, Callable[[], object]], repeats: int = REPEATS
) -> dict[str, float]:
    """Return the median CPU milliseconds of each, measured in turns."""
    spent: dict[str, list[float]] = {name: [] for name in functions}
    for function in functions.values():
        function()  # imports, caches and the like
    for _ in range(repeats):
        for name, function in functions.items():
            start = time.process_time()
            function()
            spent[name].append(1e3 * (time.process_time() - start))
    return {name: statistics.median(times) for name, times in spent.items()}


def show(
    title: str, times: dict[str, float], base: str, megapixels: float
) -> dict[str, float]:
    """Print a table and return the ratios to `base`."""
    print(f"\n{title}\n{'':34}CPU ms/MP   x {base}")
    for name, value in times.items():
        print(f"{name:34}{value / megapixels:9.2f}   {value / times[base]:.2f}")
    return {name: value / times[base] for name, value in times.items()}


def budget(name: str, value: float, limit: float, *, least: bool = False) -> list[str]:
    """Print whether a ratio keeps its budget, and return its name if not."""
    within = value >= limit if least else value <= limit
    sign = ">=" if least else "<="
    print(f"  {name}: {value:.2f} ({sign} {limit}) {'kept' if within else 'MISSED'}")
    return [] if within else [name]


# --- pyramids ------------------------------------------------------------------------


def bare_mean(plane: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the 2x2 mean of an even plane: row pairs, then column pairs."""
    rows = np.add(plane[0::2], plane[1::2], dtype=np.uint32)
    total = rows[:, 0::2] + rows[:, 1::2]
    total += 2
    total >>= 2
    return total.astype(np.uint16)


def pyramid_step(plane: np.ndarray[Any, Any]) -> list[str]:
    times = timed(
        {"bare": lambda: bare_mean(plane), "downsample": lambda: downsample(plane)}, 51
    )
    ratios = show("One pyramid step", times, "bare", plane.size / 1e6)
    return budget("pyramid step", ratios["downsample"], STEP)


# --- the floor -----------------------------------------------------------------------


class NoDigest:
    """In the place of SHA-256, to time writing without it."""

    def update(self, _: object) -> None:
        pass

    def hexdigest(self) -> str:
        return ""


def floor(pixels: np.ndarray[Any, Any], folder: Path, codec: Any) -> None:
    """Do what no writer can leave out, and nothing else."""
    count = len(level_shapes(pixels.shape))
    for field in range(FIELDS):
        place = folder / str(field)
        place.mkdir(parents=True)
        for channel, plane in enumerate(pixels):
            level_plane = plane
            for level in range(count):
                if level:
                    level_plane = downsample(level_plane)
                with (place / f"{channel}.{level}").open("wb") as stream:
                    stream.write(codec.encode(level_plane))


def write(
    pixels: np.ndarray[Any, Any], path: Path, options: dict[str, Any], **storage: Any
) -> None:
    """Write a plate with this library."""
    image = hcs.to_ngff_image(pixels, dims=("c", "y", "x"), channel_names=["a", "b"])
    with HCSPlateWriter(path, plates.document(1, 1), "0.5", **options) as writer:
        for field in range(FIELDS):
            writer.write_well_image(image, "A", "1", field, **storage)


def _fresh(function: Callable[[Path], None], folder: Path) -> Callable[[], None]:
    def run() -> None:
        place = Path(tempfile.mkdtemp(dir=folder))
        function(place / "p.zarr")
        shutil.rmtree(place)

    return run


def against_the_floor(pixels: np.ndarray[Any, Any], folder: Path) -> list[str]:
    plain = {"verify": False, "durable": False}
    lz4 = numcodecs.Blosc("lz4", 5, numcodecs.Blosc.BITSHUFFLE)
    zstd = numcodecs.Zstd(3)

    def without_digest(path: Path, codec: str) -> None:
        with mock.patch("hcs.writing.encoding.encode.hashlib.sha256", NoDigest):
            write(pixels, path, plain, codec=codec)

    def archive(path: Path, options: dict[str, Any]) -> None:
        write(pixels, path.with_suffix(".ozx"), options)

    levels = [np.ascontiguousarray(level) for level in levels_of(pixels, 4)]

    def digests() -> None:
        for _ in range(FIELDS):
            for level in levels:
                hashlib.sha256(level.data).hexdigest()

    functions: dict[str, Callable[[], object]] = {
        "floor zstd 3": _fresh(lambda path: floor(pixels, path, zstd), folder),
        "ours zstd 3": _fresh(lambda path: without_digest(path, "zstd"), folder),
        "floor lz4": _fresh(lambda path: floor(pixels, path, lz4), folder),
        "ours lz4": _fresh(lambda path: without_digest(path, "blosc-lz4"), folder),
        "+ digest": _fresh(lambda path: write(pixels, path, plain), folder),
        "+ verification": _fresh(
            lambda path: write(pixels, path, {"durable": False}), folder
        ),
        "+ sync (our defaults)": _fresh(lambda path: write(pixels, path, {}), folder),
        "archive, digest only": _fresh(lambda path: archive(path, plain), folder),
        "archive, our defaults": _fresh(lambda path: archive(path, {}), folder),
        "(SHA-256 alone)": digests,
    }
    times = timed(functions)
    megapixels = FIELDS * pixels.size / 1e6
    ratios = show("Writing, against the floor", times, "floor zstd 3", megapixels)
    files = _count_files(pixels, folder)
    print(f"  files of a field of 4 levels: {files} (0.5), at most 9")
    return [
        *budget("zstd 3 against its floor", ratios["ours zstd 3"], FLOOR),
        *budget(
            "archive against folder",
            times["archive, our defaults"] / times["+ sync (our defaults)"],
            ARCHIVE,
        ),
        *([] if files <= 9 else ["files"]),
    ]


def _count_files(pixels: np.ndarray[Any, Any], folder: Path) -> int:
    path = folder / "files.zarr"
    write(pixels, path, {"durable": False})
    return sum(file.is_file() for file in (path / "A/1/0").rglob("*"))


# --- the peer ------------------------------------------------------------------------


def against_the_peer(pixels: np.ndarray[Any, Any], folder: Path) -> list[str]:
    try:
        import ngff_zarr as peer
        from ngff_zarr import hcs as peer_hcs
    except ImportError:
        print("\nngff-zarr is not installed: no comparison.")
        return []

    def theirs(path: Path, method: Any) -> None:
        plate = peer.Plate(
            columns=[peer.PlateColumn("1")],
            rows=[peer.PlateRow("A")],
            wells=[peer.PlateWell("A/1", 0, 0)],
            version="0.5",
        )
        options = {} if method is None else {"method": method}
        with peer_hcs.HCSPlateWriter(str(path), plate) as writer:
            for field in range(FIELDS):
                image = peer.to_ngff_image(pixels, dims=["c", "y", "x"])
                multiscales = peer.to_multiscales(image, **options)
                writer.write_well_image(multiscales, "A", "1", field_index=field)

    shrink = peer.Methods.ITKWASM_BIN_SHRINK
    times = timed(
        {
            "ours, with everything": _fresh(lambda p: write(pixels, p, {}), folder),
            "ngff-zarr defaults": _fresh(lambda p: theirs(p, None), folder),
            "ngff-zarr BIN_SHRINK": _fresh(lambda p: theirs(p, shrink), folder),
        },
        PEER_REPEATS,
    )
    megapixels = FIELDS * pixels.size / 1e6
    ratios = show("Against ngff-zarr", times, "ours, with everything", megapixels)
    return [
        *budget("its defaults", ratios["ngff-zarr defaults"], PEER_DEFAULT, least=True),
        *budget("BIN_SHRINK", ratios["ngff-zarr BIN_SHRINK"], PEER_SHRINK, least=True),
    ]


# --- many wells ----------------------------------------------------------------------


def growth(folder: Path) -> list[str]:
    """Write one tiny field a well, so that the documents are what costs."""
    image = hcs.to_ngff_image(np.zeros((32, 32), np.uint16), dims=("y", "x"))
    print("\nA field a well, CPU ms a field")
    spent = {}
    for rows, columns in ((8, 12), (16, 24), (32, 48)):
        names = [well_label(row, 0)[:-2] for row in range(rows)]
        plate = hcs.Plate(
            rows=[hcs.PlateRow(name) for name in names],
            columns=[hcs.PlateColumn(str(1 + column)) for column in range(columns)],
            wells=[],
        )
        start = time.process_time()
        path = folder / f"{rows}.zarr"
        with HCSPlateWriter(path, plate, durable=False, verify=False) as writer:
            for row, column in product(plate.rows, plate.columns):
                writer.write_well_image(image, row.name, column.name)
        wells = rows * columns
        spent[wells] = 1e3 * (time.process_time() - start) / wells
        print(f"{wells:6} wells  {spent[wells]:6.2f}")
    return budget("1536 wells against 96", spent[1536] / spent[96], GROWTH)


# --- codecs on real pixels -----------------------------------------------------------


def real_pixels() -> None:
    data = Path(__file__).resolve().parents[3] / "shared" / "data"
    if not data.is_dir():
        print(f"\nNo real pixels at {data}: no comparison of codecs.")
        return
    print(f"\n{'Codecs on real pixels':34}ratio   encode, decode MB/CPU s   default")
    for name, planes in _sets(data):
        default = choose_codec(None, planes[0].dtype)
        for label, codec in CODECS.items():
            if label in ("none", "gzip"):
                continue
            ratio, encode, decode = _measure(planes, codec)
            mark = "*" if codec == default else ""
            print(
                f"{name:18}{label:16}{ratio:5.3f}   {encode:6.0f} {decode:6.0f}"
                f"            {mark}"
            )


def _measure(planes: list[np.ndarray[Any, Any]], codec: Any) -> tuple[float, ...]:
    decoder = codec._numcodec(planes[0].dtype.itemsize)
    raw = sum(plane.nbytes for plane in planes)
    stored = [codec.encode(plane) for plane in planes]
    times = timed(
        {
            "encode": lambda: [codec.encode(plane) for plane in planes],
            "decode": lambda: [decoder.decode(data) for data in stored],
        },
        5,
    )
    size = sum(map(len, stored))
    return raw / size, raw / times["encode"] / 1e3, raw / times["decode"] / 1e3


def _sets(data: Path) -> list[tuple[str, list[np.ndarray[Any, Any]]]]:
    import tifffile

    sets = []
    for archive in sorted(data.glob("sbs*/*.zip")):
        with zipfile.ZipFile(archive) as opened:
            names = [n for n in opened.namelist() if n.lower().endswith(".tif")]
            planes = [tifffile.imread(io.BytesIO(opened.read(n))) for n in names[:60:3]]
        sets.append(("SBS uint8", planes))
    for label, pattern in (("ImageXpress", "imagexpress*"), ("Phenix", "jump*")):
        paths = sorted(data.glob(f"{pattern}/**/*.[tT][iI][fF]*"))[:20]
        planes = [tifffile.imread(path) for path in paths]
        planes = [
            plane for plane in planes if plane.ndim == 2 and plane.dtype == np.uint16
        ]
        sets.append((f"{label} uint16", planes))
    return [(name, [np.ascontiguousarray(p) for p in planes]) for name, planes in sets]


if __name__ == "__main__":
    main()
