"""Options of a command whose values stand in the settings file."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from dashboard.errors import DashboardError
from hcs.wording import some

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_NEVER = frozenset({"help", "config"})


def put_defaults(
    parser: argparse.ArgumentParser, values: Mapping[str, Any], path: Path
) -> None:
    """Make values of the settings file what options have that are not given.

    Parameters
    ----------
    parser
        Of the command.
    values
        By the names of options, as ``log_format`` or ``log-format``.
    path
        Of the settings file, for messages.

    Raises
    ------
    DashboardError
        If there is no such option, or a value is none of its.
    """
    actions = {
        action.dest: action for action in parser._actions if action.dest not in _NEVER
    }
    for name, value in values.items():
        action = actions.get(name.replace("-", "_"))
        if action is None:
            raise DashboardError(
                f"The settings file {path} cannot be used: [serve] has no {name!r}; it "
                f"may have {some(sorted(actions), 60)}."
            )
        reason = _reason_against(action, value)
        if reason:
            raise DashboardError(
                f"The settings file {path} cannot be used: `{name}` of [serve] "
                f"{reason}."
            )
        parser.set_defaults(**{action.dest: _default(action, value)})


def _reason_against(action: argparse.Action, value: object) -> str:
    """Return why a value is none of an option, "" where it is."""
    if action.nargs == 0:
        return "" if isinstance(value, bool) else "must be true or false"
    if _takes_several(action):
        texts = isinstance(value, list) and all(isinstance(item, str) for item in value)
        return "" if texts else "must be a list of texts"
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return "must be a text or a number"
    if action.choices is not None and value not in action.choices:
        return f"must be one of {', '.join(map(str, action.choices))}"
    try:
        if action.type is not None:
            action.type(str(value))  # type: ignore[operator]
    except (argparse.ArgumentTypeError, ValueError, TypeError) as error:
        return f"cannot be {value!r}: {error}"
    return ""


def _takes_several(action: argparse.Action) -> bool:
    return action.nargs in ("*", "+") or isinstance(action, argparse._AppendAction)


def _default(action: argparse.Action, value: Any) -> Any:
    # Texts go through the option's own type when nothing is given.
    plain = action.nargs == 0 or _takes_several(action) or action.choices is not None
    return value if plain else str(value)
