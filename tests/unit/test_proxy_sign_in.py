"""A name in a header is believed of the proxy only, and only where it is plain."""

from __future__ import annotations

import socket
from types import SimpleNamespace
from typing import Any

import pytest
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine

from dashboard.accounts import Role
from dashboard.accounts.proxy import ProxySettings, ProxySignIn
from dashboard.errors import DashboardError

SECRET = "a secret that nobody guesses"


def request(*headers: tuple[str, str], family: int = socket.AF_INET) -> Any:
    """Return a request as Tornado makes it."""
    made = HTTPHeaders({"Host": "127.0.0.1"})
    for name, value in headers:
        made.add(name, value)
    context = SimpleNamespace(
        address_family=family, remote_ip="127.0.0.1", protocol="http"
    )
    connection: Any = SimpleNamespace(context=context)
    line = RequestStartLine("GET", "/", "HTTP/1.1")
    return HTTPServerRequest(start_line=line, headers=made, connection=connection)


def way(**more: Any) -> ProxySignIn:
    settings = {"user_header": "X-User", "role_header": "X-Roles", "secret": SECRET}
    return ProxySignIn(ProxySettings(**{**settings, **more}))


GOOD = ("X-Hcs-Proxy-Secret", SECRET)
ANN = ("X-User", "ann")


def test_the_proxy_says_who_it_is_and_what_they_may_do() -> None:
    roles = ("X-Roles", "reviewer, screen 7=curator, king")
    visitor = way().identify(request(GOOD, ANN, roles))
    assert visitor is not None
    assert (visitor.name, visitor.known, visitor.role) == (
        "ann",
        "proxy",
        Role.REVIEWER,
    )
    assert visitor.project_roles == {"screen 7": Role.CURATOR}


def test_without_a_role_header_somebody_is_a_viewer() -> None:
    for each in (way(), way(role_header="")):
        visitor = each.identify(request(GOOD, ANN))
        assert visitor is not None
        assert visitor.role is Role.VIEWER


def test_a_role_header_that_nobody_asked_for_gives_no_role() -> None:
    visitor = way(role_header="").identify(request(GOOD, ANN, ("X-Roles", "admin")))
    assert visitor is not None
    assert visitor.role is Role.VIEWER


@pytest.mark.parametrize(
    "headers",
    [
        (ANN,),
        (ANN, ("X-Hcs-Proxy-Secret", "")),
        (ANN, ("X-Hcs-Proxy-Secret", SECRET[:-1])),
        (ANN, ("X-Hcs-Proxy-Secret", f"{SECRET}x")),
        (ANN, ("X-Hcs-Proxy-Secret", "\xfc")),
        (ANN, GOOD, GOOD),
        (ANN, GOOD, ("X-Hcs-Proxy-Secret", "other")),
        (GOOD,),
        (GOOD, ("X-User", "")),
        (GOOD, ("X-User", "\xa0")),
        (GOOD, ANN, ANN),
        (GOOD, ANN, ("x-user", "bob")),
        (GOOD, ("X-User", "a\x85b")),
        (GOOD, ("X-User", "x" * 201)),
        (GOOD, ANN, ("X-Roles", "admin"), ("X-Roles", "viewer")),
        (GOOD, ANN, ("X-Roles", "")),
    ],
    ids=str,
)
def test_a_request_that_is_not_plainly_the_proxys_comes_from_nobody(headers) -> None:
    assert way().identify(request(*headers)) is None


def test_a_name_in_utf_8_is_read_as_the_proxy_wrote_it() -> None:
    written = "Zoë Łuczak".encode().decode("latin-1")
    visitor = way().identify(request(GOOD, ("X-User", written)))
    assert visitor is not None
    assert visitor.name == "Zoë Łuczak"


def test_over_the_unix_socket_no_secret_is_needed_and_over_tcp_it_is() -> None:
    for secret in ("", SECRET):
        by_socket = way(secret=secret, unix_socket=True)
        assert by_socket.identify(request(ANN, family=socket.AF_UNIX)) is not None
        assert by_socket.identify(request(ANN)) is None
    assert way().identify(request(ANN, family=socket.AF_UNIX)) is None


def test_a_page_ends_once_the_proxy_lets_its_person_through_no_more(
    monkeypatch,
) -> None:
    proxy = way()
    visitor = proxy.identify(request(GOOD, ANN))
    assert visitor is not None
    assert proxy.still(visitor) == visitor
    now_admin = proxy.identify(request(GOOD, ANN, ("X-Roles", "admin")))
    assert proxy.still(visitor) == now_admin != visitor
    monkeypatch.setattr("dashboard.accounts.proxy.SEEN_SECONDS", -1.0)
    assert proxy.still(visitor) is None


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"secret": ""}, "believe everybody"),
        ({"secret": "short"}, "at least 16"),
        ({"role_header": "x-USER"}, "three names"),
        ({"secret_header": "X-Roles"}, "three names"),
        ({"user_header": "X User"}, "three names"),
        ({"user_header": ""}, "three names"),
    ],
)
def test_settings_that_would_let_anybody_in_are_refused(settings, words) -> None:
    with pytest.raises(DashboardError, match=words):
        way(**settings)


def test_the_settings_show_no_secret() -> None:
    settings = ProxySettings(user_header="X-User", secret=SECRET)
    assert SECRET not in repr(settings)
