"""What a file name seems to say about well and field; only ever a guess.

It proposes an assignment, which people see and correct, and it is held against the
target, so that a file for another well is not committed without anybody noticing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from hcs import describe_name
from hcs.layout import well_label
from hcs.spellings import named_well


@dataclass(frozen=True, slots=True)
class Guess:
    """What a name seems to say; None where it says nothing."""

    well: str | None = None
    """``"B02"``, padded to two digits."""

    field: str | None = None
    """As written: ``"s1"``, ``"f01"``."""


def guess(name: str) -> Guess:
    """Return what a file name seems to say.

    >>> guess("r02c03f04p01-ch5.tiff")
    Guess(well='B03', field='f04')
    """
    said = describe_name(name)
    return Guess(
        None if said.well is None else well_label(*said.well),
        None if said.field is None else said.field.label,
    )


def same_well(first: str, second: str) -> bool:
    """Whether two spellings mean one well; True where one of them is no well's name."""
    wells = named_well(first), named_well(second)
    return None in wells or wells[0] == wells[1]


def same_field(guessed: str, name: str, label: str) -> bool:
    """Whether a field number in a file name can mean this field.

    Parameters
    ----------
    guessed
        As `Guess.field`.
    name, label
        Of the target. Where the source's own label is not known, numbers that count
        from 0 and from 1 both fit.
    """
    number = _number(guessed)
    if label != name:
        return number == _number(label)
    index = _number(name)
    return number is None or index is None or number in (index, index + 1)


def _number(text: str) -> int | None:
    digits = re.search(r"([0-9]+)$", text)
    return None if digits is None else int(digits[1])
