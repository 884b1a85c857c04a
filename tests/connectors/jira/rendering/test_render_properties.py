"""What holds for every text, whoever wrote it."""

from cProfile import Profile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chargehand.connectors.jira.adf_nodes import document
from chargehand.connectors.jira.params import MentionParam
from chargehand.connectors.jira.render import (
    COMMENT_LIMIT_CHARS,
    CommentTooLong,
    adf_size,
)
from chargehand.connectors.jira.wiki_text import wiki_text
from chargehand.kit.markdown_parser import parse_markdown
from chargehand.kit.visible import defuse
from chargehand.plugins.markdown_reading import blocks_of
from tests.connectors.jira.rendering.adf_reading import (
    MARK_TYPES,
    NODE_TYPES,
    letters,
    marks,
    nodes,
    read_aloud,
    render,
    types,
)
from tests.connectors.jira.rendering.markdown_texts import arbitrary, hostile, well_formed

# Derandomised, so that a run can not fail by chance; wider searches were made while writing.
unhurried = settings(deadline=None, database=None, max_examples=100, derandomize=True)
any_markdown = st.one_of(arbitrary, hostile, well_formed)
ANA = MentionParam(account_id="557058:ana", name="Ana Ruiz")


@pytest.mark.contract
@unhurried
@given(markdown=any_markdown, more=st.one_of(st.just(""), any_markdown))
def test_any_text_gives_valid_adf(adf_schema, markdown, more):
    adf = render(markdown, more=more, more_title="Details")

    adf_schema.validate(adf)


@unhurried
@given(markdown=any_markdown)
def test_every_letter_stays_in_its_place(markdown):
    adf = render(markdown)

    assert letters(read_aloud(adf)) == letters(defuse(markdown))


@unhurried
@given(markdown=any_markdown)
def test_no_text_mentions_anybody_by_itself(markdown):
    adf = render(markdown, more=markdown, more_title=markdown[:50] or "Details")

    assert types(adf) <= NODE_TYPES - {"mention"}


@unhurried
@given(markdown=any_markdown)
def test_the_asked_mention_is_the_only_one_and_comes_first(markdown):
    adf = render(markdown, mention=ANA)

    mentions = [node["attrs"] for node in nodes(adf) if node["type"] == "mention"]
    assert mentions == [{"id": "557058:ana", "text": "@Ana Ruiz"}]
    assert adf["content"][0]["content"][0]["type"] == "mention"


@unhurried
@given(markdown=any_markdown)
def test_looks_stay_within_what_is_allowed(markdown):
    found = marks(render(markdown))

    assert {mark["type"] for mark in found} <= MARK_TYPES
    assert all(
        mark["attrs"]["href"].lower().startswith(("http://", "https://", "mailto:"))
        for mark in found
        if mark["type"] == "link"
    )


@unhurried
@given(markdown=any_markdown)
def test_nothing_reorders_or_breaks_the_text_that_is_sent(markdown):
    sent = "".join(node.get("text", "") for node in nodes(render(markdown)))

    assert not set(sent) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\0\r")


@unhurried
@given(markdown=any_markdown)
def test_no_sign_of_wiki_markup_keeps_its_power(markdown):
    armed = _unescaped(wiki_text(blocks_of(markdown)))

    assert not set(armed) & set("{}[]|")


@unhurried
@given(markdown=st.one_of(arbitrary, well_formed))
def test_plain_text_keeps_every_word(markdown):
    plain = wiki_text(blocks_of(markdown)).replace("&#92;", "").casefold()

    spoken = read_aloud(render(markdown)).casefold()
    assert all(
        word in plain
        for word in "".join(char if char.isalpha() else " " for char in spoken).split()
    )


def _unescaped(text):
    """The signs no backslash stands before; a doubled backslash would be a line break in Jira."""
    assert "\\\\" not in text
    found, escaped = [], False
    for char in text:
        if not escaped and char != "\\":
            found.append(char)
        escaped = char == "\\" and not escaped
    return found


HOSTILE_PATTERNS = {
    "words": "word ",
    "open_brackets": "[",
    "links": "[a](https://a.example) ",
    "half_links": "[a](",
    "stars": "*a _b ",
    "looks": "**a** `b` ",
    "backticks": "`` ` ",
    "quotes": "> ",
    "lists": "- a\n",
    "lines": "a\n",
    "nested_quotes": "> > > a\n\n",
    "tables_without_end": "|a|b|\n|-|-|\n",
    "interrupted_tables": "|a|b|\n|-|-|\n> x\n",
    "empty_rows": "|\n",
    "controls": "\u202e",
    "entities": "&amp;",
    "tags": "<b>",
}


@pytest.mark.parametrize("pattern", HOSTILE_PATTERNS.values(), ids=HOSTILE_PATTERNS)
def test_work_grows_with_the_text_only(pattern):
    """Four times the text may take at most five times the calls; counted, so no clock decides."""
    small, large = _calls_for(pattern, 1_000), _calls_for(pattern, 4_000)

    assert large <= 5 * small


@pytest.mark.parametrize("pattern", ["[a](", "- **a** b\n", "|a|b|\n|-|-|\n> x\n"])
def test_thirty_thousand_characters_stay_cheap(pattern):
    assert _calls_for(pattern, 30_000) < 250 * 30_000


def test_a_table_can_not_grow_far_beyond_its_text():
    markdown = ("|a" * 200 + "|\n" + "|-" * 200 + "|\n" + "|\n" * 400) * 18

    cells = sum(token.type == "td_open" for token in parse_markdown(markdown[:30_000]))
    assert cells < 30_000


def _calls_for(pattern, size):
    markdown = (pattern * size)[:size]
    profile = Profile()
    profile.runcall(lambda: (_rendered(markdown), wiki_text(blocks_of(markdown))))
    return sum(called.callcount for called in profile.getstats())


def _rendered(markdown):
    """The document, or an empty one where Jira's limit stops it after all the work was done."""
    try:
        return render(markdown)
    except CommentTooLong:
        return document(())


@pytest.mark.parametrize("pattern", ["word ", "a\n", "- b\n", "[a](https://a.example) "])
def test_a_document_within_the_limit_counts_at_least_its_text(pattern):
    adf = render(pattern * 200)

    shown = sum(len(node.get("text", "")) for node in nodes(adf))
    assert shown <= adf_size(adf) <= COMMENT_LIMIT_CHARS
