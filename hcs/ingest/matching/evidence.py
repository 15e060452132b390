"""What is known of one picture before the plate is asked: who says what of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from hcs.ingest.matching.name_guess import describe_name, microscope_name
from hcs.layout import well_label

if TYPE_CHECKING:
    from hcs.ingest.matching.picture import Picture
    from hcs.ingest.names import NamePart, NameParts

Part = Literal["well", "field", "channel", "z", "t"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What metadata and name say of a picture.

    Metadata, and what the reader of an export says, go before the name.
    """

    picture: Picture
    by_name: NameParts
    name_is_sure: bool
    """The name is built as a known microscope builds its names."""

    folder: NameParts
    """What the folder of the file is called after: a well, where it is one."""

    def part(self, part: Part) -> tuple[NamePart | None, str, bool]:
        """Return a field, channel, z or t, who says it, and whether that is sure."""
        if (stated := getattr(self.picture.stated, part)) is not None:
            return stated, self.picture.stated_by, True
        if (named := getattr(self.by_name, part)) is not None:
            return named, self._name_source, self.name_is_sure
        return None, "", False

    def well(self) -> tuple[tuple[int, int] | None, str, bool]:
        """Return the zero-based row and column, who says it, and whether it is sure."""
        if self.picture.stated.well is not None:
            return self.picture.stated.well, self.picture.stated_by, True
        if self.by_name.well is not None:
            return self.by_name.well, self._name_source, self.name_is_sure
        if self.folder.well is not None:
            return self.folder.well, "the name of its folder", False
        return None, "", False

    @property
    def _name_source(self) -> str:
        return "its name"

    def contradictions(self) -> tuple[str, ...]:
        """Return where the name says something else than the metadata, in words."""
        stated, name, source = self.picture.stated, self.by_name, self.picture.stated_by
        sentences = []
        if stated.well and name.well and stated.well != name.well:
            sentences.append(
                f"{_capital(source)} says well {well_label(*stated.well)}, its name "
                f"well {well_label(*name.well)}."
            )
        if stated.field and name.field and stated.field != name.field:
            sentences.append(
                f"{_capital(source)} says field {stated.field.label}, its name field "
                f"{name.field.label}."
            )
        return tuple(sentences)


def evidence_of(picture: Picture) -> Evidence:
    """Return what metadata and name say of a picture."""
    known = microscope_name(picture.name)
    folder = picture.name.replace("\\", "/").rpartition("/")[0]
    return Evidence(
        picture=picture,
        by_name=known or describe_name(picture.name),
        name_is_sure=known is not None,
        folder=describe_name(folder),
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
