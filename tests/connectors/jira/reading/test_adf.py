import json
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chargehand.connectors.jira.text.adf import adf_to_text, read_adf
from chargehand.domain.text import LineKind, mentioned_accounts
from tests.connectors.jira.reading.samples import BOT, CONTRACTS

BODY, QUOTE, CODE = LineKind.BODY, LineKind.QUOTE, LineKind.CODE
SCHEMA = CONTRACTS / "jira" / "adf-full.schema.json"
MENTION = {"type": "mention", "attrs": {"id": BOT, "text": "@chargehand"}}


def text(words: str, *marks: str) -> dict[str, Any]:
    node: dict[str, Any] = {"type": "text", "text": words}
    return node | ({"marks": [{"type": mark} for mark in marks]} if marks else {})


def paragraph(*children: Any) -> dict[str, Any]:
    return {"type": "paragraph", "content": list(children)}


def doc(*children: Any) -> dict[str, Any]:
    return {"version": 1, "type": "doc", "content": list(children)}


def block(name: str, *children: Any, **attrs: Any) -> dict[str, Any]:
    return {"type": name, "content": list(children)} | ({"attrs": attrs} if attrs else {})


ASK = paragraph(MENTION, text(" due?"))
SHOWN = "@chargehand due?"
EVERYTHING = doc(
    block("heading", text("Plan"), level=2),
    paragraph(text("plain "), text("bold", "strong"), text(" gone", "strike"), MENTION),
    paragraph(
        {"type": "emoji", "attrs": {"shortName": ":smile:", "text": "\U0001f604"}},
        {"type": "hardBreak"},
        {"type": "date", "attrs": {"timestamp": "1794819723123"}},
        text(" "),
        {"type": "status", "attrs": {"text": "In Review", "color": "blue"}},
        text(" "),
        {"type": "inlineCard", "attrs": {"url": "https://x.example/1"}},
    ),
    block("bulletList", block("listItem", ASK, block("orderedList", block("listItem", ASK)))),
    block(
        "taskList",
        block("taskItem", MENTION, text(" open"), localId="t1", state="TODO"),
        block("taskItem", MENTION, text(" ticked"), localId="t2", state="DONE"),
        localId="t0",
    ),
    block(
        "decisionList", block("decisionItem", MENTION, localId="d1", state="DECIDED"), localId="d0"
    ),
    block(
        "table",
        block("tableRow", block("tableHeader", ASK), block("tableHeader", paragraph(text("h")))),
        block("tableRow", block("tableCell", ASK), block("tableCell", paragraph(text("c")))),
    ),
    block("panel", ASK, panelType="info"),
    block("expand", ASK, title="More"),
    block("blockquote", ASK),
    block("codeBlock", text("a = 1\n  b = 2"), language="python"),
    {"type": "rule"},
    block(
        "mediaSingle",
        {"type": "media", "attrs": {"type": "file", "id": "m", "collection": "c", "alt": "due"}},
        layout="center",
    ),
    {"type": "blockCard", "attrs": {"url": "https://x.example/2"}},
)


def shown(document: object) -> list[tuple[LineKind, str]]:
    return [(line.kind, line.text) for line in read_adf(document).lines]


def test_every_usual_node_is_read_in_order() -> None:
    assert shown(EVERYTHING) == [
        (BODY, "Plan"),
        (BODY, "plain bold~~ gone~~@chargehand"),
        (BODY, "\U0001f604"),
        (BODY, "2026-11-16 In Review https://x.example/1"),
        (BODY, SHOWN),
        (BODY, SHOWN),
        (BODY, "@chargehand open"),
        (QUOTE, "@chargehand ticked"),
        (BODY, "@chargehand"),
        (BODY, SHOWN),
        (BODY, "h"),
        (BODY, SHOWN),
        (BODY, "c"),
        (BODY, SHOWN),
        (BODY, "More"),
        (BODY, SHOWN),
        (QUOTE, SHOWN),
        (CODE, "a = 1"),
        (CODE, "  b = 2"),
        (BODY, "https://x.example/2"),
    ]


def test_text_for_facts_is_the_same_lines() -> None:
    assert adf_to_text(doc(ASK, block("blockquote", ASK))) == f"{SHOWN}\n{SHOWN}"
    assert adf_to_text(None) == ""


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        pytest.param(
            doc(block("blockquote", block("bulletList", block("listItem", ASK)))),
            [(QUOTE, SHOWN)],
            id="list-in-quote",
        ),
        pytest.param(
            doc(block("listItem", block("blockquote", block("codeBlock", text("x"))))),
            [(CODE, "x")],
            id="code-in-quote",
        ),
        pytest.param(
            doc(block("panel", block("nestedExpand", ASK, title="T"))),
            [(BODY, "T"), (BODY, SHOWN)],
            id="nested-expand",
        ),
        pytest.param(doc(block("hologram", ASK)), [(BODY, SHOWN)], id="unknown-block"),
        pytest.param(
            doc(paragraph(text("do not "), block("glow", text("ever ")), text("close"))),
            [(BODY, "do not ever close")],
            id="unknown-inline-keeps-the-line",
        ),
        pytest.param(
            doc(paragraph(text("do not "), None, text("close"))),
            [(BODY, "do not close")],
            id="null-keeps-the-line",
        ),
        pytest.param(
            doc(paragraph({"type": "sparkle", "text": "x"})), [(BODY, "x")], id="unknown-leaf"
        ),
        pytest.param(
            doc(paragraph({"type": "mention", "attrs": {"id": BOT}})),
            [(BODY, f"@{BOT}")],
            id="mention-without-name",
        ),
        pytest.param(
            doc(paragraph(text("gone", "strike"), MENTION)),
            [(QUOTE, "~~gone~~@chargehand")],
            id="all-struck-out",
        ),
        pytest.param(
            doc(paragraph(text("a\u202eb\u200b\n\ue000c"))),
            [(BODY, "ab"), (BODY, "c")],
            id="hidden-characters",
        ),
        pytest.param(paragraph(MENTION), [(BODY, "@chargehand")], id="node-without-document"),
    ],
)
def test_odd_documents_are_read_sensibly(
    document: object, expected: list[tuple[LineKind, str]]
) -> None:
    assert shown(document) == expected


@pytest.mark.parametrize(
    "node",
    [
        pytest.param({"type": "mention"}, id="mention-without-attributes"),
        pytest.param({"type": "mention", "attrs": {"id": 7, "text": []}}, id="mention-of-a-number"),
        pytest.param({"type": "date", "attrs": {"timestamp": "soon"}}, id="date-in-words"),
        pytest.param({"type": "date", "attrs": {"timestamp": "9" * 40}}, id="date-far-away"),
        pytest.param({"type": "date", "attrs": {"timestamp": 10**5_000}}, id="date-huge"),
        pytest.param({"type": "date", "attrs": {"timestamp": "\u0661"}}, id="date-in-other-digits"),
        pytest.param({"type": "inlineCard", "attrs": {"data": 5}}, id="card-without-address"),
        pytest.param({"type": ["text"], "text": 5, "content": "abc"}, id="wrong-types"),
        pytest.param({"type": "mediaInline", "attrs": {"alt": "close it"}}, id="picture"),
        pytest.param(5, id="number"),
        pytest.param(["text"], id="list"),
    ],
)
def test_unreadable_node_says_nothing(node: object) -> None:
    reading = read_adf(doc(paragraph(node)))

    assert reading.lines == ()


def test_mention_in_code_is_only_text() -> None:
    lines = read_adf(doc(block("codeBlock", MENTION))).lines

    assert mentioned_accounts(lines) == ()
    assert [line.text for line in lines] == ["@chargehand"]


def test_depth_and_size_are_bounded() -> None:
    deep: Any = ASK
    for _ in range(50_000):
        deep = block("blockquote", deep)
    wide = doc(*[paragraph()] * 200_000, ASK)

    assert shown(deep) == [(QUOTE, SHOWN)]
    assert read_adf(wide).was_cut
    assert read_adf(doc(paragraph(text("x" * 200_000)))).was_cut


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda children: (
        st.lists(children, max_size=4)
        | st.fixed_dictionaries(
            {},
            optional={
                "type": st.sampled_from(["doc", "text", "mention", "date", "taskItem"]) | children,
                "text": children,
                "attrs": children,
                "marks": children,
                "content": children,
            },
        )
    ),
    max_leaves=30,
)


@settings(max_examples=300, deadline=None)
@given(document=JSON_VALUES)
def test_any_json_is_read(document: Any) -> None:
    reading = read_adf(document)

    assert all(line.spans and line.text.strip() for line in reading.lines)
    json.dumps(adf_to_text(document), ensure_ascii=False).encode()


@pytest.fixture(scope="module")
def schema() -> Any:
    if not SCHEMA.is_file():
        pytest.skip(f"no {SCHEMA.name}: set CHARGEHAND_CONTRACTS")
    return json.loads(SCHEMA.read_text(encoding="utf-8"))


@pytest.mark.contract
def test_the_document_of_these_tests_is_valid_adf(schema: Any) -> None:
    jsonschema_rs.validator_for(schema).validate(EVERYTHING)


@pytest.mark.contract
def test_every_container_of_the_schema_lets_mentions_through(schema: Any) -> None:
    deaf = {
        name
        for name in container_names(schema)
        if mentioned_accounts(read_adf(doc(block(name, ASK))).lines) != (BOT,)
    }

    assert len(container_names(schema)) >= 20
    assert deaf == {"codeBlock"}


def container_names(schema: Any) -> set[str]:
    nodes = [
        definition["properties"]
        for definition in schema["definitions"].values()
        if "content" in definition.get("properties", {})
    ]
    return {node["type"]["enum"][0] for node in nodes if "enum" in node.get("type", {})}
