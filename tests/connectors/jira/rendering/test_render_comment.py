"""The parts of a comment put together: mention, answer, fold; and Jira's limit."""

import pytest

from chargehand.connectors.jira.params import CommentParams, MentionParam
from chargehand.connectors.jira.render import (
    COMMENT_LIMIT_CHARS,
    CommentTooLong,
    adf_size,
    render_service_comment,
)
from chargehand.connectors.jira.wiki_text import wiki_text
from chargehand.domain.errors import Rejected
from chargehand.plugins.markdown_reading import blocks_of
from tests.connectors.jira.rendering.adf_reading import EVERYONE, render

ANA = MentionParam(account_id="557058:ana", name="Ana Ruiz")
MENTION = {"type": "mention", "attrs": {"id": "557058:ana", "text": "@Ana Ruiz"}}


def test_mention_opens_the_first_paragraph():
    adf = render("It is **blocked**.", mention=ANA)

    assert adf["content"] == [
        {
            "type": "paragraph",
            "content": [
                MENTION,
                {"type": "text", "text": " It is "},
                {"type": "text", "text": "blocked", "marks": [{"type": "strong"}]},
                {"type": "text", "text": "."},
            ],
        }
    ]


def test_mention_gets_its_own_paragraph_before_a_list():
    adf = render("- a", mention=ANA)

    assert adf["content"][0] == {"type": "paragraph", "content": [MENTION]}
    assert adf["content"][1]["type"] == "bulletList"


def test_mention_name_can_not_reorder_the_text():
    adf = render("a", mention=MentionParam(account_id="557058:ana", name="A\u202en\na"))

    assert adf["content"][0]["content"][0]["attrs"]["text"] == "@A⟨U+202E⟩n⟨U+000A⟩a"


def test_more_lies_under_a_titled_fold():
    adf = render("Short.", more="| a |\n|---|\n| b |\n\n> c", more_title="History\u202e")

    fold = adf["content"][1]
    assert fold["type"] == "expand"
    assert fold["attrs"] == {"title": "History⟨U+202E⟩"}
    assert [node["type"] for node in fold["content"]] == ["table", "blockquote"]


@pytest.mark.contract
def test_a_comment_with_everything_is_valid_adf(adf_schema):
    adf = render(
        "# a\n\n- b", more="- c\n\n---\n\n| d |\n|---|\n| e |", more_title="f", mention=ANA
    )

    adf_schema.validate(adf)


def test_a_comment_of_thirty_thousand_characters_fits():
    adf = render("x" * 30_000)

    assert adf_size(adf) == 30_000 + len(("doc", "paragraph"))


def test_size_counts_targets_titles_names_and_breaks():
    adf = render(
        '[ab](https://a.example "cd")\ne', mention=MentionParam(account_id="1:2", name="Ana")
    )

    texts = len(" ab" + "https://a.example" + "cd" + "e")
    mention = len("1:2" + "@Ana") + 1
    assert adf_size(adf) == texts + mention + len(("doc", "paragraph", "hardBreak"))


def test_a_longer_comment_is_refused_with_the_limit():
    with pytest.raises(CommentTooLong) as refusal:
        render("x" * 20_000, more="y" * 20_000, more_title="More")

    assert isinstance(refusal.value, Rejected)
    blocks = ("doc", "paragraph", "expand", "paragraph")
    size = 40_000 + len("More") + len(blocks)
    assert refusal.value.fields == {"size_chars": size, "limit_chars": COMMENT_LIMIT_CHARS}
    assert str(COMMENT_LIMIT_CHARS) in str(refusal.value)


def test_shown_control_characters_count_towards_the_limit():
    with pytest.raises(CommentTooLong):
        render("\u202e" * 30_000)


SERVICE_TEXTS = {
    "words": ("PAY-7 is **blocked**.", "PAY-7 is blocked."),
    "mention": ("[~accountid:557058:ana] hi", "\\[\\~accountid:557058:ana\\] hi"),
    "macro": ("{code}x{code} {quote}", "\\{code\\}x\\{code\\} \\{quote\\}"),
    "wiki link": ("[site|https://evil.example]", "\\[site\\|https://evil.example\\]"),
    "wiki image": ("!https://a.example/p.png!", "\\!https://a.example/p.png!"),
    "wiki looks": ("+under+ ^up^ ??cite??", "\\+under+ \\^up^ \\?\\?cite??"),
    "escaped Markdown is disarmed for Jira": (r"\*bold\* \_it\_", "\\*bold* \\_it_"),
    "words with signs inside stay readable": ("snake_case PAY-7 2 \\* 3", "snake_case PAY-7 2 * 3"),
    "path": (r"C:\\temp\\x", r"C:\temp\x"),
    "backslash before a sign": (r"a\\{b}", "a&#92;\\{b\\}"),
    "double backslash is no line break": (r"a\\\\b", "a&#92;\\b"),
    "heading sign": ("h1. big", "h1\\. big"),
    "quote sign": ("bq. he said", "bq\\. he said"),
    "emoticons": ("(y) :) (/)", "\\(y) :\\) \\(/)"),
    "address": ("https://a.example/~x_y?b=-c", "https://a.example/~x_y?b=-c"),
    "link": ("[PAY-3](https://a.example/PAY-3)", "PAY-3 (https://a.example/PAY-3)"),
    "link with title": ('[a](https://a.example "why")', "a (why: https://a.example)"),
    "bold link is one link": ("[a **b**](https://a.example)", "a b (https://a.example)"),
    "bare link": ("<https://a.example>", "https://a.example"),
    "mail link": ("<ana@example.com>", "ana@example.com"),
    "bullets": ("- a\n- b\n  - c", "- a\n- b\n  - c"),
    "numbers": ("3. a\n4. b", "3. a\n4. b"),
    "quote": ("> a\n> b", "> a\n> b"),
    "code": ("```py\nx = {1}\n# y\n```", "py:\nx = \\{1\\}\n\\# y"),
    "table": ("| a | b |\n|---|---|\n| c | d |", "a · b\nc · d"),
    "paragraphs": ("a\n\n# b\n\n---\n\nc", "a\n\nb\n\n———\n\nc"),
    "lines": ("a\nb", "a\nb"),
    "line of hyphens": ("----", "\\-\\-\\--"),
    "sharp at line start": ("\\# one", "\\# one"),
}


@pytest.mark.parametrize(("markdown", "plain"), SERVICE_TEXTS.values(), ids=SERVICE_TEXTS)
def test_plain_text_of(markdown, plain):
    assert wiki_text(blocks_of(markdown)) == plain


def service(markdown, **more):
    return render_service_comment(CommentParams(markdown=markdown, visibility=EVERYONE, **more))


def test_service_comment_begins_with_the_one_live_mention():
    assert service("Hello [~accountid:2]", mention=ANA) == (
        "[~accountid:557058:ana] Hello \\[\\~accountid:2\\]"
    )


def test_service_comment_keeps_a_list_apart_from_the_mention():
    assert service("- a", mention=ANA) == "[~accountid:557058:ana]\n\n- a"


def test_service_comment_shows_what_would_lie_under_a_fold():
    assert service("a", more="b", more_title="{More}") == "a\n\n\\{More\\}\n\nb"


def test_service_comment_over_the_limit_is_refused():
    with pytest.raises(CommentTooLong):
        service("{" * 20_000)
