"""Steps of `try-bundle` inside a network namespace, with the standard library only.

alone.py loopback     bring up the loopback interface; then nothing else answers
alone.py page URL     wait until the page answers, and look at what it loads
"""

from __future__ import annotations

import fcntl
import re
import socket
import struct
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

_SIOCSIFFLAGS = 0x8914
_IFF_UP_RUNNING = 0x1 | 0x40
_PATIENCE_S = 60


def loopback() -> None:
    """Bring up `lo`, and make sure that no other host can be reached."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sh14x", b"lo", _IFF_UP_RUNNING)
        fcntl.ioctl(control, _SIOCSIFFLAGS, request)
        # A UDP connect sends nothing; it only asks whether there is a route.
        try:
            control.connect(("192.0.2.1", 9))  # an address reserved for documents
        except OSError:
            return
    sys.exit("This network namespace has a way out; the trial would prove nothing.")


def page(url: str) -> None:
    """Fetch a page and every script and style sheet that it names."""
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            html = _get(url).decode()
            break
        except OSError as error:
            if time.monotonic() > deadline:
                sys.exit(f"{url} did not answer within {_PATIENCE_S} s: {error}")
            time.sleep(0.3)
    parts = re.findall(r'<(?:script|link)\b[^>]*?\b(?:src|href)="([^"]+)"', html)
    parts = [part for part in parts if not part.startswith("data:")]
    if not parts:
        sys.exit(
            f"{url} answers with a page that loads nothing: it is not the plate's."
        )
    for part in parts:
        try:
            _get(urllib.parse.urljoin(url, part))
        except OSError as error:
            sys.exit(f"The page names {part}, which cannot be loaded: {error}")
    sys.stdout.write(f"{url} answers, with {len(parts)} scripts and style sheets\n")


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=20) as answer:  # noqa: S310
        content: bytes = answer.read()
        return content


if __name__ == "__main__":
    {"loopback": loopback, "page": page}[sys.argv[1]](*sys.argv[2:])
