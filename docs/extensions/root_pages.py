"""Links between the documents at the root of the repository, which pages include."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from sphinx.addnodes import pending_xref

if TYPE_CHECKING:
    from docutils.nodes import document
    from sphinx.application import Sphinx


def link_root_pages(app: Sphinx, doctree: document) -> None:
    """Send links to ``CHANGELOG.md`` and the like to the page that includes it."""
    for link in doctree.findall(pending_xref):
        path = PurePath(str(link["reftarget"]))
        page = path.stem.lower()
        if link["reftype"] != "myst" or path.suffix != ".md":
            continue
        if page in app.env.found_docs:
            link["refdomain"], link["reftarget"], link["reftargetid"] = (
                "doc",
                page,
                None,
            )


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the links."""
    app.connect("doctree-read", link_root_pages)
    return {"parallel_read_safe": True}
