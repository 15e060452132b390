"""Rules of the display settings: one entry a channel, with its colour and window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hcs.metadata import COLOR
from hcs.rules.problem import is_number, json_type, show

if TYPE_CHECKING:
    from hcs.rules.problem import Findings

_SECTION = "omero-md"
_WINDOW = ("min", "max", "start", "end")


def check_omero(omero: Any, at: str, findings: Findings) -> None:
    """Check what stands under ``omero``."""
    if not findings.object(omero, "omero-type", at, _SECTION):
        return
    if "channels" not in omero:
        findings.missing("omero-channels-missing", at, "channels", _SECTION)
        return
    channels, at = omero["channels"], f"{at}.channels"
    if not findings.array(channels, "omero-channels-type", at, _SECTION):
        return
    for position, channel in enumerate(channels):
        here = f"{at}[{position}]"
        if findings.object(channel, "channel-type", here, _SECTION):
            _check_channel(channel, here, findings)


def _check_channel(channel: dict[str, Any], at: str, findings: Findings) -> None:
    if "color" not in channel:
        findings.missing("channel-color-missing", at, "color", _SECTION)
    else:
        _check_color(channel["color"], f"{at}.color", findings)
    if "window" not in channel:
        findings.missing("channel-window-missing", at, "window", _SECTION)
    elif findings.object(channel["window"], "window-type", f"{at}.window", _SECTION):
        _check_window(channel["window"], f"{at}.window", findings)
    for key in ("label", "family"):
        if key in channel:
            findings.string(channel[key], f"channel-{key}", f"{at}.{key}", _SECTION)
    active = channel.get("active", True)
    if not isinstance(active, bool):
        text = f"Found {show(active)}; must be true or false."
        findings.error("channel-active", f"{at}.active", text, _SECTION)


def _check_color(color: Any, at: str, findings: Findings) -> None:
    if not findings.string(color, "channel-color", at, _SECTION):
        return
    if COLOR.fullmatch(color) is None:
        text = f"Found {show(color)}; allowed are 6 hexadecimal digits, as in 'FF0000'."
        if findings.version == "0.4":  # which names no form
            findings.note("channel-color", at, text)
        else:
            findings.error("channel-color", at, text, _SECTION)


def _check_window(window: dict[str, Any], at: str, findings: Findings) -> None:
    values = {}
    for key in _WINDOW:
        if key not in window:
            findings.missing("window-missing", at, key, _SECTION)
        elif not is_number(window[key]):
            value = window[key]
            text = f"Found {show(value)} ({json_type(value)}); must be a number."
            findings.error("window", f"{at}.{key}", text, _SECTION)
        else:
            values[key] = window[key]
    for low, high in (("min", "max"), ("start", "end")):
        if low in values and high in values and values[low] > values[high]:
            text = f"{low} {values[low]} is above {high} {values[high]}."
            findings.note("window-order", at, text)
