"""The first line of a file of ours: what it is, and who can read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.errors import DashboardError
from dashboard.text import plain_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def check_heading(
    file: Path, heading: Mapping[str, Any], kind: str, version: int
) -> None:
    """Refuse a file of another kind or version.

    Parameters
    ----------
    file
        For the message.
    heading
        The file's first line.
    kind
        ``decisions`` or ``project``: the command whose ``export`` writes such files.
    version
        The one that is read.

    Raises
    ------
    DashboardError
        If it is another.
    """
    if heading.get("format") != f"hcs-{kind}":
        raise DashboardError(
            f"{file} was not written by `hcs-dashboard {kind} export`: its first line "
            f"names the format {plain_text(heading.get('format'), 40)}."
        )
    if heading.get("version") != version:
        raise DashboardError(
            f"{file} has version {plain_text(heading.get('version'), 20)}, this "
            f"program reads {version}. Use the program that wrote it, or a newer one."
        )
