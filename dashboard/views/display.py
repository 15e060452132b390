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
    rest: Sequence[ChannelSetting] = (),
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
    chosen = {one.index: one for one in state.channels}
    kept = {one.index: one for one in rest}
    untouched = not state.channels and not state.hidden
    return tuple(
        (
            chosen.get(one.index, kept.get(one.index, one.setting())),
            one.active if untouched else one.index in chosen,
        )
        for one in channels
    )


def drawn(
    channels: Sequence[ChannelDisplay], state: ViewState
) -> tuple[ChannelSetting, ...]:
    """Return the settings of the channels that are on, for a picture's address."""
    return tuple(setting for setting, on in shown(channels, state) if on)


def altered(channels: Sequence[ChannelDisplay], state: ViewState) -> bool:
    """Whether a black point, white point or gamma differs from the plate's."""
    plain = {one.index: one.setting() for one in channels}
    return any(
        one.index in plain
        and replace(one, color=plain[one.index].color) != plain[one.index]
        for one in state.channels
    )
