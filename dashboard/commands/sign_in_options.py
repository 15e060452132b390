"""The options that say how people sign in; see `dashboard.commands.sign_in`."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def add_sign_in(parser: Any) -> None:
    """Add the options to a command."""
    group = parser.add_argument_group(
        "signing in",
        "Without any of these, only whoever started the server comes in, and only on "
        "this machine. Secrets come from --config or the environment.",
    )
    group.add_argument(
        "--users", type=Path, metavar="FILE", help="people of `hcs-dashboard user add`"
    )
    group.add_argument(
        "--oidc-issuer", metavar="URL", help="people of a provider of OpenID Connect"
    )
    group.add_argument("--oidc-client-id", metavar="ID", help="of this server there")
    group.add_argument(
        "--user-header",
        metavar="NAME",
        help="people whom a proxy has signed in and names in this header",
    )
    group.add_argument(
        "--role-header", metavar="NAME", help="in which the proxy tells their roles"
    )
    group.add_argument(
        "--socket",
        type=Path,
        metavar="PATH",
        help="Unix socket that the proxy comes by; no port is listened at then",
    )
    group.add_argument(
        "--socket-mode",
        type=_mode,
        choices=("600", "660"),
        default="600",
        help="600: a proxy of this account; 660: one of its group",
    )


def _mode(text: str) -> str:
    """Return a mode in octal digits; 0o660 of a settings file is the number 432."""
    return {str(0o600): "600", str(0o660): "660"}.get(text, text)
