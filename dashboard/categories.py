"""Categories of wells, such as compounds: their colours and their order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from dashboard.colour_scales import RAMPS, steps

if TYPE_CHECKING:
    from collections.abc import Sequence

CATEGORY_COLOURS = (
    "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442",
    "#8a929b", "#332288", "#44aa99", "#882255", "#999933", "#ddcc77", "#cc6677",
    "#117733", "#aa4499", "#661100", "#6699cc", "#88ccee", "#1b1b1b",
)  # fmt: skip
"""Told apart by colour-blind eyes as far as so many can be; the first ones best."""


def in_order(value: str) -> tuple[bool, float, str]:
    """Order numbers as numbers, before words."""
    try:
        return False, float(value), value
    except ValueError:
        return True, 0.0, value


def category_colours(
    categories: Sequence[str],
) -> tuple[Literal["ordinal", "categorical"], list[str]]:
    """Return whether categories have an order, as doses have, and a colour for each.

    Parameters
    ----------
    categories
        In the order of `in_order`, at most as many as there are colours. Three and more
        numbers are an order; two, or words, are not.
    """
    ordered = len(categories) > 2 and not any(in_order(name)[0] for name in categories)
    if ordered:
        return "ordinal", list(steps(RAMPS["light"]["sequential"], len(categories)))
    return "categorical", list(CATEGORY_COLOURS[: len(categories)])
