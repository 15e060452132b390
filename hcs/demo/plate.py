"""Write a demo plate, with the truth about it in a file beside it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from hcs.demo.camera import CLIP, FAULTS
from hcs.demo.design import (
    CHANNELS,
    CONDITIONS,
    KINDS,
    design,
    truth,
    well_name,
)
from hcs.errors import HCSError, NotFoundError, ShapeError, StoreError
from hcs.layout import MAX_SIDE, row_letters
from hcs.metadata import Plate, PlateColumn, PlateRow, PlateWell, Who
from hcs.ngff.envelope import extension

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike
    from pathlib import Path

    from hcs.demo.design import DemoField, Design
    from hcs.images.image import Multiscales

_COLORS = ("3D6BFF", "2BD66A")
_PIXEL_SIZE = 0.65
"""Micrometres, as with a 10x lens."""

_MARK = "demo"
"""Our key of a plate that was made here, and may be made anew in its place."""

_MAX_FIELDS = 10_000
"""A well; more is a slip of the finger."""


def make_demo_plate(
    path: str | PathLike[str],
    *,
    rows: int = 8,
    columns: int = 12,
    fields: int = 2,
    seed: int = 0,
    version: str | None = "0.5",
    kind: str = "defects",
    progress: Callable[[int, int], None] | None = None,
    **design_options: Any,
) -> Path:
    """Write a plate of synthetic cells, and the truth about it beside it.

    The plate has 12-bit values in uint16 (top value 4095), two channels, two control
    columns and compounds in ten doses. Equal arguments give equal pixels.

    Parameters
    ----------
    path
        The plate to make; ``<name>.truth.json`` is written beside it. A demo plate that
        is there is replaced, anything else is not.
    rows
        Rows of the plate, from 1.
    columns
        Columns of the plate, from 1.
    fields
        Fields of each well, from 1.
    seed
        Draws another plate: other cells, other places for compounds and defects.
    version
        NGFF version, ``"0.4"``, ``"0.5"`` or ``"0.6"``.
    kind
        One of `hcs.demo.KINDS`. ``"defects"``: blurred, saturated, empty, soiled,
        unevenly lit, missing and shifted fields, and a plate edge that dried out;
        ``"clean"``: none of them; ``"uneven"`` or ``"blurred"``: every field is, and
        nothing else is wrong.
    progress
        Called with the number of fields done and the number of all.
    **design_options
        ``shape``: pixels of a field as ``(y, x)``, by default ``(512, 512)``.
        ``toxic_column``: zero-based column in which most cells are dead.

    Returns
    -------
        The path of the file with the truth.

    Raises
    ------
    ShapeError
        If `rows`, `columns` or `fields` is not a positive number, or too large a one,
        or `seed` is negative.
    NotFoundError
        If there is no such kind.
    StoreError
        If `path` is no local path, or something is there that is no demo plate.
    """
    if kind not in KINDS:
        raise NotFoundError(
            f"There is no demo plate of kind {kind!r}; there are {', '.join(KINDS)}."
        )
    for name, count, least, most in (
        ("rows", rows, 1, MAX_SIDE),
        ("columns", columns, 1, MAX_SIDE),
        ("fields", fields, 1, _MAX_FIELDS),
        ("seed", seed, 0, 2**63 - 1),
    ):
        if not least <= count <= most:
            raise ShapeError(
                f"A demo plate cannot have {count} {name}; {least} to {most} is "
                f"allowed."
            )
    # Loaded here: who only draws a design should not wait for the library's writing.
    from hcs.writing.targets.locations import local_path

    target = local_path(path)
    truth_path = local_path(target.with_name(f"{_stem(target)}.truth.json"))
    plan = design(
        rows=rows,
        columns=columns,
        fields=fields,
        seed=seed,
        **{"defects": kind == "defects", "everywhere": kind if kind in FAULTS else None}
        | design_options,
    )
    _check_free(target)
    _write(target, plan, version, progress)
    truth_path.write_text(
        json.dumps(truth(plan) | {"clip": CLIP}, indent=1) + "\n", "utf-8"
    )
    return truth_path


def _check_free(target: Path) -> None:
    """Check that nothing is at a path but a demo plate, which has nobody's data."""
    from hcs.writing.targets.hierarchy import read_plate_document
    from hcs.writing.versions.opening import opened

    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return
    try:
        with opened(target) as place:
            attributes = read_plate_document(place).attributes
    except HCSError as error:
        content = f"something that cannot be read as a plate ({error})"
    else:
        if _MARK in extension(attributes):
            return
        content = "a plate that is no demo plate"
    raise StoreError(
        f"{target} holds {content}; nothing was written. Choose another path, or move "
        f"away what is there."
    )


def _write(
    target: Path,
    plan: Design,
    version: str | None,
    progress: Callable[[int, int], None] | None,
) -> None:
    """Render the fields one after the other, while the one before is being written."""
    # The writer needs zarr; who only draws a design should not wait for it.
    from hcs.writing.acquired import ACQUIRED
    from hcs.writing.writer import HCSPlateWriter

    plate = _document(plan, _stem(target))
    with (
        HCSPlateWriter(
            target,
            plate,
            version=version,
            overwrite=ACQUIRED,  # a demo plate; corrections in it were for practice
            who=Who("hcs demo"),
            annotations=_annotations(plan),
            # It can be made again; waiting for the disk would double the time.
            verify=False,
            durable=False,
        ) as writer,
        ThreadPoolExecutor(1) as writing_thread,
    ):
        pending = None
        for done, image in enumerate(plan.images):
            multiscales = _multiscales(image)
            if pending is not None:
                pending.result()
            if progress is not None:
                progress(done, len(plan.images))
            pending = writing_thread.submit(
                writer.write_well_image,
                multiscales,
                row_letters(image.row),
                str(image.column + 1),
                field_index=image.field,
                label=f"s{image.field + 1}",
            )
        if pending is not None:
            pending.result()
    if progress is not None:
        progress(len(plan.images), len(plan.images))


def _stem(path: Path) -> str:
    """Return the name of a plate without what says its format."""
    name = path.name
    for ending in (".ome.zarr", ".zarr", ".ozx"):
        name = name.removesuffix(ending)
    return name


def _document(plan: Design, name: str) -> Plate:
    """Return the plate document; it lists missing wells too, as they were planned."""
    return Plate(
        rows=[PlateRow(row_letters(row)) for row in range(plan.rows)],
        columns=[PlateColumn(str(column + 1)) for column in range(plan.columns)],
        wells=[
            PlateWell(path=well_name(row, column), rowIndex=row, columnIndex=column)
            for row, column in plan.conditions
        ],
        field_count=plan.fields,
        name=name,
    )


def _annotations(plan: Design) -> dict[str, Any]:
    """Return what the plate's own key holds: plate map, gaps, camera."""
    return {
        _MARK: {"seed": plan.seed},
        "conditions": {
            "columns": list(CONDITIONS),
            "wells": {
                well_name(*well): list(values)
                for well, values in plan.conditions.items()
            },
        },
        "gaps": [
            {
                "well": well_name(defect.row, defect.column),
                "field": None if defect.field is None else str(defect.field),
                "channel": None,
                "z": None,
                "t": None,
            }
            for defect in plan.defects
            if defect.kind == "missing"
            and defect.row is not None
            and defect.column is not None
        ],
        "channels": [{"name": name, "clip": CLIP} for name in CHANNELS],
    }


def _multiscales(image: DemoField) -> Multiscales:
    from hcs.images.levels import to_multiscales
    from hcs.images.ngff_image import NgffImage

    return to_multiscales(
        NgffImage(
            data=image.render(),
            dims=("c", "y", "x"),
            scale={"c": 1.0, "y": _PIXEL_SIZE, "x": _PIXEL_SIZE},
            translation={"c": 0.0, "y": 0.0, "x": 0.0},
            axes_units={"y": "micrometer", "x": "micrometer"},
            channel_names=list(CHANNELS),
            channel_colors=list(_COLORS),
        )
    )
