"""Bitbucket's Markdown: no word lost, nobody called, no HTML, nothing cut."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chargehand.connectors.bitbucket.params import CommentParams, MentionParam
from chargehand.connectors.bitbucket.render import render_comment
from chargehand.connectors.bitbucket.text import Mentions, read_markdown
from chargehand.decisions.markdown import shown
from chargehand.domain.ids import AccountId
from chargehand.plugins.markdown_dialects import BITBUCKET_LIMIT_CHARS
from chargehand.plugins.markdown_dialects import bitbucket_markdown as render
from chargehand.plugins.markdown_writing import TextTooLong

CLOUD, DATA_CENTER = Mentions(is_cloud=True), Mentions(is_cloud=False)
HOSTILE = [
    "@{712020:ana} look",
    '@tom and @"tom berg"',
    "<script>alert(1)</script>",
    "<img src=x onerror=y>",
    "**bold** `code` [link](javascript:x)",
    "# heading",
    "1. one",
    "> quoted",
    "&lt;b&gt; &#64;{712020:ana}",
    "a | b",
    "~~gone~~",
    "![image](https://evil.example.com/x.png)",
    "```",
    "\\@{712020:ana}",
]
WORDS = st.lists(
    st.sampled_from([*"abc @{}:<>&|~`*_#[]()!\"'\\.-+=1 ", "@{712020:ana}", "@tom"]), min_size=1
).map("".join)


def calls_nobody(rendered: str) -> bool:
    """Whether neither Bitbucket sees a mention in what it is sent."""
    return not any(mentions.pattern.search(rendered) for mentions in (CLOUD, DATA_CENTER))


def words_of(raw: str, mentions: Mentions = CLOUD) -> str:
    return "".join(
        "".join(line.text.split()) for line in read_markdown(raw, mentions).lines
    ).replace("\u200b", "")


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_person_wrote_is_shown_and_never_obeyed(text: str) -> None:
    rendered = render(shown(text))

    assert not re.search(r"<[A-Za-z/!?]", rendered)
    assert read_markdown(rendered, CLOUD).lines[0].text.replace("\u200b", "") == text
    assert calls_nobody(rendered)


@settings(max_examples=300, deadline=None)
@given(text=WORDS)
def test_any_foreign_words_arrive_whole_and_call_nobody(text: str) -> None:
    safe = shown(text)
    rendered = render(f"Mei wrote: {safe}")

    assert calls_nobody(rendered)
    assert not re.search(r"<[A-Za-z/!]", rendered)
    assert words_of(rendered) == words_of(f"Mei wrote: {safe}")


def test_blocks_keep_their_form_and_their_words() -> None:
    markdown = (
        "Hello **bold** and `co de`\n\n- one\n- two\n  - deep\n\n1. first\n\n   more\n\n"
        "> quoted\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```py\nx = 1\n```\n\n## Head\n"
    )

    assert render(markdown) == (
        "Hello **bold** and `co de`\n\n-   one\n-   two\n    -   deep\n\n1.  first\n\n    more\n\n"
        "> quoted\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n\n```py\nx = 1\n```\n\n## Head"
    )


def test_code_calls_nobody_and_is_never_left() -> None:
    rendered = render("````\n```\n@{712020:ana}\n````")

    assert rendered.startswith("````\n```\n@\u200b{712020:ana}\n````")


def test_the_one_mention_is_each_vendors_own() -> None:
    params = CommentParams("ok", mention=MentionParam(AccountId("712020:mei"), "Mei"))
    named = CommentParams("- ok", mention=MentionParam(AccountId("mei"), "Mei"))

    assert render_comment(params, is_cloud=True) == "@{712020:mei} ok"
    assert render_comment(named, is_cloud=False) == '@"mei"\n\n-   ok'


def test_what_is_too_long_is_refused_and_not_cut() -> None:
    with pytest.raises(TextTooLong, match=str(BITBUCKET_LIMIT_CHARS)):
        render_comment(CommentParams("[" * 20_000), is_cloud=True)


def test_what_is_nested_too_deeply_is_shown_plainly() -> None:
    rendered = render("> " * 40 + "deep @{712020:ana}")

    assert "deep @\u200b" in rendered
    assert "<" not in rendered
