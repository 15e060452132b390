"""Signing in at a provider of OpenID Connect: code flow with PKCE, by Authlib."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dashboard.accounts.role_text import read_roles
from dashboard.accounts.visitor import Visitor
from dashboard.errors import DashboardError, RefusedError
from dashboard.text import plain_text
from hcs.extras import extra

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tornado.httputil import HTTPServerRequest

    from dashboard.accounts.cookies import Cookies, SignedIn

_LOG = logging.getLogger(__name__)

BY_OIDC = "oidc"
"""`SignedIn.by` of who came in by a provider."""

SECONDS = 12 * 3600.0
"""How long a sign-in is good for: the provider is not asked again meanwhile."""

FLOW_SECONDS = 600.0
"""How long somebody may take at the provider."""

_TIMEOUT = 10.0
_LEEWAY = 60
"""Seconds by which two clocks may differ."""

_FRESH_SECONDS = 3600.0
_LARGEST = 1 << 20

ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512",
    "EdDSA",
)  # fmt: skip
"""Signatures that need the provider's private key: no "none", and no HMAC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OIDCSettings:
    """Where people sign in, and what is believed of them."""

    issuer: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    """"" for a public client, which only PKCE protects."""

    groups_claim: str = "groups"
    roles: Mapping[str, str] | None = None
    """What groups stand for; without it a group called ``curator`` makes a curator."""

    name_claim: str = "preferred_username"
    """What people are called by; where it is absent: email, name, sub."""

    def check(self) -> None:
        """Raise `DashboardError` where the provider could not be trusted or asked."""
        if not self.client_id:
            raise DashboardError("--oidc-issuer needs --oidc-client-id.")
        if not _is_safe(self.issuer):
            raise DashboardError(
                f"--oidc-issuer {self.issuer!r} must be an https address, or http on "
                f"this machine: others could change what the provider says."
            )
        with extra("sign-in", "--oidc-issuer"):
            import authlib
            import joserfc
            import requests
        del authlib, joserfc, requests


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A sign-in that has begun; the browser keeps the handle in a cookie.

    What must not be known elsewhere is derived from it by a key of this process, so
    that nobody can fill the memory with flows that they never end.
    """

    handle: str
    goal: str
    """Address below this server to go on to."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


class OIDCSignIn:
    """Lets people in whom a provider has signed in.

    Parameters
    ----------
    settings
        Checked here.
    cookies
        Keeps who has come in.

    Notes
    -----
    `start` and `finish` ask the provider and are called in a thread; no token of the
    provider is kept, or given to a browser.
    """

    def __init__(self, settings: OIDCSettings, cookies: Cookies) -> None:
        settings.check()
        self.settings = settings
        self._cookies = cookies
        self._key = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._documents: dict[str, tuple[float, dict[str, Any]]] = {}

    @property
    def provider(self) -> str:
        """The provider as people know it: its host."""
        return urlsplit(self.settings.issuer).netloc

    def identify(self, request: HTTPServerRequest) -> Visitor | None:
        """Return who a request comes from."""
        signed_in = self._cookies.signed_in(request)
        return None if signed_in is None else self.visitor(signed_in)

    def visitor(self, signed_in: SignedIn) -> Visitor | None:
        """Return who signed in, None where that was at another provider."""
        ours = signed_in.visitor.subject.startswith(self._subject(""))
        return signed_in.visitor if signed_in.by == BY_OIDC and ours else None

    def _subject(self, subject: str) -> str:
        return f"oidc:{self.settings.issuer} {subject}"

    # --- the browser's part -----------------------------------------------------------

    def new_flow(self, goal: str) -> Flow:
        """Begin to sign somebody in."""
        started = base64.urlsafe_b64encode(
            json.dumps([int(time.time()), goal, secrets.token_urlsafe(24)]).encode()
        ).decode()
        return self._flow(f"{started}.{self._derived('handle', started)}", goal)

    def flow(self, handle: str) -> Flow | None:
        """Return the flow of a cookie, None where it is old or not of this server."""
        started, _, signature = handle.rpartition(".")
        expected = self._derived("handle", started)
        if not hmac.compare_digest(signature.encode(), expected.encode()):
            return None
        moment, goal, _ = json.loads(base64.urlsafe_b64decode(started))
        if not 0 <= time.time() - moment <= FLOW_SECONDS:
            return None
        return self._flow(handle, goal)

    def _flow(self, handle: str, goal: str) -> Flow:
        return Flow(
            handle=handle,
            goal=goal,
            state=self._derived("state", handle),
            nonce=self._derived("nonce", handle),
            verifier=self._derived("verifier", handle),
        )

    def _derived(self, purpose: str, text: str) -> str:
        digest = hmac.new(self._key, f"{purpose}:{text}".encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest.digest()).decode().rstrip("=")

    # --- the provider's part ----------------------------------------------------------

    def start(self, flow: Flow, redirect: str) -> str:
        """Return the address at the provider to send the browser to (in a thread)."""
        with self._client(redirect) as client:
            url, _ = client.create_authorization_url(
                self._endpoint("authorization_endpoint"),
                state=flow.state,
                nonce=flow.nonce,
                code_verifier=flow.verifier,
            )
        return str(url)

    def finish(self, flow: Flow, code: str, redirect: str) -> Visitor:
        """Return who came back from the provider with a code (in a thread).

        Raises
        ------
        RefusedError
            If the provider does not know the code, or its token is forged, old, of
            another issuer, for another client, or of another sign-in.
        """
        from authlib.common.errors import AuthlibBaseError
        from requests import RequestException

        try:
            with self._client(redirect) as client:
                token = client.fetch_token(
                    self._endpoint("token_endpoint"),
                    code=code,
                    code_verifier=flow.verifier,
                    timeout=_TIMEOUT,
                    allow_redirects=False,
                )
        except (AuthlibBaseError, RequestException, ValueError) as error:
            raise _refused("it does not take the code", error) from error
        return self._visitor_of(self._claims(token, flow))

    def _client(self, redirect: str) -> Any:
        from authlib.integrations.requests_client import OAuth2Session

        settings = self.settings
        return OAuth2Session(
            settings.client_id,
            settings.client_secret or None,
            scope="openid profile email",
            redirect_uri=redirect,
            code_challenge_method="S256",
            token_endpoint_auth_method=(
                "client_secret_basic" if settings.client_secret else "none"
            ),
        )

    def _claims(self, token: Mapping[str, Any], flow: Flow) -> dict[str, Any]:
        """Return what a token says, once everything of it was checked."""
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt
        from joserfc.errors import InvalidKeyIdError, JoseError
        from joserfc.jwk import KeySet
        from joserfc.jws import JWSRegistry

        registry = JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False)
        text = token.get("id_token")
        if not isinstance(text, str):
            raise _refused("it sent no identity token")

        def decode(*, anew: bool) -> Any:
            keys = KeySet.import_key_set(self._keys(anew=anew))  # type: ignore[arg-type]
            return jwt.decode(text, keys, registry=registry)

        try:
            try:
                decoded = decode(anew=False)
            except InvalidKeyIdError:
                # Providers change their keys.
                decoded = decode(anew=True)
            audience = self.settings.client_id
            claims = CodeIDToken(
                decoded.claims,
                decoded.header,
                {
                    "iss": {"essential": True, "value": self.settings.issuer},
                    "aud": {"essential": True, "value": audience},
                    "nonce": {"essential": True, "value": flow.nonce},
                },
                {
                    "nonce": flow.nonce,
                    "client_id": audience,
                    "access_token": token.get("access_token"),
                },
            )
            claims.validate(leeway=_LEEWAY)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise _refused("its identity token does not hold", error) from error
        return dict(claims)

    def _visitor_of(self, claims: Mapping[str, Any]) -> Visitor:
        settings = self.settings
        subject = claims.get("sub")
        if not isinstance(subject, str) or not subject:
            raise _refused("it does not say who it is")
        names = [
            claims.get(claim) for claim in (settings.name_claim, "email", "name", "sub")
        ]
        name = next(
            text
            for name in names
            if isinstance(name, str) and (text := plain_text(name, 200).strip())
        )
        groups = claims.get(settings.groups_claim)
        words = [groups] if isinstance(groups, str) else groups
        role, project_roles = read_roles(
            [str(word) for word in words] if isinstance(words, list) else [],
            settings.roles,
        )
        return Visitor(
            subject=self._subject(subject),
            name=name,
            known="sign-in",
            role=role,
            project_roles=project_roles,
        )

    def _endpoint(self, name: str) -> str:
        url = self._metadata().get(name)
        if not isinstance(url, str) or not _is_safe(url):
            raise _refused(f"its `{name}` is no https address")
        return url

    def _metadata(self) -> dict[str, Any]:
        issuer = self.settings.issuer
        url = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
        document = self._document(url, anew=False)
        if document.get("issuer") != issuer:
            raise _refused(
                f"it calls itself {str(document.get('issuer'))[:200]!r} and not "
                f"{issuer!r}; --oidc-issuer must be exactly that"
            )
        return document

    def _keys(self, *, anew: bool) -> dict[str, Any]:
        return self._document(self._endpoint("jwks_uri"), anew=anew)

    def _document(self, url: str, *, anew: bool) -> dict[str, Any]:
        import requests

        with self._lock:
            read, document = self._documents.get(url, (0.0, {}))
            moment = time.monotonic()
            # Whoever sends tokens with invented keys must not have us ask each time.
            if document and moment - read < (_LEEWAY if anew else _FRESH_SECONDS):
                return document
            try:
                with requests.get(
                    url, timeout=_TIMEOUT, allow_redirects=False, stream=True
                ) as answer:
                    if answer.status_code != 200:
                        raise ValueError(f"status {answer.status_code}")
                    data = answer.raw.read(_LARGEST + 1, decode_content=True)
                if len(data) > _LARGEST:
                    raise ValueError("it is too long")
                document = json.loads(data)
                if not isinstance(document, dict):
                    raise ValueError("it is no object")
            except (requests.RequestException, ValueError, OSError) as error:
                raise _refused(f"{url} cannot be read", error) from error
            self._documents[url] = moment, document
            return document


def _refused(reason: str, error: Exception | None = None) -> RefusedError:
    """Return an error for people; the log says more, and no token."""
    _LOG.warning("Signing in at the provider failed: %s (%s)", reason, _kind(error))
    return RefusedError(f"The provider cannot be believed: {reason}.")


def _kind(error: Exception | None) -> str:
    """Return what an error is, without what it may hold of tokens and secrets."""
    name = getattr(error, "error", "") or type(error).__name__
    return plain_text(f"{name} {getattr(error, 'claim', '')}", 100).strip()


def _is_safe(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.scheme == "https":
        return bool(host)
    return parts.scheme == "http" and host in ("localhost", "127.0.0.1", "::1")
