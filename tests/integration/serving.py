"""A service over real plates and a real workspace, for the tests of this folder."""

from __future__ import annotations

import io
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import tifffile

from dashboard.service import Service
from dashboard.workspace import open_workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dashboard.values import Upload

PATIENCE = 60.0
"""Seconds until a wait is a failure; nothing here takes two on a calm machine."""


@contextmanager
def service(workspace: Path, *plates: Path, **settings: Any) -> Iterator[Service]:
    """Serve plates without a network, measured in this process."""
    settings.setdefault("workers", 0)
    made = Service(plates, open_workspace(workspace), **settings)
    try:
        yield made
    finally:
        made.close()


def wait_for(what: Callable[[], Any], reason: str = "") -> Any:
    """Return the first true answer."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = what()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"waited {PATIENCE:.0f} s in vain {reason}")


def surveyed(made: Service, key: str) -> Any:
    """Return the overview once every well was looked at."""
    return wait_for(lambda: (o := made.overview(key)).surveyed and o)


def tiff(array: np.ndarray, **metadata: Any) -> bytes:
    """Return a TIFF file of an array."""
    stream = io.BytesIO()
    tifffile.imwrite(stream, array, photometric="minisblack", **metadata)
    return stream.getvalue()


def send(made: Service, token: str, data: bytes, name: str) -> Upload:
    """Upload bytes as the HTTP handler does."""
    receiving = made.begin_upload(token, name, len(data))
    try:
        for start in range(0, len(data), 1 << 16):
            receiving.write(data[start : start + (1 << 16)])
        return receiving.finish()
    except BaseException:
        receiving.abandon()
        raise
