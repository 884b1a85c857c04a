"""One text on every surface: its words stay, and nothing in it calls, loads or runs anything."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from chargehand.connectors.confluence.params import CommentParams as WikiCommentParams
from chargehand.connectors.confluence.params import MentionParam as WikiMentionParam
from chargehand.connectors.confluence.render import COMMENT_LIMIT_CHARS as WIKI_LIMIT_CHARS
from chargehand.connectors.confluence.render import render_comment as render_wiki
from chargehand.connectors.confluence.storage_text import read_storage
from chargehand.connectors.confluence.storage_tree import read_tree
from chargehand.connectors.discord.render import render_parts as discord_parts
from chargehand.connectors.jira.params import CommentParams, CommentVisibility, VisibilityParam
from chargehand.connectors.jira.render import render_comment, render_wiki_comment
from chargehand.connectors.slack.render import render_parts as slack_parts
from chargehand.domain.errors import Rejected
from chargehand.domain.ids import AccountId
from chargehand.domain.text import mentioned_accounts, plain_text
from chargehand.kit.visible import defuse
from chargehand.plugins.markdown_dialects import (
    BITBUCKET_LIMIT_CHARS,
    GITHUB_LIMIT_CHARS,
    bitbucket_markdown,
    bitbucket_mention,
    bitbucket_user_mention,
    github_markdown,
    github_mention,
)
from chargehand.plugins.markdown_writing import TextTooLong
from tests.connectors.jira.rendering.adf_reading import read_aloud
from tests.connectors.jira.rendering.markdown_texts import arbitrary, hostile, well_formed

# Derandomised, so that a run can not fail by chance; wider searches were made while writing.
unhurried = settings(deadline=None, database=None, max_examples=100, derandomize=True)
any_markdown = st.one_of(arbitrary, hostile, well_formed)
NO_WIDTH = "\u200b"
EVERYONE = VisibilityParam(CommentVisibility.EVERYONE)
CALLING = (
    *("@ana", "@acme/payments", "@everyone", "@here", "<@U024BE7LH>", "<!channel>", "<!here>"),
    *("@{557058:ana}", '@"ana ruiz"', "[~ana]", "[~accountid:557058:ana]", "<@&12>", "<#12>"),
    *(
        "#12",
        "GH-1",
        "acme/payments#12",
        "deadbeef1234",
        ":tada:",
        "C#",
        "#**12**",
        "dead**beef1**",
    ),
    *("<b>x</b>", "<script>alert(1)</script>", "<!-- mark -->", "&lt;b&gt;", "<img src=x>"),
    *("<ac:link><ri:user ri:account-id='1'/></ac:link>", "]]>", "<![CDATA[x]]>", "{html}", "{{x}}"),
    *("![pixel](https://evil.example/x.png)", "[x](javascript:alert(1))", "https://evil.example/x"),
    *("www.evil.example", "ana@evil.example", "xmpp:ana@evil.example", "[^1]", "$x$", "[x]: y"),
    *(
        "\n```suggestion\nrm\n```\n",
        "\n```mermaid\ngraph TD\n```\n",
        "\n> [!NOTE]\n> x\n",
        "\n- [ ] x\n",
    ),
)
calling = st.lists(
    st.one_of(st.sampled_from(CALLING), st.sampled_from(["a", " ", "\n", "**", "`", "- ", "|"])),
    min_size=1,
    max_size=20,
).map("".join)

GITHUB_READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
DIALECTS = {"github": github_markdown, "bitbucket": bitbucket_markdown}
# What GitHub or Bitbucket looks for in finished text.
LIVE_WORDS = re.compile(
    r"@[\w{\"]|#\d|GH-\d|\b[0-9a-f]{7,64}\b|://|www\.\w|:[a-z0-9_+-]+:", re.IGNORECASE
)
FOLLOWED = re.compile(r"(?:https?:|mailto:)\S*|```\S*|<[^>\n]*@[^>\n]*>", re.IGNORECASE)
Write = Callable[[str], str]


@pytest.fixture(params=DIALECTS.values(), ids=DIALECTS)
def write(request) -> Write:
    return request.param


@unhurried
@given(markdown=st.one_of(calling, any_markdown))
@pytest.mark.parametrize("write", DIALECTS.values(), ids=DIALECTS)
def test_no_text_calls_anybody_on_a_code_host(write: Write, markdown: str) -> None:
    words = [text for kind, text in _read(write(markdown)) if kind == "text"]

    assert [text for text in words if LIVE_WORDS.search(text)] == []


@unhurried
@given(markdown=st.one_of(calling, any_markdown))
@pytest.mark.parametrize("write", DIALECTS.values(), ids=DIALECTS)
def test_no_html_and_no_picture_reaches_a_code_host(write: Write, markdown: str) -> None:
    written = write(markdown)

    kinds = {kind for kind, _ in _read(written)}
    assert kinds <= {"text", "code", "link", "fence"}
    addresses = [text for kind, text in _read(written) if kind == "link"]
    assert all(re.match(r"(?:https?|mailto):", address, re.IGNORECASE) for address in addresses)
    fences = {text for kind, text in _read(written) if kind == "fence"}
    assert not fences & {"suggestion", "mermaid", "math"}


@unhurried
@given(markdown=st.one_of(calling, any_markdown))
@pytest.mark.parametrize("write", DIALECTS.values(), ids=DIALECTS)
def test_no_word_is_lost_on_a_code_host(write: Write, markdown: str) -> None:
    shown = "".join(text for kind, text in _read(write(markdown)) if kind != "link")

    assert _is_within(_letters(_without_addresses(markdown)), _letters(shown))


@unhurried
@given(markdown=calling)
def test_no_text_calls_anybody_in_a_chat(markdown: str) -> None:
    slack = "\n".join(slack_parts(markdown))
    discord = "\n".join(discord_parts(markdown, most=1_000))

    assert not re.search(r"<[@!#](?!\|)", slack)
    assert not re.search(r"@(?:everyone|here)|<[@#][!&]?\d+>", discord)


@unhurried
@given(markdown=calling)
def test_no_text_calls_anybody_in_jira(markdown: str) -> None:
    params = CommentParams(markdown, EVERYONE)

    assert '"mention"' not in repr(render_comment(params)).replace("'", '"')
    assert not re.search(r"(?<!\\)\[~", render_wiki_comment(params, user_name=None))


@unhurried
@given(markdown=st.one_of(calling, any_markdown))
def test_confluence_gets_words_and_nothing_that_acts(markdown: str) -> None:
    storage = _wiki(markdown)

    waiting, tags, addresses = [read_tree(storage)], set(), []
    while waiting:
        node = waiting.pop()
        waiting.extend(node.children)
        tags.add(node.tag)
        addresses += [node.attributes["href"]] if "href" in node.attributes else []
        assert node.tag != "ac:structured-macro" or node.attributes == {"ac:name": "code"}
    assert not {tag for tag in tags if tag.startswith("ri:")} | tags & {"ac:link", "ac:image"}
    assert all(re.match(r"(?:https?|mailto):", one, re.IGNORECASE) for one in addresses)
    assert mentioned_accounts(read_storage(storage).lines) == ()


def test_confluence_notifies_the_one_that_is_meant_and_stores_a_text_whole() -> None:
    mention = WikiMentionParam(AccountId("712020:ana"), "Ana")
    storage = render_wiki(WikiCommentParams("- one", mention=mention))

    assert mentioned_accounts(read_storage(storage).lines) == ("712020:ana",)
    with pytest.raises(TextTooLong, match=str(WIKI_LIMIT_CHARS)):
        _wiki("<" * (WIKI_LIMIT_CHARS // 4 + 1))


@unhurried
@given(markdown=calling)
def test_every_surface_says_the_same_words(markdown: str) -> None:
    expected = _letters(_without_addresses(markdown))

    texts = {
        "adf": read_aloud(render_comment(CommentParams(markdown, EVERYONE))),
        "confluence": plain_text(read_storage(_wiki(markdown)).lines),
        "slack": "".join(slack_parts(markdown)),
        "discord": "".join(discord_parts(markdown, most=1_000)),
        "github": github_markdown(markdown),
        "bitbucket": bitbucket_markdown(markdown),
    }
    assert [name for name, text in texts.items() if not _is_within(expected, _letters(text))] == []


@pytest.mark.parametrize(
    ("write", "limit"),
    [(github_markdown, GITHUB_LIMIT_CHARS), (bitbucket_markdown, BITBUCKET_LIMIT_CHARS)],
    ids=DIALECTS,
)
def test_a_text_is_sent_whole_or_refused(write: Callable[..., str], limit: int) -> None:
    whole = ("word " * limit)[: limit - 1] + "."

    assert write(whole) == whole
    with pytest.raises(TextTooLong, match=f"at most {limit:d}|at most {limit - 10:d}"):
        write(whole, spare_chars=10)
    with pytest.raises(TextTooLong):
        write("*" * limit)


def test_the_meant_account_is_the_one_mention() -> None:
    assert github_markdown("hello @bob", mention=github_mention("ana")) == (
        f"@ana hello @{NO_WIDTH}bob"
    )
    assert bitbucket_markdown("- one", mention=bitbucket_mention("557058:ana")) == (
        "@{557058:ana}\n\n-   one"
    )
    assert bitbucket_user_mention("ana.ruiz") == '@"ana.ruiz"'


@pytest.mark.parametrize(
    "mention",
    [
        lambda: github_mention("ana bob"),
        lambda: github_mention("acme/team"),
        lambda: bitbucket_mention("x} @{y"),
        lambda: bitbucket_user_mention('a" @"b'),
    ],
)
def test_a_mention_of_another_form_is_refused(mention: Callable[[], str]) -> None:
    with pytest.raises(Rejected, match="mention"):
        mention()


@pytest.mark.parametrize(
    ("markdown", "github", "bitbucket"),
    [
        ("**a** and *b*, ~~c~~", "**a** and *b*, ~~c~~", "**a** and *b*, ~~c~~"),
        ("a\nb", "a  \nb", "a  \nb"),
        ("- a\n  - b", "- a\n  - b", "-   a\n    -   b"),
        ("9. a\n10. b", "9. a\n10. b", "9.  a\n10. b"),
        ("> a\n> b", "> a\n> b", "> a\n> b"),
        ("```py\nx\n```", "```py\nx\n```", "```py\nx\n```"),
        ("- ```\n  x\n  ```", "- ```\n  x\n  ```", "-   `x`"),
        ("|a|b|\n|-|-|\n|c|d|", "| a | b |\n| --- | --- |\n| c | d |", None),
        ("[a](https://a.example/(b))", "[a](https://a.example/%28b%29)", None),
        ("## a\n\n---\n\nb", "## a\n\n---\n\nb", None),
        ("snake_case 2 \\* 3", "snake\\_case 2 \\* 3", None),
    ],
)
def test_what_a_text_becomes(markdown: str, github: str, bitbucket: str | None) -> None:
    assert github_markdown(markdown) == github
    assert bitbucket_markdown(markdown) == (github if bitbucket is None else bitbucket)


def _wiki(markdown: str) -> str:
    return render_wiki(WikiCommentParams(markdown))


def _read(written: str) -> list[tuple[str, str]]:
    """What a reader of CommonMark with HTML makes of a text: kinds and their words."""
    found: list[tuple[str, str]] = []
    for token in GITHUB_READER.parse(written):
        if token.type in {"fence", "code_block"}:
            found += [("fence", token.info), ("code", token.content)]
        elif token.type == "html_block":
            found.append(("html", token.content))
        for child in token.children or ():
            if child.type == "text":
                found.append(("text", child.content))
            elif child.type == "code_inline":
                found.append(("code", child.content))
            elif child.type in {"link_open", "image", "html_inline"}:
                kind = child.type.removesuffix("_open")
                found.append((kind, str(child.attrs.get("href", child.content))))
                found += [("code", str(child.attrs["title"]))] if "title" in child.attrs else []
    return found


def _without_addresses(markdown: str) -> str:
    """The words that are shown wherever an address is only followed."""
    return FOLLOWED.sub("", defuse(markdown))


def _letters(text: str) -> str:
    return "".join(char for char in text.replace(NO_WIDTH, "") if char.isalpha())


def _is_within(letters: str, shown: str) -> bool:
    rest = iter(shown)
    return all(letter in rest for letter in letters)
