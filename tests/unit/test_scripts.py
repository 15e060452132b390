"""The page's scripts among themselves; what they do is shown by the browser tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ASSETS = Path(__file__).resolve().parents[2] / "assets"
SCRIPTS = {path.name: path.read_text(encoding="utf-8") for path in ASSETS.glob("*.js")}
_OFFERED = re.compile(r"^export (?:async )?(?:function|const|let|class) (\w+)", re.M)
_ASKED = re.compile(r'^import \{([^}]*)\} from "\./([\w.]+)"', re.M)


def offered(name: str) -> set[str]:
    return set(_OFFERED.findall(SCRIPTS[name]))


def asked(name: str) -> dict[str, str]:
    """Return what a script imports, by the name it had there, and from where."""
    return {
        one.split(" as ")[0].strip(): source
        for names, source in _ASKED.findall(SCRIPTS[name])
        for one in names.split(",")
    }


def code(name: str) -> str:
    """Return a script without its comments, texts and imports."""
    bare = re.sub(r"/\*.*?\*/|(?<!:)//[^\n]*", "", SCRIPTS[name], flags=re.S)
    return re.sub(r'"[^"\n]*"', '""', _ASKED.sub("", bare))


@pytest.mark.parametrize("name", sorted(SCRIPTS))
def test_a_script_imports_only_what_there_is(name: str) -> None:
    for one, source in asked(name).items():
        assert one in offered(source), f"{source} has no {one}"


@pytest.mark.parametrize("name", sorted(SCRIPTS))
def test_a_script_that_speaks_to_others_has_imported_how(name: str) -> None:
    # A forgotten import is an error only when somebody clicks.
    everyday = offered("bus.js") | offered("dom.js")
    for one in everyday - set(asked(name)) - offered(name):
        declared = re.search(
            rf"(?:const|let|function|[(,{{\[])\s*{one}\b(?!\()|function {one}\(",
            code(name),
        )
        called = re.search(rf"(?<![\w.]){one}\(", code(name))
        assert declared or not called, f"{name} calls {one} and does not import it"


def test_each_act_has_a_name_and_a_key_of_its_own() -> None:
    # Keys are shown, changed and kept by the name of the act.
    acts = re.findall(r'\bact\("([\w-]+)", "([^"]+)"', SCRIPTS["keys.js"])
    names, keys = zip(*acts, strict=True)
    assert len(names) > 30
    assert len(set(names)) == len(names)
    assert len(set(keys)) == len(keys)
