"""What every desk asks before it answers.

Is the plate served, may it be written, may this visitor do it, and what of the plate is
hidden from who asks.
"""

from __future__ import annotations

import dataclasses
import enum
from typing import TYPE_CHECKING

from dashboard.accounts import Role, Visitor
from dashboard.errors import NotServedError, RefusedError
from dashboard.text import plain_text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from dashboard.plates.absence import Absence
    from dashboard.plates.registry import Plates
    from dashboard.plates.served import ServedPlate
    from dashboard.plates.values import PlateOverview


class Act(enum.StrEnum):
    """What a visitor can do, in words that stand after "to"."""

    LOOK = "look at plates"
    EXPORT = "export"
    NOTE = "add notes"
    JUDGE = "give verdicts"
    UPLOAD = "upload files"
    STAGE = "stage corrections"
    COMMIT = "commit corrections"
    REVERT = "revert corrections"
    IMPORT = "import tables"
    SIGN_OFF = "sign off"
    CUT_OFFS = "set cut-offs and limits"
    ASSAY = "set roles, plate maps and the assay metric"
    BLIND = "begin or end a blind review"
    ADD_PLATES = "add plates, and act on imports"
    TABLES = "write tables into plates"
    MEASURE = "start or stop measuring"
    PICTURES = "start or stop preparing pictures"
    REOPEN = "reopen a plate"
    SETTINGS = "change settings of the project"
    PEOPLE = "see or change people, sessions and jobs"


ROLE_FOR: dict[Act, Role] = {
    Act.LOOK: Role.VIEWER,
    Act.EXPORT: Role.VIEWER,
    Act.NOTE: Role.REVIEWER,
    Act.JUDGE: Role.REVIEWER,
    Act.UPLOAD: Role.REVIEWER,
    Act.STAGE: Role.REVIEWER,
    Act.COMMIT: Role.CURATOR,
    Act.REVERT: Role.CURATOR,
    Act.IMPORT: Role.CURATOR,
    Act.SIGN_OFF: Role.CURATOR,
    Act.CUT_OFFS: Role.CURATOR,
    Act.ASSAY: Role.CURATOR,
    Act.BLIND: Role.CURATOR,
    Act.ADD_PLATES: Role.CURATOR,
    Act.TABLES: Role.CURATOR,
    Act.MEASURE: Role.CURATOR,
    Act.PICTURES: Role.CURATOR,
    Act.REOPEN: Role.ADMIN,
    Act.SETTINGS: Role.ADMIN,
    Act.PEOPLE: Role.ADMIN,
}
"""The least role that each act asks for: the one table of who may do what.

`docs/roles.md` shows it, and a test holds the two equal.
"""

MAY: dict[Role, str] = {
    Role.VIEWER: "You are viewer: you can look at everything and export it.",
    Role.REVIEWER: "You are reviewer: you can also judge, note and stage.",
    Role.CURATOR: "You are curator: you can also commit, sign off and set up assays.",
    Role.ADMIN: "You are admin: you can do everything.",
}
"""What each role may do, in one line for who has it."""

_ALSO_READ_ONLY = frozenset({Act.LOOK, Act.EXPORT, Act.PICTURES, Act.PEOPLE})
"""What a server does that writes nothing of plates and reviews."""

_NOT_ONCE_SIGNED = frozenset(
    {
        Act.NOTE,
        Act.JUDGE,
        Act.UPLOAD,
        Act.STAGE,
        Act.COMMIT,
        Act.REVERT,
        Act.BLIND,
        Act.SIGN_OFF,
    }
)
"""What waits until a signed plate is reopened. Settings of its project are asked about
one by one: some change nothing that was signed."""


_OF_WHAT_IS_SEEN = _NOT_ONCE_SIGNED | {Act.TABLES, Act.MEASURE, Act.PICTURES}
"""What waits while a plate cannot be reached: it is about pixels that nobody sees."""

NOT_WRITABLE = "This plate cannot be written where it is."
WHILE_ABSENT = (
    "The plate cannot be reached now: nothing is decided or corrected until it is "
    "there again, which this page then says. What you typed is kept."
)
"""Why nothing is decided, corrected or signed off meanwhile."""

READ_ONLY = "This server is read-only: nothing can be written."


class Access:
    """The one place where a desk gets a plate from.

    Parameters
    ----------
    plates
        What is served.
    read_only
        Nothing may be written by this server.
    hides_conditions
        Whether nobody may know what is in the wells of a plate, by its key.
    apply_plate_map
        Gives a plate what people said of its wells.
    project_of
        Folder of the project that a plate belongs to, by the plate's key; fast.
    signed_by
        Who signed a plate off that is, by its key, else None; fast.
    wake
        Called for a plate whose wells were not looked at yet.
    """

    def __init__(
        self,
        plates: Plates,
        *,
        read_only: bool,
        hides_conditions: Callable[[str], bool],
        apply_plate_map: Callable[[ServedPlate], None],
        project_of: Callable[[str], str],
        signed_by: Callable[[str], str | None],
        wake: Callable[[], None],
    ) -> None:
        self.read_only = read_only
        self._plates = plates
        self._hides_conditions = hides_conditions
        self._apply_plate_map = apply_plate_map
        self._project_of = project_of
        self._signed_by = signed_by
        self._wake = wake
        self._masked: dict[str, tuple[PlateOverview, PlateOverview]] = {}

    def plate(self, key: str) -> ServedPlate:
        """Return a served plate (fast).

        Raises
        ------
        NotServedError
            If there is none of this key.
        """
        return self._plates.get(key)

    def mapped(self, key: str) -> ServedPlate:
        """Return a plate with its plate map applied (fast)."""
        plate = self._plates.get(key)
        self._apply_plate_map(plate)
        return plate

    def watched(self, key: str) -> ServedPlate:
        """Return a plate that a page looks at: it is surveyed and followed (fast)."""
        plate = self.mapped(key)
        plate.watch()
        if not plate.surveyed:
            self._wake()
        return plate

    def overview(self, key: str) -> PlateOverview:
        """Return a plate without what an open blind round hides (fast)."""
        overview = self.watched(key).overview()
        if not self.hides_conditions(key):
            return overview
        masked = self._masked.get(key)
        if masked is None or masked[0] is not overview:
            masked = self._masked[key] = overview, without_conditions(overview)
        return masked[1]

    def hides_conditions(self, key: str) -> bool:
        """Return whether nobody may know what is in the wells of a plate (fast)."""
        return self._hides_conditions(key)

    def role(self, visitor: Visitor, key: str = "") -> Role:
        """Return a visitor's role for a plate, or where none is concerned (fast)."""
        return visitor.role_in(self._project_of(key)) if key else visitor.role

    def tells_place(self, visitor: Visitor, key: str) -> bool:
        """Whether a visitor may know where a plate lies (fast).

        That is how the disks of the server are laid out. Who changes plates finds them
        by it.
        """
        return self.role(visitor, key) >= Role.CURATOR

    def reason_against(self, visitor: Visitor, act: Act, key: str = "") -> str:
        """Return why a visitor may not do something, "" where they may (fast).

        Parameters
        ----------
        visitor
            Who asks.
        act
            What they want to do.
        key
            Of the plate that it concerns; "" where it concerns none.
        """
        return self.reasons_against(visitor, (act,), key)[act]

    def reasons_against(
        self, visitor: Visitor, acts: Collection[Act], key: str = ""
    ) -> dict[Act, str]:
        """Return what `reason_against` says of each of some acts (fast).

        The role, the sign-off and whether the plate can be reached are asked for once.
        """
        role = self.role(visitor, key)
        asks = key and not _NOT_ONCE_SIGNED.isdisjoint(acts)
        signer = self._signed_by(key) if asks else None
        absent = not _OF_WHAT_IS_SEEN.isdisjoint(acts) and self.absence(key) is not None

        def reason(act: Act) -> str:
            if self.read_only and act not in _ALSO_READ_ONLY:
                return READ_ONLY
            least = ROLE_FOR[act]
            if role < least:
                verb = "look" if role is Role.VIEWER else "are here"
                return (
                    f"You {verb} as {role.label}: to {act}, ask for the role "
                    f"{least.label}."
                )
            if signer is not None and act in _NOT_ONCE_SIGNED:
                return signed_text(signer)
            return WHILE_ABSENT if absent and act in _OF_WHAT_IS_SEEN else ""

        return {act: reason(act) for act in acts}

    def absence(self, key: str) -> Absence | None:
        """Return that a plate cannot be reached; None where it can, or is none (fast).

        What is refused for that alone can be asked for again.
        """
        try:
            return self._plates.get(key).absence
        except NotServedError:
            return None

    def refuse(self, visitor: Visitor, act: Act, key: str = "") -> None:
        """Raise `RefusedError` where a visitor may not do something (fast)."""
        reason = self.reason_against(visitor, act, key)
        if reason:
            raise RefusedError(reason)

    def may_write(self) -> None:
        """Raise `RefusedError` where this server writes nothing."""
        if self.read_only:
            raise RefusedError(READ_ONLY)


def must_be_there(plate: ServedPlate) -> None:
    """Raise `RefusedError` where a plate cannot be reached at this moment (slow).

    A place that has gone cannot be written either, which must not be taken for a plate
    that never could be.
    """
    if not plate.reach.is_there():
        raise RefusedError(WHILE_ABSENT)


def signed_text(signer: str) -> str:
    """Return that nothing of a plate changes, because somebody signed it off."""
    return (
        f"This plate is signed off by {plain_text(signer, 80)}: nothing changes until "
        f"it is reopened."
    )


def without_conditions(overview: PlateOverview) -> PlateOverview:
    """Return a plate as a blind reviewer sees it: nobody knows what is in its wells."""
    return dataclasses.replace(
        overview,
        condition_names=(),
        wells=tuple(
            dataclasses.replace(well, conditions=()) if well.conditions else well
            for well in overview.wells
        ),
    )
