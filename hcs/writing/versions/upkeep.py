"""Settling a plate, and asking what of it is not settled, by the place of the plate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hcs.settings import config
from hcs.writing.targets import hierarchy
from hcs.writing.versions.opening import opened
from hcs.writing.versions.settle import settle_fields
from hcs.writing.versions.unsettled import Grace, unsettled_fields

if TYPE_CHECKING:
    from hcs.writing.versions.unsettled import Unsettled


def settle(
    store: Any,
    *,
    now: bool = False,
    grace: float | None = None,
    wells: tuple[str, ...] | None = None,
) -> tuple[Unsettled, ...]:
    """Bring corrected fields back to their first paths, and remove spent aliases.

    What they supersede is put away, out of sight of those who list groups; plates that
    an earlier edition corrected are brought to that, too.

    Plates in object stores stay as they are unless `now`: a group is moved there by
    copying it, during which readers of the first path find it incomplete. One process
    at a time may do it.

    Parameters
    ----------
    store
        A plate.
    now
        Do not wait for the grace time. Readers that looked a path up just before may
        read the other version; `hcs` notices that by the version's id, others do not.
    grace
        Seconds, by default ``config.settle_grace``.
    wells
        Paths of the wells to look at; by default all that are listed.

    Returns
    -------
        What is still unsettled.
    """
    seconds = 0.0 if now else config.settle_grace if grace is None else grace
    with opened(store) as target:
        return settle_fields(target, Grace(seconds), wells, now=now)


def unsettled(
    store: Any, *, grace: float | None = None, wells: tuple[str, ...] | None = None
) -> tuple[Unsettled, ...]:
    """Return the fields that still have to be settled; parameters as for `settle`.

    Parameters
    ----------
    store
        A plate, by its place or open.
    grace
        Seconds, by default ``config.settle_grace``.
    wells
        Paths of the wells to look at; by default all that are listed.
    """
    seconds = config.settle_grace if grace is None else grace
    with opened(store) as target:
        state = hierarchy.read_plate_document(target)
        return unsettled_fields(target, state, Grace(seconds), wells)
