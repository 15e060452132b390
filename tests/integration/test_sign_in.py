"""Signing in and out at a running server, by forms that need no script."""

from __future__ import annotations

import logging
import re
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

import pytest

from dashboard.accounts import Role
from dashboard.accounts.guesses import NAME
from dashboard.accounts.users import change_users, remove_user, set_password, set_roles
from dashboard.app import ServerSettings, make_server, new_loop
from dashboard.commands.sign_in import SignIn
from dashboard.errors import DashboardError
from tests import plates
from tests.integration.people import Browser, password_of, write_people
from tests.integration.serving import Answer, Served, service, surveyed, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dashboard.accounts.users import User

KEY = "p.ome.zarr"
PREFIX = "/hcs"
WELLS = f"/pixels/{KEY}/wells.json"


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_people(tmp_path_factory.mktemp("people") / "users.json", *CHANGES)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, people: Path) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    plates.make(folder / KEY, rows=1, columns=2, shape=(8, 8))
    with (
        service(folder / "ws", folder / KEY, measure=False) as made,
        Served(
            made,
            ServerSettings(port=0, prefix=PREFIX),
            sign_in=SignIn(users=people),
        ) as running,
    ):
        surveyed(made, KEY)
        yield running


@pytest.fixture
def browser(served: Served) -> Browser:
    return Browser(served, PREFIX)


def location(answer: Answer) -> str:
    assert answer.status == 303, answer
    return answer.headers["Location"]


def alarm(answer: Answer) -> str:
    text = re.search('role="alert">([^<]*)<', answer.body.decode())
    assert text, answer
    return unescape(text[1])


def test_who_comes_first_signs_in_and_goes_on_to_what_they_asked_for(browser) -> None:
    address = location(browser.get(f"/?plate={KEY}&well=A1"))
    assert address.startswith(f"{PREFIX}/sign-in?next=")
    page = browser.get(address.removeprefix(PREFIX))
    assert page.status == 200
    goal = re.search('name="next" value="([^"]*)"', page.body.decode())
    assert goal
    assert location(browser.sign_in("curator", goal=unescape(goal[1]))) == (
        f"{PREFIX}/?plate={quote(KEY)}&well=A1"
    )
    assert browser.get("/").status == 200
    assert browser.get(WELLS).status == 200
    assert browser.get("/visitor.json").json == {"name": "curator", "role": "curator"}
    assert location(browser.get("/sign-in")) == f"{PREFIX}/"


@pytest.mark.parametrize(
    "path", [WELLS, f"/export/{KEY}/wells.csv", "/visitor.json", "/admin", "/ws"]
)
def test_nothing_is_answered_to_those_who_have_not_signed_in(browser, path) -> None:
    assert browser.get(path).status == 403


def test_the_cookie_is_kept_from_scripts_and_other_sites(browser) -> None:
    header = browser.sign_in("viewer").headers["Set-Cookie"]
    for words in ("HttpOnly", "SameSite=Strict", f"Path={PREFIX}"):
        assert words in header
    assert "Secure" not in header
    by_tls = browser.post(
        "/sign-in",
        {"name": "viewer", "password": password_of("viewer")},
        X_Forwarded_Proto="https",
    )
    assert by_tls.headers["Set-Cookie"].endswith("; Secure")


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("curator", "wrong password"),
        ("curator", ""),
        ("curator", password_of("admin")),
        ("nobody", password_of("curator")),
        ("", ""),
        ("<b>", "x" * 5000),
    ],
)
def test_a_wrong_name_and_a_wrong_password_are_refused_alike(
    browser, name, password
) -> None:
    answer = browser.sign_in(name, password)
    assert answer.status == 403
    assert alarm(answer) == "The name or the password is wrong."
    assert browser.cookies == {}
    assert b"<b>" not in answer.body.replace(b"<b>hcs</b>", b"")
    assert password not in answer.body.decode() or not password


def test_a_form_of_another_site_signs_nobody_in(browser) -> None:
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ):
        form = {"name": "curator", "password": password_of("curator")}
        assert browser.post("/sign-in", form, **headers).status == 403
    assert browser.cookies == {}


@pytest.mark.parametrize(
    "goal",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "/hcs//evil.example/?a",
        "javascript:alert(1)",
        "/hcs/?a\r\nSet-Cookie: b=c",
        "/hcs/../evil",
        "/hcs/export/p/wells.csv",
        "http:///hcs/?a",
        "//[",
        "x" * 100_000,
    ],
    ids=lambda goal: goal[:30],
)
def test_whatever_stands_in_next_leads_to_a_page_of_this_server(browser, goal) -> None:
    assert location(browser.sign_in("viewer", goal=goal)) == f"{PREFIX}/"


@pytest.mark.parametrize("query", ["plate=日本", "well=é", "plate=😀"])
def test_whatever_letters_stand_in_next_it_can_be_gone_on_to(browser, query) -> None:
    address = location(browser.sign_in("viewer", goal=f"{PREFIX}/?{query}"))
    assert address.isascii()
    assert unquote(address) == f"{PREFIX}/?{query}"
    assert browser.get(address.removeprefix(PREFIX)).status == 200


def test_a_password_that_is_no_text_is_wrong_and_in_no_log(
    served, browser, caplog
) -> None:
    body = b"name=curator&password=se%FFcret"
    origin = {"Sec_Fetch_Site": "same-origin", "Cookie": ""}
    kind = {"Content_Type": "application/x-www-form-urlencoded"}
    with caplog.at_level(logging.DEBUG):
        answer = served.send("POST", f"{PREFIX}/sign-in", body, **origin, **kind)
    assert alarm(answer) == "The name or the password is wrong."
    assert "cret" not in caplog.text


def test_guessing_waits_longer_and_longer_and_says_how_long(served, browser) -> None:
    name = "reviewer"
    for _ in range(NAME.free + 1):
        assert browser.sign_in(name, "a guess").status == 403
    # Looking at a guess may take a busy machine longer than its wait; the next ones'
    # are longer.
    while int(browser.sign_in(name, "a guess").headers.get("Retry-After", 0)) < 2:
        pass
    refused = browser.sign_in(name)  # though it is the right password
    assert refused.status == 429
    assert "too many tries" in alarm(refused)
    # Another one is not kept out by that.
    assert browser.sign_in("viewer").status == 303
    wait_for(lambda: browser.sign_in(name).status == 303)


@pytest.mark.parametrize(
    ("name", "shown"), [("viewer", False), ("reviewer", False), ("curator", True)]
)
def test_a_report_says_where_a_plate_lies_to_who_changes_plates_only(
    served, browser, name, shown
) -> None:
    assert browser.sign_in(name).status == 303
    answer = browser.get(f"/export/{KEY}/report.html?partial=yes")
    assert answer.status == 200
    place = str(Path(served.service.plates.overview(KEY).location).parent)
    assert (place in answer.body.decode()) is shown


def test_guesses_of_others_do_not_keep_out_who_came_in_from_this_browser_before(
    served, browser
) -> None:
    guesses = served.entrance.routes[0][2]["ways"].password.guesses
    assert browser.sign_in("admin").status == 303
    assert browser.post("/sign-out", {}).status == 303
    ((name, value),) = browser.cookies.items()
    for _ in range(30):
        guesses.begin("admin", "elsewhere")
    stranger = Browser(served, PREFIX)
    assert stranger.sign_in("admin").status == 429
    # The cookie is of one name and one value, and by itself lets nobody in.
    for forged in (f"x{value}", value.partition(".")[2], ".", "", "é" * 300):
        stranger.cookies = {name: forged.encode().decode("latin-1")}
        assert stranger.sign_in("admin").status == 429
    assert browser.get(WELLS).status == 403
    assert browser.sign_in("ADMIN", password_of("admin")).status == 303
    # It pays for no guesses of its own.
    for _ in range(30):
        guesses.begin(f"{value.partition('.')[0]} admin", "elsewhere")
    assert browser.sign_in("admin").status == 429
    guesses.succeeded("admin", "elsewhere")


def test_signing_out_ends_the_cookie_also_where_somebody_kept_it(browser) -> None:
    browser.sign_in("viewer")
    cookies = dict(browser.cookies)
    assert location(browser.post("/sign-out", {})) == f"{PREFIX}/sign-in"
    assert [name for name in browser.cookies if not name.endswith("-known")] == []
    browser.cookies = cookies
    assert browser.get(WELLS).status == 403


def test_signing_out_is_no_link_that_another_site_could_show(browser) -> None:
    browser.sign_in("viewer")
    assert browser.get("/sign-out").status == 405
    assert browser.post("/sign-out", {}, Origin="https://evil.example").status == 403
    assert browser.get(WELLS).status == 200


CHANGES: dict[str, tuple[Callable[[dict[str, User]], object], int]] = {
    "Ann": (lambda users: remove_user(users, "Ann"), 403),
    "Ben": (lambda users: set_password(users, "Ben", "another password"), 403),
    "Cleo": (lambda users: set_roles(users, "Cleo", Role.VIEWER), 200),
}


@pytest.mark.parametrize(
    ("name", "change", "status"), [(name, *each) for name, each in CHANGES.items()]
)
def test_a_change_of_the_users_file_counts_for_who_is_in_already(
    people, browser, name, change, status
) -> None:
    browser.sign_in(name)
    assert browser.get("/visitor.json").json["role"] == "curator"
    change_users(people, change)

    def changed() -> bool:
        answer = browser.get("/visitor.json")
        return answer.status == status and answer.json.get("role") != "curator"

    wait_for(changed)


def test_who_follows_a_link_of_another_site_is_asked_again_from_here(browser) -> None:
    """A browser sends no strict cookie then, and would see the form all the same."""
    headers = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"}
    headers["Sec_Fetch_Dest"] = "document"
    answer = browser.get("/sign-in", **headers)
    assert answer.status == 200
    assert b'http-equiv="refresh"' in answer.body
    assert b"password" not in answer.body


def test_the_pages_load_and_send_nothing_elsewhere(browser) -> None:
    answer = browser.get("/sign-in")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert b"<script" not in answer.body


def test_who_came_in_and_who_did_not_is_kept(served, browser) -> None:
    browser.sign_in("admin")
    browser.sign_in("mallory", "a guess at a password")

    def acts() -> list[tuple[str, str, str]]:
        return [
            (each.act, each.who, each.known) for each in served.service.audit.recent(5)
        ]

    wait_for(lambda: ("sign-in-failed", "mallory", "") in acts())
    assert ("sign-in", "admin", "sign-in") in acts()
    assert "guess" not in str(served.service.audit.recent())


# --- administration -------------------------------------------------------------------


@pytest.mark.parametrize("role", ["viewer", "reviewer", "curator"])
def test_administration_is_for_admins(browser, role) -> None:
    browser.sign_in(role)
    assert browser.get("/admin").status == 403
    assert browser.post("/admin/end-session", {"session": "x"}).status == 403


def test_an_admin_sees_people_sessions_jobs_and_disk_and_ends_a_session(
    served, browser
) -> None:
    other = Browser(served, PREFIX)
    other.sign_in("viewer")
    browser.sign_in("admin")
    page = browser.get("/admin").body.decode()
    for words in ("People", "Sessions", "Jobs", "Disk", "Acts of accounts", "curator"):
        assert words in page
    for secret in (
        *map(password_of, ("viewer", "admin")),
        "$argon2",
        *other.cookies.values(),
    ):
        assert secret not in page
    cookies = served.entrance.cookies
    assert cookies is not None
    mine = {each.id for each in cookies.all() if each.visitor.name == "viewer"}
    listed = set(re.findall('name="session" value="([^"]*)"', page))
    assert mine <= listed
    session = [each.id for each in cookies.all() if each.visitor.name == "viewer"][-1]
    form = {"session": session}
    assert location(browser.post("/admin/end-session", form)) == f"{PREFIX}/admin"
    assert other.get("/visitor.json").status == 403
    assert browser.get("/admin").status == 200
    assert browser.post("/admin/end-session", {"session": "none"}).status == 303


def test_markup_in_a_name_that_failed_is_text_for_the_admin(served, browser) -> None:
    evil = "<img src=x onerror=alert(1)>"
    browser.sign_in(evil, "a guess at a password")
    browser.sign_in("admin")
    wait_for(lambda: "&lt;img src=x" in browser.get("/admin").body.decode())
    assert evil not in browser.get("/admin").body.decode()


# --- what is refused at the start -----------------------------------------------------


def test_another_address_than_loopback_is_refused_without_a_sign_in(
    people, tmp_path
) -> None:
    path = plates.make(tmp_path / KEY, rows=1, columns=1, shape=(8, 8))
    settings = ServerSettings(port=0, address="0.0.0.0")  # noqa: S104
    with service(tmp_path / "ws", path, measure=False) as made:
        loop = new_loop()
        with pytest.raises(DashboardError, match="--users FILE"):
            make_server(made, settings)
        loop.close(all_fds=True)
        with Served(made, settings, sign_in=SignIn(users=people)) as running:
            assert running.get("/health").status == 200
