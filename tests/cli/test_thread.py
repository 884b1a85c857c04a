from typing import Any

import pytest

from chargehand.cli.thread import adf_lines, read_thread


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def block(kind: str, *content: Any, **attrs: Any) -> dict[str, Any]:
    return {"type": kind, "content": list(content), "attrs": attrs}


@pytest.mark.parametrize(
    ("node", "lines"),
    [
        pytest.param(block("paragraph", text("one")), ["one"], id="paragraph"),
        pytest.param(
            block("paragraph", text("a"), {"type": "hardBreak"}, text("b")), ["a", "b"], id="break"
        ),
        pytest.param(
            block("paragraph", {"type": "mention", "attrs": {"id": "1", "text": "@Ana"}}),
            ["@Ana"],
            id="mention",
        ),
        pytest.param(
            block("paragraph", {"type": "inlineCard", "attrs": {"url": "http://x/PAY-1"}}),
            ["http://x/PAY-1"],
            id="card",
        ),
        pytest.param(
            block(
                "bulletList",
                block("listItem", block("paragraph", text("a"))),
                block(
                    "listItem",
                    block("paragraph", text("b")),
                    block("orderedList", block("listItem", block("paragraph", text("c")))),
                ),
            ),
            ["- a", "- b", "  1. c"],
            id="lists",
        ),
        pytest.param(block("blockquote", block("paragraph", text("said"))), ["| said"], id="quote"),
        pytest.param(block("codeBlock", text("x = 1")), ["    x = 1"], id="code"),
        pytest.param(
            block("expand", block("paragraph", text("in")), title="More about PAY-7"),
            ["[+] More about PAY-7", "    in"],
            id="fold",
        ),
        pytest.param(
            block("panel", block("paragraph", text("of a kind not known"))),
            ["of a kind not known"],
            id="unknown",
        ),
        pytest.param("no node", [], id="no-node"),
    ],
)
def test_block_is_read_as_lines(node: Any, lines: list[str]) -> None:
    assert adf_lines(node) == lines


def test_thread_names_author_and_time_of_every_comment() -> None:
    comment = {
        "id": "10001",
        "author": {"accountId": "1", "displayName": "Ana Ruiz"},
        "created": "2026-11-17T16:40:36.597+0000",
        "body": {"type": "doc", "version": 1, "content": [block("paragraph", text("hi"))]},
    }

    (remark,) = read_thread({"total": 1, "comments": [comment]})

    assert (remark.author, remark.lines) == ("Ana Ruiz", ("hi",))
    assert remark.written_at.isoformat() == "2026-11-17T16:40:36.597000+00:00"
