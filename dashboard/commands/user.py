"""``hcs-dashboard user``: parsing, asking for a password and printing only."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashboard.errors import DashboardError
from hcs.terminal import say, table

if TYPE_CHECKING:
    from dashboard.accounts import Role

_ROLES = ("viewer", "reviewer", "curator", "admin")
_LONGEST_LINE = 4096


def add_user(commands: Any) -> None:
    """Add the command to a parser's commands."""
    user = commands.add_parser(
        "user",
        help="say who may sign in with a password, and what they may do",
        description=(
            "Change the file that `serve --users FILE` lets people in by. A running "
            "server takes a change at once. Passwords are asked for, or read as one "
            "line from standard input; they are never part of the command."
        ),
    )
    actions = user.add_subparsers(dest="action", required=True)
    for action, run, text in (
        ("add", _add, "let somebody in; the file is made where there is none"),
        ("passwd", _passwd, "give somebody another password, which signs them out"),
        ("role", _role, "give somebody another role"),
        ("remove", _remove, "let somebody in no more, and close their pages"),
        ("list", _list, "show who may sign in, and check the file"),
    ):
        parser = actions.add_parser(action, help=text, description=text)
        if action != "list":
            parser.add_argument("name", metavar="NAME")
        parser.add_argument("--users", type=Path, required=True, metavar="FILE")
        parser.add_argument("--verbose", action="store_true", help="log what is done")
        if action in ("add", "role"):
            default = "curator" if action == "add" else None
            parser.add_argument("--role", choices=_ROLES, default=default)
            parser.add_argument(
                "--project",
                action="append",
                type=_project_role,
                metavar="NAME=ROLE",
                help="another role in one project; can be repeated",
            )
        parser.set_defaults(run=run)


def _project_role(text: str) -> tuple[str, str]:
    project, _, role = text.rpartition("=")
    project = project.strip().strip("/")
    if not project or role not in _ROLES:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not NAME=ROLE with one of the roles {', '.join(_ROLES)}"
        )
    return project, role


def _roles(options: argparse.Namespace) -> dict[str, Role] | None:
    from dashboard.accounts import Role

    if options.project is None:
        return None
    return {project: Role[role.upper()] for project, role in options.project}


def _add(options: argparse.Namespace) -> int:
    from dashboard.accounts import Role
    from dashboard.accounts.users import add_user, change_users, plain_name

    name = plain_name(options.name)
    password = _password(name)
    role = Role[options.role.upper()]
    change_users(
        options.users,
        lambda users: add_user(users, name, password, role, _roles(options)),
        create=True,
    )
    say(f"{name} may sign in as {role.label}.")
    return 0


def _passwd(options: argparse.Namespace) -> int:
    from dashboard.accounts.users import change_users, set_password

    password = _password(options.name)
    change_users(
        options.users, lambda users: set_password(users, options.name, password)
    )
    say(f"{options.name} has another password, and was signed out everywhere.")
    return 0


def _role(options: argparse.Namespace) -> int:
    from dashboard.accounts import Role
    from dashboard.accounts.users import change_users, set_roles

    if options.role is None and options.project is None:
        raise DashboardError(
            f"There is no role to give to {options.name}: say --role, or --project "
            f"NAME=ROLE for one project. Nothing was changed."
        )
    role = None if options.role is None else Role[options.role.upper()]
    change_users(
        options.users,
        lambda users: set_roles(users, options.name, role, _roles(options)),
    )
    say(f"The roles of {options.name} were changed.")
    return 0


def _remove(options: argparse.Namespace) -> int:
    from dashboard.accounts.users import change_users, remove_user

    change_users(options.users, lambda users: remove_user(users, options.name))
    say(f"{options.name} may not sign in any more.")
    return 0


def _list(options: argparse.Namespace) -> int:
    from dashboard.accounts.users import read_users

    rows = [
        (
            user.name,
            user.role.label,
            *(f"{name}={role.label}" for name, role in user.project_roles.items()),
        )
        for user in read_users(options.users).values()
    ]
    for line in table(rows):
        say(line)
    return 0


def _password(name: str) -> str:
    """Ask for a password; without a terminal, read it as one line."""
    if not sys.stdin.isatty():
        password = sys.stdin.readline(_LONGEST_LINE).rstrip("\r\n")
        if not password:
            raise DashboardError(
                "There is no password on standard input: give it as one line, or run "
                "the command in a terminal, where it is asked for."
            )
        return password
    from getpass import getpass

    password = getpass(f"Password of {name}: ")
    if getpass("Again: ") != password:
        raise DashboardError("The two passwords differ. Nothing was changed.")
    return password
