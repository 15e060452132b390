"""A small provider of OpenID Connect on this machine, which can also misbehave.

It signs in whoever asks, as `Provider.claims` says, and holds clients to PKCE, to their
secret and to the redirect address, as real ones do.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

if TYPE_CHECKING:
    from collections.abc import Iterator

CLIENT, SECRET = "hcs", "secret of the client"


class Provider:
    """What the provider knows, and how it misbehaves."""

    def __init__(self) -> None:
        self.issuer = ""
        self.says_issuer = ""
        self.key = new_key("first")
        self.claims: dict[str, Any] = {"sub": "1", "preferred_username": "ann"}
        self.change: Callable[[dict[str, Any]], object] = lambda claims: None
        """Changes the claims of an identity token before it is signed."""

        self.sign: Callable[[dict[str, Any]], str | None] = self.signed
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[str] = []

    def signed(self, claims: dict[str, Any], key: RSAKey | None = None) -> str:
        """Return an identity token, signed by a key that is published or not."""
        header = {"alg": "RS256", "kid": self.key.kid}
        return jwt.encode(header, claims, key or self.key)

    def authorize(self, query: dict[str, str]) -> str:
        """Return where to send the browser back to."""
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        code = f"code-{len(self.codes)}"
        self.codes[code] = query
        answer = urlencode({"code": code, "state": query["state"]})
        return f"{query['redirect_uri']}?{answer}"

    def token(self, form: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """Return tokens for a code, None where they are not to be had."""
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        query = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if (
            query is None
            or authorization != f"Basic {basic}"
            or form.get("redirect_uri") != query["redirect_uri"]
            or challenge != query["code_challenge"]
        ):
            return None
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": query["client_id"],
            "iat": now,
            "exp": now + 300,
            "nonce": query["nonce"],
            **self.claims,
        }
        self.change(claims)
        tokens = {"access_token": "access", "token_type": "Bearer", "expires_in": 300}
        text = self.sign(claims)
        return tokens if text is None else {**tokens, "id_token": text}


def new_key(kid: str) -> RSAKey:
    """Return a pair of keys."""
    return RSAKey.generate_key(2048, {"kid": kid, "alg": "RS256", "use": "sig"})


@contextmanager
def running_provider() -> Iterator[Provider]:
    """Serve a provider."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def answer(self, status: int, document: object) -> None:
            data = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            provider.asked.append(parts.path)
            issuer = provider.issuer
            if parts.path == "/.well-known/openid-configuration":
                self.answer(
                    200,
                    {
                        "issuer": provider.says_issuer or issuer,
                        "authorization_endpoint": f"{issuer}/authorize",
                        "token_endpoint": f"{issuer}/token",
                        "jwks_uri": f"{issuer}/keys",
                    },
                )
            elif parts.path == "/keys":
                self.answer(200, {"keys": [provider.key.as_dict(private=False)]})
            elif parts.path == "/authorize":
                query = {
                    name: values[0] for name, values in parse_qs(parts.query).items()
                }
                self.send_response(302)
                self.send_header("Location", provider.authorize(query))
                self.send_header("Content-Length", "0")
                self.end_headers()
            else:
                self.answer(404, {})

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", "0"))
            form = parse_qs(self.rfile.read(length).decode())
            tokens = provider.token(
                {name: values[0] for name, values in form.items()},
                self.headers.get("Authorization", ""),
            )
            if tokens is None:
                self.answer(400, {"error": "invalid_grant"})
            else:
                self.answer(200, tokens)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
