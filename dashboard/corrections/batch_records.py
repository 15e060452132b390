"""The batches of a plate, read from the record of acts and the histories of fields.

Nothing of a batch is kept in memory: what one server committed, another one shows and
takes back, also where the first was killed in the middle.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from dashboard.corrections.batch import Batch, BatchItem
from dashboard.errors import NotServedError
from dashboard.plates.values import field_words
from hcs.errors import HCSError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dashboard.events import Event, Events
    from dashboard.plates.served import ServedPlate
    from dashboard.plates.values import FieldState
    from hcs.metadata import FieldVersion


class BatchRecords:
    """Reads batches back from the record of acts."""

    def __init__(self, events: Events) -> None:
        self._events = events

    def of_plate(self, plate: ServedPlate) -> tuple[Batch, ...]:
        """Return the batches of a plate, newest first."""
        acts: defaultdict[str, list[Event]] = defaultdict(list)
        undone: set[str] = set()
        for act in self._events.of_plate(plate.plate.id):
            if batch := act.details.get("batch"):
                acts[str(batch)].append(act)
            if act.action == "revert" and act.details.get("undoes"):
                undone.add(str(act.details["undoes"]))
        labels = {well.path: well.label for well in plate.overview().wells}
        batches = [
            _batch(plate, identifier, of_batch, labels)
            for identifier, of_batch in acts.items()
        ]
        return tuple(
            replace(batch, undone=batch.id in undone) for batch in reversed(batches)
        )

    def get(self, plate: ServedPlate, batch: str) -> Batch:
        """Return a batch of a plate.

        Raises
        ------
        NotServedError
            If the plate has no batch of this id.
        """
        for record in self.of_plate(plate):
            if record.id == batch:
                return record
        raise NotServedError("This plate has no such batch of corrections.")


def _batch(
    plate: ServedPlate, batch: str, acts: Sequence[Event], labels: Mapping[str, str]
) -> Batch:
    first = acts[0]
    fields: dict[tuple[str, str], list[Event]] = {}
    for act in acts:
        fields.setdefault((act.well, act.field), []).append(act)
    # In the order of the plate: several are begun at the same time.
    order = {path: number for number, path in enumerate(labels)}
    items = (
        _item(plate, of_field, labels.get(well, well))
        for (well, _), of_field in sorted(
            fields.items(),
            key=lambda item: (order.get(item[0][0], len(order)), item[0]),
        )
    )
    total = first.details.get("of")
    return Batch(
        id=batch,
        key=plate.key,
        who=first.who,
        why=first.why,
        when=first.at,
        items=tuple(items),
        total=total if isinstance(total, int) else 0,
    )


def _item(plate: ServedPlate, acts: Sequence[Event], well: str) -> BatchItem:
    first, last = acts[0], acts[-1]
    view = _view(plate, well, first.field)
    version, reason = last.version, ""
    if last.action == "commit-begun" and (event := committed_version(plate, first)):
        version = event.id
    elif last.action in ("commit-failed", "commit-interrupted"):
        reason = str(last.details.get("error") or "The server ended before it.")
    return BatchItem(
        staged="",
        well=well,
        field=first.field,
        words=field_words(first.field) if view is None else view.words,
        state="committed" if version else "failed" if reason else "committing",
        version=version,
        supersedes=first.supersedes,
        reason=reason,
        live=view is not None and bool(version) and view.version == version,
    )


def _view(plate: ServedPlate, well: str, field: str) -> FieldState | None:
    try:
        return plate.field(well, field)
    except HCSError:
        return None


def committed_version(plate: ServedPlate, act: Event) -> FieldVersion | None:
    """Return the version that a commit made which was begun and never ended.

    A server may be killed after the plate has changed and before that is recorded: then
    the field's own history tells it.
    """
    labels = {well.path: well.label for well in plate.overview().wells}
    try:
        history = plate.open_well(labels[act.well]).history(act.field)
    except (HCSError, KeyError):
        return None
    for event in reversed(history):
        if (
            (event.supersedes or "") == act.supersedes
            and (event.who, event.why) == (act.who, act.why)
            and (event.when or "") >= act.at
            and event.action in ("write", "correct")
        ):
            return event
    return None
