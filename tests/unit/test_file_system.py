"""Where a database may lie: what the system says of mounts, and what is done by it."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from dashboard.storage import engine, file_system

MOUNTS = """\
22 1 0:21 / / rw,relatime - ext4 /dev/vda1 rw
23 22 0:22 / /mnt/lab rw,relatime shared:5 - nfs4 server:/lab rw
24 23 0:23 / /mnt/lab/local rw - xfs /dev/sdb rw
25 22 0:24 / /mnt/my\\040share rw - cifs //server/share rw
26 22 0:25 / /data rw - ext4 /dev/sdc rw
27 22 0:26 / /data rw - fuse.sshfs me@host: rw
a line that is none
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/srv/hcs/workspace.sqlite", "ext4"),
        ("/mnt/lab/hcs/workspace.sqlite", "nfs4"),
        ("/mnt/lab/local/workspace.sqlite", "xfs"),
        ("/mnt/laboratory/workspace.sqlite", "ext4"),
        ("/mnt/my share/workspace.sqlite", "cifs"),
        ("/data/workspace.sqlite", "fuse.sshfs"),
    ],
)
def test_the_mount_that_lies_on_top_tells_the_kind(path: str, kind: str) -> None:
    assert file_system.file_system(Path(path), MOUNTS) == kind


def test_this_machine_knows_where_its_temporary_files_lie(tmp_path: Path) -> None:
    assert file_system.file_system(tmp_path / "not there yet")


@pytest.mark.parametrize(("kind", "mode"), [("nfs4", "delete"), ("ext4", "wal")])
def test_case_64_a_database_on_a_network_share_is_warned_of_and_keeps_no_shared_memory(
    kind: str,
    mode: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(f"22 1 0:21 / / rw - {kind} somewhere rw\n")
    monkeypatch.setattr(file_system, "_MOUNTS", table)
    with caplog.at_level(logging.WARNING):
        opened = engine.open_database(f"sqlite:///{tmp_path}/workspace.sqlite")
    with opened.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == mode
    opened.dispose()
    assert ("lies on a network share (nfs4)" in caplog.text) == (kind == "nfs4")
