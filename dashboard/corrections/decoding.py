"""The child that decodes uploaded files, and what it is told and answers.

It gets paths, sets itself limits on memory, time and output, and writes the planes of
each as one plain array that the server maps; see `dashboard.corrections.decoders`.
"""

from __future__ import annotations

import dataclasses
import errno
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hcs.errors import HCSError, SourceError

MEMORY_BYTES = 6 << 30
"""Address space of a child; numpy alone maps about 1 GiB of it."""

SECONDS = 120
"""Time that a file may take, on the clock and on the processor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """What a child says of a file."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodingOrder:
    """What a child is to do."""

    source: str
    """The file; its content decides what it is."""

    target: str
    """An ``.npy`` of t, c, z, y, x as the file has them."""

    name: str
    """What people call the file, for messages only."""

    max_bytes: int
    """Most bytes that the decoded planes may take."""

    seconds: float = SECONDS


def main() -> int:
    """Read orders from stdin, a line each; answer each with a line on stdout."""
    # What a library prints must not be taken for an answer.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    _limit_memory(int(sys.argv[1]))
    for line in sys.stdin:
        answer = _followed(DecodingOrder(**json.loads(line)))
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
    return 0


def _followed(order: DecodingOrder) -> dict[str, Any]:
    try:
        _limit_file(order.seconds, order.max_bytes)
        return {"done": dataclasses.asdict(_decode(order))}
    except HCSError as error:
        return {"refused": str(error)}
    except MemoryError:
        return {"failed": "it needs more memory than allowed."}
    except Exception as error:  # noqa: BLE001 - whatever a decoder raises, in words
        if getattr(error, "errno", None) in (errno.EFBIG, errno.ENOSPC):
            return {"failed": "its planes need more space than allowed."}
        kind = type(error).__name__
        return {"failed": f"its decoder failed ({kind}). The file is damaged."}


def _limit_memory(memory: int) -> None:
    try:
        import resource
    except ImportError:  # Windows: only the clock and the size checks are left
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_file(seconds: float, output: int) -> None:
    """Limit what one file may take; only the soft limits, for the next has its own."""
    try:
        import resource
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    processor = int(used.ru_utime + used.ru_stime + seconds) + 1
    for limit, most in (
        (resource.RLIMIT_CPU, processor),
        (resource.RLIMIT_FSIZE, output + 4096),
    ):
        _, hard = resource.getrlimit(limit)
        resource.setrlimit(limit, (most, hard))


def _decode(order: DecodingOrder) -> Decoded:
    import numpy as np

    from hcs import read_image_file
    from hcs.ingest import Limits, not_finite

    limits = Limits(
        plane_bytes=min(1 << 30, order.max_bytes), total_bytes=order.max_bytes
    )
    with read_image_file(Path(order.source), name=order.name, limits=limits) as file:
        if file.dtype.kind not in "biuf":
            raise SourceError(f"{file.name} holds {file.dtype}, which is no intensity.")
        target = np.lib.format.open_memmap(
            order.target, mode="w+", dtype=file.dtype, shape=file.shape
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
