"""The users file and the commands that change it."""

from __future__ import annotations

import io
import json
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dashboard.accounts import Role
from dashboard.accounts.users import User, Users, add_user, read_users, write_users
from dashboard.cli import main
from dashboard.errors import DashboardError
from tests.integration.serving import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "users.json"


@pytest.fixture(scope="module")
def with_two(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return a file with Ann, a curator, and Bob: hashing takes its time."""
    path = tmp_path_factory.mktemp("two") / "users.json"
    users: dict[str, User] = {}
    add_user(users, "Ann", "correct horse")
    add_user(users, "Bob", "battery staple")
    write_users(path, users)
    return path.read_bytes()


@pytest.fixture
def two(file: Path, with_two: bytes) -> Path:
    """Return the path of a file with Ann and Bob."""
    file.touch(mode=0o600)
    file.write_bytes(with_two)
    return file


@pytest.fixture
def user(file: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Run `hcs-dashboard user`, with a password on standard input."""

    def run(action: str, *arguments: str, password: str = "") -> int:
        monkeypatch.setattr("sys.stdin", io.StringIO(password and f"{password}\n"))
        return main(["user", action, *arguments, "--users", str(file)])

    return run


def test_a_person_is_added_as_curator_unless_told_otherwise(file, user) -> None:
    assert user("add", "Ann", password="correct horse") == 0
    assert user("add", "Bob", "--role", "viewer", password="battery staple") == 0
    projects = ["--project", "screen 1=admin", "--project", "a=b=reviewer"]
    assert user("add", "Cleo", *projects, password="of Egypt, once") == 0
    users = read_users(file)
    assert [(person.name, person.role) for person in users.values()] == [
        ("Ann", Role.CURATOR),
        ("Bob", Role.VIEWER),
        ("Cleo", Role.CURATOR),
    ]
    assert users["Cleo"].project_roles == {"screen 1": Role.ADMIN, "a=b": Role.REVIEWER}


def test_the_file_is_its_owners_alone_and_holds_no_password(file, user) -> None:
    user("add", "Ann", password="correct horse")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "correct horse" not in file.read_text()
    assert "$argon2id$" in file.read_text()
    assert [path.name for path in file.parent.iterdir()] == ["users.json"]


def test_only_the_password_of_a_name_in_any_capitals_lets_in(two, user) -> None:
    people = Users(two)
    signed = people.sign_in(" aNN ", "correct horse")
    assert signed is not None
    assert signed.visitor.name == "Ann"
    assert signed.visitor.who().known == "sign-in"
    for name, password in (
        ("Ann", "Correct horse"),
        ("Ann", ""),
        ("Ann", "x" * 2_000_000),
        ("Bob", "correct horse"),
        ("Cleo", "correct horse"),
        ("", ""),
        ("", "of nobody"),
    ):
        assert people.sign_in(name, password) is None


def test_a_running_server_takes_changes_and_tells_them(two, user) -> None:
    messages: list[str] = []
    people = Users(two, messages.append)
    user("remove", "Bob")
    user("role", "Ann", "--role", "admin")
    user("passwd", "Ann", password="another horse")
    wait_for(lambda: set(people.current()) == {"Ann"})
    assert people.sign_in("Ann", "correct horse") is None
    assert people.sign_in("Ann", "another horse") is not None
    wait_for(lambda: len(messages) == 3)
    assert messages == [
        "Bob removed",
        "Ann is admin, was curator",
        "Ann has another password",
    ]


def test_nobody_is_let_in_by_a_file_that_is_damaged_while_serving(two, user) -> None:
    people = Users(two)
    whole = two.read_bytes()
    two.write_bytes(whole[:-20])
    wait_for(lambda: not people.current())
    two.write_bytes(whole)
    wait_for(lambda: "Ann" in people.current())


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644, 0o666])
def test_a_file_that_others_can_read_or_change_is_refused(two, user, mode) -> None:
    two.chmod(mode)
    with pytest.raises(DashboardError, match=f"mode {mode:03o}.*600"):
        Users(two)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda text: text[:40], "is damaged"),
        (lambda text: "[" * 100_000, "recursion"),
        (lambda text: "[]", "indices"),
        (lambda text: "{}", "'hcs_users' is missing"),
        (lambda text: text.replace('"curator"', '"king"'), "'king'"),
        (lambda text: text.replace('"curator"', "4"), "the role 4"),
        (lambda text: text.replace("$argon2id$", "$1$"), "no hash of Argon2"),
        (lambda text: text.replace('"Ann"', '"Ann "'), "not how that name is written"),
        (lambda text: text.replace('"Ann"', '"BOB"'), "differ in capitals only"),
        (lambda text: re.sub('"since": [0-9.]+', '"since": NaN', text), "no moment"),
        (
            lambda text: re.sub('"since": [0-9.]+', '"since": 1e99', text),
            "seconds since 1970",
        ),
        (lambda text: text.replace('"hcs_users": 1', '"hcs_users": 2'), "format is 2"),
    ],
)
def test_a_damaged_file_is_refused_in_words(two, user, capsys, damage, words) -> None:
    two.write_text(damage(two.read_text()))
    before = two.read_bytes()
    assert user("list") == 1
    assert words in (said := capsys.readouterr().err)
    assert "Traceback" not in said
    assert "$argon2" not in said
    assert user("add", "Cleo", password="of Egypt, once") == 1
    assert two.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "password", "words"),
    [
        (("add", "Ann"), "of another Ann", "already"),
        (("add", "aNN"), "of another Ann", "already"),
        (("add", ""), "long enough", "cannot be a person's name"),
        (("add", "x" * 101), "long enough", "cannot be a person's name"),
        (("add", "a\u202eb"), "long enough", "cannot be a person's name"),
        (("add", "Cleo"), "short", "8 to 1000 characters"),
        (("add", "Cleo"), "", "no password on standard input"),
        (("passwd", "Cleo"), "long enough", "There is no 'Cleo'"),
        (("role", "Cleo", "--role", "admin"), "", "There is no 'Cleo'"),
        (("role", "Ann"), "", "no role to give to Ann"),
        (("remove", "Cleo"), "", "There is no 'Cleo'"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(
    two, user, capsys, arguments, password, words
) -> None:
    before = two.read_bytes()
    assert user(*arguments, password=password) == 1
    assert words in capsys.readouterr().err
    assert two.read_bytes() == before


def test_a_project_is_taken_however_its_folder_is_written(file, user) -> None:
    user("add", "Ann", "--project", "lab a/screen 7/=admin", password="correct horse")
    ann = read_users(file)["Ann"]
    assert ann.visitor.role_in("/data/lab a/screen 7") is Role.ADMIN
    assert "$argon2" not in repr(ann)


def test_the_list_shows_people_and_roles_and_no_hash(file, user, capsys) -> None:
    user("add", "Ann", "--project", "screen=admin", password="correct horse")
    capsys.readouterr()
    assert user("list") == 0
    assert capsys.readouterr().out == "Ann  curator  screen=admin\n"


def test_a_password_is_no_argument(file, user) -> None:
    with pytest.raises(SystemExit):
        user("add", "Ann", "--password", "correct horse")
    assert not file.exists()


def test_a_file_that_cannot_be_replaced_stays(file, monkeypatch) -> None:
    users: dict = {}
    add_user(users, "Ann", "correct horse")
    write_users(file, users)
    before = json.loads(file.read_text())

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("dashboard.accounts.private_file.os.fsync", full)
    users.clear()
    with pytest.raises(DashboardError, match=r"No space left.*Nothing was changed"):
        write_users(file, users)
    assert json.loads(file.read_text()) == before
    assert [path.name for path in file.parent.iterdir()] == ["users.json"]
