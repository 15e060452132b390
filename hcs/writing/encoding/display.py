"""Display settings for channels that came without any: one window for a whole plate.

Viewers that set contrast image by image make wells incomparable. So the first field
that is written decides, and every other field of the plate takes over its windows. They
are marked as made of one field (`hcs.contrast.FIELD`), for it may be blank.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hcs import contrast
from hcs.metadata import Channel, Window

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

COLORS = ("4169E1", "00C853", "FF1744", "FFAB00", "D500F9", "00E5FF")
"""Told apart on black, also by most people who see fewer colours."""

GREY = "FFFFFF"


def describe_channels(
    channels: Sequence[Channel], planes: Sequence[NDArray[Any]]
) -> tuple[Channel, ...]:
    """Return the channels with colours and windows where they have none.

    Parameters
    ----------
    channels
        What is known of the channels; may be empty.
    planes
        One ``(..., y, x)`` array a channel, of any resolution.
    """
    described = tuple(channels) or (Channel(),) * len(planes)
    colors = (GREY,) if len(planes) == 1 else COLORS
    return tuple(
        replace(
            channel,
            color=channel.color or colors[number % len(colors)],
            window=channel.window or _window(plane),
        )
        for number, (channel, plane) in enumerate(zip(described, planes, strict=True))
    )


def _window(plane: NDArray[Any]) -> Window:
    least = contrast.least_width([plane], plane.dtype)
    window = contrast.window_of(
        contrast.sample([plane]), contrast.FIELD, plane.dtype, least=least
    )
    return window or Window(
        start=0.0, end=1.0, min=0.0, max=1.0, policy=contrast.FIELD.name
    )


def channel_entry(channel: Channel) -> dict[str, Any]:
    """Return a channel as the plate document keeps it under our own key."""
    window = channel.window
    entry = {
        "name": channel.name,
        "color": channel.color,
        "window": None
        if window is None
        else {
            "start": window.start,
            "end": window.end,
            "min": window.min,
            "max": window.max,
            **({"policy": window.policy} if window.policy else {}),
        },
    }
    return {key: value for key, value in entry.items() if value is not None}


def read_channels(content: Mapping[str, Any]) -> tuple[Channel, ...]:
    """Return the channels in our key of a plate document, () where there are none."""
    entries = content.get("channels")
    if not isinstance(entries, list) or not all(
        isinstance(entry, dict) for entry in entries
    ):
        return ()
    return tuple(_read_channel(entry) for entry in entries)


def _read_channel(entry: Mapping[str, Any]) -> Channel:
    name, color, window = entry.get("name"), entry.get("color"), entry.get("window")
    return Channel(
        name=name if isinstance(name, str) else None,
        color=color if isinstance(color, str) else None,
        window=_read_window(window) if isinstance(window, dict) else None,
    )


def _read_window(entry: Mapping[str, Any]) -> Window | None:
    limits = [entry.get(key) for key in ("start", "end", "min", "max")]
    values = [float(limit) for limit in limits if isinstance(limit, int | float)]
    if len(values) != 4 or not all(math.isfinite(value) for value in values):
        return None
    start, end, low, high = values
    policy = entry.get("policy")
    return Window(
        start=start,
        end=end,
        min=low,
        max=high,
        policy=policy if isinstance(policy, str) else "",
    )
