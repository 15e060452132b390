"""What is shown of adding a plate, as plain JSON with bounded, harmless texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.text import plain_text
from hcs.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dashboard.adding.trials import TrialState
    from dashboard.adding.values import FolderEntry, Listing


def roots_content(roots: Iterable[FolderEntry]) -> list[list[str]]:
    """Return the folders that may be picked from: id and path."""
    return [[root.id, plain_text(root.name, 300)] for root in roots]


def listing_content(listing: Listing | None) -> dict[str, Any] | None:
    """Return a folder with the ones around it and what is in it."""
    if listing is None:
        return None
    return {
        "path": [[entry.id, plain_text(entry.name, 300)] for entry in listing.path],
        "entries": [
            {
                "id": entry.id,
                "name": plain_text(entry.name, 300),
                "kind": entry.kind.value,
                "note": entry.note,
            }
            for entry in listing.entries
        ],
        "more": listing.more,
    }


def trial_content(state: TrialState) -> dict[str, Any]:
    """Return how far a dry run is."""
    return {
        "phase": state.phase,
        "text": plain_text(state.text, 1000),
        "done": state.done,
        "total": state.total,
        "sheets": [plain_text(sheet, 200) for sheet in state.sheets],
        "proposals": [
            {
                **proposal,
                "pattern": plain_text(proposal["pattern"], 400),
                "gives": plain_text(proposal["gives"], 200),
                "maker": plain_text(proposal["maker"], 100),
                "problem": plain_text(proposal["problem"], 300),
                "examples": [
                    [plain_text(name, 200), plain_text(text, 200)]
                    for name, text in proposal["examples"]
                ],
            }
            for proposal in state.proposals
        ],
    }


def outcome_content(state: TrialState) -> dict[str, Any]:
    """Return what an import would do, as a dry run found it."""
    outcome = state.outcome
    return {
        "plates": [[plain_text(name, 300), images] for name, images, _ in state.plates],
        "plate_count": state.plate_count,
        "plate": plain_text(state.plate, 300),
        "facts": _facts(outcome),
        "gaps": [plain_text(gap, 300) for gap in outcome["gaps"]],
        "gap_count": outcome["gap_count"],
        "skipped": [
            [entry["count"], plain_text(_names(entry), 400)]
            for entry in outcome["skipped"]
        ],
        "skipped_count": outcome["skipped_count"],
        "notes": [plain_text(note, 400) for note in outcome["notes"]],
        "channels": [
            [plain_text(channel, 200), plain_text(name, 200)]
            for channel, name in outcome["channel_names"]
        ],
        "pages": outcome["pages"],
        "map": _map(outcome["map"]),
    }


def _facts(outcome: Mapping[str, Any]) -> list[list[str]]:
    facts = [
        ["Read as", f"{outcome['preset']}, because {outcome['reason']}"],
        ["Plate", f"{outcome['format']} wells, {outcome['format_source']}"],
        ["Found", f"{_counts(outcome['found'])} of {outcome['size']}"],
        ["Expected", _counts(outcome["expected"])],
        ["Pixel size", _pixel(outcome["pixel_size"])],
        ["Files", f"{outcome['used']:,} used, {outcome['skipped_count']:,} skipped"],
    ]
    if outcome["barcode"]:
        facts.insert(0, ["Barcode", outcome["barcode"]])
    if outcome["complete"] is not None:
        ended = "ended" if outcome["complete"] else "not ended"
        facts.append(["Acquisition", f"has {ended}, as the export says"])
    return [[kind, plain_text(text, 500)] for kind, text in facts]


def _counts(counts: Mapping[str, int]) -> str:
    axes = [("wells", "well"), ("fields", "field"), ("channels", "channel")]
    deep = [("z", "z"), ("t", "time point")]
    parts = [counted(counts[name], word) for name, word in axes]
    parts += [counted(counts[name], word) for name, word in deep if counts[name] > 1]
    return f"{' x '.join(parts)}, {counted(counts['planes'], 'image')}"


def _pixel(size: Any) -> str:
    if size is None:
        return "not known"
    y, x = size
    return f"{x:g} µm" if x == y else f"{x:g} x {y:g} µm"


def _names(entry: Mapping[str, Any]) -> str:
    others = entry["count"] - len(entry["names"])
    more = f" and {others:,} more" if others else ""
    return f"{', '.join(entry['names'])}{more}: {entry['reason']}"


def _map(content: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if content is None:
        return None
    return {
        "name": plain_text(content["name"], 200),
        "columns": [plain_text(column, 100) for column in content["columns"]],
        "wells": content["wells"],
        "problems": [plain_text(problem, 300) for problem in content["problems"]],
        "problem_count": content["problem_count"],
        "without_images": content["without_images"],
        "not_listed": content["not_listed"],
    }
