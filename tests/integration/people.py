"""People of a users file, and browsers that sign in, for the tests of this folder."""

from __future__ import annotations

from http.cookies import SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from dashboard.accounts import Role
from dashboard.accounts.users import add_user, write_users
from tests.integration.serving import Answer, Served

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from dashboard.accounts.users import User


def password_of(name: str) -> str:
    return f"password of {name}"


def write_people(path: Path, *curators: str) -> Path:
    """Write a users file with somebody of each role, who is called like the role.

    There are more `curators`, by their names; passwords say whose they are.
    """
    users: dict[str, User] = {}
    for role in Role:
        add_user(users, role.label, password_of(role.label), role)
    for name in curators:
        add_user(users, name, password_of(name))
    write_users(path, users)
    return path


class Browser:
    """What a browser keeps: cookies, which it sends back."""

    def __init__(self, served: Served, prefix: str = "") -> None:
        self.served = served
        self.prefix = prefix
        self.cookies: dict[str, str] = {}

    def get(self, path: str, **headers: str) -> Answer:
        """Ask for what is below the prefix."""
        return self._send("GET", path, None, headers)

    def post(self, path: str, form: Mapping[str, str], **headers: str) -> Answer:
        """Send a form."""
        headers.setdefault("Content_Type", "application/x-www-form-urlencoded")
        return self._send("POST", path, urlencode(form).encode(), headers)

    def _send(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> Answer:
        if self.cookies:
            pairs = [f"{name}={value}" for name, value in self.cookies.items()]
            headers["Cookie"] = "; ".join(pairs)
        answer = self.served.send(method, f"{self.prefix}{path}", body, **headers)
        for name, text in answer.headers.items():
            if name.lower() == "set-cookie":
                for morsel in (
                    morsel
                    for line in text.splitlines()
                    for morsel in SimpleCookie(line).values()
                ):
                    self.cookies[morsel.key] = morsel.value
                    if morsel["max-age"] == "0":
                        del self.cookies[morsel.key]
        return answer

    def sign_in(self, name: str, password: str | None = None, goal: str = "") -> Answer:
        """Send the form to sign in."""
        password = password_of(name) if password is None else password
        form = {"name": name, "password": password, "next": goal}
        return self.post("/sign-in", form)
