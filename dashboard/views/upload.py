"""The form of a correction: files, channels, what differs, reason, commit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.access import Act
from dashboard.corrections.values import SourceFile
from dashboard.text import plain_text
from dashboard.views.correction import targets
from dashboard.views.island import Island, Message, Part, text_of
from hcs.ingest import SUFFIXES

if TYPE_CHECKING:
    from dashboard.corrections.values import Staged, Upload
    from dashboard.session import Session
    from dashboard.views.correction import Correction
    from dashboard.views.snapshot import Snapshot


class UploadIsland(Island):
    """See ``assets/panels/correction.js``."""

    module = "panels/correction.js"


class UploadForm(Part):
    """Shows the workflow of a correction and takes its steps."""

    def __init__(self, session: Session, correction: Correction) -> None:
        super().__init__(session, UploadIsland())
        self._correction = correction
        on = self.component.on
        on(
            "uploaded",
            lambda message: correction.uploaded(
                text_of(message, "upload"),
                (text_of(message, "plate", 1000), text_of(message, "well", 20)),
                more=message.get("more") is True,
            ),
            asks=Act.UPLOAD,
        )
        on("target", self._target, asks=Act.STAGE)
        on("assign", self._assign, asks=Act.STAGE)
        on("pages", self._pages, asks=Act.STAGE)
        on(
            "remove",
            lambda message: correction.remove(text_of(message, "upload")),
            asks=Act.STAGE,
        )
        on("confirm", self._confirm, asks=Act.STAGE)
        on("commit", self._commit, asks=Act.COMMIT)
        # What is one's own may always go.
        on("discard", lambda _: correction.discard(), asks=Act.LOOK)
        on("show-staged", lambda _: self._show_staged(), asks=Act.LOOK)

    def concerns(self, message: Message) -> set[str]:
        """Return also the plate that the files were given for."""
        draft = self._correction.draft
        staged = {draft.staged.key} if draft.staged else set()
        return super().concerns(message) | {draft.well[0]} | staged

    def refuse(self, message: Message, reason: str) -> None:
        """Say why a step was not taken, where steps fail."""
        del message
        self._correction.refuse(reason)

    def _target(self, message: Message) -> None:
        target_id = text_of(message, "target")
        for target in targets(self._now) if self._now else ():
            if target.id == target_id:
                self._correction.aim(target)

    def _assign(self, message: Message) -> None:
        upload, channel = text_of(message, "upload"), text_of(message, "channel", 10)
        draft = self._correction.draft
        if not any(file.id == upload for file in draft.uploads):
            return
        sources = [source for source in draft.sources if source.upload != upload]
        if channel == "all":
            sources.append(SourceFile(upload=upload))
        elif channel.isascii() and channel.isdigit():
            index = int(channel)
            # Two files for one channel cannot be meant; the later choice stands.
            sources = [source for source in sources if source.channel != index]
            sources.append(SourceFile(upload=upload, channel=index))
        self._correction.assign(tuple(sources))

    def _pages(self, message: Message) -> None:
        self._correction.read_pages_as(
            text_of(message, "upload"), text_of(message, "pages", 10)
        )

    def _confirm(self, message: Message) -> None:
        kind = text_of(message, "kind", 60)
        self._correction.confirm(kind, confirmed=message.get("confirmed") is True)

    def _commit(self, message: Message) -> None:
        staged = self._correction.draft.staged
        if staged is None or staged.id != text_of(message, "staged"):
            return
        name = text_of(message, "name", 200)
        if name:
            self._session.person = name
        self._correction.commit(text_of(message, "reason"))

    def _show_staged(self) -> None:
        staged = self._correction.draft.staged
        if staged is not None:
            field = staged.field if staged.base is not None else ""
            self._session.state.update(plate=staged.key, well=staged.well, field=field)

    def draw(self, now: Snapshot) -> None:
        """Show the form where a well is looked at and may be written."""
        self._now = now
        draft = self._correction.draft
        state = now.state
        overview = now.overview
        if overview is None or not state.well or now.loading:
            self.component.put({"shown": False})
            return
        barred = self.barred()
        refused = barred.get("uploaded", "")
        elsewhere = draft.staged is not None and not now.comparing
        available = targets(now)
        target = (
            draft.target
            if draft.target in available
            else (available[0] if available else None)
        )
        self.component.put(
            {
                "shown": not self._session.read_only,
                "ack": self.component.last_message,
                "accept": ",".join(SUFFIXES),
                "title": f"Correct {plain_text(state.well, 20)}",
                "plate": state.plate,
                "well": plain_text(state.well, 20),
                "open": not refused and not elsewhere,
                "refused": refused,
                "barred": barred,
                "targets": [
                    {"id": target.id, "text": target.text} for target in available
                ]
                if not refused and not elsewhere
                else [],
                "chosen": target.id if target else "",
                "channels": [
                    plain_text(channel.name, 60) or f"channel {channel.index}"
                    for channel in overview.channels
                ],
                "uploads": [] if elsewhere else self._uploads(now),
                "staged": _staged(draft.staged, pending=not overview.writable)
                if now.comparing and draft.staged
                else None,
                "elsewhere": plain_text(draft.staged.action)
                if elsewhere and draft.staged
                else "",
                "missing": self._missing(now),
                "busy": bool(draft.busy),
                "busy_text": draft.busy,
                "error": draft.error,
                "done": draft.done,
            }
        )

    def _uploads(self, now: Snapshot) -> list[dict[str, Any]]:
        chosen = {source.upload: source for source in self._correction.draft.sources}
        return [
            _file(upload, chosen.get(upload.id))
            for upload in self._correction.draft.uploads
        ]

    def _missing(self, now: Snapshot) -> str:
        """Say which channels stay as they are."""
        draft = self._correction.draft
        channels = now.overview.channels if now.overview else ()
        if not draft.sources or any(source.channel is None for source in draft.sources):
            return ""
        assigned = {source.channel for source in draft.sources}
        names = [
            plain_text(channel.name, 60)
            for channel in channels
            if channel.index not in assigned
        ]
        if not names:
            return ""
        if draft.target is not None and draft.target.field is None:
            return f"No file for {', '.join(names)} yet."
        return (
            f"{', '.join(names)} {'stays' if len(names) == 1 else 'stay'} as it is."
            if len(names) == 1
            else f"{', '.join(names)} stay as they are."
        )


def _file(upload: Upload, source: SourceFile | None) -> dict[str, Any]:
    count = upload.shape[upload.axes.index("c")] if "c" in upload.axes else 1
    size = " × ".join(str(length) for length in upload.shape)
    several = f"{count} channels in order" if count > 1 else ""
    channel = ""
    if source is not None:
        channel = "all" if source.channel is None else str(source.channel)
    return {
        "id": upload.id,
        "name": plain_text(upload.name, 200),
        "text": f"{size} ({''.join(upload.axes)}), {upload.dtype}",
        "single": count == 1,
        "pages": upload.pages,
        "all": several,
        "channel": channel,
    }


def _staged(staged: Staged, *, pending: bool) -> dict[str, Any]:
    differences = sorted(
        staged.differences, key=lambda difference: not difference.blocking
    )
    return {
        "id": staged.id,
        # What cannot be written waits in the workspace.
        "action": plain_text(
            f"Keep as pending: {staged.action}" if pending else staged.action, 200
        ),
        "differences": [
            {
                "kind": difference.kind,
                "message": plain_text(difference.message),
                "blocking": difference.blocking,
                "confirmed": difference.confirmed,
                "confirmable": difference.confirmable,
            }
            for difference in differences
        ],
    }
