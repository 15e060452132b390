"""The gate: which requests pass, and what every answer bears.

`Served` comes in by the token that a server is started with; strangers send no cookie.
"""

from __future__ import annotations

import base64
import json
import logging
import re
import socket
import zlib
from typing import TYPE_CHECKING

import pytest

from dashboard.addresses import Urls
from dashboard.app import ServerSettings
from dashboard.errors import DashboardError
from dashboard.web.origins import Origins
from tests import plates
from tests.integration.page_socket import document, page_token
from tests.integration.serving import Served, service, surveyed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = "p.ome.zarr"
PREFIX = "/hcs"
URLS = Urls(PREFIX)
STRANGER = {"Cookie": ""}
WEBSOCKET = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec_WebSocket_Version": "13",
    "Sec_WebSocket_Key": "x3JJHMbDL1EzLkh9GBhXDw==",
}
ADDRESSES = (
    "/",
    "/ws",
    "/health",
    "/uploads",
    "/uploads/x",
    "/leave",
    f"/pixels/{KEY}/wells.json?well=A1",
    f"/export/{KEY}/wells.csv",
    "/assets/core/page.css",
    "/static/js/bokeh.min.js",
    "/static/extensions/panel/panel.min.js",
    "/autoload.js",
    "/metadata",
    "/nothing",
)

NOWHERE = ("/autoload.js", "/metadata", "/nothing", "//")
"""Addresses that nothing answers at, whoever asks."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    path = plates.make(tmp_path_factory.mktemp("plates") / KEY, fields=1)
    settings = ServerSettings(port=0, prefix=PREFIX, origins=("lab.example:8443",))
    with (
        service(tmp_path_factory.mktemp("w"), path) as made,
        Served(made, settings) as running,
    ):
        surveyed(made, KEY)
        yield running


# --- which server is asked -----------------------------------------------------------


@pytest.mark.parametrize("address", ADDRESSES)
def test_case_42_a_foreign_name_that_points_here_is_answered_nowhere(
    served: Served, address: str
) -> None:
    """DNS rebinding: host and origin agree, and neither is this server's."""
    host = f"evil.example:{served.port}"
    answer = served.get(f"{PREFIX}{address}", Host=host, Origin=f"http://{host}")
    assert answer.status == 421
    assert f"--origin {host}" in answer.json["error"]


def test_case_42_a_websocket_asks_our_own_list_of_origins(served: Served) -> None:
    """Tornado lets an origin that equals the host through by itself."""
    offered = {"Sec_WebSocket_Protocol": f"bokeh, {page_token(served)}", **WEBSOCKET}
    path = f"{PREFIX}/ws"
    own = f"127.0.0.1:{served.port}"
    evil = f"evil.example:{served.port}"
    assert served.get(path, **offered, Host=own, Origin=f"http://{own}").status == 101
    for headers in (
        {"Host": evil, "Origin": f"http://{evil}"},
        {"Host": own, "Origin": f"http://{evil}"},
        {"Host": own, "Origin": "http://127.0.0.1:1"},
        {"Host": own, "Origin": "null"},
        {"Host": own},
        {"Host": own, "Origin": f"http://{own}", "Sec_Fetch_Site": "same-site"},
        {"Host": own, "Origin": f"http://{own}", "Sec_Fetch_Site": "cross-site"},
    ):
        assert served.get(path, **offered, **headers).status in (403, 421), headers


def test_a_listed_proxy_is_this_server_with_and_without_the_port(
    served: Served,
) -> None:
    for host in ("lab.example:8443", f"localhost:{served.port}", "LAB.example:8443"):
        assert served.get(f"{PREFIX}/health", Host=host).status == 200, host
    for host in ("lab.example", "lab.example:1", "127.0.0.1", "", "127.0.0.1:1"):
        assert served.get(f"{PREFIX}/health", Host=host).status == 421, host


@pytest.mark.parametrize(
    ("origin", "hosts"),
    [
        ("lab.example", ["lab.example", "lab.example:443", "lab.example:80"]),
        ("https://lab.example", ["lab.example", "lab.example:443"]),
        ("Lab.example:443", ["lab.example", "lab.example:443"]),
        ("lab.example:8443", ["lab.example:8443"]),
    ],
)
def test_an_origin_is_known_however_a_browser_writes_it(
    origin: str, hosts: list[str]
) -> None:
    origins = Origins(5006, [origin])
    for host in hosts:
        assert origins.reason_against_host(host) == ""


@pytest.mark.parametrize(
    "origin",
    ["*", "*.lab.example", "lab.example:*", "", "a b", "//", "lab.example/path", "a@b"],
)
def test_an_origin_that_names_no_one_server_is_refused_in_words(origin: str) -> None:
    with pytest.raises(DashboardError, match="--origin"):
        Origins(5006, [origin])


# --- where it comes from -------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1:{port}.evil.example"},
        {"Origin": "http://x@127.0.0.1:{port}"},
        {"Origin": "ftp://127.0.0.1:{port}"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "none"},
        {"Origin": "http://127.0.0.1:{port}", "Sec_Fetch_Site": "same-site"},
        {"Origin": "http://evil.example", "Sec_Fetch_Site": "same-origin"},
        {"Origin": "http://127.0.0.1:{port}", "Sec_Fetch_Site": "cross-site"},
        {"Origin": None, "Referer": "http://evil.example/"},
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "address", ["/uploads", "/uploads/x", "/leave", "/health", "/"]
)
def test_case_43_nothing_acts_that_another_site_sends(
    served: Served, address: str, headers: dict[str, str]
) -> None:
    page = served.service.sessions.open("local")
    sent = {"Origin": None, "X_Hcs_Page": page} | {
        name: text and text.format(port=served.port) for name, text in headers.items()
    }
    answer = served.send("POST", f"{PREFIX}{address}", page.encode(), **sent)
    served.service.sessions.close(page)
    assert answer.status == 403
    assert "own pages" in answer.json["error"]


def test_what_our_own_pages_send_is_taken_by_either_header(served: Served) -> None:
    own = f"http://127.0.0.1:{served.port}"
    for headers in (
        {"Origin": own},
        {"Origin": None, "Sec_Fetch_Site": "same-origin"},
        {"Origin": own, "Sec_Fetch_Site": "same-origin"},
    ):
        page = served.service.sessions.open("local")
        answer = served.send("POST", URLS.leave(), page.encode(), **headers)
        served.service.sessions.close(page)
        assert answer.status == 204, headers


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("address", ADDRESSES[6:10])
def test_what_is_shown_cannot_be_put_into_another_page(
    served: Served, address: str, site: str
) -> None:
    path = f"{PREFIX}{address}"
    assert served.get(path, Sec_Fetch_Site=site).status == 403
    framed = {"Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "iframe"}
    assert served.get(path, Sec_Fetch_Site=site, **framed).status == 403
    followed = {"Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}
    # 503 while the plate is measured.
    assert served.get(path, Sec_Fetch_Site=site, **followed).status in (200, 503)


# --- who it is -----------------------------------------------------------------------


@pytest.mark.parametrize("address", sorted({*ADDRESSES, "/static/%2e%2e/x", "//"}))
def test_whom_nobody_knows_gets_pages_to_come_in_and_nothing_else(
    served: Served, address: str
) -> None:
    answer = served.get(f"{PREFIX}{address}", **STRANGER)
    if address in ("/health", "/assets/core/page.css"):
        assert answer.status == 200
    elif address == "/":
        assert answer.status == 200
        assert b"hcs-dashboard link" in answer.body
        assert b"Bokeh" not in answer.body
        assert KEY.encode() not in answer.body
    elif address in NOWHERE:
        assert answer.status == 404
    else:
        assert answer.status == 403
        assert "signed in" in answer.json["error"]


def test_a_stranger_opens_no_websocket_with_a_page_s_token(served: Served) -> None:
    token = page_token(served)
    headers = {
        **WEBSOCKET,
        "Sec_WebSocket_Protocol": f"bokeh, {token}",
        "Origin": served.url,
    }
    assert served.get(f"{PREFIX}/ws", **headers).status == 101
    assert served.get(f"{PREFIX}/ws", **headers, **STRANGER).status == 403


def test_a_page_rebuilt_for_its_websocket_knows_who_asks(served: Served) -> None:
    """Bokeh's stand-in for that request has neither cookies nor headers."""
    assert KEY in json.dumps(document(served, f"plate={KEY}"), default=str)


def test_a_token_lets_in_once_and_leaves_the_address(served: Served) -> None:
    local = served.entrance.local
    assert local is not None
    token = local.tokens.new()
    address = f"{PREFIX}/?plate={KEY}&token={token}&well=A1"
    first = served.get(address, **STRANGER)
    assert first.status == 303
    assert first.headers["Location"] == f"{PREFIX}/?plate={KEY}&well=A1"
    cookie = first.headers["Set-Cookie"]
    assert re.match(rf"hcs-{served.port}-[0-9a-f]{{8}}=", cookie)
    assert {"HttpOnly", "SameSite=Strict", f"Path={PREFIX}"} <= {*cookie.split("; ")}
    page = served.get(f"{PREFIX}/", Cookie=cookie.partition(";")[0])
    assert b"Bokeh" in page.body
    again = served.get(address, **STRANGER)
    assert again.status == 403
    assert "Set-Cookie" not in again.headers
    # Whoever is in already is not bothered with an old line in their history.
    assert served.get(address).status == 303
    # What they opened is of no use to anybody who finds it.
    seen = f"{PREFIX}/?token={local.tokens.new()}"
    assert served.get(seen).status == 303
    assert served.get(seen, **STRANGER).status == 403


@pytest.mark.parametrize(
    "token", ["", "x", "0.x.y", "9" * 30, "0.%00.%ff", "a" * 5000, "1.2.3&token="]
)
def test_a_guessed_token_lets_nobody_in(served: Served, token: str) -> None:
    answer = served.get(f"{PREFIX}/?token={token}", **STRANGER)
    assert answer.status in (200, 403)
    assert "Set-Cookie" not in answer.headers
    assert KEY.encode() not in answer.body


def test_case_44_a_cookie_of_another_server_or_a_guess_lets_nobody_in(
    served: Served, tmp_path: Path
) -> None:
    name = served.sent_by_pages["Cookie"].partition("=")[0]
    path = plates.make(tmp_path / "q.ome.zarr", fields=1)
    with (
        service(tmp_path / "w", path) as made,
        Served(made, ServerSettings(port=0)) as other,
    ):
        foreign = other.sent_by_pages["Cookie"]
        value = foreign.partition("=")[2]
        for cookie in (foreign, f"{name}={value}", f"{name}=guess", f"{name}="):
            answer = served.get(f"{PREFIX}/export/{KEY}/wells.csv", Cookie=cookie)
            assert answer.status == 403, cookie


# --- sessions ------------------------------------------------------------------------


@pytest.mark.parametrize("argument", ["bokeh-session-id", "bokeh-token"])
def test_nobody_chooses_the_session_of_a_page(served: Served, argument: str) -> None:
    assert served.get(f"{PREFIX}/?{argument}=FIXED123").status == 400
    assert served.get(f"{PREFIX}/", Bokeh_Session_Id="FIXED123").status == 400


def test_an_unsigned_page_token_opens_no_websocket(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    from tornado.httpclient import HTTPClientError

    signed = page_token(served)
    body = json.loads(_decoded(signed.partition(".")[0]))
    body["session_id"] = "FIXED123"
    forged = base64.urlsafe_b64encode(json.dumps(body).encode()).decode().rstrip("=")
    before = len(served.service.sessions)
    for token in (forged, f"{forged}.{signed.partition('.')[2]}"):
        with pytest.raises((AssertionError, HTTPClientError)):
            document(served, token=token)
    assert len(served.service.sessions) == before
    assert "Refused a websocket: Invalid token signature" in caplog.text
    assert not [record for record in caplog.records if record.exc_info]


def test_the_html_holds_no_cookie_and_no_header_of_its_request(served: Served) -> None:
    headers = {"Authorization": "Basic QUJD", "X_Forwarded_User": "SECRETUSER"}
    cookie = f"{served.sent_by_pages['Cookie']}; other=SECRETCOOKIE"
    page = served.get(f"{PREFIX}/", Cookie=cookie, **headers).body.decode()
    tokens = re.findall(r'"token":"([\w.-]+)"', page)
    assert tokens
    known = page + "".join(map(_payload, tokens))
    value = served.sent_by_pages["Cookie"].partition("=")[2]
    for secret in ("SECRETCOOKIE", "SECRETUSER", "QUJD", value):
        assert secret not in known


def _payload(token: str) -> str:
    body = json.loads(_decoded(token.partition(".")[0]))
    return zlib.decompress(_decoded(body["__bk__zlib_"])).decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@pytest.fixture
def every_log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Keep what is logged at any level, by anything that is loaded."""
    loggers = [logging.getLogger(name) for name in logging.root.manager.loggerDict]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(1)
    with caplog.at_level(1):
        yield caplog
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


def test_no_secret_stands_in_a_log_of_any_level(
    served: Served, every_log: pytest.LogCaptureFixture
) -> None:
    local = served.entrance.local
    assert local is not None
    token = local.tokens.new()
    cookie = served.get(f"{PREFIX}/?token={token}", **STRANGER).headers["Set-Cookie"]
    served.get(f"{PREFIX}/?token={token}", **STRANGER)
    page = served.service.sessions.open("local")
    upload = {"X_Hcs_Page": page}
    answer = served.upload(URLS.uploads(), b"MZ", **upload)
    assert answer.json["state"] == "refused"
    assert served.send("POST", URLS.leave(), page.encode()).status == 204
    foreign = served.announce(URLS.uploads(), 2, **upload, Origin="null")
    assert foreign.status == 403
    served.service.sessions.close(page)
    websocket = page_token(served)
    assert document(served, token=websocket)
    html = served.get(f"{PREFIX}/?plate={KEY}").body.decode()
    value = cookie.partition("=")[2].partition(";")[0]
    own = served.sent_by_pages["Cookie"].partition("=")[2]
    (in_page,) = re.findall(r'"token":"([\w.-]+)"', html)
    said = "\n".join(
        f"{record.getMessage()} {record.args}" for record in every_log.records
    )
    assert "WebSocket connection opened" in said
    for secret in (token, value, own, page, websocket, in_page, local.tokens.secret):
        assert secret not in said


# --- what answers bear ---------------------------------------------------------------


@pytest.mark.parametrize("cookie", [True, False], ids=["known", "stranger"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_every_answer_bears_what_keeps_other_sites_out(
    served: Served, address: str, cookie: bool
) -> None:
    headers = served.get(f"{PREFIX}{address}", **({} if cookie else STRANGER)).headers
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    policy = headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'none'" in policy
    assert "*" not in policy
    assert "Server" not in headers
    assert "Access-Control-Allow-Origin" not in headers


@pytest.mark.parametrize("address", ["autoload.js", "metadata", "autoloadXjs"])
def test_what_other_sites_would_embed_is_gone(served: Served, address: str) -> None:
    answer = served.get(f"{PREFIX}/{address}?bokeh-autoload-element=x")
    assert answer.status == 404


def test_inline_scripts_bear_the_nonce_of_their_answer(served: Served) -> None:
    first, second = served.get(f"{PREFIX}/"), served.get(f"{PREFIX}/")
    nonces = [
        re.findall(r"'nonce-([\w-]+)'", answer.headers["Content-Security-Policy"])
        for answer in (first, second)
    ]
    assert nonces[0] != nonces[1]
    assert "'unsafe-inline'" not in _sources(first.headers, "script-src")
    assert f'nonce="{nonces[0][0]}"' in first.body.decode()
    assert not re.search(r"<[^>]+ on\w+=", first.body.decode())


def _sources(headers: dict[str, str], what: str) -> str:
    policy = headers["Content-Security-Policy"]
    return next(part for part in policy.split("; ") if part.startswith(what))


# --- sizes ---------------------------------------------------------------------------


def test_a_body_outside_of_uploads_is_bounded_before_it_is_read(
    served: Served,
) -> None:
    for path in ("/health", "/leave", "/uploads", "/", "/nothing", "/ws"):
        head = (
            f"POST {PREFIX}{path} HTTP/1.1\r\n{served.head}"
            f"Content-Length: {(1 << 20) + 1}\r\n\r\n"
        )
        assert _status(served, head) == 413, path
        chunked = (
            f"POST {PREFIX}{path} HTTP/1.1\r\n{served.head}"
            f"Transfer-Encoding: chunked\r\n\r\n"
        )
        assert _status(served, chunked) == 411, path


@pytest.mark.parametrize("length", ["9" * 5000, "-5", "5,6", "+1", "0x1", "1_0", ""])
@pytest.mark.parametrize(
    "path", ["/health", "/leave", "/uploads", "/uploads/x", "/nothing"]
)
def test_a_length_that_is_no_number_is_refused_without_an_error_in_the_log(
    served: Served, caplog: pytest.LogCaptureFixture, path: str, length: str
) -> None:
    head = f"POST {PREFIX}{path} HTTP/1.1\r\n{served.head}"
    assert _status(served, f"{head}Content-Length: {length}\r\n\r\n") == 413
    assert not [record for record in caplog.records if record.exc_info]


def test_an_asset_whose_name_no_disk_takes_is_not_there(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("a" * 300, "a/" * 3000, "core", "core/"):
        assert served.get(f"{PREFIX}/assets/{name}", **STRANGER).status == 404
    assert not [record for record in caplog.records if record.exc_info]


def _status(served: Served, head: str) -> int:
    address = ("127.0.0.1", served.port)
    with socket.create_connection(address, timeout=30) as connection:
        connection.sendall(head.encode())
        return int(connection.recv(4096).split(b" ")[1])
