"""Docs that a person writes, where they must keep up with the code."""

import re
from pathlib import Path

import pytest

from chargehand.domain.event import EventKind

ROOT = Path(__file__).parents[2]
ROOMS = sorted(
    folder.name
    for folder in (ROOT / "src" / "chargehand").iterdir()
    if (folder / "__init__.py").is_file()
)


def test_glossary_explains_every_event_kind_and_no_other() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text()

    explained = re.findall(r"^\| `([a-z_.]+)` \| \S.*\|$", text, flags=re.MULTILINE)

    assert sorted(explained) == sorted(kind.value for kind in EventKind)


@pytest.mark.parametrize("room", ROOMS)
def test_contributing_says_what_lives_in_every_room(room: str) -> None:
    table = (ROOT / "CONTRIBUTING.md").read_text()

    assert re.search(rf"\| `{room}[`/]", table)


@pytest.mark.parametrize(
    "page", sorted((ROOT / "docs" / "decisions").glob("*.md")), ids=lambda page: page.stem
)
def test_decision_has_its_four_parts_and_fits_on_a_page(page: Path) -> None:
    text = page.read_text()

    parts = re.findall(r"^## (.+)$", text, flags=re.MULTILINE)

    assert parts[:4] == ["Context", "Decision", "Consequences", "Alternatives"]
    assert re.match(rf"# {page.name[:4]}: \S", text)
    assert len(text.splitlines()) <= 80


def test_links_between_docs_lead_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    links = [
        (page.relative_to(ROOT), target)
        for page in pages
        for target in re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", page.read_text())
        if not (page.parent / target).exists()
    ]

    assert links == []
