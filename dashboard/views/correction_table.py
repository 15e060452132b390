"""The one table of files that correct fields, from a drop to a commit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.access import Act
from dashboard.text import plain_text
from dashboard.views.island import Island, Message, Part, text_of
from dashboard.views.match_rows import (
    channel_choice,
    corrections,
    field_id,
    match_rows,
)
from hcs.ingest import SUFFIXES
from hcs.wording import counted

if TYPE_CHECKING:
    from dashboard.corrections.batch import Batch, Undone
    from dashboard.session import Session
    from dashboard.views.batch_draft import BatchDraft
    from dashboard.views.batch_table import FieldKey
    from dashboard.views.batch_work import BatchWork
    from dashboard.views.snapshot import Snapshot

_MOST_ROWS = 5000
"""Rows that one message may name."""


class CorrectionTableIsland(Island):
    """See ``assets/panels/correction_table.js``."""

    module = "panels/correction_table.js"

    names = ("content", "rows", "corrections")
    """`rows`: a row for each file; `corrections`: what was prepared, by field."""


class CorrectionTable(Part):
    """Shows the workflow of many corrections and takes its steps."""

    def __init__(self, session: Session, work: BatchWork) -> None:
        super().__init__(session, CorrectionTableIsland())
        self._work = work
        self._asked = ""
        """Key of the plate whose batches were asked for."""

        on = self.component.on
        on("open", lambda _: self._open(), asks=Act.LOOK)
        on("leave", lambda _: self._leave(), asks=Act.LOOK)
        on("uploaded", self._uploaded, asks=Act.UPLOAD)
        on("change", self._change, asks=Act.STAGE)
        on("remove", lambda message: work.remove(_rows(message)), asks=Act.STAGE)
        on("stage", lambda _: work.stage(), asks=Act.STAGE)
        on("confirm", self._confirm, asks=Act.STAGE)
        on("compare", self._compare, asks=Act.LOOK)
        on("commit", self._commit, asks=Act.COMMIT)
        on("undo", self._undo, asks=Act.REVERT)
        on("stop", lambda _: work.stop(), asks=Act.COMMIT)
        # What is one's own may always go.
        on("close", lambda _: work.close(), asks=Act.LOOK)

    def concerns(self, message: Message) -> set[str]:
        """Return also the plate that the files are for."""
        return super().concerns(message) | ({self._work.draft.key} - {""})

    def refuse(self, message: Message, reason: str) -> None:
        """Say why a step was not taken."""
        del message
        self._work.refuse(reason)

    # --- messages ---------------------------------------------------------------------

    def _open(self) -> None:
        if self._session.state.plate:
            self._session.state.update(
                task="correct", well="", field="", montage="", look=""
            )

    def _leave(self) -> None:
        self._session.state.update(task="")

    def _uploaded(self, message: Message) -> None:
        key, uploads = self._session.state.plate, _texts(message, "uploads")
        if key and uploads:
            self._open()
            self._work.uploaded(key, uploads)

    def _undo(self, message: Message) -> None:
        self._work.undo(text_of(message, "batch", 60), text_of(message, "reason", 2000))

    def _change(self, message: Message) -> None:
        """Take one correction of the table, for one row or many."""
        what, value = text_of(message, "what", 20), text_of(message, "value", 200)
        changes: dict[str, Any] = {}
        if what in ("well", "field"):
            changes[what] = value.strip() or None
        elif what == "channel":
            changes[what] = channel_choice(value)
        elif what == "pages" and value in ("", "c", "z", "t"):
            changes[what] = value or None
        elif what == "series" and (value == "" or value.isdecimal()):
            changes[what] = int(value) if value else None
        elif what == "excluded":
            changes[what] = True if value else None
        if changes:
            self._work.change(_rows(message), **changes)

    def _confirm(self, message: Message) -> None:
        self._work.confirm(
            self._fields(message),
            text_of(message, "kind", 60),
            confirmed=message.get("confirmed") is True,
        )

    def _compare(self, message: Message) -> None:
        field = next(iter(self._fields(message)), None)
        if field is not None:
            self._work.look_at(field)

    def _commit(self, message: Message) -> None:
        name = text_of(message, "name", 200)
        if name:
            self._session.person = name
        self._work.commit(self._fields(message), text_of(message, "reason", 2000))

    def _fields(self, message: Message) -> list[FieldKey]:
        """Return the prepared fields that a message names."""
        names = set(_texts(message, "fields"))
        return [
            field for field in self._work.draft.staged or () if field_id(field) in names
        ]

    # --- drawing ----------------------------------------------------------------------

    def draw(self, now: Snapshot) -> None:
        """Show the table of the plate that is looked at."""
        self._now = now
        draft, overview = self._work.draft, now.overview
        if overview is None:
            self.component.put({"shown": False})
            return
        if now.stage == "correct" and self._asked != overview.key:
            self._asked = overview.key
            self._work.read_earlier(overview.key)
        barred = self.barred()
        mine = draft.key == overview.key
        refused = barred.get("uploaded", "")
        if mine:
            rows = match_rows(draft, overview, now.state, self._session.urls)
            self.component.put(rows, "rows")
            self.component.put(corrections(draft), "corrections")
        else:
            self.component.put([], "rows")
            self.component.put([], "corrections")
        self.component.put(
            {
                "shown": True,
                "open": now.stage == "correct",
                "plate": plain_text(overview.name or overview.key, 80),
                "well": plain_text(now.state.well, 20),
                "key": overview.key,
                "accept": ",".join(SUFFIXES),
                "refused": refused,
                "pending": not overview.writable,
                "barred": barred,
                "channels": [
                    plain_text(channel.name, 60) or f"channel {channel.index}"
                    for channel in overview.channels
                ],
                "earlier": [
                    _earlier(batch)
                    for batch in draft.earlier
                    if batch.key == overview.key and batch is not draft.batch
                ],
                "elsewhere": ""
                if mine or not draft.key
                else f"{counted(len(draft.order), 'file')} wait for {draft.key}.",
                **_content(draft if mine or not draft.key else None),
            }
        )


def _content(draft: BatchDraft | None) -> dict[str, Any]:
    table = draft.proposal.table if draft and draft.proposal else None
    batch = draft.batch if draft else None
    return {
        "summary": plain_text(table.summary, 400) if table else "",
        "leftovers": [
            {
                "name": plain_text(left.name, 300),
                "reason": plain_text(left.reason, 400),
                "help": plain_text(left.help, 400),
            }
            for left in (table.leftovers if table else ())
        ],
        "fields": len(table.fields) if table else 0,
        "busy": draft.busy if draft else "",
        "done": draft.done if draft else 0,
        "total": draft.total if draft else 0,
        "error": draft.error if draft else "",
        "kept": draft.pending if draft else 0,
        "batch": _batch(batch, draft.undone if draft else None) if batch else None,
    }


def _batch(batch: Batch, undone: Undone | None) -> dict[str, Any]:
    return {
        "id": batch.id,
        "committed": len(batch.committed),
        "failed": [
            {
                "field": _place(item.well, item.words),
                "reason": plain_text(item.reason, 600),
            }
            for item in batch.failed
        ],
        "waiting": max(batch.total, len(batch.items)) - batch.done,
        "why": plain_text(batch.why, 500),
        "undoable": batch.can_be_undone,
        "undone": None
        if undone is None
        else {
            "reverted": len(undone.reverted),
            "left": [
                {
                    "field": _place(left.well, left.field),
                    "reason": plain_text(left.reason, 600),
                }
                for left in undone.left
            ],
        },
    }


def _earlier(batch: Batch) -> dict[str, Any]:
    return {
        "id": batch.id,
        "who": plain_text(batch.who, 80),
        "when": batch.when,
        "why": plain_text(batch.why, 300),
        "committed": len(batch.committed),
        "total": max(batch.total, len(batch.items)),
        "undoable": batch.can_be_undone,
        "undone": batch.undone,
    }


def _place(well: str, field: str) -> str:
    return plain_text(f"{well} {field}", 100)


def _rows(message: Message) -> list[str]:
    return _texts(message, "rows")


def _texts(message: Message, name: str) -> list[str]:
    """Return a list of texts in a message, bounded; what is none of it is left out."""
    value = message.get(name)
    values = value[:_MOST_ROWS] if isinstance(value, list) else []
    return [value for value in values if isinstance(value, str)]
