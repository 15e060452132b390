"""Who may sign in with a password: the users file."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
import unicodedata
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from dashboard.accounts.passwords import hash_password, is_hash, verify_password
from dashboard.accounts.private_file import alone_with, read_private, write_private
from dashboard.accounts.visitor import Role, Visitor
from dashboard.errors import DashboardError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_LOG = logging.getLogger(__name__)

WHAT = "users file"

_FORMAT = 1
_LOOK_SECONDS = 1.0
_LONGEST_NAME = 100
_MOST = 10_000
_END = 1e11


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody of the users file."""

    name: str
    hash: str = field(repr=False)
    """Of the password, see `dashboard.accounts.passwords`."""

    since: float
    """Unix seconds of when the password was set; older sessions have ended."""

    role: Role = Role.CURATOR
    project_roles: Mapping[str, Role] = field(default_factory=dict)
    """Roles of single projects, by the project's name."""

    @property
    def visitor(self) -> Visitor:
        """The person as others see them."""
        return Visitor(
            subject=f"user:{self.name}",
            name=self.name,
            known="sign-in",
            role=self.role,
            project_roles=self.project_roles,
        )


def plain_name(text: str) -> str:
    """Return the one spelling of a name.

    Raises
    ------
    DashboardError
        If it is empty, too long, or holds what cannot be seen.
    """
    name = unicodedata.normalize("NFC", text).strip()
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise DashboardError(
            f"{text[:200]!r} cannot be a person's name: it has 1 to {_LONGEST_NAME} "
            f"characters, all of which can be seen."
        )
    return name


def read_users(path: Path) -> dict[str, User]:
    """Return the people of a users file by name, in the order of the file.

    Raises
    ------
    DashboardError
        If it cannot be read, is open to others, or is damaged.
    """
    if not os.path.lexists(path):
        raise DashboardError(
            f"There is no {WHAT} {path}. `hcs-dashboard user add NAME --users {path}` "
            f"makes it, with its first person."
        )
    text = read_private(path, WHAT)
    try:
        document = json.loads(text)
        if document["hcs_users"] != _FORMAT:
            raise ValueError(f"its format is {document['hcs_users']!r}, not {_FORMAT}")
        entries = document["users"]
        if not isinstance(entries, dict) or len(entries) > _MOST:
            raise ValueError(f"`users` must be an object of at most {_MOST} people")
        users = {name: _user(name, entry) for name, entry in entries.items()}
        if len({name.casefold() for name in users}) < len(users):
            raise ValueError("two names differ in capitals only")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else error
        raise DashboardError(
            f"The {WHAT} {path} is damaged: {reason}. Nobody is let in by it; mend it, "
            f"or put a copy back. `hcs-dashboard user list --users {path}` checks it."
        ) from error
    return users


def _user(name: str, entry: dict[str, Any]) -> User:
    if plain_name(name) != name:
        raise ValueError(f"{name!r} is not how that name is written")
    projects = entry.get("projects", {})
    if not isinstance(projects, dict):
        raise ValueError(f"`projects` of {name!r} must be an object")
    secret = entry["password"]
    if not (isinstance(secret, str) and is_hash(secret)):
        raise ValueError(f"`password` of {name!r} is no hash of Argon2")
    since = entry["since"]
    if not (isinstance(since, int | float) and 0 <= since < _END):
        raise ValueError(f"`since` of {name!r} is no moment in seconds since 1970")
    return User(
        name=name,
        hash=secret,
        since=since,
        role=_role(name, entry["role"]),
        project_roles={
            project: _role(name, role) for project, role in projects.items()
        },
    )


def _role(name: str, label: Any) -> Role:
    role = Role.named(label) if isinstance(label, str) else None
    if role is None:
        raise ValueError(
            f"the role {label!r} of {name!r} is none of {roles_in_words()}"
        )
    return role


def roles_in_words() -> str:
    """Return the roles there are, as a person may write them."""
    return ", ".join(role.label for role in Role)


def write_users(path: Path, users: Mapping[str, User]) -> None:
    """Write a users file, in one step and for its owner's eyes only."""
    entries = {
        user.name: {
            "password": user.hash,
            "since": user.since,
            "role": user.role.label,
            **(
                {
                    "projects": {
                        project: role.label
                        for project, role in user.project_roles.items()
                    }
                }
                if user.project_roles
                else {}
            ),
        }
        for user in users.values()
    }
    document = {"hcs_users": _FORMAT, "users": entries}
    text = json.dumps(document, indent=2, ensure_ascii=False)
    write_private(path, f"{text}\n", WHAT)


def change_users(
    path: Path, change: Callable[[dict[str, User]], object], *, create: bool = False
) -> None:
    """Change a users file while nobody else does.

    Parameters
    ----------
    path
        Of the file.
    change
        Gets the people by name, and changes them; where it raises nothing is written.
    create
        Begin with nobody where there is no file.
    """
    with alone_with(path, WHAT):
        users = read_users(path) if os.path.lexists(path) or not create else {}
        change(users)
        write_users(path, users)


def find_user(users: Mapping[str, User], name: str) -> User | None:
    """Return the person of a name in any capitals, None where there is none."""
    wanted = unicodedata.normalize("NFC", name).strip().casefold()
    return next((user for key, user in users.items() if key.casefold() == wanted), None)


def add_user(
    users: dict[str, User],
    name: str,
    password: str,
    role: Role = Role.CURATOR,
    project_roles: Mapping[str, Role] | None = None,
) -> User:
    """Add somebody; raise `DashboardError` where there is one of that name."""
    name = plain_name(name)
    known = find_user(users, name)
    if known is not None:
        raise DashboardError(
            f"There is a {known.name!r} already, who is {known.role.label}. Change the "
            f"password by `user passwd`, or remove them first."
        )
    user = User(
        name=name,
        hash=hash_password(password),
        since=time.time(),
        role=role,
        project_roles=project_roles or {},
    )
    users[name] = user
    return user


def set_password(users: dict[str, User], name: str, password: str) -> None:
    """Give somebody another password; raise `DashboardError` where nobody is so."""
    user = _known(users, name)
    users[user.name] = replace(user, hash=hash_password(password), since=time.time())


def set_roles(
    users: dict[str, User],
    name: str,
    role: Role | None,
    project_roles: Mapping[str, Role] | None = None,
) -> None:
    """Give somebody other roles; what is None stays."""
    user = _known(users, name)
    users[user.name] = replace(
        user,
        role=user.role if role is None else role,
        project_roles=user.project_roles if project_roles is None else project_roles,
    )


def remove_user(users: dict[str, User], name: str) -> None:
    """Remove somebody; raise `DashboardError` where nobody is so."""
    del users[_known(users, name).name]


def _known(users: Mapping[str, User], name: str) -> User:
    user = find_user(users, name)
    if user is None:
        names = ", ".join(users) or "nobody"
        raise DashboardError(f"There is no {name!r} in the {WHAT}; it has {names}.")
    return user


def changes_in_words(before: Mapping[str, User], now: Mapping[str, User]) -> list[str]:
    """Return what differs between two states of a users file, a line a person."""
    lines = [f"{name} removed" for name in before if name not in now]
    for name, user in now.items():
        known = before.get(name)
        if known is None:
            lines.append(f"{name} added as {user.role.label}")
            continue
        if known.role != user.role:
            lines.append(f"{name} is {user.role.label}, was {known.role.label}")
        if known.project_roles != user.project_roles:
            lines.append(f"{name} has other roles in projects")
        if known.since != user.since:
            lines.append(f"{name} has another password")
    return lines


class Users:
    """The users file of a running server, read anew when it has changed.

    While it cannot be read nobody is let in, and the log says why.

    Parameters
    ----------
    path
        Of the file; it must be there and whole now.
    changed
        Called with each change in words that is seen, for the audit.

    Notes
    -----
    Thread safety: one lock guards what was read last.
    """

    def __init__(
        self, path: Path, changed: Callable[[str], object] = lambda words: None
    ) -> None:
        self.path = path
        self._changed = changed
        self._lock = threading.Lock()
        self._seen = _print_of(path)
        self._users = read_users(path)
        self._looked = time.monotonic()

    def current(self) -> Mapping[str, User]:
        """Return the people of the file as it was a second ago at most (fast)."""
        with self._lock:
            moment = time.monotonic()
            if moment - self._looked >= _LOOK_SECONDS:
                self._looked = moment
                self._look()
            return self._users

    def _look(self) -> None:
        seen = _print_of(self.path)
        if seen == self._seen:
            return
        self._seen = seen
        before = self._users
        try:
            self._users = read_users(self.path)
        except DashboardError as error:
            _LOG.error("Nobody can sign in now. %s", error)
            self._users = {}
        for words in changes_in_words(before, self._users):
            self._changed(words)

    def sign_in(self, name: str, password: str) -> User | None:
        """Return who has this name and password; it takes as long where nobody has.

        Takes a tenth of a second of a core, and 64 MiB meanwhile.
        """
        user = find_user(self.current(), name)
        good = verify_password(None if user is None else user.hash, password)
        return user if good else None


def _print_of(path: Path) -> tuple[int, ...] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_mode
