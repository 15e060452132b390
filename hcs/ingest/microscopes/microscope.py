"""What a microscope's reader tells the registry: one value a family of exports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hcs.ingest.microscopes.export import Export
    from hcs.ingest.microscopes.plates import PlateKey
    from hcs.ingest.names import NameParts
    from hcs.ingest.sources import ExportFile, ExportSource


class Reader(Protocol):
    """Says what the files of a source are, by their names and descriptions."""

    def __call__(
        self,
        source: ExportSource,
        files: Sequence[ExportFile],
        reason: str,
        *,
        projection: bool = False,
    ) -> Export:
        """Return the export; `reason` says why this reader took it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Microscope:
    """A family of exports that is known by the names of its files.

    A package adds one by an entry point of the group ``hcs.imports``.
    """

    preset: str
    """What it is called on the command line."""

    maker: str
    """What people call it."""

    matches: Callable[[ExportFile], bool]
    """Whether a file is named as an image of this family."""

    read: Reader
    projections: bool = False
    """Whether exports may hold projections along z beside the planes."""

    source: str = ""
    """Package that it is from, with its version; "" for ours."""

    plates: Callable[[Sequence[ExportFile]], Mapping[str, PlateKey]] = lambda files: {}
    """The plate of each image of a source, by the image's name; see `by_folder`. A
    reader is given the files of one plate, and all where this says nothing."""

    name_parts: Callable[[str], NameParts | None] = lambda base: None
    """What the name of one image says by itself, without folders and descriptions;
    None where it is none of this family."""

    described: Callable[[Sequence[ExportFile]], str] = lambda files: ""
    """What beside names speaks for the family, ``"an .HTD file is there"``; "" for
    nothing."""
