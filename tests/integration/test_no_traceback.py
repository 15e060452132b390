"""Every command with every flag, given what nobody should give: words, no traceback.

The commands and flags are those of the parsers, so that a new one is tried as well.
Errors that no command has words for are let through here (`HCS_TRACEBACK`) and fail.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import argon2
import numpy as np
import pytest
import tifffile

import hcs.cli
from dashboard import cli as dashboard_cli
from dashboard.accounts import passwords
from hcs.errors import StoreError
from hcs.stores.location import possible_path
from tests import plates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

WORDS = ("", "-1", "0", "x", "99999999999999999999", "nan", "a\0b", "\udc80", "y" * 300)
"""Given to flags that take a value."""

PATTERNS = ("(", "(?P<well>.+)", r"(?P<well>[A-Z]\d+)", r"(?P<row>.)(?P<column>.)")


def commands(parser: argparse.ArgumentParser) -> Iterator[tuple[str, ...]]:
    """Yield the words of every command, of those in groups too."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                yield from [(name, *more) for more in commands(below)] or [(name,)]


def parser_of(
    top: argparse.ArgumentParser, words: Sequence[str]
) -> argparse.ArgumentParser:
    for word in words:
        (group,) = (
            action
            for action in top._actions
            if isinstance(action, argparse._SubParsersAction)
        )
        top = group.choices[word]
    return top


SHARES = pytest.mark.parametrize(
    "share",
    [
        pytest.param(3, id="a third"),
        pytest.param(1, id="all", marks=pytest.mark.full),
    ],
)
"""Of the words that each flag is given; together the flags are given all."""

LIBRARY = list(commands(hcs.cli.parser()))
DASHBOARD = [
    words for words in commands(dashboard_cli._parser()) if words != ("serve",)
]


@pytest.fixture(autouse=True)
def _let_through(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HCS_TRACEBACK", "1")
    monkeypatch.chdir(tmp_path)
    # Hashing each password of the sweep as it is done for people takes most of it.
    cheap = argon2.PasswordHasher.from_parameters(argon2.profiles.CHEAPEST)
    monkeypatch.setattr(passwords, "_hasher", lambda: cheap)


def sources(folder: Path) -> list[str]:
    """Return what a command may be given in place of a plate or an export."""
    folder.mkdir()
    (folder / "empty").mkdir()
    (folder / "text.txt").write_text("no plate")
    (folder / "cut.zip").write_bytes(b"PK\3\4" + bytes(100))
    (folder / "empty.ozx").write_bytes(b"")
    (folder / "loop").symlink_to("loop")
    (folder / "nowhere").symlink_to("nothing")
    os.mkfifo(folder / "pipe")
    images = folder / "images"
    images.mkdir()
    tifffile.imwrite(images / "P_A01_s1_w1.TIF", np.zeros((9, 8), "u2"))
    (images / "P_A02_s1_w1.TIF").write_bytes(b"")
    plates.make(folder / "plate.zarr", rows=1, columns=2)
    paths = [str(path) for path in sorted(folder.iterdir())]
    return [*paths, "", "a\0b", "y" * 300, "http://[", "s3://", "memory://x"]


def finish(main: Callable[[Sequence[str]], int], arguments: list[str]) -> None:
    """Run a command; it ends with a code, or as argparse ends it."""
    try:
        code: Any = main(arguments)
    except SystemExit as stop:
        code = stop.code
    assert code in (0, 1, 2, 130), arguments


def values(action: argparse.Action, words: Sequence[str]) -> list[list[str]]:
    if action.nargs == 0:
        return [[]]
    if action.dest == "pattern":
        return [[text] for text in (*PATTERNS, *WORDS)]
    chosen = [str(choice) for choice in action.choices or ()]
    return [[text] for text in (*chosen, *words)]


def sweep(
    main: Callable[[Sequence[str]], int],
    parser: argparse.ArgumentParser,
    words: tuple[str, ...],
    tmp_path: Path,
    share: int,
) -> int:
    """Run a command with each source alone, then with values of each flag.

    The flags take turns with a share of the words: one in 3, one in 1.
    """
    places = [action for action in parser._actions if not action.option_strings]
    flags = [
        action
        for action in parser._actions
        if action.option_strings and action.dest not in ("help", "scheduler", "demo")
    ]
    always = ["--workspace", str(tmp_path / "ws")] * (
        any(action.dest == "workspace" for action in flags)
    )
    for action in flags:
        if action.required:
            always += [action.option_strings[-1], "0.4"]
    runs = 0

    def run(source: str, *extra: str) -> None:
        nonlocal runs
        runs += 1
        rest = {"well": "A01", "field": "0"}
        target = tmp_path / f"target{runs}{'.ozx' * (words == ('pack',))}"
        more = [rest.get(action.dest, str(target)) for action in places[1:]]
        finish(main, [*words, source, *more, *always, *extra])
        shutil.rmtree(target, ignore_errors=True)

    given = sources(tmp_path / "sources")
    small = ["--rows", "1", "--columns", "1", "--fields", "1"] * (words == ("demo",))
    for source in given:
        run(source, *small)
    source = given[next(i for i, name in enumerate(given) if name.endswith("images"))]
    plate = next(name for name in given if name.endswith("plate.zarr"))
    where = {("import",): source, ("demo",): str(tmp_path / "demo.zarr")}
    for number, flag in enumerate(flags):
        for value in values(flag, WORDS[number % share :: share]):
            run(where.get(words, plate), *small, flag.option_strings[-1], *value)
    return runs


@SHARES
@pytest.mark.parametrize("words", LIBRARY, ids=" ".join)
def test_a_library_command_answers_in_words_whatever_it_is_given(
    words: tuple[str, ...],
    share: int,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    parser = parser_of(hcs.cli.parser(), words)
    assert sweep(hcs.cli.main, parser, words, tmp_path, share) > 10
    assert "Traceback" not in capsys.readouterr().err


@SHARES
@pytest.mark.parametrize("words", DASHBOARD, ids=" ".join)
def test_a_dashboard_command_answers_in_words_whatever_it_is_given(
    words: tuple[str, ...],
    share: int,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("a password\n" * 500))
    parser = parser_of(dashboard_cli._parser(), words)
    assert sweep(dashboard_cli.main, parser, words, tmp_path, share) > 10
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("flags", [(), ("--projection",), ("--pages", "channels")])
def test_every_export_of_the_collections_is_planned_or_refused_in_words(
    shared_data: Path, tmp_path: Path, flags: tuple[str, ...]
) -> None:
    folders = [
        path
        for root in (shared_data, shared_data / "exports")
        for path in sorted(root.iterdir())
        if path.name not in ("exports",)
    ]
    folders += [below for path in folders if path.is_dir() for below in path.iterdir()]
    assert len(folders) > 100
    for path in folders:
        target = str(tmp_path / "p.zarr")
        finish(hcs.cli.main, ["import", str(path), target, "--dry-run", *flags])


@pytest.mark.parametrize("url", ["x", "foo://x", "postgresql+psycopg://[", "\0"])
def test_a_database_that_is_none_is_refused_before_anything_is_served(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plate = plates.make(tmp_path / "p.zarr", rows=1, columns=1)
    given = [str(plate), "--workspace", str(tmp_path / "ws"), "--database", url]
    assert dashboard_cli.main(given) == 1
    assert "database" in capsys.readouterr().err


def test_an_error_that_nobody_foresaw_is_one_line_and_can_be_let_through(
    tmp_path: Path,
) -> None:
    program = (
        "import sys, hcs.commands.info as info\n"
        "def fail(options): raise ZeroDivisionError('a\\nb')\n"
        "info.run = fail\n"
        "import hcs.cli; sys.exit(hcs.cli.main(['info', 'x']))\n"
    )
    quiet = {key: v for key, v in os.environ.items() if key != "HCS_TRACEBACK"}
    for environment, traceback in ((quiet, False), (os.environ, True)):
        done = subprocess.run(
            [sys.executable, "-c", program],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert ("Traceback" in done.stderr) is traceback
    assert "ZeroDivisionError" in done.stderr


@pytest.mark.parametrize("text", ["a\0b", "y" * 300])
def test_a_path_that_the_system_refuses_is_an_error_with_its_reason(text: str) -> None:
    with pytest.raises(StoreError, match="cannot be used"):
        possible_path(text)
    assert possible_path("nothing/there") == Path("nothing/there")
