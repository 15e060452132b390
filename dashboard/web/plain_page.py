"""Pages without a script: to come in, to sign in, of people and jobs."""

from __future__ import annotations

import base64
import hashlib
from html import escape

from dashboard.theme import css

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
{more}</head>
<body class="{kind}">
<main>
<h1>{title}</h1>
{alarm}{body}
</main>
</body>
</html>
"""

_RULES = """
*, *::before, *::after { box-sizing: border-box; }
html { font-size: 100%; }
body { margin: 0; background: var(--hcs-ground); color: var(--hcs-ink);
  font: 400 .9rem/1.5 var(--hcs-font); }
main { margin: 3rem auto; padding: 1.5rem; width: min(100% - 1rem, 26rem);
  background: var(--hcs-surface); border: 1px solid var(--hcs-line);
  border-radius: var(--hcs-round); }
.wide main { width: min(100% - 1rem, 76rem); margin: 1rem auto; }
h1 { margin: 0 0 1rem; font-size: 1.15rem; }
h2 { margin: 1.5rem 0 .5rem; font-size: 1rem; }
label { display: block; margin: 0 0 .75rem; }
input { display: block; width: 100%; margin-top: .2rem; padding: .4rem .5rem;
  font: inherit; color: inherit; background: var(--hcs-sunken);
  border: 1px solid var(--hcs-edge); border-radius: var(--hcs-round-small); }
button, .button { display: inline-block; padding: .4rem 1rem; font: inherit;
  text-decoration: none; cursor: pointer; color: var(--hcs-on-accent);
  background: var(--hcs-accent); border: 1px solid var(--hcs-accent);
  border-radius: var(--hcs-round-small); }
button.small { padding: .05rem .5rem; color: var(--hcs-ink);
  background: var(--hcs-surface); border-color: var(--hcs-edge); }
:focus-visible { outline: 2px solid var(--hcs-accent); outline-offset: 2px; }
a { color: var(--hcs-accent); }
[role="alert"] { margin: 0 0 1rem; padding: .5rem .75rem;
  background: var(--hcs-bad-wash); border: 1px solid var(--hcs-bad);
  border-radius: var(--hcs-round); overflow-wrap: anywhere; }
.soft { color: var(--hcs-soft); }
code { font-family: var(--hcs-mono); overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .8125rem; }
th, td { padding: .25rem .75rem .25rem 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--hcs-line); overflow-wrap: anywhere; }
form.inline { display: inline; }
"""

_STYLE = css() + _RULES


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


POLICY = (
    f"default-src 'none'; style-src 'sha256-{_digest(_STYLE)}'; base-uri 'none'; "
    f"form-action 'self'; frame-ancestors 'none'"
)
"""Content-Security-Policy of these pages: their one style, and forms to this server."""


def plain_page(
    title: str, body: str, *, alarm: str = "", more: str = "", wide: bool = False
) -> str:
    """Return a page.

    Parameters
    ----------
    title
        In words; escaped here.
    body
        HTML; whoever makes it has escaped what is in it.
    alarm
        What went wrong, in words; escaped here.
    more
        HTML for the head.
    wide
        Whether it holds tables.
    """
    return _PAGE.format(
        title=escape(title),
        style=_STYLE,
        more=more,
        kind="wide" if wide else "narrow",
        alarm=f'<p role="alert">{escape(alarm)}</p>\n' if alarm else "",
        body=body,
    )


def going_on_page(address: str, title: str = "Opening") -> str:
    """Return a page that goes on to an address of this server by itself.

    Browsers leave cookies out of a request that another site began, redirects
    included; what this page asks for is asked for by this server.
    """
    goal = escape(address, quote=True)
    return plain_page(
        title,
        f'<p><a href="{goal}">Go on</a></p>',
        more=f'<meta http-equiv="refresh" content="0; url={goal}">\n',
    )
