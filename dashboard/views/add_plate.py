"""Adding a plate: a zip or a folder is chosen, tried out, corrected, and imported."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dashboard.access import Act
from dashboard.adding.values import NO_TARGET, Objections, Questions
from dashboard.inbox.values import JobChoices
from dashboard.text import plain_text
from dashboard.threads import Pool
from dashboard.views.add_plate_content import (
    listing_content,
    outcome_content,
    roots_content,
    trial_content,
)
from dashboard.views.failure import failure
from dashboard.views.island import Island, Message, Part, text_of
from dashboard.views.sent_tables import MOST_BYTES, files_of
from hcs.errors import HCSError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dashboard.adding.trials import Trial, TrialState
    from dashboard.adding.values import Listing, Source, TargetFolder
    from dashboard.session import Session
    from dashboard.views.snapshot import Snapshot


class AddPlateIsland(Island):
    """See ``assets/panels/add_plate.js``."""

    module = "panels/add_plate.js"
    rare = True


def reason_against_adding(session: Session) -> str:
    """Return why a visitor cannot add plates here, "" where they can."""
    reason = session.reason_against(Act.ADD_PLATES, "")
    return reason or ("" if session.service.adding.targets() else NO_TARGET)


class AddPlate(Part):
    """Holds what one page has chosen; who may not add plates sees nothing of it."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, AddPlateIsland())
        self._desk = session.service.adding
        self._listing: Listing | None = None
        self._targets: tuple[TargetFolder, ...] = ()
        self._count = 0
        """Of refusals: the page takes back what was entered."""

        self._problem = ""
        self._begun: tuple[int, str] = (0, "")
        self._choose(None)
        on = self.component.on
        acts: dict[str, Callable[[Message], None]] = {
            "list": self._list,
            "pick": self._pick,
            "upload": self._take_upload,
            "ask": self._ask,
            "tables": self._take_tables,
            "no-tables": self._drop_tables,
            "name": self._name_plate,
            "again": self._again,
            "stop": self._stop,
            "back": self._back,
            "import": self._import,
        }
        for kind, act in acts.items():
            on(kind, act, asks=Act.ADD_PLATES)
        session.each_poll(self._look)

    def _choose(self, source: Source | None) -> None:
        """Begin anew, with another source or none."""
        trial = getattr(self, "_trial", None)
        if trial is not None:
            trial.stop()
        self._source = source
        self._questions = Questions()
        self._trial: Trial | None = None
        self._seen: TrialState | None = None
        self._last: TrialState | None = None
        """The last dry run that was done: what is shown while another runs."""

        self._name, self._named = "", False
        self._target = ""
        self._checked: object = None
        self._objections = Objections()

    def concerns(self, message: Message) -> set[str]:
        """Return the key of no plate: who adds plates needs the role everywhere."""
        del message
        return {""}

    # --- choosing ---------------------------------------------------------------------

    def _list(self, message: Message) -> None:
        identifier = text_of(message, "id", 64)
        self._run(lambda: self._desk.listing(identifier), self._listed)

    def _listed(self, listing: Listing) -> None:
        self._listing = listing

    def _pick(self, message: Message) -> None:
        identifier = text_of(message, "id", 64)
        self._run(lambda: self._desk.folder_source(identifier), self._begin_trial)

    def _take_upload(self, message: Message) -> None:
        upload, owner = text_of(message, "id", 64), self._session.visitor.subject
        self._run(lambda: self._desk.upload_source(owner, upload), self._begin_trial)

    def _begin_trial(self, source: Source) -> None:
        self._choose(source)
        self._try()

    def _try(self) -> None:
        """Ask again, with what has been answered so far."""
        if self._source is None:
            return
        if self._trial is not None:
            self._trial.stop()
        self._trial = self._desk.try_out(self._source, self._questions)
        self._seen = None

    # --- questions --------------------------------------------------------------------

    def _ask(self, message: Message) -> None:
        """Take answers that change what an import would do."""
        last, seen = self._last, self._seen
        plates = [] if last is None else [name for name, _, _ in last.plates]
        names = [] if last is None else last.outcome["channel_names"]
        sent = message.get("channels")
        renamed = sent if isinstance(sent, dict) else {}
        channels = {
            channel: text.strip()[:200]
            for channel, _ in names
            if (text := text_of(renamed, plain_text(channel, 200)).strip())
        }
        questions = replace(
            self._questions,
            plate=_meant(text_of(message, "plate"), plates, 300),
            pattern=text_of(message, "pattern", 1000).strip(),
            format=text_of(message, "format", 20).strip(),
            pages=text_of(message, "pages", 20),
            sheet=_meant(text_of(message, "sheet"), seen.sheets if seen else (), 200),
            channel_names=channels,
        )
        if questions != self._questions:
            asked = self._questions
            if (questions.plate, questions.pattern) != (asked.plate, asked.pattern):
                # Another plate: its name and channels are others.
                self._named = False
                questions = replace(questions, channel_names={})
            self._questions = questions
            self._guard(self._try)
        self._redraw()

    def _take_tables(self, message: Message) -> None:
        files, problem = files_of(message)
        if problem:
            self.refuse(message, problem)
            return
        self._questions = replace(self._questions, tables=files, sheet="")
        self._guard(self._try)
        self._redraw()

    def _drop_tables(self, _: Message) -> None:
        self._questions = replace(self._questions, tables=(), sheet="")
        self._guard(self._try)
        self._redraw()

    def _name_plate(self, message: Message) -> None:
        """Take what changes nothing of a dry run: the plate's name and folder."""
        self._name, self._named = text_of(message, "name", 300).strip(), True
        self._target = text_of(message, "target", 64)
        self._redraw()

    def _again(self, _: Message) -> None:
        self._guard(self._try)
        self._redraw()

    def _stop(self, _: Message) -> None:
        if self._trial is not None:
            self._trial.stop()
        self._redraw()

    def _back(self, _: Message) -> None:
        self._problem = ""
        self._choose(None)
        self._redraw()

    # --- the act ----------------------------------------------------------------------

    def _import(self, message: Message) -> None:
        """Have the plate imported as the last dry run said, or all plates so."""
        source, state, who = self._source, self._seen, self._session.who()
        if source is None or state is None or state.phase != "done":
            self.refuse(message, "Wait until the dry run is done.")
            return
        if who is None:
            self.refuse(message, "Enter your name first.")
            return
        every = message.get("every") is True and state.plate_count > 1
        choices, target = self._choices(state, every=every), self._target
        part = state.plate if state.plate_count > 1 and not every else ""
        self._run(
            lambda: self._desk.begin(source, choices, target, who, part=part),
            lambda job: self._has_begun(job.name),
        )

    def _choices(self, state: TrialState, *, every: bool) -> JobChoices:
        questions = self._questions
        own = self._desk.plain_name(str(state.outcome["plate"]))
        return JobChoices(
            pattern=questions.pattern or None,
            format=questions.format or None,
            pages=questions.pages or None,
            channel_names=dict(questions.channel_names),
            plate_map_text=state.map_text or None,
            name=None if every or self._name == own else self._name,
        )

    def _has_begun(self, name: str) -> None:
        self._choose(None)
        self._begun = (self._begun[0] + 1, plain_text(name, 200))

    # --- what is shown ----------------------------------------------------------------

    def draw(self, now: Snapshot) -> None:
        """Show how far adding is, where no plate is open."""
        self._now = now
        against = reason_against_adding(self._session)
        if now.stage != "plates":
            self.component.put({"shown": False})
            return
        if against:
            content = {"shown": True, "refused": [0, ""], "barred": self.barred()}
            self.component.put({**content, "against": against})
            return
        self._targets = self._desk.targets()
        if self._target not in {target.id for target in self._targets}:
            self._target = self._targets[0].id if self._targets else ""
        self.component.put(
            {
                "shown": True,
                "ack": self.component.last_message,
                "against": "",
                "barred": self.barred(),
                "refused": [self._count, self._problem],
                "roots": roots_content(self._desk.roots()),
                "listing": listing_content(self._listing),
                "most": MOST_BYTES,
                "targets": [
                    [target.id, plain_text(target.folder, 300)]
                    for target in self._targets
                ],
                "begun": list(self._begun),
                "source": self._source_content(),
            }
        )

    def _source_content(self) -> dict[str, Any] | None:
        source, trial = self._source, self._trial
        if source is None or trial is None:
            return None
        state = self._seen = trial.state
        if state.phase == "done":
            self._last = state
        last, questions = self._last, self._questions
        if last is not None:
            if not self._named:
                self._name = self._desk.plain_name(str(last.outcome["plate"]))
            self._check(source, last)
        return {
            "name": plain_text(source.name, 200),
            "upload": source.upload,
            "trial": trial_content(state),
            "outcome": None if last is None else outcome_content(last),
            "fresh": state.phase == "done",
            "asked": {
                "plate": plain_text(state.plate, 300),
                "pattern": questions.pattern,
                "format": questions.format,
                "pages": questions.pages,
                "sheet": plain_text(questions.sheet, 200),
                "tables": [plain_text(table.name, 200) for table in questions.tables],
                "channels": {
                    plain_text(channel, 200): name
                    for channel, name in questions.channel_names.items()
                },
            },
            "name_of_plate": self._name,
            "target": self._target,
            "wrong_name": self._objections.name,
            "already": self._objections.already,
            "room": self._objections.room,
        }

    def _check(self, source: Source, last: TrialState) -> None:
        """Ask disk and database what speaks against importing; not on this loop."""
        asked = (last, self._name, self._target)
        if asked == self._checked:
            return
        self._checked = asked
        part = last.plate if last.plate_count > 1 else ""
        name, target, size = self._name, self._target, int(last.outcome["bytes"])

        def take(objections: Objections) -> None:
            self._objections = objections
            self._redraw()

        self._session.run(
            lambda: self._desk.objections(source, name, target, size, part),
            take,
            failed=lambda error: take(Objections(name=plain_text(error, 400))),
            of=lambda: self._checked,
            pool=Pool.FILES,
        )

    def _look(self) -> None:
        """Follow a dry run: it says by itself how far it is."""
        if self._trial is not None and self._trial.state is not self._seen:
            self._redraw()

    def refuse(self, message: Message, reason: str) -> None:
        """Say why nothing was done, where it was asked."""
        del message
        self._count += 1
        self._problem = reason
        self._redraw()

    # --- inside -----------------------------------------------------------------------

    def _run(self, work: Callable[[], Any], then: Callable[[Any], object]) -> None:
        """Do what asks disks or the database, off the event loop."""

        def done(result: Any) -> None:
            self._problem = ""
            self._guard(lambda: then(result))
            self._redraw()

        self._session.run(work, done, failed=self._failed, pool=Pool.FILES)

    def _guard(self, act: Callable[[], object]) -> None:
        try:
            act()
        except HCSError as error:
            self._failed(error)

    def _failed(self, error: BaseException) -> None:
        self.refuse({}, failure(error, limit=600))


def _meant(text: str, names: Iterable[str], limit: int) -> str:
    """Return the name that is shown as a text, "" where none is."""
    return next((name for name in names if plain_text(name, limit) == text), "")
