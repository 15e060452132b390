"""The line at the top: plate, place, reviewer, progress."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.access import MAY, Act
from dashboard.accounts import Role
from dashboard.state import decode
from dashboard.text import plain_text
from dashboard.views.add_plate import reason_against_adding
from dashboard.views.field_picture import shown_plane
from dashboard.views.island import Island, Message, Part, index_of, text_of
from hcs.wording import counted

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.plates.values import FieldState, PlateEntry, PlateOverview
    from dashboard.session import Session
    from dashboard.state import ViewState
    from dashboard.views.snapshot import Snapshot


CHECK_POLLS = 30
"""After how many polls a page asks through its proxy again: every 15 s."""


class HeaderIsland(Island):
    """See ``assets/core/header.js``.

    What there is to choose from is long and seldom changes, so it comes apart.
    """

    names = ("content", "known", "rest", "ended", "ending", "check")
    """`ended`: why the page has ended; `ending`: that the server ends; `check`: when to
    ask through the proxy."""

    module = "core/header.js"


class Header(Part):
    """Says where one is, and takes the keys that move between field, well and plate."""

    def __init__(
        self,
        session: Session,
        *,
        on_theme: Callable[[bool], object],
        on_open: Callable[[], object],
    ) -> None:
        super().__init__(session, HeaderIsland())
        self._at_rest: bool | None = None
        self._sent_choices: (
            tuple[tuple[PlateEntry, ...], PlateOverview | None] | None
        ) = None
        state = session.state
        self.component.on(
            "plate",
            lambda message: self._plate(text_of(message, "plate")),
            asks=Act.LOOK,
        )
        self.component.on(
            "home", lambda _: state.update(well="", field=""), asks=Act.LOOK
        )
        self.component.on("close", lambda _: state.update(field=""), asks=Act.LOOK)
        self.component.on("acquisition", self._acquisition, asks=Act.LOOK)
        self.component.on("back", lambda _: self._back(), asks=Act.LOOK)
        self.component.on("open", lambda _: on_open(), asks=Act.LOOK)
        self.component.on("name", self._name, asks=Act.LOOK)
        self.component.on(
            "address",
            lambda message: state.show(decode(text_of(message, "search", 8000))),
            asks=Act.LOOK,
        )
        self.component.on(
            "theme",
            lambda message: on_theme(message.get("dark") is True),
            asks=Act.LOOK,
        )

        session.each_poll(self._say_ending)
        self._polls = 0
        if session.visitor.known == "proxy":
            session.each_poll(self._check)

    def _plate(self, key: str) -> None:
        keys = {plate.key for plate in self._session.service.plates.entries()}
        if key in keys | {""} and key != self._session.state.plate:
            self._session.state.update(
                plate=key,
                well="",
                field="",
                acquisition=None,
                z=None,
                t=None,
                channels=(),
                hidden=False,
                contrast="",
                outlines="",
                control="",
                montage="",
            )

    def _back(self) -> None:
        state = self._session.state
        if state.task and not state.well:
            state.update(task="")
        elif state.task:  # from a comparison to the table that it was chosen in
            state.update(well="", field="")
        elif state.field and state.control:
            state.update(control="")
        elif state.field:
            state.update(field="")
        elif state.well:
            state.update(well="")
        elif self._has_list():
            self._plate("")

    def _has_list(self) -> bool:
        """Whether there is a list to go back to: one plate alone is opened at once."""
        service = self._session.service
        return (
            len(service.plates.entries()) > 1
            or bool(service.inbox.folders)
            or not reason_against_adding(self._session)
        )

    def _acquisition(self, message: Message) -> None:
        chosen = index_of(message, "acquisition")
        overview = self._now.overview if self._now else None
        known = {run.id for run in overview.acquisitions} if overview else set()
        if chosen is None or chosen in known:
            self._session.state.update(acquisition=chosen, field="")

    def _name(self, message: Message) -> None:
        self._session.person = text_of(message, "name", 200)

    def _visitor(self) -> dict[str, Any]:
        """Return who looks, as far as they signed in, and as what."""
        session = self._session
        visitor = session.visitor
        role = "" if visitor.types_name else session.role.label
        by_us, admin = visitor.known == "sign-in", visitor.role is Role.ADMIN
        return {
            "asks_name": visitor.types_name and not session.read_only,
            "name": "" if visitor.types_name else plain_text(visitor.name, 200),
            "role": role,
            "may": MAY[session.role] if role else "",
            "sign_out": session.urls.sign_out() if by_us else "",
            "admin": session.urls.admin() if admin and role else "",
        }

    def _check(self) -> None:
        """Have a page ask again through the proxy that signed its person in.

        A timer of the page would stand still in a tab that nobody looks at.
        """
        self._polls += 1
        self.component.put({"number": self._polls // CHECK_POLLS}, "check")

    def _say_ending(self) -> None:
        if self._session.service.sessions.ending:
            self.component.put({"restarting": True}, "ending")

    def _absence(self, now: Snapshot) -> dict[str, str] | None:
        """Return that the plate cannot be reached, None where it can."""
        overview = now.overview
        if overview is None or overview.absence is None:
            return None
        absence, location = overview.absence, overview.location
        where = self._session.place(location, overview.key)
        return {
            "since": absence.since,
            "reason": plain_text(absence.reason.replace(location, where), 400),
            "moved_to": plain_text(absence.moved_to, 1000),
        }

    def say_signed_out(self) -> None:
        """Say that nobody is signed in here any more; the page shows nothing else."""
        self.component.put(
            {"text": "You were signed out. Sign in again to go on."}, "ended"
        )

    def announce(self, at_rest: bool) -> None:
        """Say whether every part shows what is chosen: for who waits to look at it."""
        if at_rest != self._at_rest:
            self._at_rest = at_rest
            self.component.put({"at_rest": at_rest}, "rest")

    def draw(self, now: Snapshot) -> None:
        """Show where the page is."""
        self._now = now
        overview = now.overview
        progress = now.progress
        choices = (now.plates, overview)
        if self._sent_choices is None or any(
            new is not old for new, old in zip(choices, self._sent_choices, strict=True)
        ):
            self._sent_choices = choices
            self.component.put(
                {
                    "plates": [
                        _entry(plate, now.plates, self._session.place)
                        for plate in now.plates
                    ],
                    "list": self._has_list(),
                    "labels": [well.label for well in overview.wells]
                    if overview
                    else [],
                },
                "known",
            )
        self.component.put(
            {
                "plate": now.state.plate,
                "where": _where(now),
                "title": _title(now),
                "progress": {
                    "done": progress.done if progress else 0,
                    "total": progress.total if progress else 0,
                    "running": bool(progress and progress.running),
                    "message": plain_text(progress.message) if progress else "",
                },
                "notice": _notice(now),
                "unknown": now.unknown,
                "absence": self._absence(now),
                "visitor": self._visitor(),
                "stage": now.stage,
                "ack": self.component.last_message,
                "query": self._session.state.query(),
            }
        )


def _entry(
    plate: PlateEntry,
    plates: tuple[PlateEntry, ...],
    place: Callable[[str, str], str],
) -> dict[str, Any]:
    alone = sum(other.name == plate.name for other in plates) == 1
    name = plain_text(plate.name)
    return {
        "key": plate.key,
        "name": name if name and alone else f"{name} ({plate.key})".lstrip(),
        "location": plain_text(place(plate.location, plate.key)),
        "error": bool(plate.error),
    }


def _where(now: Snapshot) -> dict[str, Any]:
    """Return plate, well, field and acquisition in words; "" where not chosen.

    Acquisitions to choose from are there where the plate has several.
    """
    acquisitions = now.overview.acquisitions if now.overview else ()
    field = now.field
    name = now.overview.name or now.overview.key if now.overview else now.state.plate
    return {
        "plate": plain_text(name, 80),
        "well": plain_text(now.state.well, 20),
        "field": plain_text(field.words if field else now.state.field, 40),
        "plane": " · ".join(planes_in_words(field, now.state)) if field else "",
        "acquisition": plain_text(_acquisition(now), 60),
        "acquisitions": [
            (str(run.id), plain_text(run.name, 60)) for run in acquisitions
        ]
        if len(acquisitions) > 1
        else [],
        "chosen": str(_chosen_acquisition(now)),
    }


def planes_in_words(field: FieldState, state: ViewState) -> list[str]:
    """Return which z and t of a field are shown, from one, where it has several."""
    z, t = shown_plane(field, state)
    depth, times = field.size("z"), field.size("t")
    words = []
    if depth > 1:
        words.append(
            f"z {state.projection} of {depth}"
            if state.projection
            else f"z {z + 1}/{depth}"
        )
    if times > 1:
        words.append(f"t {t + 1}/{times}")
    return words


def _chosen_acquisition(now: Snapshot) -> int | str:
    """Return the id of the acquisition that is shown, "" for all."""
    if now.field is not None and now.field.acquisition is not None:
        return now.field.acquisition
    chosen = now.state.acquisition
    return "" if chosen is None else chosen


def _acquisition(now: Snapshot) -> str:
    if now.field is not None and now.field.acquisition_name:
        return now.field.acquisition_name
    acquisitions = now.overview.acquisitions if now.overview else ()
    chosen = [
        acquisition.name
        for acquisition in acquisitions
        if acquisition.id == now.state.acquisition
    ]
    if chosen:
        return chosen[0]
    if now.overview is None or len(acquisitions) > 1:
        return ""
    return acquisitions[0].name if acquisitions else ""


def _title(now: Snapshot) -> str:
    where = _where(now)
    parts = [where["field"], where["well"], where["plate"], "hcs"]
    return " · ".join(part for part in parts if part)


def _notice(now: Snapshot) -> str:
    """Return what people should know of the plate meanwhile, "" without."""
    count = now.overview.unsettled if now.overview is not None else 0
    if not count:
        return ""
    fields = f"{counted(count, 'corrected field')} {'is' if count == 1 else 'are'}"
    return (
        f"{fields} still being written to the original location; other programs may "
        "show the uncorrected image until then."
    )
