"""What is written for Data Center: markup of ours lives, markup of others is words."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehand.connectors.jira.params import (
    CommentParams,
    CommentVisibility,
    MentionParam,
    VisibilityParam,
)
from chargehand.connectors.jira.render import (
    CommentTooLong,
    render_wiki_comment,
    render_wiki_description,
)
from chargehand.connectors.jira.text.body import body_to_text
from chargehand.domain.ids import AccountId

EVERYONE = VisibilityParam(CommentVisibility.EVERYONE)
MEI = MentionParam(AccountId("JIRAUSER10104"), "Mei [Tanaka]")
# A mention or macro that no backslash stands before.
LIVE_MENTION = re.compile(r"(?<!\\)\[~")
LIVE_MACRO = re.compile(r"(?<!\\)\{")
OURS = re.compile(r"^\{(?:noformat|quote)\}$", re.MULTILINE)


def comment(markdown: str, **changes: object) -> str:
    params = CommentParams(markdown, EVERYONE, **changes)  # type: ignore[arg-type] # by the tests.
    return render_wiki_comment(params, user_name="mei.tanaka" if params.mention else None)


@pytest.mark.parametrize(
    ("markdown", "written"),
    [
        pytest.param("**In Progress**, _soon_", "*In Progress*, _soon_", id="styles"),
        pytest.param("un**believ**able", "unbelievable", id="inside-a-word"),
        pytest.param(
            "[PAY-7](https://jira.example.org/browse/PAY-7)",
            "[PAY-7|https://jira.example.org/browse/PAY-7]",
            id="link",
        ),
        pytest.param("<https://x.example/a_b>", "https://x.example/a_b", id="bare-link"),
        pytest.param("[x](mailto:a@b.example)", "x (mailto:a@b.example)", id="mail"),
        pytest.param("- one\n  - two\n- three", "* one\n** two\n* three", id="list"),
        pytest.param("1. one\n2. two", "# one\n# two", id="numbered"),
        pytest.param("## Plan", "h2. Plan", id="heading"),
        pytest.param("> said", "{quote}\nsaid\n{quote}", id="quote"),
        pytest.param("```\na = [1]\n```", "{noformat}\na = [1]\n{noformat}", id="code"),
        pytest.param("|a|b|\n|-|-|\n|1|2|", "||a||b||\n|1|2|", id="table"),
    ],
)
def test_markdown_becomes_markup(markdown: str, written: str) -> None:
    assert comment(markdown) == written


@pytest.mark.parametrize(
    ("markdown", "written"),
    [
        pytest.param("[~tom.berg] hello", r"\[\~tom.berg\] hello", id="mention"),
        pytest.param("[~accountid:x]", r"\[\~accountid:x\]", id="mention-of-cloud"),
        pytest.param("{code}x{code}", r"\{code\}x\{code\}", id="macro"),
        pytest.param("!x.png! h1. no", r"\!x.png! h1. no", id="picture"),
        pytest.param("`[~tom.berg]`", r"\[\~tom.berg\]", id="mention-as-code"),
        pytest.param("```\n[~tom.berg]\n```", r"\[\~tom.berg\]", id="mention-in-a-block"),
        pytest.param("```\n{noformat}\n```", r"\{noformat\}", id="end-of-a-block"),
        pytest.param("[a|b](https://x.example)", r"[a\|b|https://x.example]", id="bar-in-a-link"),
        pytest.param(
            "[x](https://x.example/[~tom])", r"[x|https://x.example/%5B~tom%5D]", id="address"
        ),
        pytest.param("**[~tom.berg]**", r"*\[\~tom.berg\]*", id="mention-in-bold"),
        pytest.param("\ue002~tom.berg\ue004", "\ufffd\\~tom.berg\ufffd", id="our-private-marks"),
    ],
)
def test_markup_of_others_is_words(markdown: str, written: str) -> None:
    assert comment(markdown) == written


def test_only_the_asker_is_mentioned_and_by_name() -> None:
    assert comment("Done. [~tom.berg]", mention=MEI) == r"[~mei.tanaka] Done. \[\~tom.berg\]"


@pytest.mark.parametrize("name", [None, "mei tanaka", "mei]{x}", "a\\b"])
def test_whom_no_mention_can_name_is_named_in_words(name: str | None) -> None:
    params = CommentParams("Done.", EVERYONE, mention=MEI)

    assert render_wiki_comment(params, user_name=name) == r"@Mei \[Tanaka\] Done."


def test_what_lies_under_the_fold_follows_its_title() -> None:
    shown = comment("Short.", more="- long", more_title="All {of} it")

    assert shown == "Short.\n\nAll \\{of\\} it\n\n* long"


@given(st.text(alphabet=st.sampled_from("[]{}~|\\!*_-`>#(). \nabtom\ue000\ue002")))
def test_no_text_notifies_or_runs_a_macro(text: str) -> None:
    written = OURS.sub("", comment(text or "x"))

    assert LIVE_MENTION.search(written) is None
    assert LIVE_MACRO.search(written) is None


def test_too_long_is_refused_and_never_cut() -> None:
    with pytest.raises(CommentTooLong):
        render_wiki_description("[" * 20_000)


def test_written_words_are_read_back() -> None:
    text = body_to_text(comment("**In Review** since _Monday_: a_b [~tom]\n\n- one"))

    assert text == "In Review since Monday: a_b [~tom]\none"
