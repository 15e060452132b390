"""What each well is for, and whether that goes with where it is.

A plate map has columns of any name; a `RoleMapping` says which is what. It is
proposed from names and values, shown, and corrected by a person.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hcs.layout import Position

ROLES = ("positive", "negative", "untreated", "sample", "empty")
"""What a well can be for. Statistics compare positives with negatives."""

_ROLE_COLUMN = ("role", "control", "controls", "type", "welltype", "contenttype")
_COMPOUND_COLUMN = (
    "compound",
    "treatment",
    "drug",
    "substance",
    "sirna",
    "gene",
    "pert",
)
_DOSE_COLUMN = ("dose", "doses", "concentration", "conc", "mmolsperliter")
_REPLICATE_COLUMN = ("replicate", "replica", "rep")

_ROLE_WORDS = {
    "positive": ("positive", "pos", "poscon", "positivecontrol", "p", "1", "+", "high"),
    "negative": (
        "negative", "neg", "negcon", "negativecontrol", "n", "-1", "-", "dmso",
        "vehicle", "low",
    ),
    "untreated": ("untreated", "mock", "media", "medium", "u"),
    "sample": ("sample", "samples", "compound", "treated", "trt", "test", "0", "s"),
    "empty": ("empty", "blank", "unused", "none", "e"),
}  # fmt: skip

_ROLE_STEMS = {"poscon": "positive", "negcon": "negative"}
"""How the words of the JUMP consortium begin: ``poscon_cp``, ``poscon_diverse``."""

_UNIT = re.compile(
    r"(?<![\s_(\[])[\s_(\[]+(pM|nM|uM|µM|μM|mM|M|ng/ml|ug/ml|mg/ml|%)[)\]]?$"
)

_GOES_WITH = 0.6
"""Association (Cramér's V, corrected) from which two things go together."""

_LEAST_REPEATS = 3
"""Wells that a compound or dose has at least, to be compared with positions."""

_MOST_ACTIVE = 0.5
"""Share of wells under one compound from which most are expected to respond."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WellRole:
    """What one well is for."""

    role: str | None = None
    """One of `ROLES`; None where the map does not say."""

    compound: str | None = None
    dose: float | None = None
    replicate: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleMapping:
    """Which column of a plate map is what."""

    role: str | None = None
    """Name of the column that tells controls from samples."""

    values: Mapping[str, str] = field(default_factory=dict)
    """Role by the text of a value in that column."""

    compound: str | None = None
    dose: str | None = None
    unit: str | None = None
    """Unit of the doses, from the column's name."""

    replicate: str | None = None

    def apply(self, condition: Mapping[str, Any]) -> WellRole:
        """Return what a well is for, from its conditions by column.

        Parameters
        ----------
        condition
            Values by the plate map's columns, as `HCSPlate.conditions` has them of a
            well.

        Returns
        -------
            None for whatever the well has no value for, and for a role whose text is
            not one of `values`.
        """
        name = condition.get(self.role) if self.role is not None else None
        return WellRole(
            role=None if name is None else self.values.get(_text(name)),
            compound=_optional(condition, self.compound),
            dose=_number(condition.get(self.dose)) if self.dose is not None else None,
            replicate=_optional(condition, self.replicate),
        )


def header_key(columns: Iterable[str]) -> str:
    """Return what a mapping is remembered by: the columns' names, in any order.

    Parameters
    ----------
    columns
        Names of the columns of a plate map.
    """
    return "|".join(sorted(_squeezed(name) for name in columns))


def propose_mapping(conditions: Mapping[Any, Mapping[str, Any]]) -> RoleMapping:
    """Propose which column is what, from the columns' names and values.

    Parameters
    ----------
    conditions
        Value by column, for each well.
    """
    columns = list(dict.fromkeys(c for well in conditions.values() for c in well))
    role = _role_column(columns, conditions)
    dose = _named(columns, _DOSE_COLUMN)
    unit = _UNIT.search(dose) if dose is not None else None
    return RoleMapping(
        role=role,
        values={} if role is None else _role_values(role, conditions),
        compound=_named(columns, _COMPOUND_COLUMN),
        dose=dose,
        unit=None if unit is None else unit.group(1),
        replicate=_named(columns, _REPLICATE_COLUMN),
    )


def _role_column(
    columns: Sequence[str], conditions: Mapping[Any, Mapping[str, Any]]
) -> str | None:
    """Return the column by whose values roles are known."""
    named = [c for c in columns if _is_named(c, _ROLE_COLUMN)]
    for column in (*named, *columns):
        roles = set(_role_values(column, conditions).values())
        worded = column in named or any(
            _text(well.get(column)).isalpha() for well in conditions.values()
        )
        if worded and {"positive", "negative"} & roles and len(roles) > 1:
            return column
    return None


def _role_values(
    column: str, conditions: Mapping[Any, Mapping[str, Any]]
) -> dict[str, str]:
    """Return the role of each value of a column whose word is known."""
    roles = {}
    for text in {_text(well.get(column)): None for well in conditions.values()}:
        word = text.casefold().replace(" ", "")
        for role, words in _ROLE_WORDS.items():
            if word in words:
                roles[text] = role
        if word[:6] in _ROLE_STEMS:
            roles[text] = _ROLE_STEMS[word[:6]]
    return roles


def _named(columns: Sequence[str], words: Sequence[str]) -> str | None:
    return next((column for column in columns if _is_named(column, words)), None)


def _is_named(column: str, words: Sequence[str]) -> bool:
    parts = re.split(r"[^a-z0-9]+", column.casefold())
    return any(part in words for part in (*parts, "".join(parts)))


def _squeezed(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "", text.casefold())


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _optional(condition: Mapping[str, Any], column: str | None) -> str | None:
    return (_text(condition.get(column)) or None) if column is not None else None


def _number(value: object) -> float | None:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return number if np.isfinite(number) else None


def confounding(
    roles: Mapping[Position, WellRole], shape: tuple[int, int]
) -> tuple[str, ...]:
    """Return why differences between positions cannot be told from treatment.

    Parameters
    ----------
    roles
        What each well is for, of the wells that are to be compared.
    shape
        Rows and columns of the plate.

    Returns
    -------
        Sentences such as ``"dose follows columns"``; none where all is well.
    """
    rows, columns = shape
    axes: dict[str, list[object]] = {
        "rows": [row for row, _ in roles],
        "columns": [column for _, column in roles],
        "the edge": [r in (0, rows - 1) or c in (0, columns - 1) for r, c in roles],
    }
    warnings = []
    for name in ("role", "compound", "dose"):
        labels = [getattr(role, name) for role in roles.values()]
        for axis, places in axes.items():
            if association(labels, places) >= _GOES_WITH:
                warnings.append(f"{name} follows {axis}")
    compounds = Counter(
        role.compound or "one compound" for role in roles.values() if role.dose
    )
    if compounds and max(compounds.values()) > _MOST_ACTIVE * len(roles):
        warnings.append("most wells are expected to be active")
    return tuple(warnings)


def association(labels: Sequence[object], places: Sequence[object]) -> float:
    """Return how closely labels go with places: Cramér's V without its bias, 0 to 1.

    Labels of fewer than three wells say nothing and are left out, as is None.
    """
    number = Counter(label for label in labels if label is not None)
    table: dict[object, Counter[object]] = defaultdict(Counter)
    for label, place in zip(labels, places, strict=True):
        if label is not None and number[label] >= _LEAST_REPEATS:
            table[label][place] += 1
    columns = sorted({place for row in table.values() for place in row}, key=repr)
    counts = np.array([[row[place] for place in columns] for row in table.values()])
    if counts.ndim != 2 or min(counts.shape) < 2:
        return 0.0
    total = counts.sum()
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / total
    phi = float(((counts - expected) ** 2 / expected).sum()) / total
    k, m = counts.shape
    phi = max(0.0, phi - (k - 1) * (m - 1) / (total - 1))
    k_true, m_true = (s - (s - 1) ** 2 / (total - 1) for s in (k, m))
    least = min(k_true, m_true) - 1
    return min(float(np.sqrt(phi / least)), 1.0) if least > 0 else 0.0
