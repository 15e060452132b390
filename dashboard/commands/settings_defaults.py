"""Options of a command whose values stand in the settings file."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from dashboard.commands.settings_file import place_of
from dashboard.errors import DashboardError
from hcs.wording import some

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_NEVER = frozenset({"help", "config"})

_TOGETHER = (("inbox", "into"),)
"""Lists whose items belong to each other: one of them given replaces all of them."""


def put_defaults(
    parser: argparse.ArgumentParser,
    values: Mapping[str, Any],
    given: argparse.Namespace,
) -> None:
    """Make values of the settings file what options have that are not given.

    Parameters
    ----------
    parser
        Of the command.
    values
        By the names of options, as ``log_format`` or ``log-format``.
    given
        What the command line says, with the settings file as `config`.

    Raises
    ------
    DashboardError
        If there is no such option, a value is none of its, or two of them exclude each
        other.
    """
    start = f"The settings file {given.config} cannot be used:"
    actions = {
        action.dest: action for action in parser._actions if action.dest not in _NEVER
    }
    defaults = {}
    for name, value in values.items():
        action = actions.get(name.replace("-", "_"))
        if action is None:
            raise DashboardError(
                f"{start} [serve] has no {name!r}{place_of(name)}; it may have "
                f"{some(sorted(actions), 60)}."
            )
        reason = _reason_against(action, value)
        if reason:
            raise DashboardError(f"{start} `{name}` of [serve] {reason}.")
        defaults[action.dest] = _default(action, value)
    for names in _exclusive(parser):
        if len(both := [name for name in names if name in defaults]) > 1:
            words = " and ".join(f"`{name}`" for name in both)
            raise DashboardError(f"{start} {words} of [serve] exclude each other.")
    # argparse adds what is given by such an option to a default that is a list.
    lists = ((name,) for name, action in actions.items() if _adds_up(action))
    for together in (*_exclusive(parser), *_TOGETHER, *lists):
        if _any_given(parser, given, together):
            defaults = {k: v for k, v in defaults.items() if k not in together}
    parser.set_defaults(**defaults)


def _exclusive(parser: argparse.ArgumentParser) -> list[tuple[str, ...]]:
    return [
        tuple(action.dest for action in group._group_actions)
        for group in parser._mutually_exclusive_groups
    ]


def _any_given(
    parser: argparse.ArgumentParser, given: argparse.Namespace, names: Sequence[str]
) -> bool:
    return any(getattr(given, name) != parser.get_default(name) for name in names)


def _reason_against(action: argparse.Action, value: object) -> str:
    """Return why a value is none of an option, "" where it is."""
    if action.nargs == 0:
        return "" if isinstance(value, bool) else "must be true or false"
    if _takes_several(action):
        texts = isinstance(value, list) and all(isinstance(item, str) for item in value)
        return "" if texts else "must be a list of texts"
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return f"must be a text or a number{place_of(action.dest)}"
    try:
        typed = action.type(str(value)) if callable(action.type) else str(value)
    except argparse.ArgumentTypeError as error:
        return f"cannot be {value!r}: {error}"
    except (ValueError, TypeError):
        return f"cannot be {value!r}"
    if action.choices is not None and typed not in action.choices:
        return f"must be one of {', '.join(map(str, action.choices))}"
    return ""


def _takes_several(action: argparse.Action) -> bool:
    return action.nargs in ("*", "+") or _adds_up(action)


def _adds_up(action: argparse.Action) -> bool:
    return isinstance(action, argparse._AppendAction)


def _default(action: argparse.Action, value: Any) -> Any:
    # Texts go through the option's own type when nothing is given.
    return value if action.nargs == 0 or _takes_several(action) else str(value)
