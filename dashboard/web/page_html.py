"""The HTML of a page: a session of Bokeh's, in our template."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from bokeh.embed.util import RenderItem
from bokeh.model import Model
from panel.io.resources import Resources, bundle_resources
from panel.io.server import DocHandler, html_page_for_render_items
from panel.io.state import set_curdoc, state

from hcs.cache import LRUCache

if TYPE_CHECKING:
    from collections.abc import Awaitable

_SCRIPTS: LRUCache[tuple[object, ...], tuple[str, str]] = LRUCache(8)


class PageHandler(DocHandler):
    """Makes the session of a page, and sends its HTML.

    Panel's own handler looks through all models and components that there are, for
    scripts and styles that they need: a fourth of what a page costs. All pages need
    the same ones. Who may come in is the gate's affair.
    """

    async def get(self, *_: object, **__: object) -> None:
        """Send a page; from a prefix without a slash, lead to where pages are."""
        self.set_header("Cache-Control", "no-store")  # it names one session
        prefix = self.application.prefix
        if prefix and self.request.path == prefix:
            query = self.request.query
            self.redirect(f"{prefix}/?{query}" if query else f"{prefix}/")
            return
        session = await cast("Awaitable[Any]", self.get_session())
        document = session.document
        with set_curdoc(document):
            text = html_page_for_render_items(
                _scripts_and_styles(self.application),
                {},
                [RenderItem(token=session.token, roots=document.roots)],
                document.title,
                template=document.template,
                template_variables=document.template_variables,
            )
        self.set_header("Content-Type", "text/html")
        self.write(text)


def _scripts_and_styles(application: Any) -> tuple[str, str]:
    """Return the elements that load Bokeh and Panel, made once a process.

    And again where more classes of models have come to be known.
    """
    key = application.prefix, state.rel_path, len(Model.model_class_reverse_map)
    elements = _SCRIPTS.get(key)
    if elements is None:
        resources = Resources.from_bokeh(application.resources())
        scripts, styles = bundle_resources([], resources, enable_mathjax=False)
        elements = scripts, styles
        _SCRIPTS.set(key, elements)
    return elements
