"""What is read of the chosen well, and of the field that is open in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.text import plain_text
from hcs.errors import HCSError

if TYPE_CHECKING:
    from dashboard.service import Service


def well_facts(
    service: Service, key: str, label: str, field: str, *, again: bool
) -> dict[str, Any]:
    """Return what changes in a snapshot; runs in a thread.

    Parameters
    ----------
    again
        Whether also to ask what is measured, and whether pictures come at once.

    Raises
    ------
    HCSError
        If the well cannot be read.
    """
    well = service.plates.well(key, label)
    changes: dict[str, Any] = {"well": well, "history": (), "history_problem": ""}
    changes["history_of"] = (key, label, field)
    if again:
        changes["previewed"] = service.sprites.previewed(key, well)
        changes["field_values"] = service.quality.field_values(key, label)
    if field and well.field(field) is not None:
        try:
            changes["history"] = service.corrections.history(key, label, field)
        except HCSError as error:
            changes["history_problem"] = plain_text(error)
    return changes
