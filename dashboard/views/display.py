"""The channels as this page draws them: the plate's display, changed by the person."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dashboard.plates.values import ChannelDisplay, ChannelSetting
    from dashboard.state import ViewState


def shown(
    channels: Sequence[ChannelDisplay],
    state: ViewState,
    switched_off: Sequence[ChannelSetting] = (),
) -> tuple[tuple[ChannelSetting, bool], ...]:
    """Return each channel's setting, and whether it is on.

    Parameters
    ----------
    channels
        The plate's.
    state
        Names the channels that are on, where the person has chosen.
    rest
        Remembered settings of channels that are off, which no address holds.
    """
    chosen = {setting.index: setting for setting in state.channels}
    remembered = {setting.index: setting for setting in switched_off}
    untouched = not state.channels and not state.hidden
    return tuple(
        (
            chosen.get(channel.index, remembered.get(channel.index, channel.setting())),
            channel.active if untouched else channel.index in chosen,
        )
        for channel in channels
    )


def drawn(
    channels: Sequence[ChannelDisplay], state: ViewState
) -> tuple[ChannelSetting, ...]:
    """Return the settings of the channels that are on, for a picture's address."""
    return tuple(setting for setting, on in shown(channels, state) if on)


def altered(channels: Sequence[ChannelDisplay], state: ViewState) -> bool:
    """Whether a black point, white point or gamma differs from the plate's."""
    plain = {channel.index: channel.setting() for channel in channels}
    return any(
        setting.index in plain
        and replace(setting, color=plain[setting.index].color) != plain[setting.index]
        for setting in state.channels
    )
