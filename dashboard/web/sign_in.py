"""Pages to sign in and out: forms without a script.

Where a form comes from is the gate's to ask; who may come in is asked in
`dashboard.accounts`.
"""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

from dashboard.accounts import oidc, password_sign_in
from dashboard.accounts.known_browsers import DAYS_180
from dashboard.errors import RefusedError
from dashboard.text import plain_text
from dashboard.web.handler import Handler
from dashboard.web.plain_page import POLICY, going_on_page, plain_page

if TYPE_CHECKING:
    from dashboard.accounts import Identify
    from dashboard.accounts.audit import Audit
    from dashboard.accounts.cookies import Cookies
    from dashboard.accounts.oidc import OIDCSignIn
    from dashboard.accounts.password_sign_in import PasswordSignIn
    from dashboard.accounts.visitor import Visitor
    from dashboard.service import Service

SIGN_IN = "/sign-in"
SIGN_OUT = "/sign-out"
TO_PROVIDER = "/sign-in/provider"
FROM_PROVIDER = "/sign-in/back"
"""Where the provider sends browsers back to: the redirect address to register there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """The ways in that this server has, and what their pages need."""

    cookies: Cookies
    audit: Audit
    prefix: str = ""
    password: PasswordSignIn | None = None
    oidc: OIDCSignIn | None = None


_KEEPING_SECONDS = 2.0
"""For which somebody waits who has signed in, here or at another process: a database
that is busy for longer keeps nobody out of the process that they came to."""

_AS_IT_IS = "%!$&'()*+,;=:@/?-._~"
"""What a query holds as it is; all else is not for a header."""


def goal_below(text: str, prefix: str) -> str:
    """Return where to go on to after signing in: a page of this server, or its first.

    Only its query is taken from the address, so that no spelling of another host can
    be an address to go on to.

    >>> goal_below("/hcs/?plate=p&well=A1", "/hcs")
    '/hcs/?plate=p&well=A1'
    >>> goal_below("//evil.example/", ""), goal_below("https://evil.example/?a", "")
    ('/', '/')
    """
    try:
        parts = urlsplit(text)
    except ValueError:
        return f"{prefix}/"
    if parts.scheme or parts.netloc or len(text) > 8000 or not text.isprintable():
        return f"{prefix}/"
    if parts.path == f"{prefix}/admin":
        return parts.path
    if parts.path != f"{prefix}/" or not parts.query:
        return f"{prefix}/"
    return f"{prefix}/?{quote(parts.query, safe=_AS_IT_IS)}"


class PersonHandler(Handler):
    """What the pages of people share."""

    asks = None

    def initialize(  # type: ignore[override]
        self, service: Service, identify: Identify, ways: Ways
    ) -> None:
        """Take the service, who asks, and the ways in."""
        super().initialize(service, identify)
        self.ways = ways

    def set_default_headers(self) -> None:
        """Let the page load its style and send its form, and keep it nowhere."""
        super().set_default_headers()
        self.set_header("Content-Security-Policy", POLICY)
        self.set_header("Cache-Control", "no-store")

    def page(self, text: str, status: int = 200) -> None:
        """Answer with a page."""
        self.set_status(status)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(text)

    def go_on(self, address: str) -> None:
        """Send the browser on to an address of this server."""
        self.set_status(303)
        self.set_header("Location", address)
        self.finish()

    @property
    def goal(self) -> str:
        """Where to go on to afterwards."""
        return goal_below(self.get_argument("next", ""), self.ways.prefix)

    @property
    def by_tls(self) -> bool:
        """Whether the browser says it came by TLS, through a proxy."""
        return self.request.headers.get("X-Forwarded-Proto", "") == "https"

    def cookie(self, header: str) -> None:
        """Give the browser a cookie, which it sends by TLS only where it came so."""
        self.add_header("Set-Cookie", f"{header}; Secure" if self.by_tls else header)

    async def let_in(self, visitor: Visitor, by: str, seconds: float) -> None:
        """Give the browser the cookie of somebody who has signed in."""
        cookies = self.ways.cookies
        value = cookies.open(visitor, by, seconds)
        # Another process may be asked next.
        written = asyncio.wrap_future(cookies.written)
        await asyncio.wait([written], timeout=_KEEPING_SECONDS)
        self.cookie(cookies.header(value, seconds))
        self.ways.audit.add(
            "sign-in", visitor, address=self.request.remote_ip or "", details=by
        )

    def failed(self, who: str, details: str) -> None:
        """Keep that somebody was not let in."""
        self.ways.audit.add(
            "sign-in-failed",
            who=who,
            address=self.request.remote_ip or "",
            details=details,
        )


class SignInHandler(PersonHandler):
    """The page to sign in at, and the form that it sends."""

    async def get(self) -> None:
        """Show the page; whoever is in already goes on."""
        # Who came in at another process a moment ago is not asked again.
        await self.ways.cookies.wait_for_others(self.request, _KEEPING_SECONDS)
        if self.identify(self.request) is not None:
            self.go_on(self.goal)
        elif self.request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site"):
            # Who follows a link of another site brings no cookie of ours at first.
            query = urlencode({"next": self.goal})
            self.page(going_on_page(f"{self.ways.prefix}{SIGN_IN}?{query}"))
        else:
            self.form()

    def form(
        self, alarm: str = "", *, name: str = "", status: int = 200, wait: float = 0
    ) -> None:
        """Answer with the form."""
        if wait:
            self.set_header("Retry-After", str(math.ceil(wait)))
        self.page(sign_in_page(self.ways, self.goal, alarm, name), status)

    @property
    def known_name(self) -> str:
        """Name of the cookie of browsers that somebody signed in from."""
        return f"{self.ways.cookies.name}-known"

    def know_browser(self, value: str) -> None:
        """Let the browser say from now on that somebody signed in from it."""
        self.cookie(
            f"{self.known_name}={value}; Path={self.ways.prefix}{SIGN_IN}; "
            f"Max-Age={round(DAYS_180)}; HttpOnly; SameSite=Strict"
        )

    async def post(self) -> None:
        """Let somebody in who has a name and its password."""
        way = self.ways.password
        name = plain_text(self.get_body_argument("name", ""), 200).strip()
        # As it came: Tornado would log one that is no UTF-8.
        passwords = self.request.body_arguments.get("password", [b""])
        password = passwords[-1].decode(errors="replace")
        if way is None:
            self.form("Nobody signs in by a password here.", status=403)
            return
        morsel = self.request.cookies.get(self.known_name)
        browser = way.browsers.browser(morsel.value, name) if morsel else ""
        if browser:
            # Others' guesses do not keep out who came in from here before.
            who, address = f"{browser} {name}", f"browser {browser}"
        else:
            who, address = name, self.request.remote_ip or ""
        wait = way.guesses.wait(who, address)
        if wait > 0:
            self.form(
                f"There were too many tries. Wait {math.ceil(wait)} s, then try again.",
                name=name,
                status=429,
                wait=wait,
            )
            return
        if way.busy:
            self.form("The server is busy; try again.", name=name, status=503, wait=2)
            return
        way.guesses.begin(who, address)
        try:
            user = await asyncio.wrap_future(way.check(name, password))
        finally:
            way.checked()
        if user is None:
            self.failed(name, "name or password")
            self.form("The name or the password is wrong.", name=name, status=403)
            return
        way.guesses.succeeded(who, address)
        if not browser:
            self.know_browser(way.browsers.new(name))
        await self.let_in(
            user.visitor, password_sign_in.BY_PASSWORD, password_sign_in.SECONDS
        )
        self.go_on(self.goal)


def sign_in_page(ways: Ways, goal: str, alarm: str = "", name: str = "") -> str:
    """Return the page to sign in at."""
    parts = []
    next_page = f'<input type="hidden" name="next" value="{escape(goal)}">'
    if ways.password is not None:
        focus = ("", " autofocus") if name else (" autofocus", "")
        parts.append(
            f'<form method="post" action="{ways.prefix}{SIGN_IN}">{next_page}'
            f'<label>Name<input name="name" value="{escape(name)}" required '
            f'autocomplete="username" maxlength="200" spellcheck="false"'
            f"{focus[0]}></label>"
            f'<label>Password<input name="password" type="password" required '
            f'autocomplete="current-password" maxlength="1000"{focus[1]}></label>'
            f"<button>Sign in</button></form>"
        )
    if ways.oidc is not None:
        parts.append(
            f'<form method="post" action="{ways.prefix}{TO_PROVIDER}">{next_page}'
            f"<p><button>Sign in at {escape(ways.oidc.provider)}</button></p></form>"
        )
    if not parts:
        parts.append(
            "<p>The proxy in front of this server signs people in, and it did not say "
            "who you are. Open the proxy's address, or ask whoever runs it.</p>"
        )
    return plain_page("Sign in", "\n".join(parts), alarm=alarm)


class SignOutHandler(PersonHandler):
    """Signs somebody out."""

    def post(self) -> None:
        """End the session of this browser, and its pages with it."""
        cookies = self.ways.cookies
        signed_in = cookies.signed_in(self.request)
        if signed_in is not None:
            cookies.close(signed_in.id)
            self.ways.audit.add(
                "sign-out", signed_in.visitor, address=self.request.remote_ip or ""
            )
        self.cookie(cookies.header_gone())
        self.go_on(f"{self.ways.prefix}{SIGN_IN}")


class _ProviderHandler(PersonHandler):
    """What the two steps at a provider share."""

    @property
    def way(self) -> OIDCSignIn:
        """The way in by a provider."""
        assert self.ways.oidc is not None  # noqa: S101 - the route is there only then
        return self.ways.oidc

    @property
    def redirect_address(self) -> str:
        """Where the provider sends the browser back to; the gate knows the host."""
        scheme = "https" if self.by_tls else "http"
        return f"{scheme}://{self.request.host}{self.ways.prefix}{FROM_PROVIDER}"

    def flow_cookie(self, handle: str) -> None:
        """Keep a flow in the browser, or forget it.

        Lax: the browser comes back from another site, and then sends no Strict one.
        """
        seconds = round(oidc.FLOW_SECONDS) if handle else 0
        self.cookie(
            f"{self.ways.cookies.name}-flow={handle}; "
            f"Path={self.ways.prefix}{FROM_PROVIDER}; Max-Age={seconds}; HttpOnly; "
            f"SameSite=Lax"
        )

    def refuse(self, error: Exception) -> None:
        """Say why somebody is not let in."""
        reason = str(error)
        if not isinstance(error, RefusedError):
            _, reason = self.explain(error)
        self.failed("", reason)
        text = sign_in_page(self.ways, self.goal, f"You are not signed in. {reason}")
        self.page(text, 403)


class ToProviderHandler(_ProviderHandler):
    """Sends a browser to the provider."""

    async def post(self) -> None:
        """Begin to sign somebody in."""
        flow = self.way.new_flow(self.goal)
        try:
            address = await self.in_thread(
                lambda: self.way.start(flow, self.redirect_address)
            )
        except Exception as error:  # noqa: BLE001 - answered in words, and logged
            self.refuse(error)
            return
        self.flow_cookie(flow.handle)
        # By a page and not a redirect: `form-action` holds redirects of forms as well.
        self.page(going_on_page(address, "To the provider"))


class FromProviderHandler(_ProviderHandler):
    """Takes a browser back from the provider."""

    def prepare(self) -> None:
        """Keep the code and the state, which stand in the address, out of the log."""
        self.request.uri = self.request.path
        super().prepare()

    async def get(self) -> None:
        """Let somebody in whom the provider has signed in."""
        morsel = self.request.cookies.get(f"{self.ways.cookies.name}-flow")
        flow = None if morsel is None else self.way.flow(morsel.value)
        self.flow_cookie("")
        if flow is None or self.get_query_argument("state", "") != flow.state:
            self.refuse(
                RefusedError(
                    "This sign-in was begun elsewhere, or more than ten minutes ago."
                )
            )
            return
        code = self.get_query_argument("code", "")
        if not code:
            words = self.get_query_argument("error", "no reason")
            self.refuse(RefusedError(f"The provider says: {plain_text(words, 200)}."))
            return
        redirect = self.redirect_address
        try:
            visitor = await self.in_thread(
                lambda: self.way.finish(flow, code, redirect)
            )
        except Exception as error:  # noqa: BLE001 - answered in words, and logged
            self.refuse(error)
            return
        await self.let_in(visitor, oidc.BY_OIDC, oidc.SECONDS)
        self.page(going_on_page(goal_below(flow.goal, self.ways.prefix)))


def person_routes(
    service: Service, identify: Identify, ways: Ways
) -> list[tuple[str, type[Handler], dict[str, Any]]]:
    """Return the patterns of the pages to sign in and out, without prefix."""
    asks = {"service": service, "identify": identify, "ways": ways}
    patterns: list[tuple[str, type[Handler], dict[str, Any]]] = [
        (SIGN_IN, SignInHandler, asks),
        (SIGN_OUT, SignOutHandler, asks),
    ]
    if ways.oidc is not None:
        patterns += [
            (TO_PROVIDER, ToProviderHandler, asks),
            (FROM_PROVIDER, FromProviderHandler, asks),
        ]
    return patterns


def open_paths(ways: Ways) -> frozenset[str]:
    """Return the paths that are answered to those whom nobody knows."""
    paths = {SIGN_IN, SIGN_OUT}
    if ways.oidc is not None:
        paths |= {TO_PROVIDER, FROM_PROVIDER}
    return frozenset(paths)
