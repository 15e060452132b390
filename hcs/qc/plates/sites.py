"""Which of a plate's fields the fields of another program's table are; pure.

Programs count sites from 1, and a plate of ours counts fields from 0: the same text may
mean two fields. So nothing is matched by its text but a label that the source gave.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from hcs.layout import Position

SiteRule = Literal["label", "from 0", "from 1", "none"]
"""By the fields' labels; by their order, counted from 0 or from 1; not at all."""

_ONLY_NUMBER = re.compile(r"\D*(\d{1,9})\D*", re.ASCII)
_LAST_NUMBER = re.compile(r".*?(\d{1,9})", re.ASCII | re.DOTALL)


@dataclass(frozen=True, slots=True)
class OwnField:
    """A field of a well of ours."""

    name: str
    label: str
    """What people call it; its name where nobody calls it anything else."""

    @property
    def called(self) -> str | None:
        """Its label, None where that only repeats the name."""
        return None if self.label == self.name else self.label


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteMap:
    """What the fields of a table mean on a plate."""

    rule: SiteRule = "none"
    names: Mapping[tuple[Position, str], str] = field(default_factory=dict)
    """Name of our field by well and the table's text; unmatched ones are not there."""

    matched: tuple[tuple[str, str, int], ...] = ()
    """Text of the table, label of ours, and in how many wells."""

    unmatched: tuple[tuple[str, int], ...] = ()
    """Text of the table that is no field of ours, and in how many wells."""


def match_sites(
    sites: Collection[tuple[Position, str]],
    fields: Mapping[Position, Sequence[OwnField]],
) -> SiteMap:
    """Return which field each site of a table is.

    Labels decide where any of them matches. Else sites are numbers, counted from 0
    where the table has a site 0 and from 1 where it has none; the least number of a
    field on the plate is the first.

    Parameters
    ----------
    sites
        Well and text of each row that names a field.
    fields
        Ours, by well. A label that two fields of a well share, as two acquisitions do,
        stands for neither.
    """
    rule, names = _by_label(sites, fields)
    if not names:
        rule, names = _by_order(sites, fields)
    labels = {
        (well, own.name): own.label
        for well, present in fields.items()
        for own in present
    }
    matched = Counter(
        (text, labels[well, names[well, text]])
        for well, text in sites
        if (well, text) in names
    )
    unmatched = Counter(text for well, text in sites if (well, text) not in names)
    return SiteMap(
        rule=rule if sites else "none",
        names=names,
        matched=tuple(
            (text, label, matched[text, label])
            for text, label in sorted(
                matched, key=lambda pair: (_key(pair[0]), pair[1])
            )
        ),
        unmatched=tuple(
            (text, unmatched[text]) for text in sorted(unmatched, key=_key)
        ),
    )


def _by_label(
    sites: Collection[tuple[Position, str]],
    fields: Mapping[Position, Sequence[OwnField]],
) -> tuple[SiteRule, dict[tuple[Position, str], str]]:
    tables = {well: _labels(present) for well, present in fields.items()}
    names = {}
    for well, text in sites:
        table = tables.get(well, {})
        name = table.get(_plain(text)) or table.get(_number(text))
        if name is not None:
            names[well, text] = name
    return "label", names


def _labels(fields: Sequence[OwnField]) -> dict[str | int | None, str]:
    """Return names by label, and by the number in it, where they are the only ones."""
    called: dict[str | int | None, list[str]] = {}
    for own in fields:
        if own.called is not None:
            called.setdefault(_plain(own.called), []).append(own.name)
            called.setdefault(_number(own.called), []).append(own.name)
    return {
        key: names[0]
        for key, names in called.items()
        if key is not None and len(names) == 1
    }


def _by_order(
    sites: Collection[tuple[Position, str]],
    fields: Mapping[Position, Sequence[OwnField]],
) -> tuple[SiteRule, dict[tuple[Position, str], str]]:
    numbers = {(well, text): _number(text) for well, text in sites}
    if any(number is None for number in numbers.values()):
        return "none", {}
    start = 0 if 0 in numbers.values() else 1
    tables = _orders(fields)
    names = {
        key: tables[key[0]][number - start]
        for key, number in numbers.items()
        if number is not None and number - start in tables.get(key[0], {})
    }
    return ("from 0" if start == 0 else "from 1"), names


def _orders(
    fields: Mapping[Position, Sequence[OwnField]],
) -> dict[Position, dict[int, str]]:
    """Return names by their place among the plate's fields, the first at 0.

    The number in a name goes before its place in the well, as a well may lack fields.
    """
    numbers = {
        own.name: _index(own.name) for present in fields.values() for own in present
    }
    known = [number for number in numbers.values() if number is not None]
    numbered, first = len(known) == len(numbers), min(known, default=0)
    orders: dict[Position, dict[int, str]] = {}
    for well, present in fields.items():
        places: dict[int, list[str]] = {}
        for at, own in enumerate(present):
            number = numbers[own.name]
            place = number - first if numbered and number is not None else at
            places.setdefault(place, []).append(own.name)
        orders[well] = {at: names[0] for at, names in places.items() if len(names) == 1}
    return orders


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _number(text: str) -> int | None:
    """Return the one number in a text: 3 for ``"3.0"`` and ``"s03"``."""
    text = text.strip()
    if re.fullmatch(r"\d{1,9}\.0*", text, re.ASCII):
        return int(text.partition(".")[0])
    number = _ONLY_NUMBER.fullmatch(text)
    return None if number is None else int(number[1])


def _index(name: str) -> int | None:
    """Return the number at the end of a name of ours: 3 for ``"3"`` and ``"a1f3"``."""
    number = _LAST_NUMBER.fullmatch(name)
    return None if number is None else int(number[1])


def _key(text: str) -> tuple[int, str]:
    number = _number(text)
    return (1 << 30 if number is None else number, text)
