"""The settings file: what must not stand in a command, for others of a machine see it.

Secrets come from here, or from the environment, which counts more::

    [oidc]
    client_secret = "..."

    [oidc.roles]
    "lab staff" = "curator"

    [proxy]
    secret = "..."

    [database]
    url = "postgresql+psycopg://hcs:...@host/name"
"""

from __future__ import annotations

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

_TABLES: dict[str, dict[str, type]] = {
    "oidc": {
        "client_secret": str,
        "groups_claim": str,
        "name_claim": str,
        "roles": dict,
    },
    "proxy": {"secret": str, "secret_header": str, "roles": dict},
    "database": {"url": str},
}

_ENVIRONMENT = {
    ("oidc", "client_secret"): "HCS_OIDC_CLIENT_SECRET",
    ("proxy", "secret"): "HCS_PROXY_SECRET",
    ("database", "url"): "HCS_DATABASE_URL",
}


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """What a settings file and the environment say."""

    _tables: Mapping[str, Mapping[str, Any]] = field(repr=False)

    def text(self, table: str, name: str, default: str = "") -> str:
        """Return a text, of the environment where that has it."""
        variable = _ENVIRONMENT.get((table, name), "")
        return (
            os.environ.get(variable)
            or str(self._tables.get(table, {}).get(name, ""))
            or default
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


def _reason_against(document: Mapping[str, Any]) -> str:
    for table, values in document.items():
        known = _TABLES.get(table)
        if known is None or not isinstance(values, dict):
            return f"there is no table {table!r}, only {', '.join(_TABLES)}"
        for name, value in values.items():
            if name not in known:
                return f"[{table}] has no {name!r}, only {', '.join(known)}"
            if not isinstance(value, known[name]):
                wanted = "a text" if known[name] is str else "a table"
                return f"`{name}` of [{table}] must be {wanted}"
        reason = reason_against_meaning(values.get("roles", {}))
        if reason:
            return f"[{table}.roles]: {reason}"
    return ""
