"""Whether a number depends on where on the plate a well is.

Pure: a grid of one value a well in, effects out. An effect is called material only if
it is both hardly chance and large, because with hundreds of wells tiny effects are
hardly chance too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy  # its parts are loaded when used: `stats` takes a second

from hcs.qc.plates.chance import kruskal, mann_whitney, p_text, spearman
from hcs.qc.plates.polish import median_polish
from hcs.qc.plates.screen import finite, mad

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

_CHANCE = 0.001
"""p below which an effect is hardly chance."""

_DRIFT_CHANCE = 0.01
"""The same for drift, which is based on as few numbers as there are columns."""

LEAST_GROUP = 3
"""Wells of a group below which it is not compared."""

LEAST_STEPS = 6
"""Columns (or rows) that a drift needs."""

_LARGE_DELTA = 0.33
"""Cliff's delta of a medium effect."""

_LARGE_PERCENT = 10.0
"""Percent of the plate's median that is material."""

_LARGE_SPREAD = 1.5
"""Spread of row or column effects, in residual MADs, that is material."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One way in which wells differ by where they are."""

    id: str
    """``"edge"``, ``"row"``, ``"column"``, ``"drift along columns"`` ..."""

    size: float
    """Effect in percent of the plate's median; for row and column the spread of
    effects in residual MADs. NaN where it is not known."""

    unit: str
    agreement: float = math.nan
    """Cliff's delta (edge) or Spearman's correlation (drift), -1 to 1."""

    p: float = math.nan
    n: tuple[int, ...] = ()
    """Wells in each group; steps for a drift."""

    material: bool = False
    """Hardly chance and large."""

    note: str = ""
    """Why there is no number."""

    @property
    def text(self) -> str:
        """The effect as a sentence's part, with size, p and n."""
        if math.isnan(self.size):
            return f"{self.id}: {self.note or 'no size'}"
        sign = "+" if self.unit == "%" else ""
        parts = [f"{self.size:{sign}.1f} {self.unit}"]
        if not math.isnan(self.agreement):
            name = "Cliff's delta" if self.id == "edge" else "Spearman"
            parts.append(f"{name} {self.agreement:+.2f}")
        parts.append(p_text(self.p))
        parts.append(
            f"n {' and '.join(map(str, self.n)) if len(self.n) < 3 else sum(self.n)}"
        )
        return f"{self.id}: {', '.join(parts)}"


def edge_mask(rows: int, columns: int, layers: int = 1) -> NDArray[np.bool_]:
    """Return True for the outermost wells, shape (rows, columns)."""
    mask = np.ones((rows, columns), bool)
    mask[layers : rows - layers, layers : columns - layers] = False
    return mask


def edge_effect(grid: ArrayLike, layers: int = 1) -> Effect:
    """Compare the outermost wells with the others: Mann-Whitney and Cliff's delta.

    Parameters
    ----------
    grid
        One value a well of the physical plate, shape (rows, columns); NaN where there
        is none. Only the plate's own rim is edge, not that of the wells in use.
    layers
        How many rings of wells are edge.
    """
    values = np.asarray(grid, np.float64)
    rows, columns = values.shape
    edge = edge_mask(rows, columns, layers)
    outer, inner = finite(values[edge]), finite(values[~edge])
    number = (outer.size, inner.size)
    if min(number) < LEAST_GROUP:
        return _none("edge", "%", number)
    delta, p = mann_whitney(outer, inner)
    size = _percent(float(np.median(outer) - np.median(inner)), inner)
    large = abs(delta) >= _LARGE_DELTA or abs(size) >= _LARGE_PERCENT
    return Effect(
        id="edge",
        size=size,
        unit="%",
        agreement=delta,
        p=p,
        n=number,
        material=p < _CHANCE and large,
    )


def line_effect(grid: ArrayLike, axis: int) -> Effect:
    """Compare rows (axis 0) or columns (axis 1): Kruskal-Wallis and median polish.

    Lines with fewer than three values take no part, so that a plate has the same effect
    whether or not its grid has lines without wells.
    """
    values = np.asarray(grid, np.float64)
    id = ("row", "column")[axis]
    lines = [finite(line) for line in (values if axis == 0 else values.T)]
    compared = [line.size >= LEAST_GROUP for line in lines]
    groups = [line for line in lines if line.size >= LEAST_GROUP]
    number = tuple(group.size for group in groups)
    if len(groups) < 2:
        return _none(id, "MAD", number)
    p = kruskal(groups)
    polish = median_polish(values)
    scale = mad(polish.residuals)
    effects = (polish.rows, polish.columns)[axis][compared]
    size = float(np.ptp(effects)) / scale if scale > 0 else math.nan
    large = not size < _LARGE_SPREAD
    return Effect(
        id=id, size=size, unit="MAD", p=p, n=number, material=p < _CHANCE and large
    )


def drift(grid: ArrayLike, axis: int, order: Sequence[float] | None = None) -> Effect:
    """Look for a steady change along rows (axis 0) or columns (axis 1).

    Parameters
    ----------
    order
        When each row or column was imaged; their position where not given.
    """
    values = np.asarray(grid, np.float64)
    id = f"drift along {('rows', 'columns')[axis]}"
    lines = values if axis == 0 else values.T
    place = np.asarray(range(len(lines)) if order is None else order, np.float64)
    used = np.isfinite(lines).any(axis=1)
    steps = int(used.sum())
    if steps < LEAST_STEPS:
        return _none(id, "%", (steps,), f"needs {LEAST_STEPS} lines with wells")
    medians = np.array([np.median(finite(line)) for line in lines[used]])
    if np.ptp(medians) == 0:
        return _none(id, "%", (steps,), "the wells do not vary")
    agreement, p = spearman(place[used], medians)
    slope = float(scipy.stats.theilslopes(medians, place[used]).slope)
    size = _percent(slope * float(np.ptp(place[used])), finite(values))
    return Effect(
        id=id,
        size=size,
        unit="%",
        agreement=agreement,
        p=p,
        n=(steps,),
        material=p < _DRIFT_CHANCE and abs(size) >= _LARGE_PERCENT,
    )


_PATTERNS: tuple[tuple[str, int, Callable[[Any, Any], Any]], ...] = (
    ("every other column", 0, lambda row, column: column % 2),
    ("every other row", 0, lambda row, column: row % 2),
    ("quadrants", 384, lambda row, column: 2 * (row % 2) + column % 2),
    ("groups of 8 rows", 0, lambda row, column: row // 8),
)
"""What they are called, the least wells of a plate that is filled so, and which group a
well belongs to. Plates of 384 wells and more are filled from four smaller ones."""


def dispensing_patterns(grid: ArrayLike) -> tuple[Effect, ...]:
    """Compare the groups of wells that one dispensing step fills.

    Parameters
    ----------
    grid
        One value a well of the physical plate, whose rows and columns the groups are
        counted by; NaN where there is none. Groups without wells take no part.
    """
    values = np.asarray(grid, np.float64)
    row, column = np.indices(values.shape)
    effects = []
    for id, least, group_of in _PATTERNS:
        if values.size < least:
            continue
        number = np.broadcast_to(group_of(row, column), values.shape)
        parts = [finite(values[number == index]) for index in np.unique(number)]
        groups = [part for part in parts if part.size]
        if len(groups) < 2:
            continue
        sizes = tuple(group.size for group in groups)
        if min(sizes) < LEAST_GROUP:
            effects.append(_none(id, "%", sizes))
            continue
        p = kruskal(groups)
        medians = [float(np.median(group)) for group in groups]
        size = _percent(max(medians) - min(medians), finite(values))
        material = p < _CHANCE and abs(size) >= _LARGE_PERCENT
        effects.append(
            Effect(id=id, size=size, unit="%", p=p, n=sizes, material=material)
        )
    return tuple(effects)


def position_effects(grid: ArrayLike, layers: int = 1) -> tuple[Effect, ...]:
    """Return edge, row, column, dispensing and drift effects of one plate.

    Parameters
    ----------
    grid
        One value a well of the physical plate, shape (rows, columns); NaN where there
        is none.
    """
    return (
        edge_effect(grid, layers),
        line_effect(grid, 0),
        line_effect(grid, 1),
        *dispensing_patterns(grid),
        drift(grid, 0),
        drift(grid, 1),
    )


def _none(
    id: str, unit: str, number: tuple[int, ...], note: str = "not enough wells"
) -> Effect:
    return Effect(id=id, size=math.nan, unit=unit, n=number, note=note)


def _percent(difference: float, values: NDArray[np.float64]) -> float:
    """Return a difference in percent of the values' median."""
    middle = float(np.median(values))
    return 100 * difference / abs(middle) if middle else math.nan
