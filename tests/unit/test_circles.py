"""No two modules import each other, not even later, from within a function.

import-linter holds the order of rooms and lets a circle inside a room pass; here each
module counts, with what its functions import. What only a type checker reads does not:
a value may name the type that makes it.
"""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

_ROOT = Path(__file__).parents[2]
_PACKAGES = ("hcs", "dashboard")

_Import = ast.Import | ast.ImportFrom


def _modules(root: Path) -> dict[str, list[_Import]]:
    modules = {}
    for package in _PACKAGES:
        for path in (root / package).rglob("*.py"):
            parts = path.relative_to(root).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            tree = ast.parse(path.read_text(encoding="utf-8"))
            modules[name] = list(_statements(tree))
    return modules


def _statements(node: ast.AST) -> Iterator[_Import]:
    """Yield what is imported when the module runs or any function of it is called."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _Import):
            yield child
        elif isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            for other in child.orelse:
                yield from _statements(ast.Module([other], []))
        elif not isinstance(child, ast.expr):
            yield from _statements(child)


def _imports(statements: list[_Import], modules: Container[str]) -> set[str]:
    names = set()
    for statement in statements:
        if isinstance(statement, ast.ImportFrom):
            for alias in statement.names:
                inner = f"{statement.module}.{alias.name}"
                names.add(inner if inner in modules else str(statement.module))
        else:
            names.update(alias.name for alias in statement.names)
    return {name for name in names if name in modules}


def _circle(root: Path) -> list[str]:
    """Return the modules of a circle, [] where there is none."""
    modules = _modules(root)
    graph = {
        name: _imports(statements, modules) - {name}
        for name, statements in modules.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_module_imports_another_that_imports_it() -> None:
    assert _circle(_ROOT) == []


def test_an_import_within_a_function_closes_a_circle_too(tmp_path: Path) -> None:
    package = tmp_path / "hcs"
    package.mkdir()
    (package / "plate.py").write_text("import hcs.well\n")
    well = package / "well.py"
    well.write_text("def plate():\n    from hcs import plate\n")
    assert set(_circle(tmp_path)) == {"hcs.plate", "hcs.well"}
    well.write_text("if TYPE_CHECKING:\n    from hcs import plate\n")
    assert _circle(tmp_path) == []
