"""The channel controls: which are on, their colour and contrast, and its source."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dashboard.access import Act
from dashboard.plates import colours
from dashboard.plates.values import ChannelSetting
from dashboard.text import plain_text
from dashboard.views.display import altered, shown
from dashboard.views.island import Island, Message, Part, text_of
from hcs import contrast

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dashboard.plates.values import ChannelDisplay
    from dashboard.session import Session
    from dashboard.state import ViewState
    from dashboard.views.snapshot import Snapshot

_COLOR = re.compile(r"[0-9A-Fa-f]{6}")


class ChannelsIsland(Island):
    """See ``assets/panels/channels.js``."""

    module = "panels/channels.js"


class Channels(Part):
    """Shows the channels; thumbnails and address follow when a change has ended."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, ChannelsIsland())
        self._switched_off: tuple[ChannelSetting, ...] = ()
        for kind, act in (
            ("channels", self._change),
            ("reset", self._reset),
            ("auto", self._automatic),
        ):
            self.component.on(kind, self._of_plate(act), asks=Act.LOOK)

    def _of_plate(self, act: Callable[[Message], object]) -> Callable[[Message], None]:
        """Act only where the plate is open that a message names, and show what holds.

        A page may show the channels of the plate before: their limits are no limits of
        this one.
        """

        def act_there(message: Message) -> None:
            if text_of(message, "plate") == self._drawn_plate():
                act(message)
            self._redraw()

        return act_there

    def _reset(self, _: Message) -> None:
        self._switched_off = ()
        self._session.state.update(channels=(), hidden=False, contrast="")

    def _automatic(self, _: Message) -> None:
        """Take the robust limits over the plate instead of the stored ones."""
        now = self._now
        channels = now.overview.channels if now and now.overview else ()
        state = self._session.state.view()
        pairs = shown(channels, state, self._switched_off)
        settings = [
            (replace(setting, low=channel.automatic[0], high=channel.automatic[1]), on)
            if channel.automatic
            else (setting, on)
            for channel, (setting, on) in zip(channels, pairs, strict=True)
        ]
        self._switched_off = tuple(setting for setting, on in settings if not on)
        chosen = tuple(setting for setting, on in settings if on)
        self._session.state.update(channels=chosen, hidden=not chosen, contrast="")

    def _change(self, message: Message) -> None:
        now = self._now
        if now is None or now.overview is None:
            return
        sent = message.get("channels")
        count = len(now.overview.channels)
        read = (
            [_setting(entry, count) for entry in sent] if isinstance(sent, list) else []
        )
        pairs = [pair for pair in read if pair is not None]
        source = ""
        if text_of(message, "source") == "field":
            # The field that was measured; another one may be open by now.
            source = plain_text(text_of(message, "origin", 80), 80)
        self._switched_off = tuple(setting for setting, on in pairs if not on)
        on = tuple(setting for setting, on in pairs if on)
        self._session.state.update(channels=on, hidden=not on, contrast=source)

    def _drawn_plate(self) -> str | None:
        """Return the key of the open plate, None where another one is drawn."""
        key = self._session.state.plate
        return key if self._now is not None and self._now.state.plate == key else None

    def _redraw(self) -> None:
        if self._now is not None and self._drawn_plate() is not None:
            self.draw(self._now, of_now=False)

    def draw(self, now: Snapshot, *, of_now: bool = True) -> None:
        """Show the channels of the plate as they are drawn."""
        self._now = now
        state = now.state if of_now else self._session.state.view()
        channels = now.overview.channels if now.overview else ()
        stored = bool(channels) and channels[0].source == "stored"
        changed = altered(channels, state)
        source: str = channels[0].source if channels else "plate"
        if changed and _is_automatic(channels, state):
            source = "plate"
        elif changed:
            source = "field" if state.contrast else "hand"
        whole = now.field is None or not now.field.dtype.startswith("float")
        pairs = shown(channels, state, self._switched_off)
        own = tuple(channel.color for channel in channels)
        names = [_name(channel) for channel in channels]
        proposed = colours.distinct(own)
        self.component.put(
            {
                "plate": now.state.plate,
                "channels": [
                    {**_content(channel, setting, on, whole), "distinct": color}
                    for channel, (setting, on), color in zip(
                        channels, pairs, proposed, strict=True
                    )
                ],
                "close": colours.named_pairs(names, own) if proposed != own else [],
                "source": source,
                "ends": [contrast.FIELD.low / 100, contrast.FIELD.high / 100],
                "where": plain_text(state.contrast, 80),
                "stored": stored,
                "canAuto": stored and any(channel.automatic for channel in channels),
                "changed": changed or bool(state.channels) or state.hidden,
                "inField": now.field is not None,
                "ack": self.component.last_message,
            }
        )


def _content(
    channel: ChannelDisplay, setting: ChannelSetting, on: bool, whole: bool
) -> dict[str, Any]:
    return {
        "index": channel.index,
        "name": _name(channel),
        "color": setting.color,
        "plain": channel.color,
        "least": channel.least,
        "empty": channel.empty,
        "low": setting.low,
        "high": setting.high,
        "gamma": setting.gamma,
        "active": on,
        "minimum": min(channel.minimum, setting.low),
        "maximum": max(channel.maximum, setting.high),
        "curve": _curve(channel),
        "whole": whole and channel.maximum - channel.minimum > 1,
    }


def _name(channel: ChannelDisplay) -> str:
    return plain_text(channel.name, 60) or f"channel {channel.index}"


def _is_automatic(channels: Sequence[ChannelDisplay], state: ViewState) -> bool:
    """Whether all channels that are on have the robust limits over the plate."""
    limits = {channel.index: channel.automatic for channel in channels}
    return bool(state.channels) and all(
        limits.get(setting.index) == (setting.low, setting.high)
        and setting.gamma == 1.0
        for setting in state.channels
    )


def _curve(channel: ChannelDisplay) -> float:
    """Return the power by which a slider's way grows.

    One hot pixel makes the range of values far wider than what is looked at; then
    most of the way must belong to the dim values.
    """
    span = channel.maximum - channel.minimum
    return 1.0 if span <= 6 * (channel.high - channel.low) else 3.0


def _setting(sent: Any, count: int) -> tuple[ChannelSetting, bool] | None:
    """Return what a page sent as a setting, None where it is none."""
    if not isinstance(sent, dict):
        return None
    index, color = sent.get("index"), sent.get("color")
    numbers = [sent.get(name) for name in ("low", "high", "gamma")]
    if not (isinstance(index, int) and 0 <= index < count):
        return None
    if not (isinstance(color, str) and _COLOR.fullmatch(color)):
        return None
    if not all(
        isinstance(number, (int, float)) and math.isfinite(number) for number in numbers
    ):
        return None
    low, high, gamma = (float(number) for number in numbers)  # type: ignore[arg-type]
    setting = ChannelSetting(
        index=index,
        color=color.upper(),
        low=low,
        high=high,
        gamma=min(10.0, max(0.1, gamma)),
    )
    return setting, sent.get("active") is True
