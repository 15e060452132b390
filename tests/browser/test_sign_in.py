"""Signing in by a real browser through a real nginx, in each way that there is."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile
from playwright.sync_api import expect

from hcs import from_hcs_zarr
from tests import plates
from tests.browser.nginx import documented, free_port, proxied
from tests.browser.serving import Server, compared, well
from tests.integration.people import password_of, write_people
from tests.integration.serving import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import BrowserContext, Page

    from tests.browser.chromium import Chromium

SECRETS = {
    "HCS_OIDC_CLIENT_SECRET": "the secret of the client",
    "HCS_PROXY_SECRET": "at least 16 characters that nobody guesses",
}

ROLES = 'map $remote_user $hcs_roles { curator curator; default ""; }\n'


@dataclass
class Site:
    """The dashboard as people reach it: at the proxy's address."""

    url: str
    known: str
    """How history says that names are known."""

    server: Server
    come_in: Callable[[Page, Site, str], None]
    name: str = ""
    """Whom `let_in` signs in."""

    @property
    def host(self) -> str:
        return self.url.removeprefix("http://").rstrip("/")

    def let_in(self, context: BrowserContext) -> None:
        """Sign in as people do, in a page that is closed then."""
        page = context.new_page()
        self.come_in(page, self, self.name)
        page.close()

    def as_(self, name: str) -> Site:
        self.name = name
        return self


def by_form(page: Page, site: Site, name: str) -> None:
    page.goto(site.url)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password_of(name))
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(".hcs-person")).to_contain_text(name)


def by_provider(page: Page, site: Site, name: str) -> None:
    page.goto(site.url)
    page.get_by_role("button", name="Sign in at localhost").click()
    page.locator('input[name="sub"]').fill(name)
    page.get_by_role("button", name="Authorize").click()
    expect(page.locator(".hcs-person")).to_contain_text(name)


def by_proxy(page: Page, site: Site, name: str) -> None:
    # The browser keeps them for all that it asks of this host, the websocket too.
    page.goto(site.url.replace("//", f"//{name}:{name}@"))
    expect(page.locator(".hcs-person")).to_contain_text(name)


@pytest.fixture(
    params=[
        # By their form people come in, and go the whole loop, in the tests of roles.
        pytest.param("form", marks=pytest.mark.full),
        "provider",
        "socket",
        pytest.param("header", marks=pytest.mark.full),
    ]
)
def site(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Site]:
    """Serve a plate through nginx, each way of signing in once."""
    way = request.param
    plate = plates.make(tmp_path / "p.ome.zarr", fields=2, pixels="gradient")
    port, socket = free_port(), tmp_path / "hcs.sock"
    options: list[str | Path] = [plate, "--origin", f"127.0.0.1:{port}"]
    location, maps = documented("A proxy that carries"), ""
    come_in: Callable[[Page, Site, str], None] = by_form
    with contextlib.ExitStack() as stack:
        for name, secret in SECRETS.items():
            monkeypatch.setenv(name, secret)
        if way == "form":
            options += ["--users", write_people(tmp_path / "users.json")]
        elif way == "provider":
            mock = pytest.importorskip("oidc_provider_mock")
            claims = {"preferred_username": "curator", "groups": ["curator"]}
            provider = stack.enter_context(
                mock.run_server_in_thread(
                    user_claims=[
                        mock.User(sub="curator", claims=claims),
                        mock.User(sub="viewer", claims={"email": "viewer"}),
                    ]
                )
            )
            issuer = f"http://localhost:{provider.server_port}"
            options += ["--oidc-issuer", issuer, "--oidc-client-id", "hcs"]
            come_in = by_provider
        else:
            location, maps = documented("A proxy that signs in"), ROLES
            options += ["--user-header", "X-User", "--role-header", "X-Roles"]
            come_in = by_proxy
            if way == "socket":
                options += ["--socket", socket]
                location = re.sub(r".*Proxy-Secret.*\n", "", location)
                monkeypatch.delenv("HCS_PROXY_SECRET")
        server = Server(*options, workspace=tmp_path / "workspace")
        stack.callback(server.stop)
        stack.enter_context(
            proxied(
                tmp_path / "nginx",
                port,
                f"unix:{socket}" if way == "socket" else f"127.0.0.1:{server.port}",
                location,
                maps,
            )
        )
        people = "".join(f"{name}:{{PLAIN}}{name}\n" for name in ("curator", "viewer"))
        (tmp_path / "nginx" / "htpasswd").write_text(people)
        yield Site(
            url=f"http://127.0.0.1:{port}/",
            known="proxy" if come_in is by_proxy else "sign-in",
            server=server,
            come_in=come_in,
        )
        said = server.said
        assert "Traceback" not in said
        for secret in SECRETS.values():
            assert secret not in said


def downloaded(page: Page, name: str) -> str:
    # A plate that is being measured has no table yet.
    address = page.locator(name).evaluate("link => link.href")
    status = "address => fetch(address).then((answer) => answer.status)"
    wait_for(lambda: page.evaluate(status, address) == 200, "for the table")
    with page.expect_download() as download:
        page.locator(name).click()
    return Path(download.value.path()).read_text(encoding="utf-8-sig")


# The mock of a provider serves from a thread here, by an Authlib that warns of itself.
@pytest.mark.filterwarnings("default::DeprecationWarning")
def test_a_curator_goes_the_whole_loop_and_a_viewer_is_refused(
    site: Site, tmp_path: Path, visit: Callable, picture: Callable
) -> None:
    page = visit(site.as_("curator"), "?well=A1&field=0", expected=("/export/",))
    expect(page.locator(".hcs-person")).to_contain_text("curator")
    expect(page.locator(".hcs-reviewer")).to_be_hidden()
    sign_out = page.locator(".hcs-sign-out")
    expect(sign_out).to_have_count(1 if site.known == "sign-in" else 0)
    picture(page, f"signed-in-{site.known}")

    # Judge.
    expect(page.locator(".verdicts .standing b")).to_have_text("A1")
    expect(page.locator(".verdicts.waiting")).to_have_count(0)
    page.locator(".hcs-verdict-fail").click()
    expect(well(page, "A1")).to_contain_text("fail")

    # Export and report: the row says who it was.
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator(".hcs-export-csv")).to_be_visible()
    assert "curator" in downloaded(page, ".hcs-export-csv")
    assert "curator" in downloaded(page, ".hcs-report")

    # Correct and commit; a verdict leads on to the next well.
    well(page, "A1").click()
    page.locator('.hcs-thumb[data-well="A1"][data-field="0"]').click()
    expect(page.locator(".hcs-field-viewer")).to_be_visible()
    plane = from_hcs_zarr(tmp_path / "p.ome.zarr").well("A1").field("0").image()
    pixels = np.full(plane.images[0].data.shape[-2:], 7, "uint16")
    corrected = tmp_path / "A1_s1_w1.tif"
    tifffile.imwrite(corrected, pixels)
    thumb = page.locator('.hcs-thumb[data-well="A1"][data-field="0"]')
    first = thumb.get_attribute("data-version")
    page.locator(".hcs-upload").set_input_files(corrected)
    expect(page.locator(".hcs-compare")).to_be_visible()
    page.locator(".hcs-reason").fill("was out of focus")
    for box in page.locator(".differences input[type=checkbox]").all():
        box.check()
    compared(page)
    page.locator(".hcs-commit").click()
    expect(thumb).not_to_have_attribute("data-version", first or "")
    second = thumb.get_attribute("data-version")

    # Revert.
    page.locator(".hcs-revert").first.click()
    page.locator(".hcs-revert-reason").fill("the first was right")
    page.keyboard.press("Enter")
    expect(thumb).not_to_have_attribute("data-version", second or "")
    expect(page.locator(".hcs-history")).to_contain_text("curator")
    entry = from_hcs_zarr(tmp_path / "p.ome.zarr").well("A1").history("0")[-1]
    assert (entry.who, entry.known) == ("curator", site.known)

    # A viewer of the same plate changes nothing.
    other = visit(site.as_("viewer"), "?well=A1&field=0", expected=("/uploads", "403"))
    expect(other.locator(".hcs-person")).to_contain_text("viewer")
    expect(well(other, "A1")).to_contain_text("fail")
    expect(other.locator(".lock")).to_contain_text("You look as viewer")
    refused = other.evaluate(
        "fetch('/uploads', {method: 'POST'}).then((answer) => answer.status)"
    )
    assert refused == 403


@pytest.mark.parametrize("site", ["form"], indirect=True)
def test_the_page_to_sign_in_at_is_read_in_light_and_dark(
    site: Site, chromium: Chromium, picture: Callable
) -> None:
    for scheme in ("light", "dark"):
        context = chromium.new_context(color_scheme=scheme, java_script_enabled=False)
        page = context.new_page()
        page.goto(f"{site.url}?well=A1")
        page.get_by_label("Name").fill("viewer")
        page.get_by_label("Password").fill("a guess")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("wrong")
        picture(page, f"sign-in-{scheme}")
        context.close()


@pytest.mark.parametrize("site", ["form"], indirect=True)
def test_signing_out_leads_to_the_page_to_sign_in_at(
    site: Site, chromium: Chromium
) -> None:
    context = chromium.new_context()
    page, other = context.new_page(), context.new_page()
    by_form(page, site, "curator")
    other.goto(site.url)
    expect(other.locator(".hcs-person")).to_contain_text("curator")
    expect(other.locator("html[data-connected]")).to_have_count(1)
    page.locator(".hcs-sign-out").click()
    expect(page.get_by_label("Password")).to_be_visible()
    # The other page of that browser ends as well, and says why.
    expect(other.locator("#connection")).to_contain_text("signed out")
    other.reload()
    expect(other.get_by_label("Password")).to_be_visible()
    context.close()


@pytest.mark.parametrize("site", ["form"], indirect=True)
def test_an_admin_ends_the_session_of_somebody_else(
    site: Site, chromium: Chromium, picture: Callable
) -> None:
    context, others = chromium.new_context(), chromium.new_context()
    page, other = context.new_page(), others.new_page()
    by_form(page, site, "admin")
    by_form(other, site, "curator")
    expect(other.locator("html[data-connected]")).to_have_count(1)
    page.goto(site.url + (page.locator(".hcs-admin").get_attribute("href") or "")[1:])
    picture(page, "administration")
    row = page.locator("tr", has_text="curator").filter(has=page.locator("button"))
    row.get_by_role("button", name="End").click()
    expect(other.locator("#connection")).to_contain_text("signed out")
    context.close()
    others.close()
