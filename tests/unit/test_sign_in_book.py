"""Sign-ins that several processes of one server share, by the book that they have."""

from __future__ import annotations

from typing import Any

from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine

from dashboard.accounts import Cookies, Role, Visitor
from dashboard.accounts.cookies import SignInBook

ANN, BEN = (
    Visitor(subject=f"user:{name}", name=name, known="sign-in", role=Role.CURATOR)
    for name in ("ann", "ben")
)


class Copy(SignInBook):
    """What a process knows of a book that another one may change."""

    def __init__(self, book: SignInBook) -> None:
        super().__init__()
        self._book = book
        self.readings = 0

    def read_anew(self) -> None:
        self.readings += 1
        self._content = self._book.read()

    def change(self, make: Any, changed: Any) -> Any:
        done = self._book.change(make, changed)
        self._content = self._book.read()
        return done


def processes() -> tuple[Cookies, Copy, Cookies, Copy]:
    book = SignInBook()
    first, second = Copy(book), Copy(book)
    return (
        Cookies("server", None, book=first),
        first,
        Cookies("server", None, book=second),
        second,
    )


def asking(cookies: Cookies, value: str) -> HTTPServerRequest:
    headers = HTTPHeaders({"Host": "h", "Cookie": f"{cookies.name}={value}"})
    line = RequestStartLine("GET", "/", "HTTP/1.1")
    return HTTPServerRequest(headers=headers, start_line=line, connection=None)


def test_who_came_in_at_one_process_is_known_at_the_other_at_once() -> None:
    here, _, there, _ = processes()
    value = here.open(ANN, "password")
    signed_in = there.signed_in(asking(there, value))
    assert signed_in is not None
    assert signed_in.visitor.name == "ann"


def test_no_process_writes_over_the_sign_ins_of_another() -> None:
    here, _, there, copy = processes()
    values = {
        "ann": here.open(ANN, "password"),
        "ben": there.open(BEN, "password"),
    }
    copy.read_anew()
    for name, value in values.items():
        signed_in = there.signed_in(asking(there, value))
        assert signed_in is not None
        assert signed_in.visitor.name == name
    assert [browser.visitor.name for browser in there.all()] == ["ann", "ben"]


def test_who_was_signed_out_at_one_process_is_out_at_the_other() -> None:
    here, _, there, copy = processes()
    value = here.open(ANN, "password")
    signed_in = there.signed_in(asking(there, value))
    assert signed_in is not None
    here.close(signed_in.id)
    assert here.signed_in(asking(here, value)) is None
    copy.read_anew()
    assert there.signed_in(asking(there, value)) is None


def test_guessed_cookies_do_not_have_the_book_read_each_time() -> None:
    here, copy, _, _ = processes()
    for number in range(1000):
        assert here.signed_in(asking(here, f"guess {number}")) is None
    assert copy.readings < 100


def test_a_server_of_another_name_lets_nobody_in_by_a_copied_book() -> None:
    here, copy, _, _ = processes()
    value = here.open(ANN, "password")
    other = Cookies("other", None, book=copy)
    assert other.signed_in(asking(other, value)) is None
