"""Which ledger a plate has: its id's, unless people said otherwise.

Decisions hang on a plate's id, so they follow it wherever it is moved. A copy has the
same id: until somebody says whether it is the same plate or another one, it shows the
same decisions, and the page and `hcs-dashboard relink` say so.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dashboard.errors import DashboardError
from dashboard.plates.registry import is_address
from dashboard.text import plain_text
from hcs.errors import HCSError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dashboard.plates.served import ServedPlate
    from dashboard.settings import Settings

_PLACES, _OWN, _ALSO = "places", "own-ledger", "also-ledgers"
_MOST_PLACES = 20
_FRESH_SECONDS = 0.5


class _Ledgers(NamedTuple):
    """What was answered, when, and how settings were then."""

    stamp: int | None
    moment: float
    ledger: str
    also: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What is known of a plate's identity here."""

    id: str
    """The plate's own, or its fingerprint."""

    ledger: str
    """Under which its decisions are kept: the id, unless it was set apart."""

    also: tuple[str, ...] = ()
    """Ids whose decisions were given to it."""

    copies: tuple[str, ...] = ()
    """Other places that hold a plate with this id now, and were not set apart."""

    before: tuple[str, ...] = ()
    """Where it was before, and is no more: it was moved or renamed."""

    @property
    def question(self) -> str:
        """What a person should be asked, "" for nothing."""
        if not self.copies:
            return ""
        places = ", ".join(self.copies[:3])
        more = len(self.copies) - 3
        return (
            f"A plate with the same id is at {places}"
            f"{f' and {more} other places' if more > 0 else ''}: decisions on one are "
            f"decisions on both. Is this the same plate, or a copy to be judged apart?"
        )


class Links:
    """Knows where plates were seen, and which of them were set apart.

    Thread safety: that of `Settings`.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._noted: set[tuple[str, str]] = set()
        self._ledgers: dict[tuple[str, str], _Ledgers] = {}

    def ledgers(self, plate: ServedPlate) -> tuple[str, tuple[str, ...]]:
        """Return `ledger` and `also` (fast), half a second old where others write.

        Whatever a page asks of verdicts asks for them first.
        """
        key, moment = (_place(plate), plate.plate.id), time.monotonic()
        stamp, known = self._settings.stamp, self._ledgers.get(key)
        if (
            known is None
            or stamp is None
            or known.stamp != stamp
            or (moment - known.moment > _FRESH_SECONDS)
        ):
            known = _Ledgers(stamp, moment, self.ledger(plate), self.also(plate))
            if stamp is not None:
                self._ledgers[key] = known
        return known.ledger, known.also

    def ledger(self, plate: ServedPlate) -> str:
        """Return under which id a plate's decisions are kept (fast)."""
        own = self._settings.get(_OWN, _place(plate))
        if isinstance(own, dict) and own.get("of") == plate.plate.id:
            return str(own["ledger"])
        return plate.plate.id

    def is_apart(self, plate: ServedPlate) -> bool:
        """Whether a plate is a copy that is judged apart (fast)."""
        return self._is_apart(_place(plate), plate.plate.id)

    def also(self, plate: ServedPlate) -> tuple[str, ...]:
        """Return the ids whose decisions a plate was given."""
        linked = self._settings.get(_ALSO, self.ledger(plate))
        return tuple(map(str, linked)) if isinstance(linked, list) else ()

    def note(self, plate: ServedPlate) -> None:
        """Remember that a plate is where it is; does nothing the second time."""
        key = (plate.plate.id, _place(plate))
        if key in self._noted:
            return
        self._noted.add(key)
        known = self._places(plate.plate.id)
        if key[1] not in known:
            self._settings.put([key[1], *known][:_MOST_PLACES], _PLACES, key[0])

    def view(self, plate: ServedPlate, served: Sequence[ServedPlate] = ()) -> Link:
        """Return what is known of a plate; looks at the places where it was.

        Parameters
        ----------
        plate
            The plate.
        served
            All plates that are served: a copy may be one of them.
        """
        id, ledger = plate.plate.id, self.ledger(plate)
        here = _place(plate)
        places = set(self._places(id)) - {here}
        for other in served:
            try:
                if other is not plate and other.plate.id == id:
                    places.add(_place(other))
            except HCSError:
                continue  # it cannot be opened, so nobody knows what it is
        there = {place for place in places if _is_there(place, id)}
        apart = {place for place in there if self._is_apart(place, id)}
        return Link(
            id=id,
            ledger=ledger,
            also=self.also(plate),
            copies=() if ledger != id else tuple(sorted(there - apart)),
            before=tuple(sorted(places - there)),
        )

    def set_apart(self, plate: ServedPlate, ledger: str = "") -> str:
        """Give a copy a ledger of its own, from here on; return its id.

        What was decided before stays with the other. Nothing is written to the plate.

        Parameters
        ----------
        plate
            The copy.
        ledger
            Id of the ledger; a new one where empty.

        Raises
        ------
        DashboardError
            If it has another one already that was asked for.
        """
        here = self.ledger(plate)
        if ledger and here not in (ledger, plate.plate.id):
            raise DashboardError(
                f"{plate.key!r} is judged apart under the id {plain_text(here, 60)} "
                f"here, and under {plain_text(ledger, 60)} there. `hcs-dashboard "
                f"relink --same` takes the first back."
            )
        ledger = ledger or uuid.uuid4().hex
        value = {"of": plate.plate.id, "ledger": ledger}
        self._settings.put(value, _OWN, _place(plate))
        return ledger

    def join(self, plate: ServedPlate) -> None:
        """Take back that a plate was set apart: it is the same one."""
        self._settings.put(None, _OWN, _place(plate))

    def take_over(self, plate: ServedPlate, id: str) -> None:
        """Give a plate the decisions that are kept under another id.

        For a plate whose fingerprint has changed, because its documents were edited.

        Raises
        ------
        DashboardError
            If it is its own id.
        """
        ledger = self.ledger(plate)
        if id == ledger:
            raise DashboardError(
                f"{plain_text(id, 60)} is the id of this plate already; its decisions "
                f"are there."
            )
        known = self.also(plate)
        if id not in known:
            self._settings.put([*known, id], _ALSO, ledger)

    def _places(self, id: str) -> list[str]:
        places = self._settings.get(_PLACES, id)
        return [str(place) for place in places] if isinstance(places, list) else []

    def _is_apart(self, place: str, id: str) -> bool:
        own = self._settings.get(_OWN, place)
        return isinstance(own, dict) and own.get("of") == id


def _place(plate: ServedPlate) -> str:
    return plate.plate.location or plate.location


def _is_there(place: str, id: str) -> bool:
    """Whether a place still holds a plate with an id; remote ones are believed."""
    from hcs import from_hcs_zarr

    if is_address(place):
        return True
    if not Path(place).exists():
        return False
    try:
        plate = from_hcs_zarr(place)
    except HCSError:
        return False
    try:
        return plate.id == id
    finally:
        plate.close()
