"""What a large upload costs the server: memory, and how long others wait meanwhile.

    python tests/benchmarks/bench_uploads.py [GIGABYTES]

Sends a file (2 GB) in pieces as the page does, from a process of its own, first to an
idle server and then while ten pages click from well to well. `/health` is asked all the
time; its median beside that of the idle server tells how long others wait.
"""

from __future__ import annotations

import contextlib
import http.client
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from playwright.sync_api import sync_playwright

from hcs.demo import make_demo_plate
from tests.browser.chromium import FLAGS
from tests.browser.serving import Server, come_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

PAGES = 10
IDLE_SECONDS = 5.0
EVERY_SECONDS = 0.02
MEMORY_MEGABYTES = 200
RATIO = 3.0

SENDER = """
import http.client, sys
host, cookie, origin, size = *sys.argv[1:4], int(sys.argv[4])
piece = bytes(8 << 20)
connection = http.client.HTTPConnection(host, timeout=600)
common = {"Tus-Resumable": "1.0.0", "Cookie": cookie, "Origin": origin}
connection.request("POST", "/uploads", None, common | {"Upload-Length": str(size),
    "Upload-Metadata": "purpose cGxhdGU="})
answer = connection.getresponse()
print(answer.status, answer.read().decode(), file=sys.stderr)
location, offset = answer.headers["Location"], 0
while offset < size:
    headers = {"Content-Type": "application/offset+octet-stream"}
    connection.request("PATCH", location, piece[: size - offset],
        common | headers | {"Upload-Offset": str(offset)})
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 204, answer.status
    offset = int(answer.headers["Upload-Offset"])
connection.request("DELETE", location, None, common)
assert connection.getresponse().status == 204
"""

CLICKING = """() => {
  const wells = []
  const look = (root) => {
    wells.push(...root.querySelectorAll('td[data-well]'))
    const shadows = [...root.querySelectorAll('*')].map((each) => each.shadowRoot)
    shadows.filter(Boolean).forEach(look)
  }
  look(document)
  let at = Math.floor(Math.random() * wells.length)
  setInterval(() => { wells[at = (at + 7) % wells.length].click() }, 2000)
}"""


class Health:
    """Asks `/health` again and again, and how much memory the server has."""

    def __init__(self, server: Server) -> None:
        self._host = urlsplit(server.url).netloc
        self._status = Path(f"/proc/{server._process.pid}/status")
        self._ended = threading.Event()

    @contextlib.contextmanager
    def watched(self) -> Iterator[dict[str, float]]:
        """Yield what is filled at the end: median and p95 in ms, most memory in MB."""
        said: dict[str, float] = {}
        times: list[float] = []
        memory: list[float] = []
        self._ended.clear()

        def ask() -> None:
            connection = http.client.HTTPConnection(self._host, timeout=600)
            while not self._ended.wait(EVERY_SECONDS):
                start = time.perf_counter()
                connection.request("GET", "/health")
                connection.getresponse().read()
                times.append((time.perf_counter() - start) * 1000)
                memory.append(self.memory())
            connection.close()

        thread = threading.Thread(target=ask)
        thread.start()
        yield said
        self._ended.set()
        thread.join()
        said["median"] = statistics.median(times)
        said["p95"] = sorted(times)[int(0.95 * len(times))]
        said["memory"] = max(memory)

    def memory(self) -> float:
        """Return the server's resident memory in MB, without what it maps of files."""
        for line in self._status.read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) / 1000
        raise AssertionError("no RssAnon")


def upload(server: Server, cookie: tuple[str, str], size: int) -> float:
    """Send and remove a file; return the seconds."""
    host = urlsplit(server.url).netloc
    arguments = [host, "=".join(cookie), f"http://{host}", str(size)]
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", SENDER, *arguments], check=True, stderr=subprocess.PIPE
    )
    return time.perf_counter() - start


def row(name: str, idle: dict[str, float], said: dict[str, float]) -> None:
    more = said["memory"] - idle["memory"]
    print(
        f"{name:<34}{said['median']:>8.2f}{said['median'] / idle['median']:>8.1f}x"
        f"{said['p95']:>9.2f}{said['p95'] / idle['p95']:>8.1f}x{more:>+10.0f} MB"
    )


def clicking_pages(playwright: Any, server: Server, cookie: tuple[str, str]) -> Any:
    """Open pages that click through the wells by themselves; return the browser."""
    browser = playwright.chromium.launch(
        executable_path="/usr/bin/chromium", args=FLAGS
    )
    pages: list[Page] = []
    for _ in range(PAGES):
        context = browser.new_context()
        name, value = cookie
        context.add_cookies([{"name": name, "value": value, "url": server.url}])
        pages.append(context.new_page())
        pages[-1].goto(server.url)
    for page in pages:
        page.locator('td[data-well="B02"]').wait_for(timeout=180_000)
        page.evaluate(CLICKING)
    return browser


def main() -> int:
    size = int(float(sys.argv[1] if len(sys.argv) > 1 else 2) * 1e9)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        plate = Path(folder) / "demo.ome.zarr"
        make_demo_plate(plate)
        server = Server(plate, "--no-measure", workspace=Path(folder) / "workspace")
        try:
            cookie = come_in(server.line)
            health = Health(server)
            upload(server, cookie, 1 << 20)
            print(f"{'/health, ms':<34}{'median':>8}{'':>9}{'p95':>9}{'':>9}   memory")
            with health.watched() as idle:
                time.sleep(IDLE_SECONDS)
            row("idle", idle, idle)
            with health.watched() as alone:
                seconds = upload(server, cookie, size)
            row(f"one upload of {size / 1e9:.1f} GB", idle, alone)
            print(f"  {size / 1e6 / seconds:.0f} MB/s over the whole upload")
            browser = clicking_pages(playwright, server, cookie)
            with health.watched() as clicked:
                time.sleep(4 * IDLE_SECONDS)
            row(f"{PAGES} pages that click", idle, clicked)
            with health.watched() as both:
                upload(server, cookie, size)
            row("both", idle, both)
            print(
                f"  beside the same pages without the upload: "
                f"{both['median'] / clicked['median']:.1f}x, "
                f"{both['memory'] - clicked['memory']:+.0f} MB"
            )
            browser.close()
        finally:
            server.stop()
    good = (
        alone["memory"] - idle["memory"] < MEMORY_MEGABYTES
        and both["memory"] - clicked["memory"] < MEMORY_MEGABYTES
        and alone["median"] < RATIO * idle["median"]
        and both["median"] < RATIO * max(clicked["median"], idle["median"])
    )
    print("within the limits" if good else "OVER THE LIMITS")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
