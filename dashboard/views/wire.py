"""One component of Panel that carries what all parts of a page send and receive.

A root of Bokeh costs some 25 ms before anything is seen, and none is seen before
Bokeh's scripts have run. So the parts are elements of our own, drawn from texts that
stand in the page itself, and one root without a look connects them when it arrives.
"""

from __future__ import annotations

import functools
import json
import logging
from typing import TYPE_CHECKING, Any, ClassVar

import param
from panel.custom import JSComponent
from panel.io.state import set_curdoc
from panel.models.esm import DataEvent

from dashboard.views.patch import change

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bokeh.document import Document
    from bokeh.events import Event

    from dashboard.views.island import Island

_LOG = logging.getLogger(__name__)


class Wire(JSComponent):
    """See ``assets/core/wire.js``; `wire_of` makes one.

    Each text of each part is a parameter of its own: what changes is sent alone, and a
    page that connects late, or for a second time, finds all of them as they are.
    """

    __abstract = True

    _esm: ClassVar[str] = (
        "export async function render({ model }) {\n"
        "  (await window.hcsPart('core/wire.js')).connect(model)\n"
        "}"
    )

    _data_model: ClassVar[Any]
    """Panel's, made of the parameters."""

    _linked_properties: ClassVar[tuple[str, ...]] = ()
    """None is taken from a browser: it sends messages."""

    def __init__(self, parts: Mapping[str, Island]) -> None:
        super().__init__()
        self._parts = dict(sorted(parts.items(), key=lambda part: not part[1].fetches))

    def send(self) -> bool:
        """Send the texts that have changed, in one message; return whether any had."""
        texts = {
            _parameter(name, text): part.texts[text]
            for name, part in self._parts.items()
            for text in part.changed
        }
        if not texts:
            return False
        for part in self._parts.values():
            part.changed.clear()
        # Panel knows a model by its page's root and by its own, so twice.
        for model in {id(model): model for model, _ in self._models.values()}.values():
            change(model.data, texts)
        return True

    def _get_properties(self, doc: Document | None) -> dict[str, Any]:
        """Return what its model has: the texts, and nothing that is for a look.

        Panel would copy and check each text several times, and add its styles.
        """
        del doc
        data = self._data_model(esm_constants={})
        change(
            data,
            {
                _parameter(name, name_of_text): text
                for name, part in self._parts.items()
                for name_of_text, text in part.texts.items()
            },
        )
        for part in self._parts.values():
            part.changed.clear()
        name = type(self).__name__
        return {"class_name": name, "data": data, "esm": self._esm, "name": name}

    def _get_children(self, *_: Any) -> tuple[dict[str, Any], list[Any]]:
        return {}, []

    def _link_props(self, *_: Any, **__: Any) -> None:
        """Take no text from a browser."""

    def _process_bokeh_event(self, doc: Document, event: Event) -> None:
        """Take a message without Panel's count of what is at work, which no page shows.

        Keeping it takes longer than most messages do.
        """
        if isinstance(event, DataEvent):
            with set_curdoc(doc):
                self._handle_msg(event.data)

    def _handle_msg(self, data: Any) -> None:
        try:
            self._take(data)
        finally:
            self.send()

    def _take(self, data: Any) -> None:
        part = self._parts.get(str(data.get("part"))) if type(data) is dict else None
        if part is None:
            return
        fault = data.get("fault")
        if isinstance(fault, str):
            _LOG.error("A part of a page failed in the browser: %.2000r", fault)
        else:
            part.handle(data.get("message"))


def wire_of(parts: Mapping[str, Island]) -> Wire:
    """Return what connects these parts with a page."""
    return _wire_class(
        tuple(
            _parameter(name, text)
            for name, part in parts.items()
            for text in part.names
        )
    )(parts)


@functools.cache
def _wire_class(names: tuple[str, ...]) -> type[Wire]:
    # Bokeh keeps a model for each class, so there must not be one for each session.
    # Nor a copy of each parameter for each page, which nobody would change.
    texts = {name: param.String(default="", per_instance=False) for name in names}
    return type("PageWire", (Wire,), texts)


def _parameter(part: str, text: str) -> str:
    return f"{part}__{text}"


def described(parts: Mapping[str, Island]) -> dict[str, Any]:
    """Return the parts with their scripts and texts, for ``assets/core/page.js``."""
    return {
        name: {
            "script": part.module,
            "texts": part.texts,
        }
        for name, part in parts.items()
    }


def embedded(content: Mapping[str, Any]) -> str:
    """Return JSON that may stand in a script element: no name can end it."""
    return json.dumps(content, separators=(",", ":")).replace("<", "\\u003c")
