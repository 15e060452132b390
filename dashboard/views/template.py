"""The template of the page, with less to do for Panel while somebody waits for it."""

from __future__ import annotations

import functools
from types import SimpleNamespace
from typing import Any

import panel as pn
from panel.io.document import init_doc


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

    def _init_doc(
        self,
        doc: Any = None,
        comm: Any = None,
        title: str | None = None,
        notebook: bool = False,
        location: Any = True,
    ) -> Any:
        """Put the parts into a document, and nothing else.

        Panel would put a column around them that is on no page, apply a design to it,
        and look for what that needs: a fourth of all that a page costs.
        """
        del notebook, location  # the header has the address
        document: Any = init_doc(doc or pn.state.curdoc)
        # Bokeh would collect the models of all parts anew after each of them.
        with document.models.freeze():
            self._documents.append(document)
            pn.state._templates[document] = self
            document.on_session_destroyed(pn.state._destroy_session)
            document.on_session_destroyed(self._server_destroy)
            if title:
                document.title = title
            for name, (part, _) in self._render_items.items():
                model = part.get_root(document, comm, preprocess=False)
                model.name = name
                document.add_root(model)
                part._documents[document] = model
                document.on_session_destroyed(part._server_destroy)
        document.template = self.template
        document._template_variables.update(self._render_variables)
        return document
