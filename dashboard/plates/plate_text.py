"""A plate as the map's script takes it: ``PlateText`` of ``assets/types.d.ts``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from dashboard.plates.values import WellStatus
from dashboard.text import plain_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.plates.values import PlateOverview, WellState

STATES = {status: code for code, status in enumerate(get_args(WellStatus))}
"""Codes of `WellStatus` in texts of the page, as `assets/plate/states.js` has them."""


def plate_content(
    overview: PlateOverview, letter: Callable[[str], str] = lambda _: ""
) -> dict[str, Any]:
    """Return the plate as columns of values, one entry a position of the grid.

    Parameters
    ----------
    overview
        The plate.
    letter
        The letter of a control's role by the well's label, "" for others.
    """
    wells = overview.wells
    return {
        "key": overview.key,
        "name": plain_text(overview.name, 80) or overview.key,
        "rows": heads(wells, len(overview.columns), rows=True),
        "columns": heads(wells, len(overview.columns), rows=False),
        "labels": [well.label for well in wells],
        "states": [STATES[well.state] for well in wells],
        "fields": [well.n_fields for well in wells],
        "expected": [well.expected_fields for well in wells],
        "errors": {
            str(at): plain_text(well.error)
            for at, well in enumerate(wells)
            if well.error
        },
        "conditions": [
            [
                (plain_text(name, 60), plain_text(text, 120))
                for name, text in well.conditions
            ]
            for well in wells
        ],
        "corrected": [at for at, well in enumerate(wells) if well.corrected],
        "roles": {
            str(at): role
            for at, well in enumerate(wells)
            if (role := letter(well.label))
        },
        "acquisitions": [
            {"id": acquisition.id, "name": plain_text(acquisition.name, 60)}
            for acquisition in overview.acquisitions
        ],
        "banner": plain_text(overview.banner),
    }


def heads(wells: tuple[WellState, ...], columns: int, *, rows: bool) -> list[str]:
    """Return the letters of rows or the numbers of columns, as labels spell them."""
    picked = wells[::columns] if rows else wells[:columns]
    is_head = str.isalpha if rows else str.isdigit
    texts = ["".join(filter(is_head, well.label)) for well in picked]
    return texts if rows else [text.lstrip("0") or text for text in texts]
