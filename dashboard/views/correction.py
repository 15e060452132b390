"""How a correction goes: files in, staged, compared, committed or discarded.

The workflow of one session, without a component: `upload` shows it as a form and
`compare` as pictures. What may be committed is decided by the service.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dashboard.text import plain_text
from dashboard.threads import Pool
from dashboard.views.failure import failure
from dashboard.views.workflow import Workflow
from hcs.errors import HCSError

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.corrections.values import SourceFile, Staged, Upload, VersionView
    from dashboard.session import Session
    from dashboard.views.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionPlace:
    """Where a correction could go."""

    id: str
    text: str
    """``"Replace field s1"`` or ``"Add a new field"``."""

    field: str | None
    """Name of the field; None adds one."""

    acquisition: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionDraft:
    """Where the workflow stands."""

    well: tuple[str, str] = ("", "")
    """Plate and well that the files were given for."""

    target: CorrectionPlace | None = None
    uploads: tuple[Upload, ...] = ()
    sources: tuple[SourceFile, ...] = ()
    staged: Staged | None = None
    busy: str = ""
    """What is being done, in words; "" where nothing is."""

    error: str = ""
    done: str = ""
    committed: tuple[str, str] = ("", "")
    """Field and version that `done` is about."""

    live: bool = False
    """The page has shown that version."""


def targets(now: Snapshot) -> tuple[CorrectionPlace, ...]:
    """Return where a correction of the present well could go, the open field first."""
    well = now.well
    if well is None or now.loading or now.overview is None:
        return ()
    add = CorrectionPlace(
        id="add", text="Add a new field", field=None, acquisition=now.state.acquisition
    )
    # A damaged field is the first that anybody wants to replace, so errors stay in.
    fields = [
        CorrectionPlace(
            id=f"replace-{at}",
            text=f"Replace {plain_text(field.words, 60)}",
            field=field.name,
            acquisition=field.acquisition,
        )
        for at, field in enumerate(well.fields)
    ]
    if now.state.field:
        chosen = [target for target in fields if target.field == now.state.field]
        return (*chosen, add)
    return (*fields, add)


def _can_stay(
    target: CorrectionPlace | None,
    available: tuple[CorrectionPlace, ...],
    opened: str,
) -> bool:
    """Whether a target can stay chosen: it is there, and not beside the open field."""
    if target is None or target not in available:
        return False
    return not opened or target.field in (None, opened)


class Correction(Workflow[CorrectionDraft]):
    """The workflow, see `Workflow`."""

    def __init__(self, session: Session, changed: Callable[[], object]) -> None:
        super().__init__(session, changed, CorrectionDraft())
        self._turn = 0
        self._taking = 0
        """Files that are being taken up."""

        self._more = False
        """Others of the same batch are on their way."""

    def follow(self, now: Snapshot) -> None:
        """Follow the page: another well forgets what was not staged for the last."""
        draft, place = self.draft, (now.state.plate, now.state.well)
        if draft.staged is not None or draft.busy:
            return
        if draft.well != place:
            # They stay their person's, who finds them among the uploads.
            self._session.service.corrections.put_back(self._session.token)
            draft = self.draft = CorrectionDraft(well=place)
        draft = self.draft = _with_news(draft, now)
        available = targets(now)
        if available and not _can_stay(draft.target, available, now.state.field):
            self.draft = replace(draft, target=available[0], done="")

    def refuse(self, reason: str) -> None:
        """Say why a step was not taken; all stays as it is."""
        self._set(error=reason)

    def aim(self, target: CorrectionPlace) -> None:
        """Choose the target; files that are here are assigned anew."""
        self._set(target=target, error="", done="")
        if self.draft.uploads:
            self._suggest()

    def uploaded(self, upload: str, place: tuple[str, str], *, more: bool) -> None:
        """Take up a file for a plate's well; with the last one, assign and stage.

        Where another well was opened since, the file stays its person's, unused.
        """
        if place != self.draft.well:
            return
        self._more = more
        self._taking += 1
        service, token = self._session.service, self._session.token

        def taken(error: str = "") -> None:
            self._taking -= 1
            if place != self.draft.well:
                service.corrections.put_back(token)
                return
            uploads = service.corrections.uploads(token)
            self._set(uploads=uploads, error=error, done="")
            if not self._more and not self._taking:
                self._suggest()

        # It waits for the file to be read, where a page asks before it was.
        self._session.run(
            lambda: service.corrections.take_up(token, upload),
            lambda _: taken(),
            failed=lambda error: taken(failure(error, "It failed")),
            pool=Pool.ARRIVALS,
        )

    def assign(self, sources: tuple[SourceFile, ...]) -> None:
        """Say which file is which channel, and stage with that."""
        self._set(sources=sources, error="")
        self._stage()

    def read_pages_as(self, upload: str, axis: str) -> None:
        """Say what a file's pages are; it is assigned and staged anew."""
        service, token = self._session.service, self._session.token
        try:
            service.corrections.read_pages_as(token, upload, axis)
        except HCSError as error:
            self._set(error=plain_text(error))
            return
        self._set(uploads=service.corrections.uploads(token), error="", done="")
        self._suggest()

    def remove(self, upload: str) -> None:
        """Forget a file."""
        service, token = self._session.service, self._session.token
        service.corrections.remove_upload(token, upload)
        sources = tuple(
            source for source in self.draft.sources if source.upload != upload
        )
        self._set(uploads=service.corrections.uploads(token), sources=sources, error="")
        self._stage()

    def _remove_all(self) -> None:
        for upload in self.draft.uploads:
            self._session.service.corrections.remove_upload(
                self._session.token, upload.id
            )

    def _suggest(self) -> None:
        draft = self.draft
        if draft.target is None or not draft.uploads:
            return
        (plate, well), target = draft.well, draft.target
        files = tuple(upload.id for upload in draft.uploads)
        self._work(
            "Reading the files…",
            lambda: self._session.service.corrections.suggest(
                self._session.token, plate, well, target.field, files
            ),
            lambda sources: self._suggested(tuple(sources)),
        )

    def _suggested(self, sources: tuple[SourceFile, ...]) -> None:
        # What the pages of a file most likely are may have been seen only now.
        uploads = self._session.service.corrections.uploads(self._session.token)
        self._set(uploads=uploads)
        self.assign(sources)

    def _stage(self) -> None:
        """Prepare the correction; what was prepared before is given up."""
        draft = self.draft
        service = self._session.service
        previous, (plate, well), target = draft.staged, draft.well, draft.target
        sources = tuple(source for source in draft.sources)
        if target is None or not sources:
            if previous is not None:
                service.threads.submit(
                    lambda: service.corrections.discard(previous.id, self._owner)
                )
            self._set(staged=None, busy="")
            return

        def work() -> Staged:
            if previous is not None:
                service.corrections.discard(previous.id, self._owner)
            return service.corrections.stage(
                self._session.token,
                plate,
                well,
                target.field,
                sources,
                acquisition=target.acquisition,
            )

        self._set(staged=None)
        self._work(
            "Preparing the comparison…", work, lambda staged: self._set(staged=staged)
        )

    def confirm(self, kind: str, *, confirmed: bool) -> None:
        """Confirm a difference, or take that back."""
        staged = self.draft.staged
        if staged is None:
            return
        try:
            new = self._session.service.corrections.confirm(
                staged.id, kind, confirmed, self._owner
            )
        except HCSError as error:
            self._set(error=plain_text(error))
            return
        self._set(staged=new, error="")

    def commit(self, reason: str) -> None:
        """Make the staged correction the live version."""
        staged, who = self.draft.staged, self._session.who()
        if staged is None or self.draft.busy:
            return
        if who is None or not reason.strip():
            self._set(error="A commit needs your name and a reason.")
            return
        service = self._session.service
        if not service.access.plate(staged.key).writable:
            self._work(
                "Keeping as pending…",
                lambda: service.pending.keep([staged.id], who, reason, self._owner),
                lambda _: self._now_pending(staged),
            )
            return
        self._work(
            "Committing…",
            lambda: self._session.service.corrections.commit(
                staged.id, who, reason, self._owner
            ),
            lambda version: self._committed(staged, version),
        )

    def _now_pending(self, staged: Staged) -> None:
        self.draft = CorrectionDraft(
            well=self.draft.well,
            target=self.draft.target,
            done=f"Kept as pending: {plain_text(staged.action, 200)}.",
        )
        self._changed()

    def _committed(self, staged: Staged, version: VersionView) -> None:
        verb = "Replaced" if staged.base is not None else "Added"
        done = f"{verb} {staged.well} {plain_text(staged.view.words, 60)}."
        self.draft = CorrectionDraft(
            well=self.draft.well,
            target=self.draft.target,
            done=done,
            committed=(staged.field, version.id),
        )
        state = self._session.state
        if (state.plate, state.well) == (staged.key, staged.well):
            state.update(field=staged.field)
        self._changed()

    def discard(self) -> None:
        """Give up what is staged and the files with it."""
        staged, service = self.draft.staged, self._session.service
        self._turn += 1
        if staged is not None:
            service.threads.submit(
                lambda: service.corrections.discard(staged.id, self._owner)
            )
        self._remove_all()
        self.draft = CorrectionDraft(well=self.draft.well, target=self.draft.target)
        self._changed()

    def _work(
        self,
        text: str,
        work: Callable[[], object],
        then: Callable[..., object],
    ) -> None:
        """Do one step off the event loop; only the last one that was begun counts."""
        self._turn += 1
        self._set(busy=text, error="")

        def finished(result: object) -> None:
            self.draft = replace(self.draft, busy="")
            then(result)

        def failed(error: BaseException) -> None:
            self._set(busy="", error=failure(error, "It failed"))

        self._session.run(
            work,
            finished,
            failed=failed,
            of=lambda: self._turn,
            pool=Pool.CHANGES,
        )


def _with_news(draft: CorrectionDraft, now: Snapshot) -> CorrectionDraft:
    """Say no more that a field was replaced once it shows another version again."""
    name, version = draft.committed
    field = now.well.field(name) if draft.done and now.well else None
    if field is None:
        return draft
    if field.version == version:
        return draft if draft.live else replace(draft, live=True)
    return replace(draft, done="") if draft.live else draft
