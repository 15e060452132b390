"""The settings file: what must not stand in a command, for others of a machine see it.

All that `hcs-dashboard serve` takes may stand here, too, by the names of its options;
what is given on the command line counts more, and takes the place of a whole list::

    [serve]
    plates = ["/plates"]
    port = 5006
    prefix = "/hcs"
    log_format = "json"

Secrets come from here, or from the environment, which counts more::

    [oidc]
    client_secret = "..."

    [oidc.roles]
    "lab staff" = "curator"

    [proxy]
    secret = "..."

    [database]
    url = "postgresql+psycopg://hcs:...@host/name"

Inboxes may stand here too, see `docs/inbox.md`::

    [[inbox]]
    folder = "/microscopes/imagexpress"
    into = "/plates"

    [imports]
    quiet_minutes = 5
    add_from = ["/exports"]
    on_plate = ["/usr/local/bin/tell-the-lab", "--room", "7"]
"""

from __future__ import annotations

import math
import os
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dashboard.accounts.private_file import read_private
from dashboard.accounts.role_text import reason_against_meaning
from dashboard.errors import DashboardError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_TABLES: dict[str, dict[str, type | tuple[type, ...]]] = {
    "oidc": {
        "client_secret": str,
        "groups_claim": str,
        "name_claim": str,
        "roles": dict,
    },
    "proxy": {"secret": str, "secret_header": str, "roles": dict},
    "database": {"url": str},
    "serve": {},
    "inbox": {"folder": str, "into": str},
    "imports": {
        "quiet_minutes": (int, float),
        "look_seconds": (int, float),
        "plate_maps": str,
        "keep_free": str,
        "on_plate": list,
        "add_from": list,
    },
}

_ANY = frozenset({"serve"})
"""Tables whose names are those of options, and checked with these."""

_OPTIONS = " (options of `serve` stand in [serve])"

_LISTS = frozenset({"inbox"})
"""Tables that there may be several of: ``[[inbox]]``."""

_KINDS: dict[type | tuple[type, ...], str] = {
    str: "a text",
    dict: "a table",
    list: "a list of texts",
    (int, float): "a number above 0",
}

_ENVIRONMENT = {
    ("oidc", "client_secret"): "HCS_OIDC_CLIENT_SECRET",
    ("proxy", "secret"): "HCS_PROXY_SECRET",
    ("database", "url"): "HCS_DATABASE_URL",
}


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """What a settings file and the environment say."""

    _tables: Mapping[str, Any] = field(repr=False)

    def text(self, table: str, name: str, default: str = "") -> str:
        """Return a text, of the environment where that has it."""
        variable = _ENVIRONMENT.get((table, name), "")
        return (
            os.environ.get(variable)
            or str(self._tables.get(table, {}).get(name, ""))
            or default
        )

    def number(self, table: str, name: str) -> float | None:
        """Return a number above 0, None where nothing is said of it."""
        number = self._tables.get(table, {}).get(name)
        return None if number is None else float(number)

    def arguments(self, table: str, name: str) -> tuple[str, ...]:
        """Return a list of texts, empty where nothing is said of it."""
        return tuple(self._tables.get(table, {}).get(name, ()))

    def serve(self) -> dict[str, Any]:
        """Return the values of options of `serve`, by name."""
        return dict(self._tables.get("serve", {}))

    def inboxes(self) -> tuple[tuple[str, str], ...]:
        """Return the folders that are watched, each with where its plates go."""
        return tuple(
            (inbox["folder"], inbox["into"]) for inbox in self._tables.get("inbox", ())
        )

    def roles(self, table: str) -> dict[str, str] | None:
        """Return what groups stand for, None where nothing is said of that."""
        roles = self._tables.get(table, {}).get("roles")
        return None if roles is None else dict(roles)


def read_settings_file(path: Path | None) -> SettingsFile:
    """Return the settings of a file; of the environment alone where there is none.

    Raises
    ------
    DashboardError
        If it cannot be read, is open to others, or says what nothing here knows. No
        error holds what the file says: it holds secrets.
    """
    if path is None:
        return SettingsFile({})
    what = "settings file"
    text = read_private(path, what)
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        place = str(error).rpartition("(")[2].rstrip(")")
        raise DashboardError(
            f"The {what} {path} is no TOML ({place}). Texts stand in quotes: "
            f'secret = "..."'
        ) from None
    reason = _reason_against(document)
    if reason:
        raise DashboardError(f"The {what} {path} cannot be used: {reason}.")
    return SettingsFile(document)


def log_format_of(path: Path) -> object:
    """Return what a file says of the log's format, be anything else of it as it may."""
    try:
        # A pipe would be waited for; that others can read the file is said later.
        said = tomllib.loads(path.read_text("utf-8") if path.is_file() else "")
        return said["serve"].get("log_format", said["serve"].get("log-format"))
    except (OSError, ValueError, RecursionError, LookupError, AttributeError):
        return None


def place_of(name: str) -> str:
    """Return where a name stands in a settings file, to follow what is wrong of it."""
    name = name.replace("-", "_")
    tables = [
        f"[[{table}]]" if table in _LISTS else f"[{table}]"
        for table, known in _TABLES.items()
        if name == table or name in known
    ]
    if tables:
        kind = _TABLES["imports"].get(name)
        return f" (see {' and '.join(tables)}{', as a list' * (kind is list)})"
    return ""


def _reason_against(document: Mapping[str, Any]) -> str:
    for table, content in document.items():
        known = _TABLES.get(table)
        several = table in _LISTS
        tables = content if several and isinstance(content, list) else [content]
        if known is None or not all(isinstance(values, dict) for values in tables):
            below = (
                "" if isinstance(content, dict | list) else place_of(table) or _OPTIONS
            )
            return f"there is no table {table!r}, only {', '.join(_TABLES)}{below}"
        if several and not isinstance(content, list):
            return f"each {table} is a table of its own: [[{table}]]"
        reason = next(filter(None, (_against(table, values) for values in tables)), "")
        if reason:
            return reason
    return _reason_against_two_places(document)


def _reason_against_two_places(document: Mapping[str, Any]) -> str:
    """Return why it is not clear which of two values holds, "" where it is."""
    serve = {name.replace("-", "_") for name in document.get("serve", {})}
    if "inbox" in document and serve & {"inbox", "into"}:
        return "inboxes stand in [serve] and in [[inbox]]; leave one of them out"
    for name in sorted(serve & document.get("imports", {}).keys()):
        return f"`{name}` stands in [serve] and in [imports]; leave one of them out"
    return ""


def _against(table: str, values: Mapping[str, Any]) -> str:
    """Return why a table cannot be used, "" where it can."""
    known = _TABLES[table]
    if table in _ANY:
        return ""
    for name, value in values.items():
        if name not in known:
            hint = place_of(name) or _OPTIONS
            return f"[{table}] has no {name!r}, only {', '.join(known)}{hint}"
        kind = known[name]
        fits = isinstance(value, kind) and not isinstance(value, bool)
        if kind is list:
            fits = fits and bool(value) and all(isinstance(item, str) for item in value)
        if kind == (int, float):
            fits = fits and 0 < value < math.inf
        if not fits:
            return f"`{name}` of [{table}] must be {_KINDS[kind]}"
    if table in _LISTS and (missing := known.keys() - values.keys()):
        return f"[[{table}]] lacks `{'` and `'.join(sorted(missing))}`"
    reason = reason_against_meaning(values.get("roles", {}))
    return f"[{table}.roles]: {reason}" if reason else ""
