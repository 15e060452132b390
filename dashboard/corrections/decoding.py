"""Uploaded files are decoded by a child that may be killed, never by the server.

The child gets a path, sets itself limits on memory, time and output, and writes the
planes as one plain array that the server maps. A decoder that crashes, loops or eats
memory takes the child down and nothing else.
"""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hcs.errors import HCSError, SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping

MEMORY_BYTES = 6 << 30
"""Address space of the child; numpy alone maps about 1 GiB of it."""

SECONDS = 120
"""Time that the child may take, on the clock and on the processor."""

_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """What the child found in a file."""

    kind: str
    axes: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: str
    channels: tuple[str, ...] = ()
    pixel_size: float | None = None
    facts: tuple[str, ...] = ()
    not_finite: int = 0
    """Pixels that are NaN or infinite."""

    pages: int = 0
    """Pages of which the file does not say what they are; decoded as z."""


def decode(
    source: Path,
    target: Path,
    name: str,
    *,
    max_bytes: int,
    seconds: float = SECONDS,
    memory: int = MEMORY_BYTES,
) -> Decoded:
    """Decode an uploaded file into ``target``, a ``.npy`` of t, c, z, y, x as found.

    Parameters
    ----------
    source
        The file; its content decides what it is.
    target
        Path to write; removed again where decoding fails.
    name
        What people call the file, for messages only.
    max_bytes
        Most bytes that the decoded planes may take.
    seconds, memory
        Limits of the child.

    Raises
    ------
    SourceError
        If the file cannot be used, or the child exceeded a limit or died.
    """
    order = {
        "source": str(source),
        "target": str(target),
        "name": name,
        "max_bytes": max_bytes,
        "seconds": int(seconds),
        "memory": memory,
    }
    try:
        done = subprocess.run(
            [sys.executable, "-m", "dashboard.corrections.decoding"],
            input=json.dumps(order).encode(),
            capture_output=True,
            timeout=seconds,
            env=_environment(),
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        target.unlink(missing_ok=True)
        raise SourceError(
            f"{name} could not be decoded within {seconds:.0f} s, and was given up."
        ) from error
    if done.returncode != 0:
        target.unlink(missing_ok=True)
        raise SourceError(_reason(done, name))
    return _from_json(json.loads(done.stdout))


def _environment() -> dict[str, str]:
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    paths = os.pathsep.join(path or os.getcwd() for path in sys.path)  # noqa: PTH109
    return {**environment, "PYTHONPATH": paths, **dict.fromkeys(_ONE_THREAD, "1")}


_PASSED_ON = (
    "PATH",
    "LANG",
    "LC_ALL",
    "SYSTEMROOT",
    "TMPDIR",
    "TEMP",
    "LD_LIBRARY_PATH",
)


def _reason(done: subprocess.CompletedProcess[bytes], name: str) -> str:
    if done.returncode == _REFUSED:
        return done.stdout.decode(errors="replace")
    if done.returncode < 0:
        return (
            f"{name} could not be decoded: its decoder was ended by signal "
            f"{-done.returncode}. The file is damaged or made to do harm."
        )
    return f"{name} could not be decoded: it needs more memory or space than allowed."


def _from_json(document: Mapping[str, Any]) -> Decoded:
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in document.items()
    }
    return Decoded(**values)


# --- the child -----------------------------------------------------------------------

_REFUSED = 3


def main() -> int:
    """Read an order from stdin, decode, and answer on stdout."""
    order = json.load(sys.stdin)
    _limit(order["seconds"], order["memory"], order["max_bytes"])
    try:
        decoded = _decode(order)
    except HCSError as error:
        sys.stdout.write(str(error))
        return _REFUSED
    sys.stdout.write(json.dumps(dataclasses.asdict(decoded)))
    return 0


def _limit(seconds: int, memory: int, output: int) -> None:
    try:
        import resource
    except ImportError:  # Windows: only the clock and the size checks are left
        return
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (output + 4096, output + 4096))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _decode(order: Mapping[str, Any]) -> Decoded:
    import numpy as np

    from hcs import read_image_file
    from hcs.ingest import Limits, not_finite

    limits = Limits(
        plane_bytes=min(1 << 30, order["max_bytes"]), total_bytes=order["max_bytes"]
    )
    with read_image_file(
        Path(order["source"]), name=order["name"], limits=limits
    ) as file:
        if file.dtype.kind not in "biuf":
            raise SourceError(f"{file.name} holds {file.dtype}, which is no intensity.")
        target = np.lib.format.open_memmap(
            order["target"], mode="w+", dtype=file.dtype, shape=file.shape
        )
        odd = 0
        for position in file.positions:
            plane = file.reader.read(position)
            odd += sum(not_finite(plane))
            target[position] = plane
        target.flush()
        return Decoded(
            kind=file.kind,
            axes=file.axes,
            shape=file.shape,
            dtype=file.dtype.name,
            channels=tuple(
                name or f"channel {index}"
                for index, name in enumerate(file.channel_names)
            ),
            pixel_size=file.pixel_size[1] if file.pixel_size else None,
            facts=tuple(f.message for f in file.facts if f.code != "pages"),
            not_finite=odd,
            pages=file.pages,
        )


if __name__ == "__main__":
    sys.exit(main())
