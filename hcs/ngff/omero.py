"""Display settings (``omero``) <-> channels with names, colours and windows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from hcs.metadata import COLOR, Channel, ImageMetadata, Window
from hcs.ngff.envelope import EXTENSION

if TYPE_CHECKING:
    from collections.abc import Mapping


def read_omero(
    omero: object, where: str
) -> tuple[tuple[Channel, ...], Mapping[str, Any]]:
    """Return the channels that a value of ``omero`` describes, and the value itself.

    `where` is not looked at: nothing here raises.
    """
    # Display settings must not keep anybody from the pixels: what is odd about them
    # is left out here and reported by `validate`.
    if not isinstance(omero, dict):
        return (), {}
    channels = omero.get("channels")
    entries = channels if isinstance(channels, list) else []
    return tuple(_read_channel(entry) for entry in entries), omero


def _read_channel(entry: object) -> Channel:
    if not isinstance(entry, dict):
        return Channel()
    name, color, active = entry.get("label"), entry.get("color"), entry.get("active")
    color = color.removeprefix("#") if isinstance(color, str) else ""
    return Channel(
        name=name if isinstance(name, str) else None,
        color=color.upper() if COLOR.fullmatch(color) else None,
        window=_read_window(entry.get("window")),
        active=active if isinstance(active, bool) else True,
    )


def _read_window(window: object) -> Window | None:
    if not isinstance(window, dict):
        return None
    start, end = _finite(window.get("start")), _finite(window.get("end"))
    low, high = _finite(window.get("min")), _finite(window.get("max"))
    start, end = low if start is None else start, high if end is None else end
    if start is None or end is None:
        return None
    return Window(
        start=start,
        end=end,
        min=start if low is None else low,
        max=end if high is None else high,
        policy=_policy(window),
    )


def _policy(window: dict[str, Any]) -> str:
    ours = window.get(EXTENSION)
    policy = ours.get("policy") if isinstance(ours, dict) else None
    return policy if isinstance(policy, str) else ""


def _finite(value: object) -> float | None:
    if type(value) not in (int, float):
        return None
    try:
        number = float(value)  # type: ignore[arg-type]
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def write_omero(
    meta: ImageMetadata, old: Mapping[str, Any], version: str
) -> dict[str, Any]:
    """Return the ``omero`` of an image, with the keys that only `old` has."""
    omero = {**old, **meta.omero}
    if meta.channels:
        entries = omero.get("channels")
        entries = entries if isinstance(entries, list) else []
        omero["channels"] = [
            _channel(
                channel,
                entries[position]
                if position < len(entries) and isinstance(entries[position], dict)
                else {},
            )
            for position, channel in enumerate(meta.channels)
        ]
    if version != "0.4":
        omero.pop("version", None)
    return omero


def _channel(channel: Channel, old_entry: Mapping[str, Any]) -> dict[str, Any]:
    new: dict[str, Any] = {**old_entry, "active": channel.active}
    if channel.name is not None:
        new["label"] = channel.name
    if channel.color is not None:
        new["color"] = channel.color
    if channel.window is not None:
        window = channel.window
        old_window = new.get("window")
        new["window"] = {
            **(old_window if isinstance(old_window, dict) else {}),
            "start": window.start,
            "end": window.end,
            "min": window.min,
            "max": window.max,
        }
        new["window"].pop(EXTENSION, None)
        if window.policy:
            new["window"][EXTENSION] = {"policy": window.policy}
    return new
