"""Rules of ``.ozx`` archives (RFC-9): a ZIP file that holds one hierarchy."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hcs.rules.problem import OURS, Problem, json_type, show
from hcs.wording import some

if TYPE_CHECKING:
    from collections.abc import Sequence

_CLAUSE = "RFC-9"
_STORED = 0
_DOCUMENT = "zarr.json"


@dataclass(frozen=True, slots=True)
class ArchiveEntry:
    """One entry of the central directory."""

    name: str
    method: int
    """ZIP compression method; 0 is stored."""

    offset: int
    """Where its local header begins, in bytes from the start of the file."""


@dataclass(frozen=True, slots=True)
class Archive:
    """What can be known of an archive from its end, without reading an entry."""

    name: str
    """File name."""

    entries: Sequence[ArchiveEntry]
    """In the order of the central directory."""

    comment: bytes = b""
    zip64: bool = False
    """Whether it has ZIP64 records, which allow any size."""

    disks: int = 1
    """Number of parts that it is split into."""


def archive_problems(archive: Archive, version: str | None = None) -> list[Problem]:
    """Return everything that is wrong with an archive.

    Parameters
    ----------
    archive
        Its listing.
    version
        NGFF version of the hierarchy inside, None where it could not be read.
    """
    findings = _ArchiveFindings()
    names = [entry.name for entry in archive.entries]
    if _DOCUMENT not in names:
        nested = sorted({name.partition("/")[0] for name in names})
        text = (
            f"No zarr.json at the root; the archive's root must be that of one "
            f"hierarchy (found {some(nested) if nested else 'nothing'})."
        )
        findings.error("ozx-root", text)
    if archive.disks > 1:
        findings.error(
            "ozx-split", f"Split into {archive.disks} parts; must be one file."
        )
    if len(set(names)) < len(names):
        text = f"{len(names) - len(set(names))} names stand in it twice; the last wins."
        findings.note("ozx-duplicate", text)
    unsafe = [name for name in names if _escapes(name)]
    if unsafe:
        text = f"{some(unsafe)} lead out of the archive; unpacking refuses them."
        findings.error("ozx-path", text)
    if any(name.rpartition("/")[2] in (".zattrs", ".zgroup") for name in names):
        findings.error(
            "ozx-zarr-format", "Holds Zarr v2; an archive must hold Zarr v3."
        )
    if not archive.name.endswith(".ozx"):
        findings.warning(
            "ozx-name", f"Called {archive.name!r}; should end with '.ozx'."
        )
    if not archive.zip64:
        findings.warning("ozx-zip64", "Has no ZIP64 records; should have, of any size.")
    packed = [entry.name for entry in archive.entries if entry.method != _STORED]
    if packed:
        text = f"{len(packed)} entries are compressed by ZIP ({some(packed, 3)})."
        findings.warning("ozx-compressed", f"{text} Zarr compresses; ZIP should not.")
    _order(archive, names, findings)
    _comment(archive.comment, version, findings)
    return findings.problems


class _ArchiveFindings:
    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def error(self, rule: str, message: str) -> None:
        self.problems.append(Problem(rule, "error", "", message, _CLAUSE))

    def warning(self, rule: str, message: str) -> None:
        self.problems.append(Problem(rule, "warning", "", message, _CLAUSE))

    def note(self, rule: str, message: str) -> None:
        self.problems.append(Problem(rule, "warning", "", message, OURS))


def _escapes(name: str) -> bool:
    return name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/")


def _order(archive: Archive, names: list[str], findings: _ArchiveFindings) -> None:
    documents = [name for name in names if name.rpartition("/")[2] == _DOCUMENT]
    depths = [name.count("/") for name in documents]
    first = names[: len(documents)] == documents and depths == sorted(depths)
    by_offset = sorted(archive.entries, key=lambda entry: entry.offset)
    same = [entry.name for entry in by_offset][: len(documents)] == documents
    if not (first and same):
        text = (
            "The zarr.json documents should come first, the root's before all, level "
            "by level, in the file as in its directory."
        )
        findings.warning("ozx-order", text)


def _comment(comment: bytes, version: str | None, findings: _ArchiveFindings) -> None:
    expected = f'{{"ome": {{"version": "{version or "0.5"}"}}}}'
    if not comment:
        findings.warning("ozx-comment", f"Has no comment; should have {expected}.")
        return
    try:
        parsed: Any = json.loads(comment.decode())
    except (ValueError, RecursionError):
        text = f"The comment is {show(comment[:60])}, no JSON; should be {expected}."
        findings.warning("ozx-comment", text)
        return
    ome = parsed.get("ome") if isinstance(parsed, dict) else None
    stated = ome.get("version") if isinstance(ome, dict) else None
    if not isinstance(stated, str):
        shown = f"{json_type(parsed)} without ome.version"
        findings.warning(
            "ozx-comment", f"The comment is {shown}; should be {expected}."
        )
    elif version is not None and stated != version:
        text = f"The comment says version {show(stated)}; the hierarchy is {version!r}."
        findings.warning("ozx-comment-version", text)
