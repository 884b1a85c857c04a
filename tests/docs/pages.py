"""The pages of docs/ as the checks about them see them."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
INDEX = DOCS / "README.md"
PAGES = sorted(DOCS.rglob("*.md"))

_LINK = re.compile(r"\]\((?!https?:|mailto:)([^)\s]+)\)")
_FENCE = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_NUMBER = re.compile(r"^\d+\. ")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def name_of(page: Path) -> str:
    """The page's name for the id of a test."""
    return page.relative_to(ROOT).as_posix()


def prose_of(page: Path) -> str:
    """The text of a page without its blocks of code."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def links_of(page: Path) -> list[str]:
    """Where a page links to inside the repository, as written."""
    return _LINK.findall(_CODE.sub("", prose_of(page)))


def target_of(page: Path, link: str) -> Path:
    """The file a link leads to; the page itself for a bare anchor."""
    file = link.partition("#")[0]
    return (page.parent / file).resolve() if file else page


def anchors_of(page: Path) -> set[str]:
    """The anchors a page's headings make."""
    return {_anchor(heading) for heading in _HEADING.findall(prose_of(page))}


def sentences_of(page: Path) -> Iterator[str]:
    """The lines of prose, without tables, headings, indented text, lists' marks and code."""
    for line in prose_of(page).splitlines():
        if line.startswith(("|", "#", "    ", "<!--", "-->")) or not line.strip():
            continue
        yield _CODE.sub("code", _NUMBER.sub("", line.strip()))


def _anchor(heading: str) -> str:
    kept = re.sub(r"[^\w\- ]", "", heading.lower())
    return kept.replace(" ", "-")
