"""The frame of every page that needs no script: one style, nothing loaded from anywhere."""

import base64
import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from html import escape

from starlette.responses import HTMLResponse

_STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --line: #d9dee5;
  --paper: #ffffff; --tint: #f4f6f9; --good: #1a7f4b; --bad: #b3261e; --link: #0b5cad; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --soft: #9aa6b5;
  --line: #333c48; --paper: #14181e; --tint: #1c222b; --good: #57c78c; --bad: #ff8a80;
  --link: #7ab8ff; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 54rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; }
h2 { font-size: 1.15rem; margin: 2.25rem 0 .6rem; }
h3 { font-size: 1rem; margin: 1.5rem 0 .4rem; overflow-wrap: anywhere; }
a { color: var(--link); }
p, ul, ol { margin: .4rem 0; }
.soft { color: var(--soft); }
.good { color: var(--good); font-weight: 600; }
.bad { color: var(--bad); font-weight: 600; }
code, pre { font: .9em/1.5 ui-monospace, monospace; background: var(--tint); }
code { padding: .1em .3em; border-radius: .25rem; overflow-wrap: anywhere; }
td:first-child code { white-space: nowrap; }
pre { padding: .75rem 1rem; border-radius: .4rem; overflow-x: auto; }
pre code { padding: 0; background: none; }
.wide { overflow-x: auto; }
.whole { white-space: nowrap; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .45rem .9rem .45rem 0;
  border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; font-size: .875rem; }
label { display: block; font-weight: 600; margin: .8rem 0 .2rem; }
input { font: inherit; width: 100%; max-width: 24rem; padding: .5rem .6rem; color: inherit;
  background: var(--tint); border: 1px solid var(--line); border-radius: .4rem; }
button, .button { font: inherit; font-weight: 600; display: inline-block; padding: .45rem .9rem;
  border: 0; border-radius: .4rem; background: var(--link); color: var(--paper);
  text-decoration: none; cursor: pointer; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; frame-ancestors 'none'; "
    "base-uri 'none'; form-action "
)

_CODE = re.compile(r"`([^`]+)`")


def page(title: str, body: str) -> HTMLResponse:
    """A whole page; `body` is HTML whose texts are escaped already."""
    return _page(title, body, forms="'none'")


def form_page(title: str, body: str) -> HTMLResponse:
    """A whole page whose forms go to this server alone."""
    shown = _page(title, body, forms="'self'")
    # Without a referrer browsers would not say either that a form comes from here.
    shown.headers["referrer-policy"] = "same-origin"
    return shown


def _page(title: str, body: str, *, forms: str) -> HTMLResponse:
    content = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><main>{body}</main></body></html>"
    )
    headers = {"content-security-policy": _POLICY + forms, "cache-control": "no-store"}
    return HTMLResponse(content, headers=headers)


def table(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A table; the cells are HTML whose texts are escaped already."""
    head = "".join(f"<th>{escape(column)}</th>" for column in columns)
    lines = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return (
        f'<div class="wide"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{lines}</tbody></table></div>"
    )


def worded(text: str) -> str:
    """Text for people; what stands between backticks is code."""
    return _CODE.sub(r"<code>\1</code>", escape(text))


def moment(at: datetime, clock_format: str = "%H:%M") -> str:
    """A moment in UTC; where a line is too short the clock goes onto the next one."""
    day, clock = at.strftime("%a %Y-%m-%d"), at.strftime(clock_format)
    return (
        f'<time datetime="{at.isoformat()}"><span class="whole">{day}</span> '
        f'<span class="whole">{clock} UTC</span></time>'
    )
