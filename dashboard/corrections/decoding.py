"""The child that decodes uploaded files, what it is asked and answers.

It gets paths, sets itself limits on memory, time and output, and writes the planes of
each as one plain array that the server maps; see `dashboard.corrections.decoders`.
"""

from __future__ import annotations

import dataclasses
import errno
import hashlib
import json
import math
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hcs.errors import HCSError, SourceError
from hcs.lifeline import end_with_parent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hcs.ingest import ImageFile, NameParts, Picture

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

    notes: tuple[tuple[str, str], ...] = ()
    """What `facts` say, each with a code."""

    name: str = ""
    """Of the image in an archive of several; "" where the file is the image."""

    group: int = -1
    """Number of its file in an archive, -1 where it came alone; images of one group
    are several of one file, of which one is chosen."""

    series_name: str = ""
    field_name: str = ""
    stated: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """What metadata say of well, field and channel; see `parts_of`."""

    stated_by: str = ""
    centre: tuple[float, float] | None = None
    digest: str = ""
    """Of the pixels."""

    more: tuple[Decoded, ...] = ()
    """The other images of the file; their planes are at `planes_path`."""

    left: tuple[tuple[str, str, str, bool], ...] = ()
    """What in an archive cannot be used: name, reason, what would help, and whether it
    was meant as an image."""


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
    end_with_parent()
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
    except Exception as error:  # noqa: BLE001 - whatever a decoder raises, in words
        number = getattr(error, "errno", None)
        if isinstance(error, MemoryError) or number == errno.ENOMEM:
            return {"failed": "it needs more memory than allowed."}
        if number in (errno.EFBIG, errno.ENOSPC):
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
    """Decode every image in a file; the first has the others, and what is left over."""
    from hcs.ingest import Limits, open_pictures

    limits = Limits(
        plane_bytes=min(1 << 30, order.max_bytes), total_bytes=order.max_bytes
    )
    source = {Path(order.source): order.name}
    with open_pictures(source, limits=limits) as files:
        groups = [picture.series or (picture,) for picture in files.pictures]
        images = [
            (number, picture, files.image(picture.id))
            for number, group in enumerate(groups)
            for picture in group
        ]
        _check_room(order, [image for _, _, image in images])
        decoded = [
            _written(order, place, image, picture, number if len(groups) > 1 else None)
            for place, (number, picture, image) in enumerate(images)
        ]
        left = tuple(
            (leftover.name, leftover.reason, leftover.help, leftover.is_image)
            for leftover in files.leftovers
        )
    if not decoded:
        reasons = [f"{reason} {help}".strip() for _, reason, help, _ in left]
        raise SourceError(reasons[0] if reasons else f"{order.name} holds no image.")
    return dataclasses.replace(decoded[0], more=tuple(decoded[1:]), left=left)


def _check_room(order: DecodingOrder, images: list[ImageFile]) -> None:
    size = sum(math.prod(image.shape) * image.dtype.itemsize for image in images)
    if size > order.max_bytes:
        raise SourceError(
            f"{order.name} would take {size:,} bytes; {order.max_bytes:,} are left."
        )


def _written(
    order: DecodingOrder,
    place: int,
    image: ImageFile,
    picture: Picture,
    group: int | None,
) -> Decoded:
    """Write the planes of one image and return what is said of it."""
    import numpy as np

    from hcs.ingest import not_finite

    if image.dtype.kind not in "biuf":
        raise SourceError(f"{image.name} holds {image.dtype}, which is no intensity.")
    path = planes_path(Path(order.target), place)
    target = np.lib.format.open_memmap(
        path, mode="w+", dtype=image.dtype, shape=image.shape
    )
    odd, digest = 0, hashlib.sha256(f"{image.shape}{image.dtype}".encode())
    for position in image.positions:
        plane = image.reader.read(position)
        odd += sum(not_finite(plane))
        digest.update(np.ascontiguousarray(plane).data)
        target[position] = plane
    target.flush()
    return Decoded(
        kind=image.kind,
        axes=image.axes,
        shape=image.shape,
        dtype=image.dtype.name,
        channels=tuple(
            name or f"channel {index}" for index, name in enumerate(picture.channels)
        ),
        pixel_size=image.pixel_size[1] if image.pixel_size else None,
        facts=tuple(f.message for f in image.facts if f.code != "pages"),
        notes=tuple((fact.code, fact.message) for fact in image.facts),
        not_finite=odd,
        pages=image.pages,
        name="" if group is None else image.name,
        group=-1 if group is None else group,
        series_name=picture.series_name,
        field_name=picture.field_name,
        stated=parts_document(picture.stated),
        stated_by=picture.stated_by,
        centre=picture.centre,
        digest=digest.hexdigest()[:32],
    )


def planes_path(first: Path, place: int) -> Path:
    """Return where the planes of an image of a file are, counted from 0."""
    return first.with_name(f"{first.stem}-{place}{first.suffix}") if place else first


def parts_document(parts: NameParts) -> dict[str, Any]:
    """Return what is said of an image as JSON has it; empty where nothing is."""
    document: dict[str, Any] = {
        axis: (part.key[1] if part.number is not None else part.key[2], part.label)
        for axis in ("field", "channel", "z", "t")
        if (part := getattr(parts, axis)) is not None
    }
    if parts.well is not None:
        document["well"] = parts.well
    if parts.plate is not None:
        document["plate"] = parts.plate
    return document


def parts_of(document: Mapping[str, Any]) -> NameParts | None:
    """Return what `parts_document` wrote; None where it says nothing."""
    from hcs.ingest import NameParts, name_part

    if not document:
        return None
    well = document.get("well")
    return NameParts(
        plate=document.get("plate"),
        well=None if well is None else (int(well[0]), int(well[1])),
        **{
            axis: name_part(str(document[axis][0]), str(document[axis][1]))
            for axis in ("field", "channel", "z", "t")
            if axis in document
        },
    )


if __name__ == "__main__":
    sys.exit(main())
