"""What is known of an export that is to become a plate."""

from __future__ import annotations

import dataclasses
import enum
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hcs.ingest import ImportChoices

if TYPE_CHECKING:
    from collections.abc import Mapping


class JobState(enum.StrEnum):
    """Where an import stands."""

    WAITING = "waiting"
    """A server takes it up as soon as it can."""

    RUNNING = "running"
    DONE = "done"
    """The plate is there, measured, with previews."""

    GREW = "grew"
    """It is done, and the export has become another since."""

    FAILED = "failed"
    STOPPED = "stopped"
    """By a person; what is written stays, and trying again goes on there."""

    IGNORED = "ignored"
    """By a person: it is not imported, whatever becomes of the export."""


LIVE = (JobState.WAITING, JobState.RUNNING)
"""States of a job that a server still has to do with."""


class Phase(enum.StrEnum):
    """What a running job does."""

    LOOKING = "looking"
    IMPORTING = "importing"
    MEASURING = "measuring"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobChoices:
    """What a person decided about an import, as plain values; see `hcs.import_plate`.

    Attributes
    ----------
    plate_map
        Path of a table of conditions; None looks for one by the barcode.
    plate_map_text
        The table itself, where it lies nowhere.
    renew
        Give fields of a plate that is there a new version where their files have
        changed.
    """

    preset: str = "auto"
    pattern: str | None = None
    projection: bool = False
    plate_map: str | None = None
    plate_map_text: str | None = None
    format: str | None = None
    channel_names: Mapping[str, str] = field(default_factory=dict)
    pages: str | None = None
    strict: bool = False
    name: str | None = None
    version: str | None = None
    renew: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        return dataclasses.asdict(self)

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> JobChoices:
        """Return the choices of JSON values; names that nobody knows are passed over.

        A newer program may have written them.
        """
        names = {entry.name for entry in dataclasses.fields(cls)}
        return cls(**{name: document[name] for name in names & document.keys()})

    def for_library(self) -> ImportChoices:
        """Return what the library's plan takes."""
        table: str | bytes | None = self.plate_map
        if self.plate_map_text is not None:
            table = self.plate_map_text.encode()
        return ImportChoices(
            preset=self.preset,
            pattern=self.pattern,
            projection=self.projection,
            plate_map=table,
            format=self.format,
            channel_names=self.channel_names,
            pages=self.pages,
            strict=self.strict,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class JobMark:
    """By which an inbox knows whether an export was taken as it is now."""

    id: str
    source: str
    part: str
    folder: str
    state: JobState
    stamp: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportJob:
    """An import that waits, runs, or came to an end."""

    id: str
    source: str
    """Path of the export: a folder or a zip."""

    part: str
    """Which plate of a source that holds several; "" where it holds one."""

    folder: str
    """That the plate is to lie in."""

    target: str
    """Path of the plate; "" until its name is known."""

    origin: str
    """``"inbox"``, or ``"page"``: somebody chose the source there."""

    state: JobState
    phase: str
    """Of a running job, see `Phase`; else ""."""

    reason: str
    """Why it failed, waits or grew, as a sentence."""

    choices: JobChoices
    stamp: str
    """What the source looked like when it was last taken up, see `look.Look`."""

    fingerprint: str
    """Of the files that were imported, see `hcs.ingest`."""

    done: int
    total: int
    """Fields that are written, and that there are."""

    seconds_left: float | None
    bytes: int
    """Most that the plate can take on the disk; 0 until it is known."""

    owner: str
    """The server that runs it."""

    beat: int
    """Counts up while it is run."""

    wish: str
    """``"stop"`` where a person wants a running job stopped."""

    summary: Mapping[str, Any]
    """What was found, see `summary.summary_of`."""

    who: str
    known: str
    """Who asked for it, and how they are known; of an inbox, its server."""

    at: str
    changed: str
    """When it was added, and when it last became another; UTC."""

    @property
    def name(self) -> str:
        """What people call the export: the name of its folder or file."""
        return self.part or Path(self.source).name
