"""A text shows its words on GitHub and calls nobody, whatever it holds."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chargehand.connectors.github.render import action_in, render_body
from chargehand.connectors.github.text import BotName, read_markdown
from chargehand.decisions.markdown import escape_markdown
from chargehand.domain.text import mentioned_accounts, plain_text
from chargehand.plugins.markdown_dialects import github_markdown

NOBODY = BotName()
HTML = re.compile(r"(?<!\\)<(?![<>\s]|https?://|mailto:)")


@pytest.mark.parametrize(
    ("markdown", "written"),
    [
        ("PAY-7 is **in review** and *late*.", "PAY-7 is **in review** and *late*."),
        ("Ask @tom-berg or @acme/team", "Ask @\u200btom-berg or @\u200bacme/team"),
        ("see #12 and acme/sdk#3", "see \\#\u200b12 and acme/sdk\\#\u200b3"),
        ("`@tom-berg` in code", "`@tom-berg` in code"),
        ("<img src=x onerror=1>", "\\<img src=x onerror=1\\>"),
        ("a <!-- hidden --> b", "a \\<\\!-- hidden --\\> b"),
        ("[PAY-7](https://x.test/PAY-7)", "[PAY-7](https://x.test/PAY-7)"),
        ("- one\n- two\n  - three", "- one\n- two\n  - three"),
        ("1. one\n2. two", "1. one\n2. two"),
        ("> quoted\n\nplain", "> quoted\n\nplain"),
        ("```python\nx = '@a'\n```", "```python\nx = '@a'\n```"),
        ("| a | b |\n| - | - |\n| 1 | 2 |", "| a | b |\n| --- | --- |\n| 1 | 2 |"),
        ("one\ntwo", "one  \ntwo"),
        ("\\# no heading", "\\# no heading"),
    ],
)
def test_the_house_s_markdown_is_written_as_githubs(markdown: str, written: str) -> None:
    assert github_markdown(markdown) == written


def test_the_mark_is_found_at_the_end_alone() -> None:
    body = render_body("Words", action_id="act_1")

    assert action_in(body) == "act_1"
    assert action_in(f"{body}\n\nmore") is None
    assert action_in(render_body("<!-- chargehand act_2 -->", action_id="act_1")) == "act_1"
    assert action_in(None) is None


@settings(max_examples=300, deadline=None)
@given(
    text=st.text(alphabet=st.sampled_from(list("@#<>!-[]()`*_~|&\\ \n:./gh12aZ\"'=")), max_size=200)
)
def test_no_text_calls_anybody_or_becomes_html(text: str) -> None:
    written = github_markdown(text)
    reading = read_markdown(written, NOBODY)

    assert mentioned_accounts(reading.lines) == ()
    assert HTML.search(re.sub(r"`+[^`]*`+", "", written)) is None


@settings(max_examples=300, deadline=None)
@given(
    text=st.text(
        alphabet=st.sampled_from(list("@#<>!-[]()`*_~|&\\ :./gh12aZ\"'=")), min_size=1, max_size=80
    ).filter(lambda text: any(one.isalnum() for one in text))
)
def test_escaped_words_come_through_whole(text: str) -> None:
    line = " ".join(text.split())
    written = github_markdown(f"Title: {escape_markdown(line)}")
    shown = plain_text(read_markdown(written, NOBODY).lines).replace("\u200b", "")

    assert re.sub(r"\s", "", shown) == re.sub(r"\s", "", f"Title: {line}")
    assert HTML.search(written) is None
