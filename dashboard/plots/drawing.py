"""From an element to the figure that a browser draws."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import holoviews as hv
import holoviews.plotting.bokeh  # registers the renderer
from bokeh import __version__ as bokeh_version
from bokeh.document import Document

from hcs.errors import ArgumentError

if TYPE_CHECKING:
    from bokeh.plotting import figure as Figure

DRAWING = threading.Lock()
"""Hold it from making an element to its figure. HoloViews keeps the options of all
elements in tables of the process, and two threads would exchange theirs."""


def figure(element: hv.Element | hv.Overlay) -> Any:
    """Return the Bokeh figure that draws an element, in a document of its own.

    `holoviews.render` would take Bokeh's current document and give it a theme. In a
    thread that is the document of any page whose callback happens to run, or of one
    that was closed after a callback of it had failed: Bokeh's `patch_curdoc` takes
    back nothing then.

    Parameters
    ----------
    element
        What a function of this package returned.
    """
    # Only in this mode does the renderer take the document that it is given.
    renderer = hv.renderer("bokeh").instance(mode="server")
    document = Document()
    drawn = renderer.get_plot(element, doc=document).state
    document.add_root(drawn)
    return drawn


def embedded(drawn: Figure) -> dict[str, Any]:
    """Return a figure as ``Bokeh.embed.embed_item`` takes it in a browser.

    It is connected with no server: nothing that happens to it there, and nothing that
    replaces it, is a message that could come too late. `bokeh.embed.json_item` would
    ask for the current document.

    Parameters
    ----------
    drawn
        What `figure` returned.

    Raises
    ------
    ArgumentError
        If it is of no document, as a figure that something else has made.
    """
    document = drawn.document
    if document is None:
        raise ArgumentError("The figure has no document: make it by `figure`.")
    content = dict(document.to_json(deferred=False))
    # Components of Panel that any page of this process has defined.
    content.pop("defs", None)
    return {"doc": content, "root_id": drawn.id, "version": bokeh_version}
