"""What people look up is written down: settings, environment names, notices, decisions."""

import ast
import re
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from chargehand.config.environment import NAMES, read_connection_environment
from chargehand.config.settings import Settings
from tests.docs.pages import DOCS, INDEX, ROOT

SOURCE = ROOT / "src" / "chargehand"
NAMES_PAGE = DOCS / "howto" / "environment-names.md"
NOTICES_PAGE = DOCS / "howto" / "when-something-is-wrong.md"
DECISIONS = sorted((DOCS / "decisions").glob("*.md"))
_ENVIRONMENT_OF_ONE = re.compile(r"environ\.get\(\"([A-Z_]+)\"|envvar=\"([A-Z_]+)\"")


def _section_keys() -> list[tuple[str, str]]:
    return [
        (section, key)
        for section, field in Settings.model_fields.items()
        for model in (field.annotation, *get_args(field.annotation))
        if isinstance(model, type) and issubclass(model, BaseModel)
        for key in model.model_fields
    ]


@pytest.mark.parametrize(
    ("section", "key"), _section_keys(), ids=lambda part: part if isinstance(part, str) else None
)
def test_settings_page_explains_every_key_in_its_section(section: str, key: str) -> None:
    page = (DOCS / "reference" / "settings.md").read_text(encoding="utf-8")
    part = re.split(r"^## ", page, flags=re.MULTILINE)
    own = next(text for text in part if text.startswith((f"`[{section}]`", f"`[[{section}]]`")))

    assert re.search(rf"^\| `{key}` \| [^|]+ \| [^|]*\|$", own, flags=re.MULTILINE)


def test_every_environment_name_is_listed_with_its_setting_and_no_other_is() -> None:
    page = NAMES_PAGE.read_text(encoding="utf-8")

    listed = re.findall(r"^\| `([A-Z_]+)` \| `([a-z_]+\.[a-z_]+)` \|", page, flags=re.MULTILINE)

    assert listed == [(entry.name, entry.field) for entry in NAMES]


def test_names_of_one_of_several_connections_are_listed_and_work() -> None:
    page = NAMES_PAGE.read_text(encoding="utf-8")
    rows = re.findall(r"^\| `CHARGEHAND_<ID>_([A-Z_]+)` \| `(\w+)` \|", page, flags=re.MULTILINE)
    environ = {f"CHARGEHAND_JIRA_EU_{suffix}": "given" for suffix, _ in rows}

    found = read_connection_environment("jira-eu", environ)

    assert sorted(found) == sorted(field for _, field in rows)
    assert len(rows) == 6


def test_names_that_are_no_settings_are_listed() -> None:
    page = NAMES_PAGE.read_text(encoding="utf-8")
    texts = (file.read_text(encoding="utf-8") for file in (SOURCE / "cli").glob("*.py"))

    read = {name for text in texts for pair in _ENVIRONMENT_OF_ONE.findall(text) for name in pair}

    assert sorted(name for name in read if name and f"`{name}`" not in page) == []


def _notice_codes() -> set[str]:
    """The second argument of every call of `tell_operator`."""
    codes = set()
    for file in SOURCE.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        if "tell_operator" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("tell_operator"):
                codes.add(ast.literal_eval(node.args[1]))
    return codes


def test_every_notice_has_its_cause_and_its_cure_and_no_other_is_told_of() -> None:
    page = NOTICES_PAGE.read_text(encoding="utf-8")
    told = re.findall(
        r"^### `(\w+)`\n\n- \*\*Cause:\*\* \S.*(?:\n  \S.*)*\n- \*\*Cure:\*\* \S",
        page,
        flags=re.MULTILINE,
    )

    assert len(told) == len(set(told))
    assert set(told) == _notice_codes()


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = [int(page.name[:4]) for page in DECISIONS]

    assert numbers == list(range(1, len(DECISIONS) + 1))


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_index_lists_a_decision_by_its_title(page: Path) -> None:
    title = page.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")

    assert f"[{title}](decisions/{page.name})" in INDEX.read_text(encoding="utf-8")
