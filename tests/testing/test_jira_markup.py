"""Wiki markup to ADF and back, held against Atlassian's own schema."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from chargehand.testing.jira.adf import adf_to_wiki, is_document
from chargehand.testing.jira.wiki import wiki_to_adf

NAMES = {"a:1": "Ana Ruiz"}
TEXTS = {
    "empty": "",
    "blank": "  \n \n",
    "words": "Who is on it?",
    "two lines": "one\ntwo",
    "paragraphs": "one\n\ntwo",
    "mention": "[~accountid:a:1] status?",
    "marks": "*bold* _em_ {{code}} [link|https://example.com/x] [https://example.com]",
    "snake case": "keep some_snake_case and 2*3*4",
    "escapes": r"\[~accountid:a:1] \*not bold\*",
    "bullets": "* one\n** two [~accountid:a:1]\n* three",
    "numbers": "# one\n# two",
    "dash list": "- one\n- two",
    "mixed lists": "* one\n# two",
    "heading": "h2. Title\ntext",
    "quote": "{quote}\nh1. x\n[~accountid:a:1] said\n\n* this\n{quote}\nand I say",
    "line quote": "bq. [~accountid:a:1] help",
    "open quote": "{quote}never closed",
    "code": "{code:python}\nx = [~accountid:a:1]\n{code}\nafter",
    "noformat": "{noformat}a\nb{noformat}",
    "empty code": "{code}\n{code}",
    "table": "||who||what||\n|[~accountid:a:1]|[x|https://example.com]|\n| | |",
    "rule": "a\n----\nb",
    "windows line ends": "one\r\ntwo\r\n\r\n* three\r\n",
    "bidi": "a\u202eb\u0007",
    "stars": "* \n** \n*",
    "brackets": "[ [~accountid:] [~] {quote {code",
}


@pytest.fixture(scope="session")
def schema(contracts: Path) -> Any:
    text = (contracts / "jira" / "adf-full.schema.json").read_text("utf-8")
    return jsonschema_rs.validator_for(json.loads(text))


@pytest.mark.contract
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_wiki_becomes_valid_adf(text: str, schema: Any) -> None:
    document = wiki_to_adf(text, NAMES)

    assert [error.message for error in schema.iter_errors(document)] == []
    assert is_document(document)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_wiki_of_adf_reads_the_same_again(text: str) -> None:
    wiki = adf_to_wiki(wiki_to_adf(text, NAMES))

    assert "accountid:a:1" in wiki or "accountid:a:1" not in text.replace("\\", "")
    assert adf_to_wiki(wiki_to_adf(wiki, NAMES)).split() == wiki.split()


def mentions(node: dict[str, Any]) -> list[str]:
    own = [node["attrs"]["id"]] if node["type"] == "mention" else []
    return own + [found for child in node.get("content", []) for found in mentions(child)]


@pytest.mark.parametrize(
    "name", ["mention", "bullets", "quote", "line quote", "table"], ids=lambda name: name
)
def test_mention_token_becomes_a_mention_node_anywhere(name: str) -> None:
    assert mentions(wiki_to_adf(TEXTS[name], NAMES)) == ["a:1"]


@pytest.mark.parametrize("name", ["code", "escapes"])
def test_mention_token_in_code_or_escaped_is_text(name: str) -> None:
    assert mentions(wiki_to_adf(TEXTS[name], NAMES)) == []


def paragraph(*content: dict[str, Any]) -> dict[str, Any]:
    return {"type": "paragraph", "content": [*content]}


WORD = {"type": "text", "text": "x"}
VALID: dict[str, dict[str, Any]] = {
    "panel": {"type": "panel", "attrs": {"panelType": "info"}, "content": [paragraph()]},
    "status": paragraph({"type": "status", "attrs": {"text": "a", "color": "red"}}),
    "expand": {"type": "expand", "attrs": {"title": "t"}, "content": [paragraph(WORD)]},
    "card": paragraph({"type": "inlineCard", "attrs": {"url": "https://example.com"}}),
    "empty paragraph": {"type": "paragraph"},
}
INVALID: dict[str, dict[str, Any]] = {
    "paragraph in list": {"type": "bulletList", "content": [paragraph(WORD)]},
    "table in quote": {"type": "blockquote", "content": [{"type": "table"}]},
    "link without href": paragraph(WORD | {"marks": [{"type": "link", "attrs": {}}]}),
    "heading without level": {"type": "heading", "content": [WORD]},
    "type no text": {"type": ["paragraph"]},
    "mark no text": paragraph(WORD | {"marks": [{"type": {}}]}),
}


@pytest.mark.contract
@pytest.mark.parametrize("node", VALID.values(), ids=VALID.keys())
def test_valid_structure_is_taken_as_the_schema_does(node: dict[str, Any], schema: Any) -> None:
    document = {"type": "doc", "version": 1, "content": [node]}

    assert is_document(document)
    assert schema.is_valid(document)


@pytest.mark.contract
@pytest.mark.parametrize("node", INVALID.values(), ids=INVALID.keys())
def test_invalid_structure_is_refused_as_the_schema_does(node: dict[str, Any], schema: Any) -> None:
    document = {"type": "doc", "version": 1, "content": [node]}

    assert not is_document(document)
    assert not schema.is_valid(document)


def test_absurd_nesting_is_refused() -> None:
    node = paragraph(WORD)
    for _ in range(2000):
        node = {"type": "bulletList", "content": [{"type": "listItem", "content": [node]}]}

    assert is_document({"type": "doc", "version": 1, "content": [node]}) is False
