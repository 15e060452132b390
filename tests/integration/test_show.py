"""`dashboard.show`: a link to the ordinary server, from a notebook or a script."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from urllib.parse import parse_qs, urlsplit

import pytest

import dashboard
from dashboard.errors import DashboardError
from hcs import HCSPlate, from_hcs_zarr
from tests import plates


def come_in(url):
    """Return the page that a browser gets by a link, and its address."""
    cookies = urllib.request.HTTPCookieProcessor(CookieJar())
    with urllib.request.build_opener(cookies).open(url) as answer:
        return answer.read().decode(), answer.url


def answers(url):
    """Whether something listens at the address."""
    try:
        urllib.request.urlopen(url).close()  # noqa: S310  (of `show`)
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def test_plates_are_shown_by_links_of_one_server_until_it_is_stopped(tmp_path):
    first = plates.make(tmp_path / "first.zarr", rows=1, columns=1)
    second = plates.make(tmp_path / "second.zarr", rows=1, columns=1)
    given = {"workspace": tmp_path / "workspace"}
    shown = dashboard.show(from_hcs_zarr(first), **given)
    try:
        # A link names the plate, is asked for a token, and lets one browser in.
        url = shown.url
        parts = urlsplit(url)
        assert parts.hostname == "127.0.0.1"
        assert parse_qs(parts.query)["plate"] == ["first.zarr"]
        page, address = come_in(url)
        assert "hcs dashboard" in page
        assert "token" not in address
        with pytest.raises(urllib.error.HTTPError):
            come_in(url)
        assert "Open the line" in come_in(url.partition("?")[0])[0]

        # Another plate comes to the same server, and so does the same one again.
        other = dashboard.show(str(second), **given)
        assert urlsplit(other.url).netloc == parts.netloc
        assert "second.zarr" in other.url
        assert "first.zarr" in dashboard.show(first, **given).url

        # What is no plate says so, and disturbs nobody.
        with pytest.raises(DashboardError, match="There is nothing at"):
            dashboard.show(tmp_path / "none.zarr", **given)
        html = other._repr_html_()
        assert "Open it in a new tab" in html
        assert 'target="_blank"' in html
        assert "<script" not in html
        assert "<iframe" not in html
        assert "token" not in repr(other)
    finally:
        shown.stop()
    assert not other.running
    assert not answers(parts._replace(query="").geturl())
    assert "has ended" in other._repr_html_()
    with pytest.raises(DashboardError, match="has ended"):
        _ = other.url


def test_a_plate_in_memory_is_not_shown():
    with pytest.raises(DashboardError, match="in memory only"):
        dashboard.show(HCSPlate(None, plates.document()))


@pytest.mark.full
@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, None])
def test_the_server_ends_with_its_python_however_that_ends(tmp_path, end):
    path = plates.make(tmp_path / "p.zarr", rows=1, columns=1)
    program = (
        f"import dashboard\n"
        f"print(dashboard.show({str(path)!r}, workspace={str(tmp_path / 'w')!r}).url, "
        f"flush=True)\ninput()"
    )
    script = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert script.stdout is not None
    url = script.stdout.readline().strip().partition("?")[0]
    assert answers(url)
    if end is None:
        script.communicate("\n")
    else:
        script.send_signal(end)
        script.communicate()
    while answers(url):  # the test's own time limit ends it
        pass
