"""Signing plates off, and opening them again."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import json
import threading
from typing import TYPE_CHECKING

from dashboard.errors import DashboardError, RefusedError, SignedOffError
from dashboard.projects.rules import USUAL
from dashboard.reviews.acts import ReviewAct, new_batch
from dashboard.reviews.signed import (
    counts_of,
    refuse_if_signed,
    signed_off,
    versions_of,
)
from dashboard.reviews.verdicts import Verdicts
from dashboard.settings import project_of
from dashboard.text import plain_text
from hcs.errors import HCSError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from dashboard.events import Events
    from dashboard.plates.registry import Plates
    from dashboard.plates.served import ServedPlate
    from dashboard.projects.rules import Projects
    from dashboard.reviews.ledger import Ledger
    from dashboard.reviews.looks import Looks
    from dashboard.reviews.reviews import Reviews
    from dashboard.reviews.usability import Usability
    from dashboard.reviews.values import PlateReview, SignedOff
    from dashboard.settings import Settings
    from hcs.metadata import Who

_COMMIT_TIME = datetime.timedelta(minutes=15)
"""A commit that began before and has not ended is one of a server that died."""

_MOST_IDS = 3
"""Ids that a refusal lists; with one opened, the next are named."""


class Signing:
    """Locks plates whose review is finished.

    A sign-off and a reopening are rows of the plate's ledger, added under the same
    lock as verdicts: no verdict of another process comes between, and no change of what
    else a sign-off covers.

    Parameters
    ----------
    reviews, ledger, plates, projects, events
        What is signed.
    settings
        Where the rest of what a sign-off covers is stored.
    apply_plate_map
        Gives a plate what people said of its wells.
    usability
        Says what a plate with these verdicts is good for, which a sign-off states.
    """

    def __init__(
        self,
        reviews: Reviews,
        ledger: Ledger,
        plates: Plates,
        projects: Projects,
        events: Events,
        settings: Settings,
        apply_plate_map: Callable[[ServedPlate], object],
        usability: Callable[[str, PlateReview], Usability],
    ) -> None:
        self._reviews = reviews
        self._ledger = ledger
        self._plates = plates
        self._projects = projects
        self._events = events
        self._settings = settings
        self._apply_plate_map = apply_plate_map
        self._usability = usability
        self._lock = threading.Lock()
        self._turns: dict[str, threading.Lock] = {}

    def state(self, key: str) -> SignedOff | None:
        """Return the sign-off that holds, None while the plate is open (fast)."""
        return self._reviews.review(key).signed

    def counts(self, key: str, looked: Collection[str] = ()) -> dict[str, int]:
        """Return what a sign-off would state (fast): see `counts_of`."""
        overview = self._plates.get(key).overview()
        return counts_of(overview, self._reviews.review(key), looked)

    def sign_off(
        self, key: str, who: Who, note: str = "", looks: Looks | None = None
    ) -> SignedOff:
        """Lock a plate as it is now; reads every well.

        Parameters
        ----------
        key
            Of the plate.
        who
            Who signs.
        note
            Free text.
        looks
            What they have had before the eyes: wells need not be judged to be seen.

        Raises
        ------
        SignedOffError
            If it is signed off already.
        DashboardError
            If a blind review or a commit is under way, or the plate was not looked
            over yet.
        """
        self._reviews.may_write()
        plate = self._plates.get(key)
        overview = plate.overview()
        if not overview.surveyed:
            raise DashboardError(
                "The wells of this plate are still being looked at; sign it off when "
                "that is done."
            )
        self._settings.read_anew()
        self._apply_plate_map(plate)
        review = self._reviews.read(key)
        parts = self._projects.parts(plate)
        act = ReviewAct(
            kind="sign-off",
            batch=new_batch(),
            who=who.name,
            known=who.known,
            note=note,
            versions=versions_of(plate),
            settings=self._projects.revision(plate),
            details={
                "project": project_of(overview.location),
                "use": self._usability(key, review).use,
                "counts": counts_of(
                    overview,
                    review,
                    looks.current(key, lambda label: plate.well(label).digest)
                    if looks
                    else (),
                ),
            },
        )

        ids = self._reviews.ids(key) | {plate.plate.id}

        def make(verdicts: Verdicts) -> list[ReviewAct]:
            refuse_if_signed(verdicts.signed, key)
            self._refuse_unfinished(ids)
            if verdicts.open_round is not None:
                raise RefusedError(
                    "A blind review is under way: sign off when both are done and "
                    "their disagreements are settled."
                )
            if verdicts.last != review.last:
                raise DashboardError(
                    "Somebody has judged this plate at the same moment; look at it "
                    "again and sign off then."
                )
            self._settings.read_anew()
            self._apply_plate_map(plate)
            now = self._projects.parts(plate)
            # What is usual is found by measuring, which may have ended just now.
            if any(now[name] != old for name, old in parts.items() if name != USUAL):
                raise DashboardError(
                    "Somebody has changed the plate map or the settings of the project "
                    "at the same moment; look at the plate again and sign off then."
                )
            details = {**act.details, "parts": now}
            return [dataclasses.replace(act, details=details)]

        with self._turn(key):
            self._reviews.record(key, make, signing=True)
        signed = self._reviews.read(key).signed
        return signed or signed_off(act)

    def reopen(self, key: str, who: Who, note: str = "") -> None:
        """Unlock a plate; who did it and why stays in the ledger.

        Raises
        ------
        DashboardError
            If it is not signed off.
        """
        act = ReviewAct(
            kind="reopen", batch=new_batch(), who=who.name, known=who.known, note=note
        )

        def make(verdicts: Verdicts) -> list[ReviewAct]:
            if verdicts.signed is None:
                raise DashboardError("This plate is not signed off.")
            return [act]

        self._reviews.record(key, make)

    @contextlib.contextmanager
    def held_open(self, key: str) -> Iterator[None]:
        """Keep a plate open while something of it is replaced.

        Nobody can sign it off meanwhile in this process. In another, a commit that
        has begun keeps them from it.

        Raises
        ------
        SignedOffError
            If it is signed off.
        """
        with self._turn(key):
            self._reviews.refuse_if_signed(key)
            yield

    def _turn(self, key: str) -> threading.Lock:
        with self._lock:
            return self._turns.setdefault(key, threading.Lock())

    def _refuse_unfinished(self, ids: Iterable[str]) -> None:
        """Raise while a commit is under way, of any server of this database."""
        moment = datetime.datetime.now(datetime.UTC)
        for act in (event for id in ids for event in self._events.unfinished(id)):
            if moment - datetime.datetime.fromisoformat(act.at) < _COMMIT_TIME:
                raise RefusedError(
                    f"{plain_text(act.who, 80)} is committing a correction of well "
                    f"{plain_text(act.well, 40)} at this moment; look at it, and sign "
                    f"off when that is done."
                )

    @contextlib.contextmanager
    def changing(self, *keys: str) -> Iterator[None]:
        """Change settings of plates and of their projects in the block, or nothing.

        Looking for sign-offs and writing are one transaction: nobody signs a plate
        off in between.

        Raises
        ------
        SignedOffError
            See `refuse_settings`.
        """
        for key in keys:  # what is read for it need not be read while others wait
            self.refuse_settings(key)
        with self._settings.together():
            for key in keys:
                self.refuse_settings(key)
            yield

    def refuse_settings(self, key: str) -> None:
        """Raise where a change of the project's settings would change a signed plate.

        Roles, cut-offs and the like belong to the project: they change what the
        numbers of all its plates say.
        """
        self._reviews.refuse_if_signed(key)
        sign_offs = self._ledger.signed()
        if not sign_offs:
            return
        project = project_of(self._plates.get(key).overview().location)
        signed, away = self._locking(project, sign_offs)
        locking = [*signed, *(signed_off(act) for act in away.values())]
        if locking:
            name = plain_text(json.dumps(project), 200)
            raise SignedOffError(
                f"{len(locking)} plates of the project {name} are signed off (the last "
                f"one: {locking[-1].text}), and these settings are theirs as well. "
                f"Reopen them first, or move this plate into a folder of its own."
                f"{_elsewhere(away)}"
            )

    def _locking(
        self, project: str, sign_offs: Mapping[str, ReviewAct]
    ) -> tuple[list[SignedOff], dict[str, ReviewAct]]:
        """Return what locks a project's settings: plates that are served, and others.

        A plate that is served counts where it is now and under all its ids; of one
        that is not, nothing is known but where it was when it was signed.
        """
        signed: list[SignedOff] = []
        away = dict(sign_offs)
        for plate in self._plates.all():
            try:
                mine = self._reviews.ids(plate.key) & sign_offs.keys()
                if not mine:
                    continue
                here = project_of(plate.overview().location)
                act = self._reviews.verdicts(plate.key).signed
            except HCSError:
                continue  # it cannot be opened: as if it were not served
            for id in mine:
                away.pop(id, None)
            if here == project and act is not None:
                signed.append(signed_off(act))
        return signed, {
            id: act for id, act in away.items() if act.details.get("project") == project
        }


def reopen_away(ledger: Ledger, id: str, who: Who, note: str = "") -> None:
    """Unlock a plate that is not at hand, by the id that its sign-off is kept under.

    Raises
    ------
    DashboardError
        If no sign-off holds under the id.
    """
    act = ReviewAct(
        kind="reopen", batch=new_batch(), who=who.name, known=who.known, note=note
    )

    def make(acts: list[ReviewAct]) -> list[ReviewAct]:
        if Verdicts(acts).signed is None:
            raise DashboardError(
                f"No plate is signed off under the id {plain_text(id, 60)!r}; what "
                f"refused a change tells the ids."
            )
        return [act]

    ledger.append(id, 0, make)


def _elsewhere(away: Iterable[str]) -> str:
    """Say how plates are reopened that are not served, "" where there are none."""
    ids = [plain_text(id, 60) for id in away]
    if not ids:
        return ""
    more = f" and {len(ids) - _MOST_IDS} more" if len(ids) > _MOST_IDS else ""
    return (
        f" Not served here: {', '.join(ids[:_MOST_IDS])}{more}; if they are gone, "
        f"`hcs-dashboard reopen ID` opens them."
    )
