"""A directive that documents public names, and links that find them.

``{public-names} hcs.qc`` with names below it writes a table of them with their first
sentences, and then each in full, from its docstring.
"""

from __future__ import annotations

import inspect
import re
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.addnodes import pending_xref
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.docutils import SphinxDirective, SphinxRole
from sphinx.util.nodes import make_refnode

if TYPE_CHECKING:
    from docutils.nodes import Element, Node, TextElement, document, system_message
    from sphinx.application import Sphinx
    from sphinx.domains import Domain
    from sphinx.environment import BuildEnvironment

_ROOT = Path(__file__).parents[2]
_OBJECTS = ("class", "exception", "function", "data")
_DASHBOARD = ("dashboard", "dashboard.components", "dashboard.plots")


class PublicNames(SphinxDirective):
    """The names of a module that belong to one subject."""

    has_content = True
    required_arguments = 1

    def run(self) -> list[Node]:
        """Return the table of the names, and what is to be known of each."""
        module = self.arguments[0]
        names = " ".join(self.content).split()
        lines = [
            "````{eval-rst}",
            f".. currentmodule:: {module}",
            "",
            ".. list-table::",
            "   :class: public-names",
            "",
        ]
        for name in names:
            lines += [f"   * - :py:obj:`{name} <{module}.{name}>`"]
            lines += [f"     - {_first_sentence(module, name)}"]
        for name in names:
            lines += ["", *_entry(module, name)]
        text = StringList([*lines, "````"], source=self.get_source_info()[0])
        container = nodes.Element()
        self.state.nested_parse(text, self.content_offset, container)
        return container.children


def _entry(package: str, name: str) -> list[str]:
    value = getattr(import_module(package), name)
    if not _is_documented_itself(value):
        words = _words(package, name)
        return [f".. py:data:: {name}", "", *(f"   {line}" for line in words)]
    if isinstance(value, type):
        kind = "autoexception" if issubclass(value, BaseException) else "autoclass"
        options = ["   :members:", "   :undoc-members:"]
        if (foreign := _foreign(value)).__module__ == "builtins":
            # What a component of Panel inherits stands in Panel's own documents.
            options.append(f"   :inherited-members: {foreign.__name__}")
        return [f".. {kind}:: {name}", *options]
    return [f".. autofunction:: {name}"]


def _foreign(value: type) -> type:
    """Return the first class that one inherits from and that is none of ours."""
    ours = ("hcs", "dashboard")
    return next(
        base for base in value.__mro__ if base.__module__.partition(".")[0] not in ours
    )


def _is_documented_itself(value: object) -> bool:
    return isinstance(value, type) or inspect.isroutine(inspect.unwrap(value))


def _words(package: str, name: str) -> list[str]:
    """Return what is said of a name; of a constant, what stands below it."""
    value = getattr(import_module(package), name)
    if _is_documented_itself(value):
        return (inspect.getdoc(value) or "").splitlines()
    analyzer = ModuleAnalyzer.for_module(home(package, name))
    return analyzer.find_attr_docs().get(("", name), [])


def _first_sentence(package: str, name: str) -> str:
    words = "\n".join(_words(package, name)).partition("\n\n")[0]
    return " ".join(words.split())


def home(package: str, name: str) -> str:
    """Return the module that a name of a package is imported from."""
    source = Path(str(import_module(package).__file__)).read_text("utf-8")
    line = re.search(rf"^ *from ([\w.]+) import .*\b{name}\b", source, re.M)
    return line[1] if line else package


@cache
def public() -> dict[str, tuple[str, ...]]:
    """Return the public names of each package, those of `hcs` first."""
    names = {"hcs": tuple(import_module("hcs").__all__)}
    for path in sorted(_ROOT.glob("hcs/*/__init__.py")):
        package = f"hcs.{path.parent.name}"
        names[package] = tuple(getattr(import_module(package), "__all__", ()))
    for module in _DASHBOARD:
        names[module] = tuple(import_module(module).__all__)
    return names


class Code(SphinxRole):
    """What stands between single backticks: a link where it is a public name."""

    def run(self) -> tuple[list[Node], list[system_message]]:
        """Return code, and where that is a public name, a link to it."""
        package, _, name = self.text.rpartition(".")
        packages = [key for key, names in public().items() if name in names]
        # A parameter may be called `design`, as a function is.
        literal = nodes.literal(self.rawtext, self.text)
        if package in packages:
            packages = [package]
        elif len(packages) != 1 or name == name.lower():
            return [literal], []
        link = pending_xref(
            "",
            literal,
            refdomain="py",
            reftype="obj",
            reftarget=f"{packages[0]}.{name}",
            refdoc=self.env.docname,
            refexplicit=True,
        )
        return [link], []


def choose_namesake(app: Sphinx, doctree: document) -> None:
    """Send a name that two packages have to that of the package it stands in."""
    for node in doctree.findall(pending_xref):
        name, module = str(node["reftarget"]), str(node.get("py:module") or "")
        packages = [package for package, names in public().items() if name in names]
        if node.get("refdomain") != "py" or len(packages) < 2 or module in packages:
            continue
        root = module.partition(".")[0]
        near = [package for package in packages if package.partition(".")[0] == root]
        node["reftarget"] = f"{near[0] if near else packages[0]}.{name}"


def link_public_name(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, text: TextElement
) -> Element | None:
    """Resolve a name of an annotation, which has neither module nor import there.

    A class of another package, and an alias of a type, stay text. What is left is a
    class of ours that no page documents, and Sphinx warns of it.
    """
    if node.get("refdomain") != "py":
        return None
    name = str(node["reftarget"]).rpartition(".")[2]
    full = _documented(env.get_domain("py")).get(name)
    if full is None:
        return None if name in _classes() else text
    entry = env.get_domain("py").objects[full]  # type: ignore[attr-defined]
    return make_refnode(
        app.builder, node["refdoc"], entry.docname, entry.node_id, text, full
    )


@cache
def _documented(python: Domain) -> dict[str, str]:
    """Return the full names of what pages document, by their last words if unique."""
    names: dict[str, set[str]] = {}
    for full, entry in python.objects.items():  # type: ignore[attr-defined]
        if entry.objtype in _OBJECTS and not entry.aliased:
            names.setdefault(full.rpartition(".")[2], set()).add(full)
    return {name: next(iter(full)) for name, full in names.items() if len(full) == 1}


@cache
def _classes() -> frozenset[str]:
    """Return the names of all classes in `hcs` and `dashboard`."""
    return frozenset(
        line.split()[1].partition("(")[0].rstrip(":")
        for package in ("hcs", "dashboard")
        for path in (_ROOT / package).rglob("*.py")
        for line in path.read_text("utf-8").splitlines()
        if line.startswith("class ")
    )


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive, the role and the links."""
    app.add_directive("public-names", PublicNames)
    app.add_role("public-code", Code())
    app.connect("doctree-read", choose_namesake)
    app.connect("missing-reference", link_public_name)
    return {"parallel_read_safe": True}
