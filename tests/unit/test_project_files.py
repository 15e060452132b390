"""Files about the project that other programs read: they mean what they are to mean."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

import hcs
from scripts.index_page import index_page

_ROOT = Path(__file__).parents[2]


def _yaml(name: str) -> Any:
    return yaml.safe_load((_ROOT / name).read_text(encoding="utf-8"))


def test_citation_has_what_its_format_demands_and_no_second_version() -> None:
    """By the schema of the Citation File Format 1.2.0."""
    citation = _yaml("CITATION.cff")
    required = {"cff-version", "message", "title", "authors"}
    optional = {"type", "abstract", "keywords", "license"}
    assert required <= set(citation) <= required | optional
    assert citation["cff-version"] == "1.2.0"
    assert citation["type"] == "software"
    assert citation["license"] == "MIT"
    assert citation["authors"] == [{"name": "the hcs-dashboard developers"}]
    texts = [citation["title"], citation["abstract"], *citation["keywords"]]
    assert all(isinstance(text, str) and text.strip() for text in texts)
    assert len(set(citation["keywords"])) == len(citation["keywords"])


def test_hooks_before_a_commit_are_the_checks_of_make_lint() -> None:
    (repository,) = _yaml(".pre-commit-config.yaml")["repos"]
    assert repository["repo"] == "local", "a hook that is fetched needs a network"
    hooks = {
        tuple(shlex.split(hook["entry"].replace(".venv", "$(VENV)")))
        for hook in repository["hooks"]
    }
    makefile = (_ROOT / "Makefile").read_text(encoding="utf-8")
    recipes = re.findall(r"^lint-\w+:\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    assert recipes
    fixing = {"check .": "check --fix", "format --check .": "format"}
    lines = "".join(recipes).replace("$(BIN)", "$(VENV)/bin")
    for checked, fixed in fixing.items():
        lines = lines.replace(f"ruff {checked}", f"ruff {fixed}")
    assert hooks == {tuple(line.split()) for line in lines.splitlines()}


@pytest.mark.parametrize("hook", _yaml(".pre-commit-config.yaml")["repos"][0]["hooks"])
def test_each_hook_names_how_it_runs(hook: dict[str, Any]) -> None:
    assert hook["language"] == "system"
    assert {"id", "name", "entry"} <= set(hook)
    assert hook.get("types") or hook.get("types_or")


def test_changelog_tells_what_is_in_this_version() -> None:
    text = (_ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    released = re.compile(r"(\d+\.\d+\.\d+) - \d{4}-\d\d-\d\d")
    assert headings[0] == "Unreleased"
    versions = [match[1] for match in map(released.fullmatch, headings[1:]) if match]
    assert len(versions) == len(headings) - 1
    assert versions[:1] == [hcs.__version__]


_README = (
    "![A plate](assets/a.png)\n\nSee [how](docs/a.md#b), [it](https://x.example).\n"
)


def test_links_of_the_readme_lead_to_the_repository_once_that_has_an_address() -> None:
    text = index_page(_README, "https://x.example/blob/HEAD")
    assert text == (
        "See [how](https://x.example/blob/HEAD/docs/a.md#b), [it](https://x.example).\n"
    )


def test_links_of_the_readme_name_files_while_there_is_no_address() -> None:
    text = index_page(_README)
    assert text.startswith("See how (`docs/a.md`), [it](https://x.example).\n")
    assert "source distribution" in text
