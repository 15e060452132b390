"""The one maker of synthetic plates for all tests.

Every plane says who it is: its first pixel (and, with ``pixels="constant"``, every
pixel) holds `value` of its row, column, field, channel, z and t, which `identity`
turns back. So a test can tell whether it got the plane that it asked for::

    path = plates.make(tmp_path / "p.ome.zarr", rows=2, columns=3, fields=2)
    plane = from_hcs_zarr(path).get_well("B", "3").get_image(1).images[0].data[0]
    assert plates.identity(plane[0, 0]) == plates.Identity(row=1, column=2, field=1)

Rows are named A, B, ...; columns 1, 2, ...
"""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import fields as fields_of
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hcs.layout import row_letters
from hcs.metadata import (
    Plate,
    PlateAcquisition,
    PlateColumn,
    PlateRow,
    PlateWell,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import DTypeLike, NDArray

CHANNELS = ("DNA", "GFP", "RFP", "ER")
COLORS = ("4169E1", "00C853", "FF1744", "FFAB00")

_RADIX = {"row": 16, "column": 24, "field": 9, "channel": 4, "plane": 4}
_PIXEL_SIZE = 0.5


@dataclass(frozen=True, slots=True)
class Identity:
    """Which plane a pixel value stands for; all zero-based."""

    row: int = 0
    column: int = 0
    field: int = 0
    channel: int = 0
    plane: int = 0
    """``t * (number of z) + z``."""


def value(
    row: int = 0, column: int = 0, field: int = 0, channel: int = 0, plane: int = 0
) -> int:
    """Return the pixel value of a plane: 1 to 55296, unique for uint16 and wider."""
    code = 0
    given = Identity(row, column, field, channel, plane)
    for part in fields_of(given):
        digit, radix = getattr(given, part.name), _RADIX[part.name]
        if not 0 <= digit < radix:
            raise ValueError(
                f"{part.name} is {digit}; plates.py knows 0 to {radix - 1}"
            )
        code = code * radix + digit
    return 1 + code


def identity(pixel: Any) -> Identity:
    """Return which plane has this value; the inverse of `value`."""
    code = int(pixel) - 1
    digits = []
    for radix in reversed(_RADIX.values()):
        code, digit = divmod(code, radix)
        digits.append(digit)
    return Identity(*reversed(digits))


def plane(
    code: int,
    shape: tuple[int, int],
    dtype: DTypeLike = "uint16",
    pixels: str = "constant",
) -> NDArray[Any]:
    """Return a ``(y, x)`` plane whose first pixel is `code` (modulo 255 for uint8)."""
    kind = np.dtype(dtype)
    if kind.itemsize == 1:
        code = 1 + (code - 1) % 255
    if pixels == "constant":
        return np.full(shape, code, kind)
    if pixels == "gradient":
        ramp = np.add.outer(np.arange(shape[0]), np.arange(shape[1]))
        # What numpy adds up here ends at 63 bits, whatever the type of the plane.
        top = min(np.iinfo(kind).max, 2**63 - 1) if kind.kind in "ui" else np.inf
        return np.minimum(code + ramp, top).astype(kind)
    if pixels == "random":
        noise = np.random.default_rng(code).integers(0, 256, shape).astype(kind)
        noise[0, 0] = code
        return noise
    if pixels == "shaded":
        # Specks in other places each time, under light that falls off to the right.
        rng = np.random.default_rng(code)
        specks = 200 + 400 * (rng.random(shape) < 0.05)
        level = rng.poisson(specks * np.linspace(1.3, 0.7, shape[1]))
        level[0, 0] = code
        return level.astype(kind)
    raise ValueError(
        f"pixels is {pixels!r}; allowed: constant, gradient, random, shaded"
    )


def field_array(
    row: int,
    column: int,
    field: int,
    *,
    channels: int = 2,
    shape: tuple[int, int] = (32, 40),
    z: int | None = None,
    t: int | None = None,
    dtype: DTypeLike = "uint16",
    pixels: str = "constant",
) -> NDArray[Any]:
    """Return the pixels of one field, axes ``t c z y x`` without the absent t and z."""
    out = np.empty((t or 1, channels, z or 1, *shape), dtype)
    for index_t, channel, index_z in np.ndindex(out.shape[:3]):
        code = value(row, column, field, channel, index_t * (z or 1) + index_z)
        out[index_t, channel, index_z] = plane(code, shape, dtype, pixels)
    if z is None:
        out = out[:, :, 0]
    return out if t is not None else out[0]


def multiscales(
    row: int = 0,
    column: int = 0,
    field: int = 0,
    *,
    channels: int = 2,
    z: int | None = None,
    t: int | None = None,
    data: NDArray[Any] | None = None,
    **array: Any,
) -> Any:
    """Return the field as `hcs.Multiscales`; `data` replaces the pixels."""
    from hcs import NgffImage, to_multiscales

    if data is None:
        data = field_array(row, column, field, channels=channels, z=z, t=t, **array)
    dims = "".join(
        ("t" if t is not None else "", "c", "z" if z is not None else "", "yx")
    )
    size = {"t": 1.0, "c": 1.0, "z": 2.0, "y": _PIXEL_SIZE, "x": _PIXEL_SIZE}
    image = NgffImage(
        data=data,
        dims=tuple(dims),
        scale={name: size[name] for name in dims},
        translation=dict.fromkeys(dims, 0.0),
        axes_units=dict.fromkeys("".join(d for d in dims if d in "zyx"), "micrometer"),
        channel_names=list(CHANNELS[:channels]),
        channel_colors=list(COLORS[:channels]),
    )
    return to_multiscales(image)


def row_name(index: int) -> str:
    """Return the name of a row: A to Z, AA ..."""
    return row_letters(index)


def document(
    rows: int = 2,
    columns: int = 3,
    *,
    wells: Iterable[tuple[int, int]] | None = None,
    fields: int = 1,
    acquisitions: Sequence[int] | None = None,
    name: str | None = "test",
) -> Plate:
    """Return the plate document of `make`; `wells` as zero-based (row, column)."""
    return Plate(
        rows=[PlateRow(name=row_name(row)) for row in range(rows)],
        columns=[PlateColumn(name=str(column + 1)) for column in range(columns)],
        wells=[
            PlateWell(path=f"{row_name(r)}/{c + 1}", rowIndex=r, columnIndex=c)
            for r, c in positions(rows, columns, wells)
        ],
        acquisitions=None
        if acquisitions is None
        else [PlateAcquisition(id=id, name=f"run {id}") for id in acquisitions],
        field_count=fields,
        name=name,
    )


def positions(
    rows: int, columns: int, wells: Iterable[tuple[int, int]] | None
) -> Iterator[tuple[int, int]]:
    """Yield the (row, column) of each well, row by row, or the given ones."""
    return iter(np.ndindex(rows, columns) if wells is None else wells)


@contextmanager
def _unsynced() -> Iterator[None]:
    """Do not wait for the disk: it is half of the time of writing a small plate.

    No test cuts the power to the machine that it runs on.
    """
    sync = os.fsync
    os.fsync = lambda fd: None
    try:
        yield
    finally:
        os.fsync = sync


def make(
    path: Path,
    *,
    rows: int = 2,
    columns: int = 3,
    wells: Iterable[tuple[int, int]] | None = None,
    fields: int = 1,
    channels: int = 2,
    shape: tuple[int, int] = (32, 40),
    z: int | None = None,
    t: int | None = None,
    dtype: DTypeLike = "uint16",
    pixels: str = "constant",
    version: str | None = None,
    acquisitions: Sequence[int] | None = None,
    missing: Iterable[tuple[int, int, int]] = (),
    annotations: Mapping[str, Any] | None = None,
    name: str | None = "test",
    **storage: Any,
) -> Path:
    """Write a plate and return its path.

    Parameters
    ----------
    path
        Where; a name ending in ``.ozx`` makes an archive.
    wells
        Zero-based (row, column) of those with images; all where not given.
    fields
        Fields in each well; in each acquisition where `acquisitions` lists ids.
    z, t
        Number of planes; None leaves the axis out. At most 4 planes together.
    pixels
        ``"constant"``, ``"gradient"``, ``"random"`` or ``"shaded"``; see `plane`.
    missing
        (row, column, field index) of the fields that are not written.
    annotations
        The plate's own ``hcs`` key: conditions, gaps, channels ...
    storage
        Passed on to `HCSPlateWriter.write_well_image`.
    """
    from hcs import HCSPlateWriter

    listed = list(positions(rows, columns, wells))
    absent = set(missing)
    plate = document(
        rows, columns, wells=listed, fields=fields, acquisitions=acquisitions, name=name
    )
    kind = {"channels": channels, "z": z, "t": t, "shape": shape}
    kind |= {"dtype": dtype, "pixels": pixels}
    with (
        _unsynced(),
        HCSPlateWriter(path, plate, version=version, annotations=annotations) as writer,
    ):
        for (row, column), acquisition, field in (
            (position, acquisition, field)
            for position in listed
            for acquisition in acquisitions or [0]
            for field in range(fields)
        ):
            if (row, column, field) in absent:
                continue
            writer.write_well_image(
                multiscales(row, column, field, **kind),
                row_name(row),
                str(column + 1),
                field_index=field,
                acquisition_id=acquisition,
                **storage,
            )
    return Path(path)


def relist(path: Path, rows: Sequence[str], columns: Sequence[str]) -> Path:
    """List the rows and columns of a plate in another order, as other writers may."""
    file = path / "zarr.json"
    content = json.loads(file.read_text())
    plate = content["attributes"]["ome"]["plate"]
    plate["rows"] = [{"name": name} for name in rows]
    plate["columns"] = [{"name": name} for name in columns]
    for well in plate["wells"]:
        row, column = well["path"].split("/")
        well["rowIndex"], well["columnIndex"] = rows.index(row), columns.index(column)
    plate["wells"].sort(key=lambda well: (well["rowIndex"], well["columnIndex"]))
    file.write_text(json.dumps(content))
    return path


def name_channels(path: Path, *names: str) -> None:
    """Give the channels of all fields of a plate in a directory other names."""
    for document in (*path.rglob("zarr.json"), *path.rglob(".zattrs")):
        content = json.loads(document.read_text())
        attributes = content.get("attributes", content)
        ome = attributes.get("ome", attributes)
        if "omero" in ome:
            for channel, name in zip(ome["omero"]["channels"], names, strict=True):
                channel["label"] = name
            document.write_text(json.dumps(content))
