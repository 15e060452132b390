"""Signing in: the options that say how, and what they come to."""

from __future__ import annotations

import contextlib
import hashlib
import platform
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dashboard.accounts import Cookies, Entrance, first_of
from dashboard.accounts.oidc import OIDCSettings, OIDCSignIn
from dashboard.accounts.password_sign_in import PasswordSignIn
from dashboard.accounts.proxy import SECRET_HEADER, ProxySettings, ProxySignIn
from dashboard.accounts.users import Users
from dashboard.app import normal_prefix
from dashboard.commands.link import open_line
from dashboard.commands.local import Start, StoredSignIns
from dashboard.errors import DashboardError
from dashboard.web.origins import LOOPBACK
from dashboard.web.sign_in import SIGN_IN, Ways, open_paths, person_routes

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from dashboard.accounts import Visitor
    from dashboard.app import ServerSettings
    from dashboard.commands.settings_file import SettingsFile
    from dashboard.service import Service

ANY_ADDRESS = ("0.0.0.0", "::", "")  # noqa: S104 - asked for, not listened at


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """How people sign in; nothing of it where they do not."""

    users: Path | None = None
    oidc: OIDCSettings | None = None
    proxy: ProxySettings | None = None

    def __bool__(self) -> bool:
        return any((self.users, self.oidc, self.proxy))


def sign_in_of(options: argparse.Namespace, settings: SettingsFile) -> SignIn:
    """Return how people sign in, by a command's options and its settings file.

    Raises
    ------
    DashboardError
        If the options do not go together, or would let anybody in.
    """
    oidc = proxy = None
    if options.oidc_issuer or options.oidc_client_id:
        oidc = OIDCSettings(
            issuer=options.oidc_issuer or "",
            client_id=options.oidc_client_id or "",
            client_secret=settings.text("oidc", "client_secret"),
            groups_claim=settings.text("oidc", "groups_claim", "groups"),
            name_claim=settings.text("oidc", "name_claim", "preferred_username"),
            roles=settings.roles("oidc"),
        )
        oidc.check()
    if options.user_header:
        proxy = ProxySettings(
            user_header=options.user_header,
            role_header=options.role_header or "",
            secret=settings.text("proxy", "secret"),
            secret_header=settings.text("proxy", "secret_header", SECRET_HEADER),
            unix_socket=options.socket is not None,
            roles=settings.roles("proxy"),
        )
        proxy.check()
    elif options.role_header:
        raise DashboardError("--role-header needs --user-header, which says whose.")
    sign_in = SignIn(users=options.users, oidc=oidc, proxy=proxy)
    if sign_in and options.no_token:
        raise DashboardError(
            "--no-token lets everybody in, so nobody would sign in: leave it out."
        )
    if options.socket is not None and not sign_in:
        raise DashboardError(
            "--socket needs a sign-in: --user-header, --users or --oidc-issuer."
        )
    return sign_in


@contextlib.contextmanager
def signing_in(
    service: Service, settings: ServerSettings, sign_in: SignIn
) -> Iterator[Start]:
    """Yield how a server is opened that people sign in at."""
    prefix = normal_prefix(settings.prefix)
    server = _server_id(service, sign_in)
    cookies = Cookies(server, None, path=prefix, book=StoredSignIns(service, server))
    audit = service.audit
    password = oidc = proxy = None
    if sign_in.users is not None:
        users = Users(
            sign_in.users, lambda words: audit.add("users-changed", details=words)
        )
        password = PasswordSignIn(users, cookies)
    if sign_in.oidc is not None:
        oidc = OIDCSignIn(sign_in.oidc, cookies)
    if sign_in.proxy is not None:
        proxy = ProxySignIn(sign_in.proxy)

    def people() -> Iterable[Visitor]:
        if password is not None:
            for user in password.users.current().values():
                yield user.visitor

    identify = first_of(
        *(way.identify for way in (password, oidc, proxy) if way is not None)
    )
    pages = Ways(
        cookies=cookies, audit=audit, prefix=prefix, password=password, oidc=oidc
    )
    entrance = Entrance(
        identify=identify,
        sign_in=SIGN_IN,
        open=open_paths(pages),
        routes=person_routes(service, identify, pages),
        signs_in=True,
        cookies=cookies,
        proxy=proxy,
        people=people,
    )
    try:
        yield Start(entrance=entrance, line=_line(settings, prefix))
    finally:
        if password is not None:
            password.close()
        if settings.socket is not None:
            settings.socket.remove()


def _server_id(service: Service, sign_in: SignIn) -> str:
    """Return what all processes share that a proxy may send people to.

    They have one database, and let the same people in by the same means: a name means
    somebody else in another users file.
    """
    oidc = sign_in.oidc
    means = (
        service.workspace_id,
        str(sign_in.users and sign_in.users.resolve()),
        *((oidc.issuer, oidc.client_id) if oidc else ()),
    )
    return hashlib.sha256("\n".join(means).encode()).hexdigest()[:8]


def _line(settings: ServerSettings, prefix: str) -> str:
    """Return the line that says where people come in."""
    if settings.socket is not None:
        return f"Open the proxy's address; it comes by {settings.socket.path}"
    host = settings.address
    if host in ANY_ADDRESS:
        host = platform.node()
    elif host in LOOPBACK:
        host = LOOPBACK[0]
    return open_line(f"http://{in_address(host)}:{settings.port}{prefix}/")


def in_address(host: str) -> str:
    """Return how a host stands before a port.

    >>> in_address("::1"), in_address("10.0.0.7")
    ('[::1]', '10.0.0.7')
    """
    return f"[{host}]" if ":" in host else host
