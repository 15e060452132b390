"""The rows of imports: added, taken by one server, reported, and brought to an end.

Servers that share a database share the work. A job belongs to the server that counts
its `beat` up; one whose beat stands still while another server watches is free again,
and so is one of a server of this machine that is no more. No clocks are compared.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import secrets
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, insert, or_, select, update

from dashboard.errors import NotServedError
from dashboard.events import now
from dashboard.inbox.owner import is_dead, new_owner
from dashboard.inbox.values import LIVE, ImportJob, JobChoices, JobMark, JobState
from dashboard.storage.database import begin_alone, import_jobs
from dashboard.storage.faults import patiently
from dashboard.text import plain_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sqlalchemy import Connection, Engine, RowMapping

BEAT_SECONDS = 2.0
"""Between two beats of a running job."""

STILL_SECONDS = 20.0
"""A job of another machine whose beat stands still for so long is free."""

MOST_LISTED = 300
_IMPORTS = 0x68637369
"""PostgreSQL's advisory lock of who takes a job or a plate's name."""

_PLAIN = tuple(
    column for column in import_jobs.c if column.name not in ("key", "fields")
)
"""All that a list needs; digests of fields are many."""


class ImportJobs:
    """The jobs of a database.

    Thread safety: the engine's own; every call is one transaction.
    """

    def __init__(
        self, engine: Engine, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._engine, self._clock = engine, clock
        self.owner = new_owner()
        self._seen_beats: dict[str, tuple[int, float]] = {}

    # --- answers ----------------------------------------------------------------------

    def recent(self) -> tuple[ImportJob, ...]:
        """Return the jobs that are to do or wait for a person, and the newest others.

        At most `MOST_LISTED` of either, the newest first.
        """
        over = import_jobs.c.state.in_((JobState.DONE, JobState.IGNORED))
        newest = (import_jobs.c.at.desc(), import_jobs.c.id)
        with self._engine.connect() as connection:
            rows = [
                row
                for which in (~over, over)
                for row in connection.execute(
                    select(*_PLAIN).where(which).order_by(*newest).limit(MOST_LISTED)
                ).mappings()
            ]
        jobs = map(_job, rows)
        return tuple(sorted(jobs, key=lambda job: (job.at, job.id), reverse=True))

    def marks(self) -> tuple[JobMark, ...]:
        """Return all jobs by what they were taken as; years of them are some MB."""
        columns = [import_jobs.c[entry.name] for entry in dataclasses.fields(JobMark)]
        with self._engine.connect() as connection:
            return tuple(
                JobMark(**{**row, "state": JobState(row["state"])})
                for row in connection.execute(select(*columns)).mappings()
            )

    def get(self, job_id: str) -> ImportJob:
        """Return a job.

        Raises
        ------
        NotServedError
            If there is none of this id.
        """
        query = select(*_PLAIN).where(import_jobs.c.id == job_id)
        with self._engine.connect() as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            raise NotServedError(
                f"There is no import {plain_text(job_id, 40)!r} (any more)."
            )
        return _job(row)

    def of_source(self, source: str, part: str, folder: str) -> ImportJob | None:
        """Return the job of an export, None where there is none."""
        query = select(*_PLAIN).where(import_jobs.c.key == _key(source, part, folder))
        with self._engine.connect() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else _job(row)

    def fields(self, job_id: str) -> dict[str, str]:
        """Return the digest of the files of each field that was imported, by id."""
        query = select(import_jobs.c.fields).where(import_jobs.c.id == job_id)
        with self._engine.connect() as connection:
            text = connection.execute(query).scalar()
        return dict(json.loads(text or "{}"))

    # --- changes ----------------------------------------------------------------------

    def add(
        self,
        source: str,
        folder: str,
        choices: JobChoices,
        *,
        part: str = "",
        origin: str,
        stamp: str = "",
        who: str,
        known: str,
    ) -> ImportJob:
        """Add a job; where there is one of the same export and folder, return that."""
        key = _key(source, part, folder)

        def write() -> str:
            with self._alone() as connection:
                same = select(import_jobs.c.id).where(import_jobs.c.key == key)
                job_id = connection.execute(same).scalar()
                if job_id is not None:
                    return str(job_id)
                job_id = secrets.token_hex(12)
                moment = now()
                connection.execute(
                    insert(import_jobs).values(
                        {
                            **_NOTHING_KNOWN,
                            "id": job_id,
                            "key": key,
                            "source": source,
                            "part": part,
                            "folder": folder,
                            "origin": origin,
                            "state": JobState.WAITING,
                            "choices": json.dumps(choices.as_dict()),
                            "stamp": stamp,
                            "who": who,
                            "known": known,
                            "at": moment,
                            "changed": moment,
                        }
                    )
                )
                return job_id

        return self.get(patiently(write))

    def take(self, may: Callable[[ImportJob], bool]) -> ImportJob | None:
        """Make the oldest job that waits, or was left behind, this server's own.

        Parameters
        ----------
        may
            Whether this server can do it: it sees the folders.
        """
        if not self._waits():
            return None

        def write() -> ImportJob | None:
            with self._alone() as connection:
                query = (
                    select(*_PLAIN)
                    .where(import_jobs.c.state.in_(LIVE))
                    .order_by(import_jobs.c.at, import_jobs.c.id)
                )
                for row in connection.execute(query).mappings().all():
                    job = _job(row)
                    if self._free(job) and may(job):
                        values = {
                            "state": JobState.RUNNING,
                            "owner": self.owner,
                            "beat": job.beat + 1,
                            "reason": "",
                            "changed": now(),
                        }
                        connection.execute(_update(job.id).values(values))
                        return job
            return None

        job = patiently(write)
        return None if job is None else self.get(job.id)

    def beat(self, job_id: str, **values: Any) -> str | None:
        """Count a job of this server on, with what has changed of it.

        Returns
        -------
            What a person wishes, ``"stop"`` or ``""``; None where the job is not this
            server's any more, which then has to leave it.
        """

        def write() -> str | None:
            with self._alone() as connection:
                mine = and_(
                    import_jobs.c.id == job_id,
                    import_jobs.c.owner == self.owner,
                    import_jobs.c.state == JobState.RUNNING,
                )
                counted = {"beat": import_jobs.c.beat + 1, **_columns(values)}
                done = connection.execute(
                    update(import_jobs).where(mine).values(counted)
                )
                if not done.rowcount:
                    return None
                wish = select(import_jobs.c.wish).where(import_jobs.c.id == job_id)
                return str(connection.execute(wish).scalar())

        return patiently(write)

    def end(self, job_id: str, state: JobState, reason: str, **values: Any) -> bool:
        """Bring a job of this server to an end; return whether it still was its own."""
        return (
            self.beat(
                job_id,
                state=state,
                reason=reason,
                phase="",
                owner="",
                wish="",
                seconds_left=None,
                changed=now(),
                **values,
            )
            is not None
        )

    def change(
        self, job_id: str, allowed: tuple[JobState, ...], **values: Any
    ) -> ImportJob | None:
        """Change a job that is in one of some states; None where it is not any more."""

        def write() -> bool:
            with self._alone() as connection:
                changed = connection.execute(
                    _update(job_id)
                    .where(import_jobs.c.state.in_(allowed))
                    .values({**_columns(values), "changed": now()})
                )
                return bool(changed.rowcount)

        return self.get(job_id) if patiently(write) else None

    def forget(self, job_id: str) -> None:
        """Drop a job that is not run."""
        patiently(lambda: self._drop(job_id))

    def _drop(self, job_id: str) -> None:
        with self._alone() as connection:
            connection.execute(
                delete(import_jobs).where(
                    import_jobs.c.id == job_id,
                    import_jobs.c.state != JobState.RUNNING,
                )
            )

    def claim_target(
        self,
        job: ImportJob,
        fingerprint: str,
        names: Iterator[str],
    ) -> tuple[str, ImportJob | None]:
        """Give a job the place of its plate, that no other job has.

        Parameters
        ----------
        fingerprint
            Of the job's files.
        names
            Places in the order in which they are wanted; the first free one is taken.

        Returns
        -------
            The place; and the other job that imported the same files, whose place it
            then is.
        """

        def write() -> tuple[str, ImportJob | None]:
            with self._alone() as connection:
                same = select(*_PLAIN).where(
                    import_jobs.c.fingerprint == fingerprint,
                    import_jobs.c.id != job.id,
                    import_jobs.c.folder == job.folder,
                    import_jobs.c.target != "",
                    or_(
                        import_jobs.c.state.in_((JobState.DONE, JobState.GREW)),
                        import_jobs.c.state == JobState.RUNNING,
                    ),
                )
                for row in connection.execute(same).mappings():
                    if Path(row["target"]).exists():
                        return row["target"], _job(row)
                taken = set(
                    connection.execute(
                        select(import_jobs.c.target).where(import_jobs.c.id != job.id)
                    ).scalars()
                )
                target = next(name for name in names if name not in taken)
                connection.execute(
                    _update(job.id).values(target=target, fingerprint=fingerprint)
                )
                return target, None

        return patiently(write)

    # --- inside -----------------------------------------------------------------------

    @contextmanager
    def _alone(self) -> Iterator[Connection]:
        with self._engine.connect() as connection:
            begin_alone(connection, _IMPORTS)
            yield connection
            connection.commit()

    def _waits(self) -> bool:
        """Whether there is anything to take; asked often, so without a lock."""
        query = select(import_jobs.c.id).where(import_jobs.c.state.in_(LIVE)).limit(1)
        with self._engine.connect() as connection:
            return connection.execute(query).first() is not None

    def _free(self, job: ImportJob) -> bool:
        """Whether nobody runs a job; of its own, a server runs none when it asks."""
        if job.state is JobState.WAITING:
            return True
        if job.owner == self.owner or is_dead(job.owner):
            return True
        beat, since = self._seen_beats.get(job.id, (-1, 0.0))
        if beat != job.beat:
            self._seen_beats[job.id] = job.beat, self._clock()
            return False
        return self._clock() - since > STILL_SECONDS


_NOTHING_KNOWN: Mapping[str, Any] = {
    "target": "",
    "phase": "",
    "reason": "",
    "fingerprint": "",
    "done": 0,
    "total": 0,
    "seconds_left": None,
    "bytes": 0,
    "owner": "",
    "beat": 0,
    "wish": "",
    "summary": "{}",
    "fields": "{}",
}


def _key(source: str, part: str, folder: str) -> str:
    return hashlib.sha256("\0".join((source, part, folder)).encode()).hexdigest()


def _update(job_id: str) -> Any:
    return update(import_jobs).where(import_jobs.c.id == job_id)


def _columns(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: json.dumps(value.as_dict() if isinstance(value, JobChoices) else value)
        if name in ("choices", "summary", "fields")
        else value
        for name, value in values.items()
    }


def _job(row: RowMapping) -> ImportJob:
    return ImportJob(
        **{
            **row,
            "state": JobState(row["state"]),
            "choices": JobChoices.of(json.loads(row["choices"])),
            "summary": json.loads(row["summary"]),
            "bytes": int(row["bytes"]),
        }
    )
