"""Rows of the table of files, and what was prepared of them, as a page shows them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dashboard.text import plain_text
from dashboard.views.display import drawn
from hcs.ingest import ALL_CHANNELS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dashboard.addresses import Urls
    from dashboard.corrections.values import Difference, Staged
    from dashboard.plates.values import ChannelSetting, PlateOverview
    from dashboard.state import ViewState
    from dashboard.views.batch_draft import BatchDraft
    from dashboard.views.batch_table import FieldKey
    from hcs.ingest import Match, MatchTable

THUMB = 112
"""Pixels; twice what a row shows, for screens with fine pixels."""

_UNKNOWN = "FFFFFF"
"""Colour of a picture whose channel is not known."""


def match_rows(
    draft: BatchDraft, overview: PlateOverview, state: ViewState, urls: Urls
) -> list[dict[str, Any]]:
    """Return every row in the order of the page."""
    if draft.proposal is None:
        return []
    table = draft.proposal.table
    matches = {match.id: match for match in table.matches}
    look = drawn(overview.channels, state)
    return [
        _row(matches[row], table, draft.present or {}, overview.key, look, urls)
        for row in draft.order
        if row in matches
    ]


def _row(
    match: Match,
    table: MatchTable,
    present: Mapping[FieldKey, str],
    key: str,
    look: Sequence[ChannelSetting],
    urls: Urls,
) -> dict[str, Any]:
    picture = match.picture
    size = " × ".join(str(picture.size(axis)) for axis in "xy")
    more = [
        f"{picture.size(axis)} {word}"
        for axis, word in (("c", "channels"), ("z", "planes"), ("t", "times"))
        if picture.size(axis) > 1
    ]
    return {
        "id": match.id,
        "name": plain_text(match.name, 300),
        "text": ", ".join([size, *more, picture.dtype]),
        "facts": [plain_text(fact.message, 300) for fact in picture.facts],
        "picture": urls.staged_thumb(
            match.id, size=THUMB, channels=_of_picture(match, look)
        ),
        "present": _present(match, present, key, look, urls),
        "well": plain_text(match.well, 20),
        "field": plain_text(match.field_label or match.field, 60),
        "key": field_id((match.well, match.field)) if match.field else "",
        "channel": _channel(match, table),
        "single": len(match.channels) <= 1 and picture.size("c") == 1,
        "pages": match.pages,
        "series": match.series,
        "all_series": [
            plain_text(image.series_name, 80) or f"image {number + 1}"
            for number, image in enumerate(_series(match, table))
        ],
        "certainty": match.certainty,
        "reasons": [plain_text(text, 400) for text in match.reasons],
        "doubts": [plain_text(text, 400) for text in match.doubts],
        "problem": plain_text(match.problem, 400),
        "help": plain_text(match.help, 400),
        "needs": list(match.needs),
        "chosen": sorted(match.chosen),
        "excluded": match.excluded,
        "ready": match.ready,
    }


def _series(match: Match, table: MatchTable) -> tuple[Any, ...]:
    """Return the images of a row's file; a chosen one does not list its siblings."""
    first = next(
        (picture for picture in table.pictures if picture.id == match.id), None
    )
    return first.series if first is not None else ()


def _channel(match: Match, table: MatchTable) -> str:
    """Return the choice of a row: ``""``, ``"all"``, or the number of a channel."""
    if not match.channels:
        return ""
    if len(match.channels) > 1 or len(table.target.channels) == 1:
        return "all" if match.picture.size("c") > 1 else str(match.channels[0])
    return str(match.channels[0])


def _of_picture(
    match: Match, look: Sequence[ChannelSetting]
) -> tuple[ChannelSetting, ...]:
    """Return how a file's channels are drawn: as those that they become."""
    by_channel = {setting.index: setting for setting in look}
    settings = [
        replace(by_channel[channel], index=number)
        for number, channel in enumerate(match.channels)
        if channel in by_channel
    ]
    if settings or not look:
        return tuple(settings)
    # Not known yet, or switched off on this page: it is still to be seen.
    return (replace(look[0], index=0, color=_UNKNOWN),)


def _present(
    match: Match,
    present: Mapping[FieldKey, str],
    key: str,
    look: Sequence[ChannelSetting],
    urls: Urls,
) -> str:
    """Return the address of what is there now, in the channels of the row."""
    version = present.get((match.well, match.field))
    if version is None:
        return ""
    channels = [channel for channel in look if channel.index in match.channels] or look
    return urls.thumb(
        key, match.well, match.field, version, size=THUMB, channels=channels
    )


def corrections(draft: BatchDraft) -> list[dict[str, Any]]:
    """Return what was prepared, could not be, or was not committed: by field."""
    entries: dict[FieldKey, dict[str, Any]] = {}
    for field, why in (draft.not_staged or {}).items():
        entries[field] = _entry(field, "refused", why)
    for item in draft.batch.failed if draft.batch else ():
        field = (item.well, item.field)
        entries[field] = _entry(field, "failed", plain_text(item.reason, 600))
    for field, view in (draft.staged or {}).items():
        failed = entries.get(field, {}).get("text", "")
        entries[field] = _entry(field, "staged", failed, view)
    return list(entries.values())


def _entry(
    field: FieldKey, state: str, text: str, view: Staged | None = None
) -> dict[str, Any]:
    return {
        "key": field_id(field),
        "state": state,
        "text": text,
        "action": plain_text(view.action, 200) if view else "",
        "ready": view.ready if view else False,
        "differences": differences(view.differences) if view else [],
    }


def differences(listed: Iterable[Difference]) -> list[dict[str, Any]]:
    """Return what tells a correction from what is there, what blocks it first."""
    return [
        {
            "kind": difference.kind,
            "message": plain_text(difference.message),
            "blocking": difference.blocking,
            "confirmed": difference.confirmed,
            "confirmable": difference.confirmable,
        }
        for difference in sorted(listed, key=lambda difference: not difference.blocking)
    ]


def field_id(field: FieldKey) -> str:
    """Return what a page knows a field by; no label of a well holds a slash."""
    return "/".join(field)


def channel_choice(text: str) -> int | None:
    """Return the choice of a channel that a page sends; None takes it back."""
    if text == "all":
        return ALL_CHANNELS
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else None
