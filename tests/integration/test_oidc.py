"""Who comes back from a provider of OpenID Connect is believed by a good token only."""

from __future__ import annotations

import base64
import hmac
import json
import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from dashboard.accounts import Role
from dashboard.accounts.cookies import Cookies
from dashboard.accounts.oidc import Flow, OIDCSettings, OIDCSignIn
from dashboard.errors import DashboardError, RefusedError
from tests.integration.oidc_provider import (
    CLIENT,
    SECRET,
    Provider,
    new_key,
    running_provider,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dashboard.accounts import Visitor

BACK = "http://127.0.0.1:1/sign-in/back"


@pytest.fixture
def provider() -> Iterator[Provider]:
    with running_provider() as running:
        yield running


def sign_in_at(provider: Provider, **more: Any) -> OIDCSignIn:
    settings = OIDCSettings(
        issuer=provider.issuer, client_id=CLIENT, client_secret=SECRET, **more
    )
    return OIDCSignIn(settings, Cookies("server", 1))


def code_of(way: OIDCSignIn, flow: Flow) -> str:
    """Go to the provider as a browser does; return the code that it sends back."""
    answer = requests.get(way.start(flow, BACK), allow_redirects=False, timeout=60)
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert query["state"] == [flow.state]
    return query["code"][0]


def come_in(way: OIDCSignIn) -> Visitor:
    flow = way.new_flow("/?well=A1")
    return way.finish(flow, code_of(way, flow), BACK)


def test_a_good_token_lets_in_as_viewer_where_it_tells_no_role(provider) -> None:
    visitor = come_in(sign_in_at(provider))
    assert (visitor.name, visitor.known, visitor.role) == (
        "ann",
        "sign-in",
        Role.VIEWER,
    )
    assert visitor.subject == f"oidc:{provider.issuer} 1"


def test_groups_give_roles_and_only_those_that_the_settings_name(provider) -> None:
    provider.claims["groups"] = ["admin", "lab staff", "team 7", 5]
    roles = {"lab staff": "reviewer", "team 7": "screen 7=curator"}
    visitor = come_in(sign_in_at(provider, roles=roles))
    assert visitor.role is Role.REVIEWER
    assert visitor.project_roles == {"screen 7": Role.CURATOR}
    plain = come_in(sign_in_at(provider))
    assert plain.role is Role.ADMIN


def test_a_name_with_markup_or_marks_of_direction_is_plain_text(provider) -> None:
    provider.claims["preferred_username"] = "a\u202e<b>"
    assert come_in(sign_in_at(provider)).name == "a<b>"
    provider.claims["preferred_username"] = "\u202e"
    assert come_in(sign_in_at(provider)).name == "1"


def part(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def unsigned(header: dict[str, Any], claims: dict[str, Any]) -> str:
    """Return a token that lacks its signature."""
    return f"{part(json.dumps(header).encode())}.{part(json.dumps(claims).encode())}"


def none_signed(claims: dict[str, Any]) -> str:
    """Return a token that says it needs no signature."""
    return f"{unsigned({'alg': 'none'}, claims)}."


def signed_by_the_public_key(
    provider: Provider,
) -> Callable[[dict[str, Any]], str]:
    """Return what takes the public key, which everybody has, for a shared secret."""
    secret = provider.key.as_pem(private=False)

    def sign(claims: dict[str, Any]) -> str:
        text = unsigned({"alg": "HS256", "kid": provider.key.kid}, claims)
        return f"{text}.{part(hmac.digest(secret, text.encode(), 'sha256'))}"

    return sign


CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "expired": lambda claims: claims.update(exp=claims["iat"] - 1000),
    "of the future": lambda claims: claims.update(iat=claims["iat"] + 10_000),
    "without an end": lambda claims: claims.pop("exp"),
    "of another issuer": lambda claims: claims.update(iss="http://127.0.0.1:1"),
    "for another client": lambda claims: claims.update(aud="another"),
    "for others as well": lambda claims: claims.update(aud=[CLIENT, "another"]),
    "given to another": lambda claims: claims.update(azp="another"),
    "of another sign-in": lambda claims: claims.update(nonce="another"),
    "of no sign-in": lambda claims: claims.pop("nonce"),
    "of nobody": lambda claims: claims.pop("sub"),
    "of a number": lambda claims: claims.update(sub=1),
    "of another access token": lambda claims: claims.update(at_hash="AAAA"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_token_that_is_not_for_this_sign_in_lets_nobody_in(
    provider, change, caplog
) -> None:
    provider.change = change
    with pytest.raises(RefusedError, match="cannot be believed"):
        come_in(sign_in_at(provider))
    assert "access" not in caplog.text
    assert SECRET not in caplog.text


@pytest.mark.parametrize("forged", ["other key", "none", "hmac", "cut", "absent"])
def test_a_forged_token_lets_nobody_in(provider, forged, caplog) -> None:
    caplog.set_level(logging.DEBUG, "dashboard")
    made = []

    def keep(text: str | None) -> str | None:
        made.append(text)
        return text

    stranger = new_key("first")
    by_public_key = signed_by_the_public_key(provider)
    ways: dict[str, Callable[[dict[str, Any]], str | None]] = {
        "other key": lambda claims: provider.signed(claims, stranger),
        "none": none_signed,
        "hmac": by_public_key,
        "cut": lambda claims: provider.signed(claims)[:-20],
        "absent": lambda claims: None,
    }
    provider.sign = lambda claims: keep(ways[forged](claims))
    with pytest.raises(RefusedError, match="cannot be believed"):
        come_in(sign_in_at(provider))
    assert len(made) == 1
    assert str(made[0]) not in caplog.text or made[0] is None


def test_a_code_of_another_browser_is_of_no_use(provider) -> None:
    way = sign_in_at(provider)
    code = code_of(way, way.new_flow("/"))
    with pytest.raises(RefusedError, match="does not take the code"):
        way.finish(way.new_flow("/"), code, BACK)


def test_a_code_is_good_once(provider) -> None:
    way = sign_in_at(provider)
    flow = way.new_flow("/")
    code = code_of(way, flow)
    assert way.finish(flow, code, BACK).name == "ann"
    with pytest.raises(RefusedError, match="does not take the code"):
        way.finish(flow, code, BACK)


def test_a_flow_is_known_by_the_server_that_began_it_and_by_no_other(provider) -> None:
    way = sign_in_at(provider)
    flow = way.new_flow("/?well=A1")
    assert way.flow(flow.handle) == flow
    assert sign_in_at(provider).flow(flow.handle) is None
    for handle in (
        "",
        ".",
        "a.b",
        f"x{flow.handle}",
        flow.handle[:-1],
        "\u00e4.\u00e4",
    ):
        assert way.flow(handle) is None
    for secret in (flow.state, flow.nonce, flow.verifier):
        assert secret not in flow.handle
        assert secret not in repr(flow)


def test_a_flow_ends_after_ten_minutes(provider, monkeypatch) -> None:
    way = sign_in_at(provider)
    flow = way.new_flow("/")
    monkeypatch.setattr("dashboard.accounts.oidc.FLOW_SECONDS", -1.0)
    assert way.flow(flow.handle) is None


def test_keys_that_the_provider_has_changed_are_asked_for(
    provider, monkeypatch
) -> None:
    way = sign_in_at(provider)
    come_in(way)
    provider.key = new_key("second")
    with pytest.raises(RefusedError):
        come_in(way)  # not each time, for whoever invents keys would have us ask
    assert provider.asked.count("/keys") == 1
    monkeypatch.setattr("dashboard.accounts.oidc._LEEWAY", 0)
    assert come_in(way).name == "ann"
    assert provider.asked.count("/keys") == 2


def test_a_provider_that_calls_itself_otherwise_is_refused(provider) -> None:
    provider.says_issuer = "http://127.0.0.1:1"
    with pytest.raises(RefusedError, match="calls itself"):
        come_in(sign_in_at(provider))


def test_a_provider_that_does_not_answer_is_said(provider) -> None:
    settings = OIDCSettings(issuer=f"{provider.issuer}/nowhere", client_id=CLIENT)
    way = OIDCSignIn(settings, Cookies("server", 1))
    with pytest.raises(RefusedError, match="cannot be read"):
        way.start(way.new_flow("/"), BACK)


@pytest.mark.parametrize(
    "issuer", ["http://id.example", "", "ftp://127.0.0.1", "id.example", "http://["]
)
def test_a_provider_that_others_could_speak_for_is_refused_at_the_start(issuer) -> None:
    with pytest.raises(DashboardError, match="must be an https address"):
        OIDCSettings(issuer=issuer, client_id=CLIENT).check()


def test_the_settings_show_no_secret(provider) -> None:
    assert SECRET not in repr(sign_in_at(provider).settings)
