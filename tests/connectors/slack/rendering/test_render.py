"""Markdown becomes mrkdwn that shows the same words, pages nobody and fits Slack's limits."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chargehand.connectors.slack.render import (
    PART_LIMIT,
    MessageTooLong,
    plain_label,
    render_parts,
    render_sections,
)
from chargehand.kit.graphemes import clusters, utf16_units

HOSTILE = st.sampled_from(
    [
        "<!channel>",
        "<!here>",
        "<!everyone|x>",
        "<!subteam^S0ABC|@group>",
        "<@U0MEI>",
        "<#C0PAY>",
        "[<!channel>](https://a.example)",
        "[x](https://a.example/<!here>)",
        "<https://a.example|<!here>>",
        "`<@U0MEI>`",
        "```\n<!channel>\n```",
        "&lt;!channel&gt;",
        "\\<!channel>",
        "@channel",
        "> <!here>",
        "| <!here> | b |\n|---|---|\n| <@U0MEI> | <!channel> |",
    ]
)
# Whatever stands in angle brackets must lead to an address.
ALIVE = re.compile(r"<(?!https?://|mailto:)")
WORDS = st.lists(
    st.one_of(
        HOSTILE,
        st.text(max_size=40),
        st.text(alphabet="ab \n*_~`>#-|<>[]()!&👩‍💻🇩🇪é\u0301", max_size=60),
        st.integers(1, 60).map(lambda n: "word " * n * 20),
        st.integers(1, 40).map(lambda n: "👩‍💻" * n * 40),
        st.integers(1, 3).map(lambda n: "x" * 1_700 * n),
        st.integers(1, 80).map(lambda n: "```\n" + "code & <more>\n" * n + "```"),
        st.integers(1, 60).map(lambda n: "\n".join(f"- item {i}" for i in range(n))),
    ),
    min_size=1,
    max_size=8,
).map("\n\n".join)


@settings(max_examples=60, deadline=None)
@given(markdown=WORDS)
def test_no_words_page_anybody(markdown: str) -> None:
    for part in render_parts(markdown):
        assert ALIVE.search(part) is None


@settings(max_examples=60, deadline=None)
@given(markdown=WORDS)
def test_parts_fit_and_are_never_empty(markdown: str) -> None:
    for part in render_parts(markdown):
        assert part.strip()
        assert utf16_units(part) <= PART_LIMIT


@settings(max_examples=60, deadline=None)
@given(markdown=st.text(alphabet="abcdefg hijk\n.,;", max_size=9_000).filter(str.strip))
def test_no_word_is_lost_between_parts(markdown: str) -> None:
    parts = render_parts(markdown)

    assert "".join("".join(parts).split()) == "".join(markdown.split())


@settings(max_examples=40, deadline=None)
@given(count=st.integers(1, 9_000), sign=st.sampled_from(["👩‍💻", "🇩🇪", "é", "👍🏽", "&", "<"]))
@example(count=599, sign="👩‍💻")
@example(count=599, sign="&")
def test_no_sign_is_cut_in_two(count: int, sign: str) -> None:
    parts = render_parts("x" + sign * count)

    shown = {"&": "&amp;", "<": "&lt;"}.get(sign, sign)
    assert "".join(parts) == "x" + shown * count
    assert all(not part.replace("x", "").replace(shown, "") for part in parts)


@settings(max_examples=150, deadline=None)
@given(text=st.text(max_size=200))
def test_clusters_are_the_text(text: str) -> None:
    assert "".join(clusters(text)) == text
    assert "" not in clusters(text)


@pytest.mark.parametrize(
    ("markdown", "mrkdwn"),
    [
        ("**bold** *em* ~~gone~~ `a<b`", "*bold* _em_ ~gone~ `a&lt;b`"),
        ("# Title **here**\n\ntext", "*Title here*\n\ntext"),
        ("- a\n- b\n  1. c\n  2. d", "• a\n• b\n    1. c\n    2. d"),
        ("> quoted\n> more", "&gt; quoted\n&gt; more"),
        ("```py\nx < 1\n```", "```\nx &lt; 1\n```"),
        ("| a | b |\n|--|--|\n| 1 | 2 |", "*a* | *b*\n1 | 2"),
        ("[PAY-7](https://a.example/b?c=1&d=2)", "<https://a.example/b?c=1&amp;d=2|PAY-7>"),
        ("<https://a.example>", "<https://a.example>"),
        ("[a|b](https://a.example/x|y)", "<https://a.example/x%7Cy|a/b>"),
        ("**one\ntwo**", "*one*\n*two*"),
        ("---", "———"),
        ("a & b", "a &amp; b"),
        ("&lt;!here&gt;", "&amp;lt;!here&amp;gt;"),
    ],
)
def test_markdown_as_slack_writes_it(markdown: str, mrkdwn: str) -> None:
    assert render_parts(markdown) == (mrkdwn,)


def test_a_mention_stands_ahead_of_everything() -> None:
    assert render_parts("hello", mention="U0MEI") == ("<@U0MEI> hello",)
    assert render_parts("```\nx\n```", mention="U0MEI") == ("<@U0MEI>\n```\nx\n```",)


def test_a_long_text_ends_at_a_paragraph() -> None:
    paragraph = "word " * 250

    parts = render_parts("\n\n".join(paragraph.strip() for _ in range(4)))

    assert parts == (f"{paragraph.strip()}\n\n{paragraph.strip()}",) * 2


def test_long_code_is_code_in_every_part() -> None:
    parts = render_parts("```\n" + "let x = 1;\n" * 600 + "```")

    assert len(parts) == 3
    assert all(part.startswith("```\n") and part.endswith("\n```") for part in parts)


def test_what_stays_one_message_says_how_much_too_long_it_is() -> None:
    with pytest.raises(MessageTooLong, match="makes 11 parts of 3000 characters"):
        render_sections("x" * 2_900 + ("\n\n" + "x" * 2_900) * 10)


@pytest.mark.parametrize(
    ("label", "limit", "shown"),
    [("short", 10, "short"), ("👩‍💻👩‍💻👩‍💻", 11, "👩‍💻👩‍💻…"), ("a\nb", 10, "a⟨U+000A⟩b")],
)
def test_a_label_is_cut_between_signs(label: str, limit: int, shown: str) -> None:
    assert plain_label(label, limit) == shown
