"""The script of a component as one text: its module and all that this imports.

A notebook's browser reaches no route of ours, so nothing can be fetched; the script
travels as a text that becomes a module there, see ``assets/components/loader.js``.
"""

from __future__ import annotations

import hashlib
import json

from dashboard.assets import assets_folder
from dashboard.scripts import alone, without_comments
from dashboard.theme import component_css

_LOADER = "components/loader.js"


def script(module: str, *sheets: str) -> str:
    """Return an ES module that renders a component.

    Parameters
    ----------
    module
        Path of its module below ``assets``; exports ``mount({model, root, host})``,
        which returns the way to end it.
    sheets
        Paths of style sheets.
    """
    folder = assets_folder()

    def text(path: str) -> str:
        return (folder / path).read_text(encoding="utf-8")

    styles = [component_css(), *(text(path) for path in ("core/parts.css", *sheets))]
    content = {"script": alone(folder, module), "sheets": styles}
    version = hashlib.sha256(json.dumps(content).encode()).hexdigest()[:12]
    sent = json.dumps({"version": version, **content})
    return (
        f"{without_comments(text(_LOADER))}\nconst SENT = {sent}\n"
        f"export const render = (context) => show(SENT, context)\n"
    )
