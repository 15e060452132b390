"""What is on a demo plate: controls, doses, cells and the planted defects.

A plate as a screening group would run it: reporter cells, whose signal moves from the
cytoplasm into the nucleus; two control columns that swap half way down; compounds in
ten doses at places drawn by lot, so that dose does not go with rows or columns.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from hcs.demo.camera import Shot, expose
from hcs.demo.cells import Scene, draw
from hcs.layout import row_letters

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.random import Generator
    from numpy.typing import NDArray

CHANNELS = ("DNA", "Reporter")

CONDITIONS = ("role", "compound", "dose_uM")
"""Columns of the plate map."""

DOSES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
"""In micromolar."""

ACTIVE = {"CPD-03": 0.2, "CPD-06": 4.0}
"""Compounds that move the reporter, with the dose of half their effect (µM)."""

TOXIC = {"CPD-08": 20.0}
"""Compounds that kill cells, with the dose of half their effect (µM)."""

PLANTED = (
    ("blurred", None, 1, "well"),
    ("blurred", None, 1, "field"),
    ("saturated", 0, 1, "field"),
    ("saturated", 1, 1, "field"),
    ("empty", None, 1, "well"),
    ("debris", None, 2, "field"),
    ("uneven", None, 2, "field"),
    ("shifted", 1, 2, "field"),
    ("missing", None, 1, "well"),
    ("missing", None, 1, "field"),
)
"""Kind, channel (None: both), how many, and whether it takes a field or a well."""

KINDS = ("defects", "clean", "uneven", "blurred")
"""What is wrong with a plate: some wells, nothing, the light, or the focus of all."""
"""Kinds of demo plates: with the defects of `PLANTED`, with none, or with one fault
that every field has."""

_GLOW = 12.0
"""Factor on the light of the medium where all of a plate is lit unevenly."""

_EDGE = 0.8
"""Factor on the signal of the outermost wells, where the plate dried out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """One thing that is wrong on purpose."""

    kind: str
    row: int | None = None
    """Zero-based, like `column` and `field`; None: the whole plate, or its edge."""

    column: int | None = None
    field: int | None = None
    """None: all fields of the well."""

    channel: int | None = None
    """None: both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoField:
    """How to make one field."""

    row: int
    column: int
    field: int
    scene: Scene
    shot: Shot

    def render(self) -> NDArray[np.uint16]:
        """Return its pixels, shape ``(2, y, x)``."""
        return expose(draw(self.scene), self.shot)


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """A whole demo plate, before any pixel is made."""

    rows: int
    columns: int
    fields: int
    seed: int
    conditions: dict[tuple[int, int], tuple[str, str, float | None]]
    """Role, compound and dose by (row, column)."""

    defects: tuple[Defect, ...]
    images: tuple[DemoField, ...] = field(repr=False)
    """The fields that exist, well by well."""


def design(
    *,
    rows: int = 8,
    columns: int = 12,
    fields: int = 2,
    seed: int = 0,
    defects: bool = True,
    everywhere: str | None = None,
    toxic_column: int | None = None,
    shape: tuple[int, int] = (512, 512),
) -> Design:
    """Draw a demo plate; equal arguments give equal plates.

    Parameters
    ----------
    rows
        Rows of the plate.
    columns
        Columns of the plate.
    fields
        Fields of each well.
    seed
        Draws another plate.
    defects
        Plant the defects of `PLANTED` and the edge effect.
    everywhere
        A fault that every field has: ``"blurred"``, ``"saturated"``, ``"debris"``,
        ``"uneven"`` or ``"shifted"``.
    toxic_column
        Zero-based column in which most cells are dead.
    shape
        Pixels of a field as ``(y, x)``.
    """
    rng = np.random.default_rng((seed, rows, columns))
    conditions = _conditions(rng, rows, columns)
    planted = tuple(_plant(rng, conditions, fields)) if defects else ()
    absent = {d for d in planted if d.kind == "missing"}
    images = [
        _image(conditions, (row, column, index), seed, shape, toxic_column)
        for row in range(rows)
        for column in range(columns)
        for index in range(fields)
        if not any(_hits(defect, row, column, index) for defect in absent)
    ]
    images = [_spoil(image, planted, everywhere) for image in images]
    if defects:
        images = [_dry(image, rows, columns) for image in images]
        planted += (Defect(kind="edge"),)
    if everywhere is not None:
        planted += (Defect(kind=everywhere),)
    return Design(
        rows=rows,
        columns=columns,
        fields=fields,
        seed=seed,
        conditions=conditions,
        defects=planted,
        images=tuple(images),
    )


def _conditions(
    rng: Generator, rows: int, columns: int
) -> dict[tuple[int, int], tuple[str, str, float | None]]:
    """Return role, compound and dose of each well."""
    wells = {}
    samples = []
    for row, column in np.ndindex(rows, columns):
        if column in (0, columns - 1) and columns > 1:
            upper = row < (rows + 1) // 2
            positive = upper == (column > 0)
            wells[row, column] = (
                ("positive", "reference", 10.0)
                if positive
                else ("negative", "DMSO", None)
            )
        else:
            samples.append((row, column))
    for number, place in enumerate(rng.permutation(len(samples))):
        compound = f"CPD-{1 + number // len(DOSES):02d}"
        wells[samples[place]] = ("sample", compound, DOSES[number % len(DOSES)])
    return dict(sorted(wells.items()))


def _plant(
    rng: Generator,
    conditions: dict[tuple[int, int], tuple[str, str, float | None]],
    fields: int,
) -> Iterator[Defect]:
    """Draw a well of its own for each planted defect, among the samples."""
    samples = [well for well, (role, *_) in conditions.items() if role == "sample"]
    places = iter(rng.permutation(len(samples)))
    for kind, channel, count, extent in PLANTED:
        for _, place in zip(range(count), places, strict=False):
            row, column = samples[place]
            index = int(rng.integers(fields)) if extent == "field" else None
            yield Defect(
                kind=kind, row=row, column=column, field=index, channel=channel
            )


def _hits(defect: Defect, row: int, column: int, index: int) -> bool:
    """Return whether a defect concerns this field."""
    same_well = (defect.row, defect.column) == (row, column)
    return same_well and defect.field in (None, index)


def _image(
    conditions: dict[tuple[int, int], tuple[str, str, float | None]],
    place: tuple[int, int, int],
    seed: int,
    shape: tuple[int, int],
    toxic_column: int | None,
) -> DemoField:
    """Return how a field without defects is made."""
    row, column, index = place
    well = np.random.default_rng((seed, 1, row, column))
    field_rng = np.random.default_rng((seed, 2, row, column, index))
    action, toxicity = _response(*conditions[row, column])
    if column == toxic_column:
        toxicity = 0.9
    density = 110 * np.prod(shape) / 512**2 * well.lognormal(0, 0.09)
    scene = Scene(
        seed=int(field_rng.integers(2**31)),
        shape=shape,
        cells=float(density * field_rng.lognormal(0, 0.05) * (1 - 0.8 * toxicity)),
        action=float(np.clip(action + well.normal(0, 0.015), 0.02, 0.95)),
        toxicity=toxicity,
        brightness=float(well.lognormal(0, 0.05)),
    )
    shot = Shot(
        seed=int(field_rng.integers(2**31)),
        background=float(well.lognormal(0, 0.03)),
        vignette=float(field_rng.uniform(0.03, 0.07)),
    )
    return DemoField(row=row, column=column, field=index, scene=scene, shot=shot)


def _response(role: str, compound: str, dose: float | None) -> tuple[float, float]:
    """Return action and toxicity, each 0 to 1, as a dose-response curve gives them."""
    if role == "positive":
        return 0.9, 0.0
    if dose is None:
        return 0.05, 0.0
    half, lethal = ACTIVE.get(compound), TOXIC.get(compound)
    action = 0.05 + (0.85 * _hill(dose, half) if half is not None else 0.0)
    return action, _hill(dose, lethal) if lethal is not None else 0.0


def _hill(dose: float, half: float, slope: float = 1.3) -> float:
    """Return the share of the full effect at a dose."""
    return float(1 / (1 + (half / dose) ** slope))


def _spoil(
    image: DemoField, planted: tuple[Defect, ...], everywhere: str | None
) -> DemoField:
    """Return the field with the defects that concern it."""
    here = [d for d in planted if _hits(d, image.row, image.column, image.field)]
    faults = tuple((d.kind, d.channel) for d in here if d.kind != "empty")
    scene, shot = image.scene, image.shot
    if everywhere is not None:
        faults += ((everywhere, None),)
    if everywhere == "uneven":
        # A lamp that is off shows in a medium that glows, not in a dark one.
        shot = replace(shot, background=_GLOW * shot.background)
    if any(defect.kind == "empty" for defect in here):
        scene = replace(scene, cells=0.0)
    return replace(image, scene=scene, shot=replace(shot, faults=faults))


def _dry(image: DemoField, rows: int, columns: int) -> DemoField:
    """Return the field as it looks in a plate whose edge dried out."""
    if image.row not in (0, rows - 1) and image.column not in (0, columns - 1):
        return image
    dim = image.scene.brightness * _EDGE
    return replace(image, scene=replace(image.scene, brightness=dim))


def well_name(row: int, column: int) -> str:
    """Return the path of a well in the plate: ``"A/1"``."""
    return f"{row_letters(row)}/{column + 1}"


def truth(plan: Design) -> dict[str, Any]:
    """Return what is on the plate, as plain values for a JSON file.

    Parameters
    ----------
    plan
        What `design` returned.
    """
    return {
        "seed": plan.seed,
        "channels": list(CHANNELS),
        "defects": [
            {
                "kind": defect.kind,
                "well": None
                if defect.row is None or defect.column is None
                else well_name(defect.row, defect.column),
                "field": None if defect.field is None else str(defect.field),
                "channel": None if defect.channel is None else CHANNELS[defect.channel],
            }
            for defect in plan.defects
        ],
        "active_compounds": dict(ACTIVE),
        "toxic_compounds": dict(TOXIC),
    }
