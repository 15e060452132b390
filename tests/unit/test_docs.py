"""The documents, executed: what they show works, and what they name is there.

- A ``python`` block runs after those before it on its page, and in their namespace.
- A ``console`` block runs too: each line after a ``$`` is a command.
- In other shell blocks, commands and options of ours must exist.

A page's blocks share an empty folder, which has the sources that `_lay_out` makes.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import re
import shlex
import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import tifffile

_ROOT = Path(__file__).parents[2]
_PAGES = [
    *(_ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted((_ROOT / "docs").rglob("*.md")),
]
_FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_PROGRAMS = {"hcs": "hcs.cli", "hcs-dashboard": "dashboard.cli"}


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block of a page."""

    language: str
    text: str
    line: int


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [
        Block(fence[1], fence[2], text.count("\n", 0, fence.start()) + 1)
        for fence in _FENCE.finditer(text)
    ]


def _name(page: Path) -> str:
    return str(page.relative_to(_ROOT))


def _lay_out(folder: Path) -> None:
    """Make what the how-tos import: TIFFs of 2 x 3 wells, and a plate map of them."""
    random = np.random.default_rng(0)
    source = folder / "exported"
    source.mkdir()
    wells = [f"{row}{column:02d}" for row in "AB" for column in (1, 2, 3)]
    for well in wells:
        for channel in ("DNA", "GFP"):
            plane = random.integers(80, 900, (64, 64)).astype("u2")
            tifffile.imwrite(source / f"{well}_s1_{channel}.tif", plane)
    rows = [f"{well},{'control' if well[1:] == '01' else 'sample'}" for well in wells]
    (folder / "conditions.csv").write_text("\n".join(["well,role", *rows]) + "\n")
    shutil.copyfile(source / "B02_s1_DNA.tif", folder / "again.tif")


def _commands(text: str) -> list[list[str]]:
    """Return the commands of a shell block as words, continuation lines joined."""
    joined = text.replace("\\\n", " ")
    lines = [line.removeprefix("$ ") for line in joined.splitlines()]
    commands = [shlex.split(line, comments=True) for line in lines if line.strip()]
    return [words for words in commands if words]


def _run(program: str, arguments: list[str]) -> tuple[int, str]:
    """Run a command in this process; return its code and what it printed."""
    main = importlib.import_module(_PROGRAMS[program]).main
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(shown):
        try:
            code = main(arguments)
        except SystemExit as end:
            code = end.code
    return code or 0, shown.getvalue()


@cache
def _help(program: str, *command: str) -> str:
    code, shown = _run(program, [*command, "--help"])
    assert code == 0, f"{program} {' '.join(command)}: {shown}"
    return shown


def _command(program: str, arguments: list[str]) -> list[str]:
    """Return the words of a command: ``user add`` has options of its own."""
    command = [word for word in arguments[:1] if word.isalpha()]
    below = [word for word in arguments[1:2] if command and word.isalpha()]
    return command + [
        word
        for word in below
        if f"{{{word}," in _help(program, *command)
        or f",{word}" in _help(program, *command)
    ]


def _run_console(text: str) -> None:
    joined = re.sub(r"\\\n(?:> )?", " ", text)
    for line in joined.splitlines():
        if not line.startswith("$ "):
            continue
        program, *arguments = shlex.split(line.removeprefix("$ "), comments=True)
        code, shown = _run(program, arguments)
        assert code == 0, f"{line}\n{shown}"


def test_decisions_are_numbered_one_after_the_other() -> None:
    text = (_ROOT / "docs" / "decisions.md").read_text(encoding="utf-8")
    numbers = [int(number) for number in re.findall(r"^### (\d+)\. ", text, re.M)]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("package", ["hcs", "hcs/ingest", "dashboard"])
def test_the_architecture_names_every_room(package: str) -> None:
    text = (_ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = [
        path.parent.name
        for path in (_ROOT / package).glob("*/__init__.py")
        if f"{path.parent.name}/" not in text
    ]
    assert not rooms


def test_the_architecture_names_every_room_of_scripts_in_both_lists() -> None:
    text = (_ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    first, second = text.split("\n## The scripts\n")
    rooms = [path.name for path in (_ROOT / "assets").iterdir() if path.is_dir()]
    assert "plate" in rooms
    assert [room for room in rooms if f" {room}/" not in first] == []
    assert [room for room in rooms if f"| `{room}/` |" not in second] == []


@pytest.mark.parametrize("package", ["hcs", "dashboard"])
def test_the_architecture_names_every_module_that_is_in_no_room(package: str) -> None:
    text = (_ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\w+", text.partition("```text")[2].partition("```")[0]))
    modules = {path.stem for path in (_ROOT / package).glob("[!_]*.py")}
    assert modules - named == set()


@pytest.mark.parametrize("page", _PAGES, ids=_name)
def test_blocks_of_a_page_run(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _lay_out(tmp_path)
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {"__name__": "__main__"}
    for block in blocks(page):
        if block.language == "python":
            # Blank lines in front, so that a traceback names the line of the page.
            source = "\n" * block.line + block.text
            exec(compile(source, str(page), "exec"), namespace)  # noqa: S102
        elif block.language == "console":
            _run_console(block.text)


@pytest.mark.parametrize("page", _PAGES, ids=_name)
def test_commands_and_options_of_a_page_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (_ROOT / "Makefile").read_text(), re.M))
    for block in blocks(page):
        if block.language not in ("sh", "bash", "console"):
            continue
        for program, *arguments in _commands(block.text):
            if program == "make":
                named = {word for word in arguments if "=" not in word}
                assert named <= targets, f"{page.name}:{block.line}: {arguments}"
            elif program in _PROGRAMS:
                command = _command(program, arguments)
                if program == "hcs-dashboard":
                    command = command or ["serve"]  # which may be left out
                shown = _help(program, *command)
                options = {word.split("=")[0] for word in arguments if word[:2] == "--"}
                unknown = {option for option in options if option not in shown}
                assert not unknown, f"{page.name}:{block.line}: {program} {arguments}"


@pytest.mark.parametrize("page", _PAGES, ids=_name)
def test_links_of_a_page_lead_somewhere(page: Path) -> None:
    prose = _FENCE.sub("", page.read_text(encoding="utf-8"))
    targets = [link.split("#")[0] for link in _LINK.findall(prose) if "://" not in link]
    assert [t for t in targets if t and not (page.parent / t).exists()] == []


@cache
def _anchors(page: Path) -> set[str]:
    """Return what the headings of a page are called in addresses."""
    headings = re.findall(
        r"^#+ (.+)$", _FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE
    )
    texts = [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text) for text in headings]
    return {re.sub(r"[^\w\- ]", "", t.lower()).replace(" ", "-") for t in texts}


@pytest.mark.parametrize("page", _PAGES, ids=_name)
def test_links_into_a_page_lead_to_a_heading_of_it(page: Path) -> None:
    prose = _FENCE.sub("", page.read_text(encoding="utf-8"))
    links = [link.partition("#") for link in _LINK.findall(prose) if "://" not in link]
    lost = [
        f"{target}#{anchor}"
        for target, _, anchor in links
        if anchor and target.endswith(".md")
        if anchor not in _anchors((page.parent / target).resolve())
    ]
    assert lost == []
