"""What a writer does at its end with the fields that it corrected, and what it says."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

import hcs
from tests import plates
from tests.faults import checks

ROOT = Path(__file__).parents[2]


def _image(value: int) -> hcs.NgffImage:
    return hcs.to_ngff_image(np.full((1, 30, 40), value, "u2"), dims=("c", "y", "x"))


def _warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]


def _settling(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [text for text in _warnings(caplog) if "settled yet" in text]


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_a_field_that_the_writer_wrote_itself_is_settled_at_once(
    version: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "p.zarr"
    with hcs.HCSPlateWriter(path, plates.document(), version, grace=1e9) as writer:
        for value in (3, 4, 5):
            writer.write_well_image(_image(value), "A", "1")
    assert hcs.unsettled(path) == ()
    assert set(zarr.open_group(path, mode="r")["A/1"].group_keys()) == {"0"}
    assert not [text for text in _warnings(caplog) if "Waiting" in text]
    assert len(hcs.history(path)["A/1", "0"]) == 3


def test_only_what_others_may_be_reading_is_waited_for(tmp_path: Path) -> None:
    path = plates.make(tmp_path / "p.zarr", fields=1, channels=1)
    writer = hcs.HCSPlateWriter(path, overwrite=False, grace=0.05)
    with writer:
        writer.write_well_image(_image(3), "A", "1", 7)
        writer.write_well_image(_image(4), "A", "1", 7)
        writer.write_well_image(_image(5), "A", "1", 0)
    left = hcs.unsettled(path, grace=3600)
    # The one that was there is home, and its second name waits for its readers.
    assert [(field.field, field.path) for field in left] == [("0", "0")]
    assert left[0].aliases == ("0r2",)


_SCRIPT = """
import sys, numpy as np, hcs
image = hcs.to_ngff_image(np.full((1, 30, 40), 9, "u2"), dims=("c", "y", "x"))
with hcs.HCSPlateWriter(sys.argv[1], overwrite=False, grace=3600) as writer:
    writer.write_well_image(image, "B", "2")
print("ended")
"""


def test_an_interrupt_ends_the_waiting_and_nothing_else(tmp_path: Path) -> None:
    path = plates.make(tmp_path / "p.zarr", fields=1, channels=1)
    with subprocess.Popen(
        [sys.executable, "-c", _SCRIPT, str(path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell lets what it starts in the background ignore the signal.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        assert process.stderr is not None
        waiting = process.stderr.readline()
        assert waiting.startswith("Waiting 3600 s")
        assert "field B/2/0" in waiting
        assert "grace=0" in waiting
        process.send_signal(signal.SIGINT)
        said, rest = process.communicate()
    assert (said, process.returncode) == ("ended\n", 0)
    assert "Traceback" not in rest
    assert "hcs settle" in rest
    (field,) = hcs.unsettled(path)
    assert (field.well, field.path) == ("B/2", "0r2")
    hcs.settle(path, now=True)
    checks.is_at_rest(path)


def test_writing_a_field_twice_says_that_it_is_not_settled(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "p.zarr"
    arguments: Any = (plates.document(), "B", "2")
    hcs.write_hcs_well_image(path, _image(3), *arguments)
    assert _settling(caplog) == []
    hcs.write_hcs_well_image(path, _image(4), *arguments)
    (text,) = _settling(caplog)
    assert "field B/2/0" in text
    assert "hcs settle" in text
    caplog.clear()
    hcs.write_hcs_well_image(path, _image(5), *arguments, grace=0)
    assert _settling(caplog) == []
    assert hcs.unsettled(path) == ()
    assert set(zarr.open_group(path, mode="r")["B/2"].group_keys()) == {"0"}


def test_a_writer_on_a_store_without_renames_ends_and_says_what_is_left(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = zarr.storage.MemoryStore()
    with hcs.HCSPlateWriter(store, plates.document(), grace=0) as writer:
        writer.write_well_image(_image(3), "A", "1")
        writer.write_well_image(_image(4), "A", "1")
    (text,) = _settling(caplog)
    assert "hcs settle --now" in text
    assert hcs.settle(store, now=True) == ()
    assert set(zarr.open_group(store, mode="r")["A/1"].group_keys()) == {"0"}
