"""What kind of file system a path lies on, as Linux tells it."""

from __future__ import annotations

from pathlib import Path

_MOUNTS = Path("/proc/self/mountinfo")

NETWORK = frozenset(
    {
        *("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "lustre"),
        *("beegfs", "glusterfs", "gpfs", "ncpfs", "davfs", "fuse.sshfs"),
        *("fuse.glusterfs", "fuse.ceph", "fuse.s3fs", "fuse.rclone", "fuse.davfs2"),
    }
)
"""Kinds whose files several machines share."""


def file_system(path: Path, mounts: str | None = None) -> str:
    """Return the kind of file system that a path lies on, "" where that is not known.

    Parameters
    ----------
    path
        Need not exist yet.
    mounts
        The table of mounts as `proc(5)` has it in ``mountinfo``; by default this
        machine's.
    """
    if mounts is None:
        try:
            mounts = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
        except OSError:
            return ""
    kind, longest = "", -1
    place = path.resolve()
    for line in mounts.splitlines():
        mount, _, source = line.partition(" - ")
        parts = mount.split()
        if len(parts) < 5 or not source:
            continue
        root = Path(_unescaped(parts[4]))
        # Of mounts at one place the last one lies on top.
        if place.is_relative_to(root) and len(root.parts) >= longest:
            kind, longest = source.split()[0], len(root.parts)
    return kind


def _unescaped(text: str) -> str:
    for code, letter in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n")):
        text = text.replace(code, letter)
    return text.replace("\\134", "\\")
