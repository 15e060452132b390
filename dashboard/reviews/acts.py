"""What a person decided, as the ledger holds it: plain frozen values."""

from __future__ import annotations

import dataclasses
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from dashboard.errors import DashboardError
from dashboard.reviews.verdict_table import VERDICTS
from dashboard.text import plain_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Kind = Literal[
    "verdict",
    "amend",
    "undo",
    "redo",
    "sign-off",
    "reopen",
    "blind",
    "done",
    "blind-end",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""``"amend"`` gives a verdict another note or reason; ``"sign-off"`` locks a plate
until ``"reopen"``; ``"blind"`` begins a round in which two judge without knowing of
each other, until both are ``"done"`` or somebody ends it before (``"blind-end"``)."""

Basis = Literal["field", "thumbnails", "montage", "unseen"]
"""What the person had before the eyes: a field opened, the well's thumbnails, one of
its fields among those of other wells, or nothing but the wish to decide for many at
once."""

BASES: dict[str, str] = {
    "field": "field viewed",
    "thumbnails": "thumbnails viewed",
    "montage": "seen in a montage",
    "unseen": "bulk, not looked at",
}

NOTE_LIMIT = 4000
_BATCH = re.compile(r"[0-9a-f]{32}")
_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


@dataclass(frozen=True, slots=True)
class Subject:
    """What is judged: a plate, a well or a field."""

    well: str = ""
    """Path of the well, ``"B/2"``; empty for the whole plate."""

    field: str = ""
    """Name of the field; empty for the whole well."""

    acquisition: int | None = None
    """Of the field, where the plate declares several."""

    @property
    def level(self) -> Literal["plate", "well", "field"]:
        """What kind of thing it is."""
        return "field" if self.field else "well" if self.well else "plate"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewAct:
    """One row of the ledger."""

    kind: Kind
    batch: str
    """What was decided at once shares it; 32 hexadecimal digits, never used again."""

    who: str
    known: str
    """How the name is known: ``"typed"``, ``"login"``, ``"proxy"``, ``"sign-in"``."""

    subject: Subject = Subject()
    """The plate for an undo or redo, which is about a batch."""

    verdict: str = ""
    reason: str = ""
    note: str = ""
    basis: str = ""
    versions: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Version ids that were judged: by ``"<acquisition>/<name>"`` of each field, or a
    digest of them all by ``""`` for a plate."""

    metrics: Mapping[str, float | None] = dataclasses.field(default_factory=dict)
    """Values of the metrics when it was judged, by metric id."""

    settings: str = ""
    """Revision of the reasons and metric definitions in use."""

    supersedes: str = ""
    """Batch of the verdict on the same subject that stood before; empty for none."""

    target: str = ""
    """Batch that an undo takes back, a redo brings again or an amendment is to."""

    details: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """Of a sign-off: what was signed; of a blind round: who takes part; of an
    amendment: the note and reason before it."""

    at: str = ""
    """UTC, ISO 8601; set when it is recorded."""

    id: int = 0
    """Place in the ledger; set when it is recorded."""

    @property
    def fails(self) -> bool:
        """Whether it is a verdict by which analysis leaves its subject out."""
        return self.verdict == "fail"

    @property
    def person(self) -> tuple[str, str]:
        """Who acted; the same name known in another way is another person."""
        return self.who, self.known


def new_batch() -> str:
    """Return an id for what is decided at once."""
    return secrets.token_hex(16)


def field_key(name: str, acquisition: int | None) -> str:
    """Return the key of a field in `ReviewAct.versions`.

    >>> field_key("0", None), field_key("a1f0", 1)
    ('/0', '1/a1f0')
    """
    return f"{'' if acquisition is None else acquisition}/{name}"


def check(act: ReviewAct) -> ReviewAct:
    """Return the act with its texts cleaned, for it may come from a page or a file.

    Raises
    ------
    DashboardError
        If a value is not one of those allowed.
    """
    _check_choice("kind", act.kind, KINDS)
    if not _BATCH.fullmatch(act.batch):
        raise _refused("batch", act.batch, "32 hexadecimal digits")
    who = plain_text(act.who, 200).strip()
    if not who:
        raise _refused("name", act.who, "the name of a person")
    if act.kind in ("verdict", "amend"):
        _check_choice("verdict", act.verdict, VERDICTS)
        _check_choice("basis", act.basis, tuple(BASES))
        if act.reason and not _CODE.fullmatch(act.reason):
            raise _refused("reason", act.reason, "a short code of the project's list")
    if act.kind in ("amend", "undo", "redo") and not _BATCH.fullmatch(act.target):
        raise _refused("target", act.target, "the id of an earlier act")
    note = plain_text(act.note, NOTE_LIMIT).strip()
    return dataclasses.replace(act, who=who, note=note)


def _check_choice(what: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise _refused(what, value, f"one of {', '.join(allowed)}")


def _refused(what: str, value: str, allowed: str) -> DashboardError:
    return DashboardError(
        f"The {what} of a verdict is {plain_text(value, 60)!r}; it must be {allowed}."
    )


def as_document(act: ReviewAct) -> dict[str, Any]:
    """Return an act as plain values, without its place in this one database."""
    document = dataclasses.asdict(act)
    del document["id"]
    return {
        **document,
        "versions": dict(act.versions),
        "metrics": dict(act.metrics),
        "details": dict(act.details),
    }


def from_document(document: Mapping[str, Any]) -> ReviewAct:
    """Return what `as_document` has taken apart.

    Raises
    ------
    DashboardError
        If it is no act.
    """

    def text(name: str) -> str:
        return str(document.get(name, ""))

    try:
        place = document["subject"]
        acquisition = place.get("acquisition")
        act = ReviewAct(
            kind=cast("Kind", str(document["kind"])),
            batch=str(document["batch"]),
            who=str(document["who"]),
            known=str(document["known"]),
            subject=Subject(
                str(place.get("well", "")),
                str(place.get("field", "")),
                None if acquisition is None else int(acquisition),
            ),
            versions={str(k): str(v) for k, v in document["versions"].items()},
            metrics={
                str(k): None if v is None else float(v)
                for k, v in document["metrics"].items()
            },
            details=dict(document.get("details") or {}),
            verdict=text("verdict"),
            reason=text("reason"),
            note=text("note"),
            basis=text("basis"),
            settings=text("settings"),
            supersedes=text("supersedes"),
            target=text("target"),
            at=text("at"),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DashboardError(
            f"A line is no act of a ledger ({type(error).__name__}: "
            f"{plain_text(error, 100)}). It must come from `decisions export`."
        ) from error
    return check(act)


def continued(
    here: Sequence[ReviewAct], listed: Sequence[ReviewAct]
) -> list[ReviewAct]:
    """Return what a file has after the acts that are here.

    Raises
    ------
    DashboardError
        If here are acts that the file lacks, or in another order: in which order all of
        them were could not be told.
    """
    mine = [(act.batch, act.subject) for act in here]
    theirs = [(act.batch, act.subject) for act in listed]
    foreign = len(set(mine) - set(theirs))
    if foreign or theirs[: len(mine)] != mine:
        what = f"{foreign} acts that" if foreign else "acts in an order that"
        raise DashboardError(
            f"The ledger of this plate has {what} the file does not have, so their "
            f"order cannot be told. Import into a workspace that has none, or export "
            f"again first."
        )
    return list(listed[len(mine) :])
