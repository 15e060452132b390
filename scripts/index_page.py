"""Makes what a package index shows of README.md, where its links would lead nowhere.

Hatchling asks for it when a package is built.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_IMAGE = re.compile(r"!\[[^\]]*\]\((?!\w+:)[^)]*\)\n*")
_WHERE = "Files that are named here are in the source distribution.\n"
_LINK = re.compile(r"\[([^\]]*)\]\((?!\w+:|#)([^)\s]+)\)")


class IndexPage(MetadataHookInterface):
    """Gives the project its long description."""

    PLUGIN_NAME = "custom"

    def update(self, metadata: dict[str, Any]) -> None:
        """Add the description to the table ``project``."""
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        address = metadata.get("urls", {}).get("Source", "")
        text = index_page(text, f"{address}/blob/HEAD" if address else "")
        metadata["readme"] = {"content-type": "text/markdown", "text": text}


def index_page(readme: str, files: str = "") -> str:
    """Return a README whose links to files lead to an address, or name the files.

    Parameters
    ----------
    readme
        Markdown with links relative to the repository.
    files
        Address below which the repository's files are shown; "" while there is none.
    """
    text = _IMAGE.sub("", readme)
    if files:
        return _LINK.sub(rf"[\1]({files}/\2)", text)
    text = _LINK.sub(lambda link: f"{link[1]} (`{link[2].partition('#')[0]}`)", text)
    return f"{text}\n{_WHERE}"
