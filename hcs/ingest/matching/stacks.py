"""Planes along z or time that are files of their own, put together as one picture."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from hcs.ingest.matching.evidence import evidence_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hcs.ingest.matching.picture import Picture
    from hcs.ingest.matching.target import MatchTarget

    PlaneKey = tuple[tuple[int, int, str], tuple[int, int, str]]
    """Keys of the parts t and z of a name; see `NamePart.key`."""

_ABSENT = (-1, 0, "")


def stacks_of(
    pictures: Sequence[Picture], target: MatchTarget
) -> list[tuple[Picture, ...]]:
    """Return pictures by the stack that they are of; most stand alone.

    Files are one stack where the plate has stacks, and they say the same of everything
    but z and t, and no two say the same of these. In a stack z counts fastest.
    """
    if target.planes == (1, 1):
        return [(picture,) for picture in pictures]
    groups: defaultdict[object, dict[PlaneKey, Picture]] = defaultdict(dict)
    for picture in pictures:
        group, key = _group(picture)
        groups[picture.id if key in groups[group] else group][key] = picture
    return [tuple(planes[key] for key in sorted(planes)) for planes in groups.values()]


def _group(picture: Picture) -> tuple[object, PlaneKey]:
    """Return what files of one stack share, and what tells them apart."""
    evidence = evidence_of(picture)
    z, t = evidence.part("z")[0], evidence.part("t")[0]
    key = (t.key if t else _ABSENT, z.key if z else _ABSENT)
    several = picture.size("z") > 1 or picture.size("t") > 1
    if several or not (z or t):
        return picture.id, key
    folder = picture.name.replace("\\", "/").rpartition("/")[0]
    parts = evidence.part("field")[0], evidence.part("channel")[0]
    return (folder, evidence.well()[0], *parts), key
