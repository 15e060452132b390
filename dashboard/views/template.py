"""The template of the page, with less to do for Panel while somebody waits for it."""

from __future__ import annotations

import functools
from types import SimpleNamespace
from typing import Any

import panel as pn


@functools.cache
def compiled(text: str) -> Any:
    """Return a template as it is rendered; reading it takes as long as filling it."""
    return pn.Template(text).template


class PageTemplate(pn.Template):
    """A template whose parts are added to the document in one go."""

    def _build_layout(self) -> Any:
        # What a notebook would show of it: five components that no page has.
        return [SimpleNamespace(object="")]

    def __repr__(self) -> str:
        # Panel asks after each part that is added, and would describe all of them.
        return "PageTemplate()"

    def _init_doc(self, doc: Any = None, *args: Any, **options: Any) -> Any:
        document: Any = doc or pn.state.curdoc
        # Bokeh would collect the models of all parts anew after each of them.
        with document.models.freeze():
            return super()._init_doc(doc, *args, **options)
