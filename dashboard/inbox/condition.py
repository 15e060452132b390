"""Whether an imported plate is bad as a whole, so that somebody should be told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hcs.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

SUSPECT_SHARE = 0.3
"""Of the wells with images. Some wells of any plate stand out; a third of them do where
something happened to the plate."""

LACKING_SHARE = 0.2
"""Of the planes that should be there, and of the fields that were measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateCondition:
    """Numbers of a measured plate.

    Attributes
    ----------
    banner
        What is wrong with all of it, in words, see `hcs.qc.plate_banner`.
    wells, suspects
        Wells with images, and those of them that are suspect.
    fields, unmeasured
        Fields that are there, and those of them that could not be measured.
    """

    banner: Sequence[str] = ()
    wells: int = 0
    suspects: int = 0
    fields: int = 0
    unmeasured: int = 0


def bad_as_a_whole(
    condition: PlateCondition, planes: int, expected: int
) -> tuple[str, ...]:
    """Return why a plate is bad as a whole, nothing where it is not.

    It is where most of it is out of focus, dark or saturated (the banner of its page);
    where `SUSPECT_SHARE` of its wells are suspect; or where `LACKING_SHARE` of its
    planes are missing, or of its fields cannot be measured.

    Parameters
    ----------
    condition
        What measuring came to.
    planes, expected
        That were imported, and that should be there.
    """
    missing = max(0, expected - planes)
    shares = (
        (condition.suspects, condition.wells, SUSPECT_SHARE, "well", "suspect"),
        (missing, expected, LACKING_SHARE, "plane", "missing"),
        (condition.unmeasured, condition.fields, LACKING_SHARE, "field", "unreadable"),
    )
    return (
        *condition.banner,
        *(
            f"{part:,} of {counted(whole, noun)} {'is' if part == 1 else 'are'} {state}"
            for part, whole, least, noun, state in shares
            if part and part >= least * whole
        ),
    )
