"""The ledger in the database: rows are added under one lock a plate, and read back."""

from __future__ import annotations

import json
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sqlalchemy import bindparam, func, insert, select
from sqlalchemy.exc import IntegrityError

from dashboard.errors import DashboardError
from dashboard.events import now
from dashboard.reviews.acts import Kind, ReviewAct, Subject, check
from dashboard.storage.database import (
    SIGNING,
    also_alone,
    begin_alone,
    review_acts,
)
from dashboard.storage.faults import (
    PATIENCE_SECONDS,
    DatabaseFault,
    patiently,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sqlalchemy import Connection, Engine

_Result = TypeVar("_Result")

_LOCK = 0x68637352
"""Half of the key of PostgreSQL's advisory lock: ours, among others' in the server."""


_SINCE = (
    select(review_acts)
    .where(
        review_acts.c.plate.in_(bindparam("plates", expanding=True)),
        review_acts.c.id > bindparam("last"),
    )
    .order_by(review_acts.c.id)
)
_ADD = insert(review_acts).returning(review_acts.c.id, sort_by_parameter_order=True)
"""Made once: whoever judges waits longer for a statement to be made than to be done."""


class Ledger:
    """Acts of all plates, by plate id.

    Thread safety: the engine's own; every call is one transaction. Two processes that
    add to one plate do so one after the other, so places in the ledger only grow.
    """

    def __init__(self, engine: Engine, patience: float = PATIENCE_SECONDS) -> None:
        self._engine = engine
        self._patience = patience
        """Seconds for which a busy database is waited for."""
        self._added: Counter[str] = Counter()
        self._adding = threading.Lock()

    @property
    def added(self) -> Mapping[str, int]:
        """How many acts this process has added, by their kind."""
        with self._adding:
            return dict(self._added)

    def since(
        self, plate: str, last: int = 0, also: Sequence[str] = ()
    ) -> list[ReviewAct]:
        """Return the acts on a plate after a place, oldest first.

        Parameters
        ----------
        plate
            Id of the plate.
        last
            Place in the ledger.
        also
            Ids that the plate had before it was given its own.
        """
        with self._engine.connect() as connection:
            return _read(connection, (plate, *also), last)

    def last(self, plate: str) -> int:
        """Return the place of the last act on a plate, 0 for none."""
        query = select(func.max(review_acts.c.id)).where(review_acts.c.plate == plate)
        with self._engine.connect() as connection:
            return int(connection.execute(query).scalar() or 0)

    def signed(self) -> dict[str, ReviewAct]:
        """Return the sign-offs that hold, by the id that each was kept under.

        Under that id alone: a plate that was given another one since may have been
        reopened under it.
        """
        table = review_acts.c
        query = (
            select(review_acts)
            .where(table.kind.in_(("sign-off", "reopen")))
            .order_by(table.id)
        )
        held: dict[str, ReviewAct] = {}
        with self._engine.connect() as connection:
            for row in connection.execute(query).mappings():
                held.pop(row["plate"], None)
                if row["kind"] == "sign-off":
                    held[row["plate"]] = _act(row)
        return held

    def append(
        self,
        plate: str,
        last: int,
        make: Callable[[list[ReviewAct]], Sequence[ReviewAct]],
        also: Sequence[str] = (),
        *,
        signing: bool = False,
    ) -> list[ReviewAct]:
        """Add what `make` returns, and return everything after `last`.

        Parameters
        ----------
        plate
            Id of the plate.
        last
            Up to where the caller knows the ledger.
        make
            Gets what was added since, and answers with what to add; nobody else can
            add to this plate in between. It may be called again after a failure.
        also
            Ids that the plate had before; they are read, and not written.
        signing
            Let nobody change settings in between either, see `Settings.together`.

        Raises
        ------
        DashboardError
            If the database is busy for too long or cannot be written. Nothing was
            added then.
        """
        return _patiently(
            lambda: self._append(plate, last, make, also, signing), self._patience
        )

    # --- within a transaction of others -----------------------------------------------

    def locks(self, plates: Iterable[str]) -> list[tuple[int, str]]:
        """Return the locks under which nobody else adds to plates."""
        return [(_LOCK, plate) for plate in sorted(plates)]

    def held(self, connection: Connection, plates: Sequence[str]) -> list[ReviewAct]:
        """Return the acts that are kept under some ids, oldest first."""
        return _read(connection, plates, 0)

    def add(self, connection: Connection, plate: str, act: ReviewAct) -> None:
        """Add an act; the transaction must hold the plate's lock."""
        connection.execute(insert(review_acts), _row(plate, check(act)))

    # --- inside -----------------------------------------------------------------------

    def _append(
        self,
        plate: str,
        last: int,
        make: Callable[[list[ReviewAct]], Sequence[ReviewAct]],
        also: Sequence[str],
        signing: bool,
    ) -> list[ReviewAct]:
        with self._engine.connect() as connection, _Alone(connection, plate):
            if signing:
                also_alone(connection, SIGNING)
            earlier = _read(connection, (plate, *also), last)
            rows = [_row(plate, check(act)) for act in make(earlier)]
            places = connection.execute(_ADD, rows).scalars().all() if rows else ()
        with self._adding:
            self._added.update(str(row["kind"]) for row in rows)
        added = zip(rows, places, strict=True)
        return [*earlier, *(_act({**row, "id": place}) for row, place in added)]


class _Alone:
    """A transaction that is the only one adding to a plate."""

    def __init__(self, connection: Connection, plate: str) -> None:
        self._connection = connection
        self._plate = plate

    def __enter__(self) -> None:
        begin_alone(self._connection, _LOCK, self._plate)

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if kind is None:
            self._connection.commit()
        else:
            self._connection.rollback()


def _patiently(work: Callable[[], _Result], patience: float) -> _Result:
    try:
        return patiently(work, patience)
    except IntegrityError as error:
        raise DashboardError(
            "This verdict is in the ledger already; look at the plate again."
        ) from error
    except DatabaseFault as error:
        raise DashboardError(
            f"It was not saved. {error} What you typed is kept: try again in a moment."
        ) from error


def _read(connection: Connection, plates: Sequence[str], last: int) -> list[ReviewAct]:
    after = {"plates": plates, "last": last}
    return [_act(row) for row in connection.execute(_SINCE, after).mappings()]


def _row(plate: str, act: ReviewAct) -> dict[str, Any]:
    acquisition = act.subject.acquisition
    return {
        "at": act.at or now(),
        "plate": plate,
        "batch": act.batch,
        "kind": act.kind,
        "well": act.subject.well,
        "field": act.subject.field,
        "acquisition": "" if acquisition is None else str(acquisition),
        "verdict": act.verdict,
        "reason": act.reason,
        "note": act.note,
        "who": act.who,
        "known": act.known,
        "basis": act.basis,
        "versions": json.dumps(dict(act.versions), ensure_ascii=False),
        "metrics": json.dumps(dict(act.metrics), ensure_ascii=False),
        "settings": act.settings,
        "supersedes": act.supersedes,
        "target": act.target,
        "details": json.dumps(dict(act.details), ensure_ascii=False),
    }


def _act(row: Any) -> ReviewAct:
    acquisition = row["acquisition"]
    return ReviewAct(
        id=int(row["id"]),
        at=row["at"],
        batch=row["batch"],
        kind=cast("Kind", row["kind"]),
        subject=Subject(
            row["well"], row["field"], int(acquisition) if acquisition else None
        ),
        verdict=row["verdict"],
        reason=row["reason"],
        note=row["note"],
        who=row["who"],
        known=row["known"],
        basis=row["basis"],
        versions=json.loads(row["versions"]),
        metrics=json.loads(row["metrics"]),
        settings=row["settings"],
        supersedes=row["supersedes"],
        target=row["target"],
        details=json.loads(row["details"]),
    )
