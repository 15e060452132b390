"""What a process knows of the verdicts on one plate, and whether they are stale."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from dashboard.reviews.acts import ReviewAct, Subject, field_key
from dashboard.reviews.signed import changes_since, signed_off, versions_of
from dashboard.reviews.values import BlindState, HeldVerdict, PlateReview
from dashboard.reviews.verdicts import Verdicts, is_stale
from dashboard.reviews.writing import WriteQueue
from dashboard.shared import Shared
from hcs.errors import HCSError
from hcs.plates import plate_fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dashboard.plates.served import ServedPlate
    from dashboard.plates.values import PlateOverview, WellView

LOOK_SECONDS = 1.0
"""How long what another process has decided may go unnoticed."""

_NONE: Mapping[Subject, HeldVerdict] = MappingProxyType({})


@dataclass(slots=True)
class LedgerState:
    """What is known of one plate.

    Thread safety: `verdicts` under `lock`, which nobody holds while a disk is waited
    for; `review` and `revision` are replaced whole, under `showing`. One thread of this
    process writes at a time, under `writing`; other processes are the ledger's task.
    """

    plate: str
    """Id of its ledger."""

    linked_ids: tuple[str, ...] = ()
    """Ids whose decisions people gave to it. With another ledger, or others of these,
    all is read again: what they hold may be older than what was read last."""

    own_id: str = ""
    """Of the plate itself, which pages know it by."""

    former_ids: tuple[str, ...] | None = None
    """Ids that it had before it was given its own; None until it was looked."""

    lock: threading.RLock = field(default_factory=threading.RLock)
    writing: WriteQueue = field(default_factory=WriteQueue)
    showing: threading.Lock = field(default_factory=threading.Lock)
    verdicts: Verdicts = field(default_factory=Verdicts)
    review: PlateReview = field(default_factory=PlateReview)
    by_reviewer: dict[str, PlateReview] = field(default_factory=dict)
    """What each reviewer of an open blind round may know, by name."""

    revision: int = 0
    """Raised with each change that pages should see."""

    plate_revision: int = -1
    """Revision of the plate when it was last looked whether verdicts are stale."""

    parts: dict[str, str] = field(default_factory=dict)
    """What a sign-off covers, as it was when it was last looked."""

    loaded: bool = False
    """The ledger was read at least once."""

    read_at: float = -LOOK_SECONDS
    reading: bool = False


def take(state: LedgerState, acts: Iterable[ReviewAct]) -> None:
    """Fold in what is new."""
    for act in acts:
        if act.id > state.verdicts.last:
            state.verdicts.add(act)


def ids_before(plate: ServedPlate, state: LedgerState) -> tuple[str, ...]:
    """Return the ids that a plate had; reads two documents the first time."""
    if state.former_ids is None:
        own = plate.plate.has_own_id
        state.former_ids = (plate_fingerprint(plate.plate),) if own else ()
    return state.former_ids


_LABELS = Shared(most=20)
"""Of the plates that are judged: each verdict asks for them some times."""


def labels_of(plate: ServedPlate) -> Mapping[str, str]:
    """Return the label of every well by its path."""
    return _LABELS.of(_labels, plate.overview())


def _labels(overview: PlateOverview) -> Mapping[str, str]:
    return {well.path: well.label for well in overview.wells}


def field_labels(
    plate: ServedPlate, acts: Sequence[ReviewAct]
) -> dict[tuple[str, str], str]:
    """Return what people call the fields of the few acts that are on fields."""
    labels = labels_of(plate)
    wells = {act.subject.well for act in acts[:2] if act.subject.field}
    return {
        (path, field.name): field.words
        for path in wells & labels.keys()
        for field in plate.well(labels[path]).fields
    }


def held_verdicts(
    plate: ServedPlate,
    acts: Mapping[Subject, ReviewAct],
    verdicts: Verdicts,
    viewer: str | None = None,
    before: Mapping[Subject, HeldVerdict] = _NONE,
) -> dict[Subject, HeldVerdict]:
    """Return what holds, and whether it is about what is there now.

    Parameters
    ----------
    plate, verdicts, viewer
        Whose verdicts, and who asks.
    acts
        The verdicts that hold, by what they are on.
    before
        What was held of the same revision of the plate. Where the act is the same it
        is so still, but for what was stale: its well may not have been readable.
    """
    labels = labels_of(plate)
    held = {}
    for subject, act in acts.items():
        amended = verdicts.amendment(act, viewer)
        together = len(verdicts.batch(act.batch))
        same = before.get(subject)
        if (
            same is not None
            and not same.stale
            and same.act is act
            and (same.amended, same.together) == (amended, together)
        ):
            held[subject] = same
            continue
        label = labels.get(subject.well, "")
        try:
            stale = is_stale(act, versions_now(plate, subject, label))
        except HCSError:
            # The well has left the plate, or cannot be read: not what was judged.
            stale = True
        held[subject] = HeldVerdict(
            act=act,
            amended=amended,
            stale=stale,
            together=together,
        )
    return held


def review_of(
    plate: ServedPlate,
    state: LedgerState,
    viewer: str | None,
    parts: Mapping[str, str],
    before: PlateReview,
) -> PlateReview:
    """Return what holds, as far as somebody may know; reads wells that were judged.

    Parameters
    ----------
    plate, state, viewer
        Whose verdicts, and who asks.
    parts
        What a sign-off covers.
    before
        What held for the same viewer and the same revision of the plate, as far as it
        is known: what has not changed since is not looked at again.
    """
    with state.lock:
        verdicts = state.verdicts
        current = verdicts.current(viewer)
        last, signed = verdicts.last, verdicts.signed
        blind = BlindState.of(verdicts.open_round, viewer)
    return PlateReview(
        plate=state.plate,
        verdicts=held_verdicts(plate, current, verdicts, viewer, before.verdicts),
        loaded=True,
        last=last,
        blind=blind,
        signed=signed_off(signed, changes_since(signed, versions_of(plate), parts))
        if signed
        else None,
    )


def versions_now(plate: ServedPlate, subject: Subject, label: str) -> dict[str, str]:
    """Return the ids of the versions that are there now."""
    if not subject.well:
        return {"": plate.overview().digest}
    view: WellView = plate.well(label)
    return {
        field_key(field.name, field.acquisition): field.version
        for field in view.fields
        if not subject.field
        or (field.name, field.acquisition) == (subject.field, subject.acquisition)
    }
