"""One file that holds a project: how it is written, and what is believed of one.

The first line says what it is and the last one what it must hold; each line between is
a JSON document of one plate, setting, revision, act or event. A file is read whole and
looked through before anything of it is used.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dashboard.errors import DashboardError
from dashboard.exports.json_lines import (
    check_header,
    json_line,
    read_document,
    read_lines,
)
from dashboard.projects.rules import rules_from_json
from dashboard.quality.suspects import baselines_from_json
from dashboard.reviews.acts import ReviewAct, as_document, from_document
from dashboard.storage.database import events
from dashboard.text import plain_text
from hcs.errors import HCSError
from hcs.layout import PlateFormat
from hcs.qc import ROLES
from hcs.tables import typed_roles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

FORMAT = "hcs-project"
VERSION = 1

EVENT = tuple(column.name for column in events.columns if column.name != "id")
"""What is written of a commit or a revert."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPlate:
    """A plate of the project, as the workspace knew it that wrote the file."""

    id: str
    key: str
    name: str
    ledger: str
    """Under which id its decisions were kept: its own, unless it was set apart."""

    ids: tuple[str, ...]
    """All ids under which decisions on it were kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A value that people or their plates have brought about."""

    kind: str
    plate: str
    """Id of the plate that it is of; "" for the project's."""

    more: tuple[str, ...]
    """What else tells it from others of its kind."""

    value: Any

    @property
    def text(self) -> str:
        """What it is, for people."""
        whose = f" of plate {plain_text(self.plate, 40)}" if self.plate else ""
        return f"{KINDS[self.kind].words}{whose}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectFile:
    """Everything that people have agreed on and decided in a project."""

    name: str
    plates: tuple[KnownPlate, ...]
    settings: tuple[Setting, ...]
    revisions: tuple[tuple[str, str, str], ...]
    """Id, time and document of each settings revision that an act names."""

    acts: tuple[tuple[str, ReviewAct], ...]
    """Each with the id that it is kept under, oldest first."""

    events: tuple[dict[str, str], ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of setting."""

    words: str
    own: bool
    """It is a plate's own, not the project's."""

    more: int
    """So many further texts tell one from another."""

    readable: Callable[[Any, tuple[str, ...]], object]
    """Raises, or answers with nothing true, where a value would not be understood."""


def lines_of(project: ProjectFile) -> Iterator[str]:
    """Return the lines of a file, each with its end."""
    digest = hashlib.sha256()
    number = 0
    for document in _documents(project):
        line = json_line(document)
        digest.update(line.encode())
        number += 1
        yield line
    yield json_line({"end": {"lines": number, "sha256": digest.hexdigest()}})


def _documents(project: ProjectFile) -> Iterator[dict[str, Any]]:
    yield {"format": FORMAT, "version": VERSION, "name": project.name}
    for plate in project.plates:
        yield {"plate": {name: getattr(plate, name) for name in _PLATE}}
    for setting in project.settings:
        yield {"setting": {name: getattr(setting, name) for name in _SETTING}}
    for revision in project.revisions:
        yield {"revision": revision}
    for ledger, act in project.acts:
        yield {"ledger": ledger, "act": as_document(act)}
    for event in project.events:
        yield {"event": event}


_PLATE = ("id", "key", "name", "ledger", "ids")
_SETTING = ("kind", "plate", "more", "value")


def read_project(file: Path) -> ProjectFile:
    """Read a whole file.

    Raises
    ------
    DashboardError
        If it cannot be read, is none of ours, is not whole, or holds what this program
        would not understand.
    """
    lines = read_lines(file)
    head = read_document(file, 1, lines[0] if lines else b"")
    check_header(file, head, "project", VERSION)
    _refuse_damaged(file, lines)
    parts: dict[str, list[Any]] = {name: [] for name in _READERS}
    for number, line in enumerate(lines[1:-1], 2):
        document = read_document(file, number, line)
        name = next((part for part in _READERS if part in document), "")
        try:
            parts[name].append(_READERS[name](document))
        except (KeyError, TypeError, ValueError, AttributeError, HCSError) as error:
            raise DashboardError(
                f"Line {number} of {file} is not understood ({type(error).__name__}: "
                f"{plain_text(error, 200)}). Nothing was imported."
            ) from error
    return ProjectFile(
        name=plain_text(head.get("name"), 300),
        plates=tuple(parts["plate"]),
        settings=tuple(parts["setting"]),
        revisions=tuple(parts["revision"]),
        acts=tuple(parts["act"]),
        events=tuple(parts["event"]),
    )


def _refuse_damaged(file: Path, lines: list[bytes]) -> None:
    end = read_document(file, len(lines), lines[-1]).get("end")
    digest = hashlib.sha256(b"".join(lines[:-1])).hexdigest()
    if end != {"lines": len(lines) - 1, "sha256": digest}:
        raise DashboardError(
            f"{file} is not as it was written: a part is missing or was changed. Copy "
            f"it again, or export again. Nothing was imported."
        )


def _plate(document: Mapping[str, Any]) -> KnownPlate:
    plate = document["plate"]
    id, key, name, ledger = (_text(plate[part]) for part in _PLATE[:-1])
    return KnownPlate(
        id=id, key=key, name=name, ledger=ledger, ids=tuple(map(_text, plate["ids"]))
    )


def _setting(document: Mapping[str, Any]) -> Setting:
    setting = document["setting"]
    kind, more = KINDS[setting["kind"]], tuple(map(_text, setting["more"]))
    if bool(_text(setting["plate"])) != kind.own or len(more) != kind.more:
        raise ValueError(f"{kind.words} of what?")
    if not kind.readable(setting["value"], more):
        raise ValueError(f"the {kind.words} would not be understood")
    return Setting(
        kind=setting["kind"], plate=setting["plate"], more=more, value=setting["value"]
    )


def _revision(document: Mapping[str, Any]) -> tuple[str, str, str]:
    id, at, text = map(_text, document["revision"])
    if revision_of(text) != id:
        raise ValueError(f"settings revision {id} stands for something else")
    return id, at, text


def revision_of(document: str) -> str:
    """Return the id of a settings revision by what it stands for."""
    return hashlib.sha256(document.encode()).hexdigest()[:12]


def _act(document: Mapping[str, Any]) -> tuple[str, ReviewAct]:
    act = from_document(document["act"])
    if not act.at:
        raise ValueError("nobody knows when it was")
    return _text(document["ledger"]), act


def _event(document: Mapping[str, Any]) -> dict[str, str]:
    event = document["event"]
    if not isinstance(json.loads(event["details"]), dict):
        raise TypeError("details")
    return {name: _text(event[name]) for name in EVENT}


_READERS: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "plate": _plate,
    "setting": _setting,
    "revision": _revision,
    "act": _act,
    "event": _event,
}


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.60} is no text")
    return value


# --- what is understood ---------------------------------------------------------------


def _typed(value: Any, more: tuple[str, ...]) -> bool:
    rows, columns = map(int, more[0].split("x"))
    typed_roles(value, PlateFormat(rows=rows, columns=columns))
    return set(value) <= set(ROLES)


def _map(value: Any, _: tuple[str, ...]) -> bool:
    width = len(list(map(_text, value["columns"])))
    texts = [value[name] for name in ("name", "who", "when")]
    return all(isinstance(text, str) for text in texts) and all(
        isinstance(row, list)
        and len(row) == width
        and not any(isinstance(cell, list | dict) for cell in row)
        for row in value["wells"].values()
    )


def _medians(value: Any, _: tuple[str, ...]) -> bool:
    return all(
        all(isinstance(text, str) for text in (metric, channel, *optics))
        and _number(median)
        for rows in value.values()
        for metric, channel, median, *optics in rows
    )


def _rows(value: Any, _: tuple[str, ...]) -> bool:
    return all(
        isinstance(field, str) and _number(number)
        for wells in value.values()
        for pairs in wells.values()
        for field, number in pairs
    )


def _listed(value: Any, _: tuple[str, ...]) -> bool:
    return isinstance(value, list) and all(
        isinstance(text, str) for row in value for text in row.values()
    )


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


KINDS: dict[str, Kind] = {
    "review-rules": Kind(
        "reasons, minimum and keys", False, 0, lambda v, _: rules_from_json(v)
    ),
    "assay-metric": Kind("assay metric", False, 0, lambda v, _: _text(v)),
    "basis": Kind(
        "channels and cut-offs",
        False,
        0,
        lambda v, _: all(isinstance(entry, dict) for entry in v.values()),
    ),
    "roles": Kind("roles of wells", False, 1, lambda v, _: isinstance(v, dict)),
    "typed-roles": Kind("typed roles", False, 1, _typed),
    "medians": Kind("medians of plates", False, 0, _medians),
    "plate-map": Kind("plate map", True, 0, _map),
    "baselines": Kind(
        "what is usual",
        True,
        0,
        lambda v, _: (
            _text(v["signature"]) and baselines_from_json(v["baselines"]) is not None
        ),
    ),
    "imported-list": Kind("imported columns", True, 0, _listed),
    "imported-rows": Kind("imported table", True, 1, _rows),
    "also-ledgers": Kind(
        "ids of before", True, 0, lambda v, _: v and all(map(_text, v))
    ),
}
"""Settings that belong to a project or its plates; what this workspace only remembers
of them, so that it need not look again, is made anew elsewhere."""

MADE = ("medians", "baselines")
"""Kinds that measuring brings about: what verdicts rest on goes with the verdicts."""
