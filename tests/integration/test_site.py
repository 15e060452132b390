"""The documentation site, made once without a network: what is on it, and its links."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import hcs
from hcs.qc import DEFINITIONS, FAILURE_RULES
from tests.conftest import ROOT

# It takes as long as hundreds of other tests; `make docs` makes the site as well.
pytestmark = pytest.mark.full

_OFFLINE = """
import sys

def refuse(event, arguments):
    if event == "socket.getaddrinfo":
        assert arguments[0] in (None, "localhost", "127.0.0.1"), arguments
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        assert arguments[1][0] in ("127.0.0.1", "::1"), arguments

sys.addaudithook(refuse)
from sphinx.cmd.build import main
sys.exit(main(sys.argv[1:]))
"""
_PACKAGES = (
    "hcs",
    *sorted(f"hcs.{path.parent.name}" for path in ROOT.glob("hcs/*/__init__.py")),
    "dashboard",
    "dashboard.components",
    "dashboard.plots",
)


@dataclass
class Page(HTMLParser):
    """What one page of the site has, refers to and loads."""

    path: Path
    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.path.read_text("utf-8"))

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if named.get("id"):
            self.ids.add(str(named["id"]))
        if tag == "a" and named.get("href"):
            self.links.append(str(named["href"]))
        elif tag in ("img", "script", "link", "iframe", "source"):
            self.loaded += [
                str(named[key]) for key in ("src", "href") if named.get(key)
            ]


@dataclass(frozen=True)
class Site:
    """The pages, by their path, and what was said while they were made."""

    folder: Path
    said: str
    pages: dict[Path, Page]

    def page(self, name: str) -> Page:
        return self.pages[(self.folder / name).resolve()]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("site").resolve()
    options = ["-q", "-E", "-d", str(folder.parent / "doctrees")]
    run = subprocess.run(
        [sys.executable, "-c", _OFFLINE, *options, "docs", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    pages = {path: Page(path) for path in folder.rglob("*.html")}
    return Site(folder, run.stdout + run.stderr, pages)


def test_the_site_is_made_without_a_network_and_without_a_warning(site: Site) -> None:
    assert site.said.strip() == ""
    assert len(site.pages) > 30


@pytest.mark.parametrize("package", _PACKAGES)
def test_every_public_name_is_on_the_site(site: Site, package: str) -> None:
    module = import_module(package)
    ids = {id_ for page in site.pages.values() for id_ in page.ids}
    assert [
        name
        for name in getattr(module, "__all__", ())
        if f"{package}.{name}" not in ids
        # What is public in two places is told of in the upper one.
        and getattr(hcs, name, None) is not getattr(module, name)
    ] == []


def test_links_within_the_site_lead_somewhere(site: Site) -> None:
    broken = []
    for page in site.pages.values():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (page.path.parent / unquote(parts.path)).resolve()
            target = target if parts.path else page.path
            anchor = unquote(parts.fragment)
            other = site.pages.get(target)
            if not target.exists() or (anchor and other and anchor not in other.ids):
                broken.append(f"{page.path.name}: {link}")
    assert broken == []


def test_the_reference_points_to_no_module_that_it_does_not_document(
    site: Site,
) -> None:
    inner = r'(?<!">)<code[^>]*><span class="pre">((?:hcs|dashboard)\.\w+\.[\w.]+)<'
    unexplained = {
        f"{path.name}: {name}"
        for path in site.pages
        if path.parent.name == "reference"
        for name in re.findall(inner, path.read_text("utf-8"))
    }
    assert unexplained == set()


def test_links_out_of_the_site_are_listed_and_encrypted(site: Site) -> None:
    links = {
        link
        for page in site.pages.values()
        for link in page.links
        if urlsplit(link).scheme not in ("", "mailto")
    }
    # Where no network is, nobody can follow them; who changes one sees it in this list.
    listed = ROOT / "artifacts" / "external-links.txt"
    listed.parent.mkdir(exist_ok=True)
    listed.write_text("".join(f"{link}\n" for link in sorted(links)), "utf-8")
    assert {link for link in links if not link.startswith("https://")} == set()


def test_pages_load_nothing_from_elsewhere(site: Site) -> None:
    foreign = {
        f"{page.path.name}: {address}"
        for page in site.pages.values()
        for address in page.loaded
        if urlsplit(address).netloc
    }
    styles = [
        path.name
        for path in site.folder.rglob("*.css")
        if "url(http" in path.read_text("utf-8") or "@import" in path.read_text("utf-8")
    ]
    assert (foreign, styles) == (set(), [])


def test_the_metrics_of_the_table_are_on_their_page(site: Site) -> None:
    text = site.page("metrics.html").text
    for entry in DEFINITIONS:
        assert f"{entry.title} ({entry.key})" in text, entry.id
        assert entry.meaning in text, entry.id
        assert entry.misleads in text, entry.id
    for rule in FAILURE_RULES:
        assert rule.why.replace("*", "") in text, rule.kind


def test_the_tutorials_ran_and_show_their_pictures(site: Site) -> None:
    for name in ("read", "measure-and-join", "correct"):
        page = site.page(f"tutorials/{name}.html")
        pictures = [address for address in page.loaded if "_images/" in address]
        assert pictures, name
        for address in pictures:
            picture = (page.path.parent / address).read_bytes()
            assert picture.startswith(b"\x89PNG"), address
    assert "out of focus, imaged again" in site.page("tutorials/correct.html").text


def test_what_is_searched_for_is_in_the_index(site: Site) -> None:
    index = (site.folder / "searchindex.js").read_text("utf-8")
    for word in ("measure_plate", "HCSPlateWriter", "saturated", "ConflictError"):
        assert word in index or word.lower() in index, word
