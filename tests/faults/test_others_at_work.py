"""What other programs, disks and dead processes do in the middle of an act."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import hcs
from hcs.writing.targets import folder, step
from hcs.writing.targets.lock import locked
from tests import plates
from tests.faults import checks
from tests.faults.harness import PATIENCE
from tests.integration.test_staging import ME, _image, _live, _value

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(params=["0.4", "0.5"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return plates.make(tmp_path / "p.zarr", fields=2, channels=1, version=request.param)


def _document(path: Path) -> Path:
    old = path / "A/1/.zattrs"
    return old if old.exists() else path / "A/1/zarr.json"


def _note(path: Path, number: int) -> None:
    """Write into a well's document, as another program would that knows no locks."""
    document = json.loads(_document(path).read_bytes())
    document.get("attributes", document)["another"] = number
    _document(path).write_text(json.dumps(document))


def _noted(path: Path) -> object:
    document = json.loads(_document(path).read_bytes())
    return document.get("attributes", document).get("another")


def _correct(path: Path, value: int) -> None:
    staged = hcs.stage_field(path, "A/1", "0", _image(value), base=_live(path))
    staged.commit(who=ME, reason="why")


def _settle(path: Path, value: int) -> None:
    del value
    hcs.settle(path, now=True)


@pytest.mark.parametrize("act", [_correct, _settle])
def test_case_58_what_another_tool_writes_during_an_act_is_not_lost(
    act: Callable[[Path, int], None], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, more = 0, True
    while more:
        number += 1
        if act is _settle:
            _correct(path, number)
        passed: list[str] = []

        def reached(
            name: str, passed: list[str] = passed, moment: int = number
        ) -> None:
            passed.append(name)
            if len(passed) == moment:
                _note(path, moment)

        with monkeypatch.context() as patch:
            patch.setattr(step, "reached", reached)
            act(path, 100 + number)
        more = len(passed) >= number
        assert not more or _noted(path) == number, f"lost at {passed[number - 1]}"
    assert number > 5
    assert checks.recovers(path) == []


def test_case_53_a_disk_that_cannot_make_bytes_safe_has_committed_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _value(path)
    synced: list[str] = []

    def fail(descriptor: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch:
        patch.setattr(folder.os, "fsync", fail)
        with pytest.raises(hcs.StoreError, match="Input/output error"):
            _correct(path, 9)
    assert len(synced) == len(set(synced)), "no file is trusted after it has failed"
    assert _value(path) == before
    _correct(path, 9)
    assert _value(path) == 9
    checks.recovers(path)  # what was staged is told of


HOLDING = """
import sys, time
from pathlib import Path
from hcs.writing.targets.lock import locked

with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_case_66_a_lock_goes_with_the_process_that_held_it(path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with (
        pytest.raises(hcs.ConflictError, match="locked by another writer"),
        locked(path, patience=0.05),
    ):
        pass
    holder.send_signal(signal.SIGKILL)
    holder.communicate(timeout=PATIENCE)
    _correct(path, 9)
    assert _value(path) == 9
