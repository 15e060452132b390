"""Corrections: prepared beside the plate, compared, confirmed, committed, reverted.

A staged correction is a file in the workspace. Nothing touches the plate before
`commit`, which checks on the server what the page checked before.
"""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import secrets
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from dashboard.corrections.assembly import Assembly, assemble
from dashboard.corrections.drafting import (
    describe,
    find_target,
    index_of,
    likely_axis,
    suggest,
)
from dashboard.corrections.staged_pixels import levels
from dashboard.corrections.versions import field_history, version_view
from dashboard.errors import BlockedError, NotServedError, RefusedError
from dashboard.events import Event
from dashboard.text import plain_text
from hcs import Who, recover, revert, settle, stage_field, to_ngff_image
from hcs.errors import ConflictError, HCSError, StaleVersionError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from dashboard.corrections.uploads import Uploads
    from dashboard.corrections.values import Source, Staged, VersionView
    from dashboard.events import Events
    from dashboard.plates.registry import Plates
    from dashboard.plates.served import ServedPlate
    from hcs import NgffImage
    from hcs.metadata import FieldVersion

_LOG = logging.getLogger(__name__)

_REASON_LENGTH = 2000


@dataclass(slots=True)
class _Draft:
    """A staged correction with what only the server needs."""

    staged: Staged
    token: str
    plate: ServedPlate
    path: str
    """Path of the well."""

    file: Path
    images: tuple[NgffImage, ...]
    assembly: Assembly
    uploads: tuple[str, ...]
    label: str | None
    busy: threading.Lock = field(default_factory=threading.Lock)


class Corrections:
    """Staged corrections of all sessions.

    Thread safety: one lock guards the table; each draft has its own for committing.
    """

    def __init__(self, plates: Plates, uploads: Uploads, events: Events) -> None:
        self._plates = plates
        self._uploads = uploads
        self._events = events
        self._lock = threading.Lock()
        self._drafts: dict[str, _Draft] = {}
        self._recovered: set[str] = set()

    # --- staging ----------------------------------------------------------------------

    def suggest(
        self,
        token: str,
        plate: ServedPlate,
        well: str,
        field: str | None,
        uploads: Sequence[str],
    ) -> tuple[Source, ...]:
        """Return what each file seems to hold; see `CorrectionDesk.suggest`."""
        target = find_target(plate, well, field)
        files = [self._uploads.get(token, upload) for upload in uploads]
        if len(files) == 1 and files[0].pages:
            axis = likely_axis(target, files[0])
            files = [
                self._uploads.read_pages_as(token, files[0].id, axis, chosen=False)
            ]
        return suggest(target, files)

    def stage(
        self,
        token: str,
        plate: ServedPlate,
        well: str,
        field: str | None,
        sources: Sequence[Source],
        *,
        acquisition: int | None = None,
        label: str | None = None,
    ) -> Staged:
        """Prepare a correction; see `CorrectionDesk.stage`."""
        if not plate.writable:
            raise RefusedError("This plate cannot be written where it is.")
        target = find_target(plate, well, field)
        files = [self._uploads.get(token, one.upload) for one in sources]
        assembly = assemble(
            target, sources, files, lambda upload: self._uploads.planes(token, upload)
        )
        folder = self._uploads.folder_of(token)
        file = folder / f"{secrets.token_hex(12)}.staged.npy"
        try:
            array = assembly.write(file)
            staged = describe(
                target, assembly, array, files, acquisition=acquisition, label=label
            )
            self._uploads.reserve(token, file.stat().st_size)
        except BaseException:
            file.unlink(missing_ok=True)
            raise
        draft = _Draft(
            staged=staged,
            token=token,
            plate=plate,
            path=target.path,
            file=file,
            images=levels(array, assembly.axes),
            assembly=assembly,
            uploads=tuple(one.upload for one in sources),
            label=label,
        )
        with self._lock:
            self._drafts[staged.id] = draft
        return staged

    def get(self, staged: str) -> Staged:
        """Return a staged correction."""
        return self._draft(staged).staged

    def images(self, staged: str) -> tuple[NgffImage, ...]:
        """Return the resolutions of a staged correction."""
        return self._draft(staged).images

    def confirm(self, staged: str, kind: str, *, confirmed: bool) -> Staged:
        """Note whether a person wants a difference.

        Raises
        ------
        BlockedError
            If the difference cannot be confirmed away.
        """
        draft = self._draft(staged)
        with self._lock:
            for found in draft.staged.differences:
                if found.kind == kind and confirmed and not found.confirmable:
                    raise BlockedError(f"This cannot be confirmed: {found.message}")
            draft.staged = dataclasses.replace(
                draft.staged,
                differences=tuple(
                    dataclasses.replace(found, confirmed=confirmed)
                    if found.kind == kind
                    else found
                    for found in draft.staged.differences
                ),
            )
            return draft.staged

    def discard(self, staged: str) -> None:
        """Forget a staged correction; unknown ones are passed over."""
        with self._lock:
            draft = self._drafts.get(staged)
        if draft is None:
            return
        if not draft.busy.acquire(blocking=False):
            raise BlockedError("It is being committed at this moment.")
        try:
            self._drop(draft)
        finally:
            draft.busy.release()

    def close(self, token: str) -> None:
        """Forget what a session staged; a commit that has begun goes on."""
        with self._lock:
            mine = [one for one in self._drafts.values() if one.token == token]
        for draft in mine:
            with draft.busy:
                self._drop(draft)

    # --- committing -------------------------------------------------------------------

    def commit(
        self,
        staged: str,
        who: Who,
        reason: str,
        alone: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext,
    ) -> VersionView:
        """Make a staged correction live; see `CorrectionDesk.commit`.

        `alone` raises where it must not be; it is asked last, when everything is
        written but the well document, and held until that is.
        """
        draft = self._draft(staged)
        reason = _checked_reason(who, reason)
        if not draft.busy.acquire(blocking=False):
            raise BlockedError("It is being committed at this moment.")
        try:
            self._draft(staged)
            _check_ready(draft.staged)
            version = self._written(draft, who, reason, alone)
            with contextlib.suppress(HCSError):
                self._uploads.remove(draft.token, draft.uploads)
            self._drop(draft)
        finally:
            draft.busy.release()
        _look_again(draft.plate, draft.path)
        return version_view(version, live=version.id)

    def _written(
        self,
        draft: _Draft,
        who: Who,
        reason: str,
        alone: Callable[[], AbstractContextManager[None]],
    ) -> FieldVersion:
        staged, plate = draft.staged, draft.plate
        about = {
            "well": draft.path,
            "field": staged.field,
            "supersedes": staged.base or "",
        }
        self._record("commit-begun", plate, who, reason, about)
        try:
            prepared = stage_field(
                plate.location,
                draft.path,
                staged.field if staged.base is not None else index_of(staged.field),
                to_ngff_image(
                    np.load(draft.file, mmap_mode="r", allow_pickle=False),
                    dims=draft.assembly.axes,
                    scale=draft.assembly.given_scale,
                    channel_names=draft.assembly.given_names,
                ),
                base=staged.base,
                acquisition=staged.acquisition,
                label=draft.label,
                source=", ".join(staged.sources)[:1000],
            )
            try:
                with alone():
                    version = prepared.commit(who=who, reason=reason)
            except BaseException:
                prepared.discard()
                raise
        except HCSError as error:
            self._record("commit-failed", plate, who, reason, about, error=str(error))
            if isinstance(error, ConflictError) and not isinstance(
                error, StaleVersionError
            ):
                _look_again(plate, draft.path)
                raise ConflictError(f"{error}{self._last_change(draft)}") from error
            raise
        self._record(
            "commit",
            plate,
            who,
            reason,
            about | {"version": version.id},
            sources=list(staged.sources),
            confirmed=[one.kind for one in staged.differences if one.confirmed],
        )
        return version

    def _last_change(self, draft: _Draft) -> str:
        """Return who was quicker, as a sentence; "" where nobody is known."""
        staged = draft.staged
        with contextlib.suppress(HCSError):
            last = field_history(draft.plate, staged.well, staged.field)[0]
            if last.who:
                return f" The last change is by {last.who}, {last.when}: {last.why!r}."
        return ""

    def revert(
        self,
        plate: ServedPlate,
        well: str,
        field: str,
        version: str,
        who: Who,
        reason: str,
        base: str | None,
    ) -> VersionView:
        """Make an earlier version live; see `CorrectionDesk.revert`."""
        if not plate.writable:
            raise RefusedError("This plate cannot be written where it is.")
        reason = _checked_reason(who, reason)
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
        self._record("revert", plate, who, reason, about)
        _look_again(plate, path)
        return version_view(event, live=event.id)

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
            with self._lock:
                busy = any(draft.busy.locked() for draft in self._drafts.values())
            findings = () if busy else recover(plate.location)
            if busy or any(finding.action == "in use" for finding in findings):
                ended = False
                continue
            for found in findings:
                _LOG.warning("%s %s: %s", found.action, found.location, found.message)
            self._record(
                "commit-interrupted",
                plate,
                Who(act.who, act.known),
                act.why,
                {"well": act.well, "field": act.field, "supersedes": act.supersedes},
                found=[f"{one.action} {one.location}" for one in findings],
            )
            _look_again(plate, act.well)
        return ended

    # --- inside -----------------------------------------------------------------------

    def _draft(self, staged: str) -> _Draft:
        with self._lock:
            draft = self._drafts.get(staged)
        if draft is None:
            raise NotServedError(
                "There is no such staged correction; it may have been committed or "
                "discarded, or its page was closed."
            )
        return draft

    def _drop(self, draft: _Draft) -> None:
        with self._lock:
            self._drafts.pop(draft.staged.id, None)
        with contextlib.suppress(OSError):
            size = draft.file.stat().st_size
            draft.file.unlink()
            with contextlib.suppress(HCSError):
                self._uploads.reserve(draft.token, -size)

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


def _check_ready(staged: Staged) -> None:
    open_ones = [
        one for one in staged.differences if one.blocking and not one.confirmed
    ]
    if open_ones:
        raise BlockedError(
            "Not committed, because this was neither corrected nor confirmed: "
            + " ".join(one.message for one in open_ones)
        )


def _checked_reason(who: Who, reason: str) -> str:
    if not who.name.strip():
        raise BlockedError("Say who you are before anything is written.")
    text = plain_text(reason, _REASON_LENGTH).strip()
    if not text:
        raise BlockedError("Give a reason; it is kept in the field's history.")
    return text


def _look_again(plate: ServedPlate, path: str) -> None:
    """Show at once what we have just written."""
    try:
        plate.reread()
        plate.learn_well(path)
    except HCSError as error:
        _LOG.warning("Plate %s could not be read after a commit: %s", plate.key, error)
    plate.drop_views((path,))
    plate.bump()
