"""What is written to plates: commits and reverts, recorded, and brought to an end."""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING

import numpy as np

from dashboard.corrections.batch_records import committed_version
from dashboard.corrections.drafting import index_of
from dashboard.corrections.versions import field_history
from dashboard.events import Event
from hcs import Who, recover, revert, settle, stage_field, to_ngff_image
from hcs.errors import ConflictError, HCSError, StaleVersionError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from dashboard.corrections.staged import StagedCorrection, StagedCorrections
    from dashboard.events import Events
    from dashboard.plates.served import ServedPlate
    from hcs import StagedField
    from hcs.metadata import FieldVersion

_LOG = logging.getLogger(__name__)


class Commits:
    """Writes corrections to plates; each act begun has an end in the record.

    Parameters
    ----------
    staged
        Corrections of this process, one of which may be being committed.
    events
        The record of acts.
    """

    def __init__(self, staged: StagedCorrections, events: Events) -> None:
        self._staged = staged
        self._events = events
        self._recovered: set[str] = set()
        """Keys of plates on which nothing is left of servers that died."""

    def commit(
        self,
        correction: StagedCorrection,
        who: Who,
        reason: str,
        unsigned: Callable[[], AbstractContextManager[None]],
        batch: Mapping[str, object],
    ) -> FieldVersion:
        """Make a staged correction live.

        Parameters
        ----------
        unsigned
            Raises where the plate is signed off; it is asked last, when everything is
            written but the well document, and held until that is.
        batch
            Id of the batch that it is part of (``batch``) and how many that has
            (``of``); empty where it is alone.
        """
        view, plate = correction.view, correction.plate
        about = {
            "well": correction.path,
            "field": view.field,
            "supersedes": view.base or "",
        }
        self._record("commit-begun", plate, who, reason, about, **batch)
        try:
            prepared = _prepare(correction)
            try:
                with unsigned():
                    version = prepared.commit(who=who, reason=reason)
            except BaseException:
                prepared.discard()
                raise
        except HCSError as error:
            self._record(
                "commit-failed", plate, who, reason, about, error=str(error), **batch
            )
            if isinstance(error, ConflictError) and not isinstance(
                error, StaleVersionError
            ):
                look_again(plate, correction.path)
                raise ConflictError(f"{error}{_last_change(correction)}") from error
            raise
        self._record(
            "commit",
            plate,
            who,
            reason,
            about | {"version": version.id},
            sources=list(view.sources),
            confirmed=[
                difference.kind
                for difference in view.differences
                if difference.confirmed
            ],
            **batch,
        )
        return version

    def revert(
        self,
        plate: ServedPlate,
        well: str,
        field: str,
        version: str,
        who: Who,
        reason: str,
        base: str | None,
        undoes: str = "",
    ) -> FieldVersion:
        """Make an earlier version live.

        Parameters
        ----------
        base
            The version that the person looked at.
        undoes
            Id of the batch that is taken back.
        """
        path = plate.well(well).path
        about = {"well": path, "field": field, "version": version}
        try:
            event = revert(
                plate.location, path, field, version, who=who, reason=reason, base=base
            )
        except HCSError as error:
            self._record("revert-failed", plate, who, reason, about, error=str(error))
            raise
        about["supersedes"] = event.supersedes or ""
        details = {"undoes": undoes} if undoes else {}
        self._record("revert", plate, who, reason, about, **details)
        look_again(plate, path)
        return event

    def settle_due(self, plate: ServedPlate, grace: float | None) -> bool:
        """Bring corrections that are due back to their first paths.

        The first time, what a server that died had begun is brought to an end.
        """
        if plate.key not in self._recovered and self._recover(plate):
            self._recovered.add(plate.key)
        wells = plate.knowledge.unsettled_wells()
        left = settle(plate.location, grace=grace, wells=wells) if wells else ()
        # The documents tell what has moved; the same look serves other processes.
        changed = [path for path in wells if plate.learn_well(path)]
        if changed:
            plate.bump()
        return bool(left)

    def _recover(self, plate: ServedPlate) -> bool:
        """End what a server that died had begun; return whether all of it is ended.

        What another server of this database is writing now is its own to end.
        """
        ended = True
        for act in self._events.unfinished(plate.plate.id):
            if act.location != plate.plate.location:
                continue
            committing = self._staged.committing()
            findings = () if committing else recover(plate.location)
            if committing or any(finding.action == "in use" for finding in findings):
                ended = False
                continue
            for finding in findings:
                _LOG.warning(
                    "%s %s: %s", finding.action, finding.location, finding.message
                )
            self._end(
                plate,
                act,
                [f"{finding.action} {finding.location}" for finding in findings],
            )
            look_again(plate, act.well)
        return ended

    def _end(self, plate: ServedPlate, act: Event, findings: list[str]) -> None:
        """Record how a commit ended of a server that died.

        It may have changed the plate and not come to say so.
        """
        plate.plate.refresh()
        version = committed_version(plate, act)
        about = {"well": act.well, "field": act.field, "supersedes": act.supersedes}
        self._record(
            "commit" if version else "commit-interrupted",
            plate,
            Who(act.who, act.known),
            act.why,
            about | ({"version": version.id} if version else {}),
            **{
                name: act.details[name]
                for name in ("batch", "of")
                if name in act.details
            },
            found=findings,
        )

    def _record(
        self,
        action: str,
        plate: ServedPlate,
        who: Who,
        reason: str,
        about: dict[str, str],
        **details: object,
    ) -> None:
        """Add a row; what is on the plate already must not fail for its sake."""
        try:
            self._events.record(
                Event(
                    action=action,
                    plate=plate.plate.id,
                    location=plate.plate.location or "",
                    who=who.name,
                    known=who.known,
                    why=reason,
                    details=details,
                    **about,
                )
            )
        except Exception:  # noqa: BLE001
            _LOG.exception("%s of %s could not be recorded.", action, about)


def _prepare(correction: StagedCorrection) -> StagedField:
    """Write the pixels beside the plate's; nothing shows them yet."""
    view, assembly = correction.view, correction.assembly
    return stage_field(
        correction.plate.location,
        correction.path,
        view.field if view.base is not None else index_of(view.field),
        to_ngff_image(
            np.load(correction.file, mmap_mode="r", allow_pickle=False),
            dims=assembly.axes,
            scale=assembly.written_scale,
            channel_names=assembly.written_names,
        ),
        base=view.base,
        acquisition=view.acquisition,
        label=correction.label,
        source=", ".join(view.sources)[:1000],
    )


def _last_change(correction: StagedCorrection) -> str:
    """Return who was quicker, as a sentence; "" where nobody is known."""
    view = correction.view
    with contextlib.suppress(HCSError):
        last = field_history(correction.plate, view.well, view.field)[0]
        if last.who:
            return f" The last change is by {last.who}, {last.when}: {last.why!r}."
    return ""


def look_again(plate: ServedPlate, path: str) -> None:
    """Show at once what was just written to a well."""
    try:
        plate.reread()
        plate.learn_well(path)
    except HCSError as error:
        _LOG.warning("Plate %s could not be read after a commit: %s", plate.key, error)
    plate.drop_views((path,))
    plate.bump()
