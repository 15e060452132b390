"""What a sign-off covers, and what of it is no longer as it was signed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.errors import SignedOffError
from dashboard.projects.use_rules import USES
from dashboard.reviews.acts import ReviewAct, field_key
from dashboard.reviews.queue import tally
from dashboard.reviews.values import SignedOff
from dashboard.text import plain_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from dashboard.plates.served import ServedPlate
    from dashboard.plates.values import PlateOverview
    from dashboard.reviews.values import PlateReview

_MOST = 50
"""Changes that are listed one by one."""


def versions_of(plate: ServedPlate) -> dict[str, str]:
    """Return the version of every field by ``"<well path>:<field key>"``; reads all."""
    return {
        f"{well.path}:{field_key(field.name, field.acquisition)}": field.version
        for well in plate.overview().wells
        if well.listed
        for field in plate.well(well.label).fields
    }


def changes_since(
    signed: ReviewAct, versions: Mapping[str, str], parts: Mapping[str, str]
) -> tuple[str, ...]:
    """Return what is not as it was signed, a sentence each.

    Parameters
    ----------
    signed
        The sign-off.
    versions
        What `versions_of` says now.
    parts
        Digests of what else the sign-off covers, by name: plate map, roles ...
    """
    changes = [*_fields(signed.versions, versions)]
    parts_signed = signed.details.get("parts")
    before = parts_signed if isinstance(parts_signed, dict) else {}
    changes += [
        f"{plain_text(name, 40)} changed"
        for name, digest in before.items()
        # A part that is not known, as where the plate was not measured, says nothing.
        if parts.get(str(name), digest) != digest
    ]
    more = len(changes) - _MOST
    return (*changes[:_MOST], f"and {more} more") if more > 0 else tuple(changes)


def _fields(before: Mapping[str, str], now: Mapping[str, str]) -> Iterable[str]:
    for key, old in before.items():
        new = now.get(key)
        if new is None:
            yield f"{_place(key)}: signed as version {old[:12]}, gone"
        elif new != old:
            shown = f"version {new[:12]}" if new else "unreadable"
            yield f"{_place(key)}: signed as version {old[:12]}, now {shown}"
    for key in now.keys() - before.keys():
        yield f"{_place(key)}: new, version {now[key][:12]}"


def _place(key: str) -> str:
    path, _, field = key.partition(":")
    acquisition, _, name = field.partition("/")
    run = f", acquisition {plain_text(acquisition, 20)}" if acquisition else ""
    return f"well {plain_text(path, 40)} field {plain_text(name, 60)}{run}"


def signed_off(act: ReviewAct, changes: tuple[str, ...] = ()) -> SignedOff:
    """Return a sign-off as pages and reports show it."""
    counts, use = act.details.get("counts"), act.details.get("use")
    return SignedOff(
        who=act.who,
        known=act.known,
        at=act.at,
        note=act.note,
        settings=act.settings,
        counts=counts if isinstance(counts, dict) else {},
        use=use if use in USES else "",
        changes=changes,
    )


def acquired(overview: PlateOverview) -> frozenset[str]:
    """Return the labels of the wells that a sign-off is about."""
    return frozenset(well.label for well in overview.wells if well.listed)


def judged_by_looking(overview: PlateOverview, review: PlateReview) -> frozenset[str]:
    """Return the labels of wells that were judged as they are now, by looking."""
    on_wells = review.on_wells()
    return frozenset(
        well.label
        for well in overview.wells
        if well.listed
        and (verdict := on_wells.get(well.path)) is not None
        and verdict.act.basis != "unseen"
        and not verdict.stale
    )


def counts_of(
    overview: PlateOverview, review: PlateReview, looked: Collection[str] = ()
) -> dict[str, int]:
    """Count wells by verdict and basis, as a sign-off states them.

    Parameters
    ----------
    overview, review
        The plate and what holds on it.
    looked
        Labels of wells whose present pictures whoever asks has seen. Together with
        those that are judged as they are now, by looking, they are ``"looked"`` at.
    """
    counts, seen = tally(overview, review), judged_by_looking(overview, review)
    return {
        "wells": counts.total,
        "unjudged": counts.total - counts.reviewed - counts.stale,
        "looked": len(seen) + len(acquired(overview) & set(looked) - seen),
        "stale": counts.stale,
        **counts.verdicts,
        **counts.bases,
    }


def refuse_if_signed(
    signed: ReviewAct | SignedOff | None, what: str = "this plate"
) -> None:
    """Raise `SignedOffError` where a sign-off holds."""
    if signed is None:
        return
    sign_off = signed if isinstance(signed, SignedOff) else signed_off(signed)
    raise SignedOffError(
        f"{sign_off.text}: verdicts, plate map, cut-offs and fields of "
        f"{plain_text(what, 80)} are locked, and nothing was changed. Reopen the "
        f"plate first."
    )
