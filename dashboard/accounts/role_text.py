"""Roles as a header or a group claim tells them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.accounts.visitor import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_MOST = 1000


def read_roles(
    words: Iterable[str], meaning: Mapping[str, str] | None = None
) -> tuple[Role, dict[str, Role]]:
    """Return the role in every project, and the roles in single projects.

    Parameters
    ----------
    words
        ``"curator"``, or ``"screen 1=curator"`` for one project; or groups of people,
        where `meaning` has what they stand for. Of several roles the highest counts;
        what is no role counts nothing.
    meaning
        What groups stand for, as the settings file has it. Where it is given, a group
        that it does not name counts nothing, even where it is called like a role.

    Examples
    --------
    >>> read_roles(["reviewer", "screen 1=curator", "staff"])
    (<Role.REVIEWER: 2>, {'screen 1': <Role.CURATOR: 3>})
    >>> read_roles(["admin", "lab 7"], {"lab 7": "curator"})
    (<Role.CURATOR: 3>, {})
    >>> read_roles(["=admin", "/=admin"])
    (<Role.VIEWER: 1>, {})
    >>> read_roles([])
    (<Role.VIEWER: 1>, {})
    """
    general, projects = Role.VIEWER, dict[str, Role]()
    for word in list(words)[:_MOST]:
        text = word.strip()
        if meaning is not None:
            text = meaning.get(text, "")
        project, equals, label = text.rpartition("=")
        role, name = Role.named(label), project.strip().strip("/")
        if role is None or (equals and not name):
            continue
        if name:
            projects[name] = max(role, projects.get(name, role))
        else:
            general = max(role, general)
    return general, projects


def reason_against_meaning(meaning: Mapping[str, object]) -> str:
    """Return why a mapping of groups to roles cannot be used, "" where it can."""
    for group, text in meaning.items():
        label = text.rpartition("=")[2] if isinstance(text, str) else ""
        if Role.named(label) is None:
            roles = ", ".join(role.label for role in Role)
            return (
                f"the role {text!r} of the group {group!r} is none of {roles}, with "
                f'"PROJECT=" before it for one project only'
            )
    return ""
