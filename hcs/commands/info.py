"""``hcs info``: what a plate is and holds, from its documents alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hcs.terminal import safe, say, table
from hcs.wording import counted, some

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "info",
        help="say what a plate is and holds",
        description="Say what a plate is and holds; reads documents, no pixels.",
    )
    parser.add_argument("plate", metavar="PLATE", help="path, .ozx archive or address")
    parser.add_argument("--json", action="store_true", help="print as JSON")
    parser.set_defaults(run=run, logs=False)


def run(options: argparse.Namespace) -> int:
    """Print the summary; 1 where a listed well cannot be read."""
    from hcs.plates.opening import from_hcs_zarr
    from hcs.plates.summary import summarise

    with from_hcs_zarr(options.plate) as plate:
        summary = summarise(plate)
    if options.json:
        say(json.dumps(summary))
    else:
        for line in table(list(_rows(summary))):
            say(line)
    return int(bool(summary["wells"]["unreadable"]))


def _rows(summary: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the label and the text of each line."""
    yield "Plate", f"{summary['name'] or '(no name)'}"
    yield "", f"id {summary['id']} ({summary['id_source']})"
    if summary["barcode"]:
        yield "Barcode", summary["barcode"]
    yield "Location", summary["location"]
    yield "Format", f"OME-Zarr {summary['version']}, {summary['store']}"
    yield "Grid", _grid(summary)
    yield "Wells", _wells(summary["wells"])
    for unreadable in summary["wells"]["unreadable"]:
        yield "", f"{unreadable['well']} cannot be read: {unreadable['error']}"
    yield "Fields", _fields(summary["fields"])
    yield from _acquisitions(summary["acquisitions"])
    yield from _images(summary["image"])
    if summary["projection"]:
        yield "Along z", f"a projection: {summary['projection']}"
    yield from _channels(summary["channels"])
    if summary["labels"]:
        yield "Labels", some(summary["labels"], 8, str)
    yield "Conditions", _conditions(summary["conditions"])
    yield "Gaps", _gaps(summary["gaps"])
    if summary["import"]:
        yield "Import", summary["import"]
    yield from _history(summary)


def _grid(summary: dict[str, Any]) -> str:
    rows, columns = summary["rows"], summary["columns"]
    kind = summary["format"]
    if summary["format_assumed"]:
        kind = f"assumed to be of a plate of {kind}"
    return f"{counted(rows, 'row')} x {counted(columns, 'column')} ({kind})"


def _wells(wells: dict[str, Any]) -> str:
    text = f"{wells['listed']} listed, {wells['present']} present"
    if wells["missing"]:
        text += f", {len(wells['missing'])} missing: {some(wells['missing'], 8, str)}"
    return text


def _fields(fields: dict[str, Any]) -> str:
    low, high = fields["fewest"], fields["most"]
    per_well = f"{low}" if low == high else f"{low} to {high}"
    text = f"{fields['total']} ({per_well} per well)" if fields["total"] else "none"
    if fields["labels"]:
        text += f", called {some(fields['labels'], 8, str)}"
    return text


def _acquisitions(
    acquisitions: list[dict[str, Any]] | None,
) -> Iterator[tuple[str, str]]:
    if not acquisitions:
        yield "Acquisitions", "none declared"
        return
    for number, acquisition in enumerate(acquisitions):
        name = f" {acquisition['name']!r}" if acquisition["name"] is not None else ""
        limit = acquisition["maximumfieldcount"]
        most = f", up to {counted(limit, 'field')} a well" if limit else ""
        yield "" if number else "Acquisitions", f"{acquisition['id']}{name}{most}"


def _images(image: dict[str, Any] | None) -> Iterator[tuple[str, str]]:
    if image is None:
        yield "Images", "none can be read"
        return
    axes = " ".join(image["axes"])
    if "error" in image:
        yield "Images", f"{axes}; full size cannot be read: {image['error']}"
    else:
        parts = f"{_times(image['shape'])} {image['dtype']}"
        chunks = f"chunks {_times(image['chunks'])}"
        if image["shards"]:
            chunks += f" in shards {_times(image['shards'])}"
        levels = counted(len(image["levels"]), "level")
        yield "Images", f"{axes}: {parts}, {levels}, {chunks} (seen: {image['path']})"
    yield "Pixel size", _sizes(image)


def _sizes(image: dict[str, Any]) -> str:
    axes = zip(image["axes"], image["scale"], image["units"], strict=True)
    # A size of 1 without a unit is what stands there where nobody knew.
    sizes = [
        f"{axis} {size:g} {unit or '(no unit)'}"
        for axis, size, unit in axes
        if axis != "c" and (unit is not None or size != 1)
    ]
    return ", ".join(sizes) or "not known"


def _times(sizes: list[int]) -> str:
    return " x ".join(map(str, sizes))


def _channels(channels: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    rows = []
    for number, channel in enumerate(channels):
        window = channel["window"]
        shown = "no window"
        if window is not None:
            shown = f"shown {window['start']:g} to {window['end']:g}"
            shown += f" of {window['min']:g} to {window['max']:g}"
        name = channel["name"] if channel["name"] is not None else "(no name)"
        rows.append((number, name, channel["color"] or "no colour", shown))
    for number, line in enumerate(table(rows)):
        yield "" if number else "Channels", line


def _conditions(conditions: dict[str, Any]) -> str:
    if not conditions["columns"]:
        return "none"
    columns = some([safe(column) for column in conditions["columns"]], 8, str)
    return f"{columns} ({counted(conditions['wells'], 'well')})"


def _gaps(gaps: dict[str, Any]) -> str:
    if not gaps["count"]:
        return "none known"
    more = gaps["count"] - len(gaps["named"])
    further = f" and {more} more" if more else ""
    return f"{gaps['count']}: {', '.join(map(safe, gaps['named']))}{further}"


def _history(summary: dict[str, Any]) -> Iterator[tuple[str, str]]:
    history = summary["history"]
    changed = f"{counted(history['corrections'], 'correction')}, " + counted(
        history["reverts"], "revert"
    )
    yield "History", changed if history["events"] else "none"
    for number, field in enumerate(summary["unsettled"][:8]):
        yield "" if number else "Unsettled", f"{field['well']}: {field['message']}"
    if len(summary["unsettled"]) > 8:
        yield "", f"and {len(summary['unsettled']) - 8} more"
