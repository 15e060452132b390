"""Gaps: what should have been acquired and is not there, and how it is called.

An import names gaps by these values, and keeps them in the plate's document; the
commands and the page read them there. So a gap has one name wherever it is shown.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Mapping

    K = TypeVar("K", bound=Hashable)

MOST: Final = 0.9
"""Share of wells that must be alike before the others are expected to be so too."""


def shared_by_most(values: Collection[K]) -> K | None:
    """Return the value that at least nine of ten have, None where there is none.

    Parameters
    ----------
    values
        One for each well, such as the set of its sites or the number of its fields.

    Examples
    --------
    >>> shared_by_most([9] * 95 + [8])
    9
    >>> shared_by_most([1, 1, 2]) is None
    True
    """
    if not values:
        return None
    value, count = Counter(values).most_common(1)[0]
    return value if count >= MOST * len(values) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A well, field, channel or plane that is not there; None is all of an axis."""

    path: str | None = None
    """Path of the well (``"B/2"``)."""

    well: str | None = None
    """Label of the well (``"B02"``), for people."""

    field: str | None = None
    """Name of the field in the plate; where no file has it, the source's word."""

    label: str | None = None
    """The source's word for a field that the plate has (``"s1"``)."""

    channel: str | None = None
    z: int | str | None = None
    """Index into the plate's arrays, which hold zeros there; a text is the source's
    word for a plane that no file has."""

    t: int | str | None = None
    """As `z`, along time."""

    reason: str = ""
    """Why it is not there, as the source says: an autofocus that failed; "" where it
    says nothing."""

    @property
    def is_field(self) -> bool:
        """Whether it is a field as a whole."""
        return self.field is not None and {self.channel, self.z, self.t} == {None}

    @property
    def entry(self) -> dict[str, Any]:
        """What the plate document keeps."""
        entry = {
            "well": self.path,
            "field": self.field,
            "channel": self.channel,
            "z": self.z,
            "t": self.t,
        }
        known = {"label": self.label, "reason": self.reason or None}
        return entry | {key: text for key, text in known.items() if text is not None}

    @property
    def what(self) -> str:
        """What of its well is not there, ``""`` for all of it.

        Planes along z and t are counted from 1, as people count.
        """
        parts = (
            ("field", self.label or self.field),
            ("channel", self.channel),
            ("z", _counted_from_one(self.z)),
            ("t", _counted_from_one(self.t)),
        )
        return " ".join(f"{word} {name}" for word, name in parts if name is not None)

    @property
    def account(self) -> str:
        """What of its well is not there, and why where that is known."""
        what = self.what or "all of it"
        return f"{what} ({self.reason})" if self.reason else what

    def __str__(self) -> str:
        """Return the gap in words: ``"B02 field s1 channel DAPI z 2"``."""
        where = "every well:" if self.path is None else self.well or self.path
        text = f"{where} {self.what}".rstrip()
        return f"{text} ({self.reason})" if self.reason else text


def read_gap(entry: Mapping[str, Any], labels: Mapping[str, str]) -> Gap:
    """Return the gap that an entry of a plate document means.

    Parameters
    ----------
    entry
        As somebody wrote it: values of other types than ours are passed over.
    labels
        Labels of wells by their path; a path that is none of them is shown itself.
    """
    path = _text(entry.get("well"))
    return Gap(
        path=path,
        well=None if path is None else labels.get(path, path),
        field=_text(entry.get("field")),
        label=_text(entry.get("label")),
        channel=_text(entry.get("channel")),
        z=_index_or_text(entry.get("z")),
        t=_index_or_text(entry.get("t")),
        reason=_text(entry.get("reason")) or "",
    )


def _counted_from_one(index: int | str | None) -> int | str | None:
    return index + 1 if isinstance(index, int) else index


def _text(value: object) -> str | None:
    # Not every writer spells names as texts: field 0 is the field "0".
    return str(value) if isinstance(value, str | int) and value is not True else None


def _index_or_text(value: object) -> int | str | None:
    return value if isinstance(value, str | int) else None
