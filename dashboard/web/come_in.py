"""The page for those whom nobody knows, where nothing but the local start lets in."""

from __future__ import annotations

from dashboard.web.plain_page import plain_page

_HOW = """<p>This dashboard answers whoever started it, and nobody else on this
machine.</p>
<ul>
<li>Open the line <code>Open http://...?token=...</code> that it printed when it was
started. It is good for one browser, once.</li>
<li>For another browser, or after 30 days, <code>hcs-dashboard link</code> prints a new
line to whoever started it (with the same <code>--workspace</code>, where one was
given).</li>
<li>If you came in already, it was by another name of this machine: open
<code>127.0.0.1</code> for <code>localhost</code>, or the other way round.</li>
</ul>
"""


def come_in_page(reason: str = "") -> str:
    """Return the page that says how to come in.

    Parameters
    ----------
    reason
        Why what was tried does not let in, as a sentence.
    """
    return plain_page("How to come in", _HOW, alarm=reason)


def passing_page() -> str:
    """Return a page that asks for itself again, as a page of this server does.

    Browsers leave cookies out where a link of another site is followed.
    """
    return plain_page(
        "Opening",
        '<p><a href="">Go on</a></p>',
        more='<meta http-equiv="refresh" content="0">\n',
    )
