"""Which folders are watched for exports: set where the server is started only."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from hcs.metadata import Who

INBOX = Who("inbox", "login")
"""Who wants what no person has asked for."""

QUIET_SECONDS = 300.0
"""A microscope that has written nothing for so long has probably ended; one that rests
between two points in time has not, and is seen to have grown."""

LOOK_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxFolder:
    """A folder that is watched, and the folder that its plates are to lie in."""

    folder: str
    into: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxSettings:
    """What is watched, and how often; set where the server is started, by no page."""

    folders: tuple[InboxFolder, ...] = ()
    quiet_seconds: float = QUIET_SECONDS
    look_seconds: float = LOOK_SECONDS


def reason_against(inbox: InboxFolder) -> str:
    """Return why a folder cannot be watched so, "" where it can."""
    folder, into = (Path(path).resolve() for path in (inbox.folder, inbox.into))
    if not into.is_dir():
        return f"there is no folder {inbox.into} for the plates of {inbox.folder}"
    if folder == into or folder in into.parents or into in folder.parents:
        return (
            f"{inbox.folder} and {inbox.into} lie in each other; plates have to lie "
            f"elsewhere than exports"
        )
    return ""


def absolute(inbox: InboxFolder) -> InboxFolder:
    """Return an inbox by paths that hold wherever the server goes."""
    return replace(
        inbox,
        folder=os.path.abspath(Path(inbox.folder).expanduser()),  # noqa: PTH100
        into=os.path.abspath(Path(inbox.into).expanduser()),  # noqa: PTH100
    )
