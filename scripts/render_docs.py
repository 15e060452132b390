"""Write README and docs/*.md as HTML that needs no network.

python scripts/render_docs.py FOLDER
"""

from __future__ import annotations

import re
import shutil
import sys
from html import escape
from pathlib import Path

from markdown_it import MarkdownIt

_ROOT = Path(__file__).parents[1]
_STYLE = """
body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem; line-height: 1.5;
       font-family: system-ui, sans-serif; color-scheme: light dark; }
nav { margin-bottom: 2rem; } nav a { margin-right: 1rem; }
pre { padding: .8rem; overflow-x: auto; background: #8882; border-radius: 4px; }
table { border-collapse: collapse; } th, td { border: 1px solid #8886;
        padding: .25rem .6rem; text-align: left; vertical-align: top; }
img { max-width: 100%; }
"""


def render(target: Path) -> int:
    """Write every page into `target` and return how many there are."""
    pages = {"README.md": _ROOT / "README.md"}
    pages |= {page.name: page for page in sorted((_ROOT / "docs").glob("*.md"))}
    target.mkdir(parents=True, exist_ok=True)
    markdown = MarkdownIt("commonmark").enable("table")
    links = "".join(
        f'<a href="{_address(name)}">{escape(_title(page))}</a>'
        for name, page in pages.items()
    )
    for name, page in pages.items():
        body = markdown.render(page.read_text(encoding="utf-8"))
        body = re.sub(
            r'href="(?:docs/|\.\./)?([\w.-]+\.md)(#[^"]*)?"',
            lambda link: f'href="{_address(link[1])}{link[2] or ""}"',
            body,
        )
        (target / _address(name)).write_text(
            f"<!doctype html><html lang='en'><meta charset='utf-8'>"
            f"<title>{escape(_title(page))}</title><style>{_STYLE}</style>"
            f"<nav>{links}</nav>{body}</html>\n",
            encoding="utf-8",
        )
    pictures = target / "assets"
    pictures.mkdir(exist_ok=True)
    for picture in (_ROOT / "assets").glob("*.png"):
        shutil.copy2(picture, pictures)
    return len(pages)


def _address(name: str) -> str:
    return "index.html" if name == "README.md" else name.replace(".md", ".html")


def _title(page: Path) -> str:
    return page.read_text(encoding="utf-8").split("\n", 1)[0].lstrip("# ")


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    print(f"{render(folder)} pages in {folder}")
