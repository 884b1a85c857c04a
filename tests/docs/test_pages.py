"""Every page can be found, leads somewhere, and says what it is for."""

import re
from pathlib import Path

import pytest

from tests.docs.pages import (
    DOCS,
    INDEX,
    PAGES,
    ROOT,
    anchors_of,
    links_of,
    name_of,
    prose_of,
    sentences_of,
    target_of,
)

_TWO_SENTENCES = re.compile(r"[a-z)”`0-9][.?!] +[A-Z]")
_OUTSIDE = sorted(ROOT.glob("*.md"))
# Docstrings keep their own lines; what is made from them is nobody's to break.
_WRITTEN = [page for page in PAGES if "<!-- Generated" not in page.read_text(encoding="utf-8")]


@pytest.mark.parametrize("page", [*PAGES, *_OUTSIDE], ids=name_of)
def test_links_of_a_page_lead_to_a_file_and_to_a_heading_there(page: Path) -> None:
    broken = [
        link
        for link in links_of(page)
        if not target_of(page, link).exists()
        or ("#" in link and link.partition("#")[2] not in anchors_of(target_of(page, link)))
    ]

    assert broken == []


def test_every_page_is_reached_from_the_index() -> None:
    reached: set[Path] = set()
    waiting = [INDEX]
    while waiting:
        page = waiting.pop()
        if page in reached or not page.is_file():
            continue
        reached.add(page)
        if page.suffix == ".md" and page.is_relative_to(DOCS):
            waiting += [target_of(page, link) for link in links_of(page)]

    kept = {file for file in DOCS.rglob("*") if file.is_file()}
    assert sorted(name_of(file) for file in kept - reached) == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_page_has_one_title_and_then_says_what_it_is_for(page: Path) -> None:
    lines = [line for line in prose_of(page).splitlines() if line and not line.startswith("<!--")]

    assert lines[0].startswith("# ")
    assert [line for line in lines[1:] if line.startswith("# ")] == []
    assert re.match(r"[^#|].*[.:]$", lines[1])


@pytest.mark.parametrize("page", _WRITTEN, ids=name_of)
def test_a_line_of_prose_holds_one_sentence(page: Path) -> None:
    crowded = [line for line in sentences_of(page) if _TWO_SENTENCES.search(line)]

    assert crowded == []
