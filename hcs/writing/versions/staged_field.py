"""A field that was staged: complete, verified, and not named by any document yet."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hcs.writing.person import as_who, checked_reason
from hcs.writing.targets import group, hierarchy
from hcs.writing.versions.commit import FieldChange, commit_change

if TYPE_CHECKING:
    from hcs.metadata import FieldVersion, Who
    from hcs.writing.targets.lock import Hold
    from hcs.writing.targets.target import Target
    from hcs.writing.versions.claim import FieldSlot

_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class StagedField:
    """A complete, verified field that no document names yet.

    It holds a lock on its own group, so that nobody takes it for a leftover. Use
    `commit` or `discard`; a process that ends without either leaves an unlisted group
    that ``hcs recover`` reports.
    """

    target: Target
    place: FieldSlot
    version: FieldVersion
    label: str | None = None
    notices: tuple[str, ...] = ()
    """What a person should know before it is committed: what other readers make of the
    correction until it is settled, and which labels and tables it does not have."""

    _hold: Hold | None = field(default=None, repr=False)

    def commit(self, *, who: Who | str, reason: str) -> FieldVersion:
        """Make it the field's live version.

        Parameters
        ----------
        who
            Whom the history names; a text is a name that was typed.
        reason
            Why, in a few words; kept in the history.

        Raises
        ------
        ArgumentError
            If nobody is named, or no reason is given.
        ConflictError
            If the field no longer shows the version that this one was staged on; the
            staged pixels stay until `discard`.
        """
        return self.publish(as_who(who), checked_reason(reason))

    def publish(self, who: Who, reason: str | None) -> FieldVersion:
        """Do what `commit` does for a writer, who need not say why.

        Parameters
        ----------
        who
            Whom the history names.
        reason
            Why, in a few words; None or ``""`` for nothing.

        Raises
        ------
        ConflictError
            If the field no longer shows the version that this one was staged on; the
            staged pixels stay until `discard`.
        MetadataError
            If a document of the plate has become invalid.
        """
        version = replace(
            self.version, who=who.name, known=who.known, why=reason or None
        )
        change = FieldChange(
            well=self.place.well,
            name=self.place.name,
            acquisition=self.place.acquisition,
            base=self.place.base,
            version=version,
            label=self.label,
        )
        with self.target.changing(keep=self.place.key):
            committed = commit_change(self.target, change)
        self.release()
        for notice in self.notices:
            _log.warning("%s", notice)
        return committed

    def discard(self) -> None:
        """Remove the staged pixels, unless the plate names them after all."""
        if self._hold is not None:
            self.target.transact(self._remove)
            self.release()
        self.target.discard()

    def _remove(self) -> None:
        state = hierarchy.read_plate_document(self.target)
        well = hierarchy.read_well_document(self.target, state.version, self.place.well)
        if self.place.path not in {image.path for image in well.well.images}:
            group.remove_group(self.target, state.version, self.place.key)

    def release(self) -> None:
        """Leave the staged pixels where they are; nobody holds them any more."""
        if self._hold is not None:
            self._hold.release()
            self._hold = None
