import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from chargehand.decisions.markdown import bounded, code, escape_markdown, link, one_line, shown

PARSERS = {
    "commonmark": MarkdownIt("commonmark"),
    "tables": MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]),
    "no-entities": MarkdownIt("commonmark", {"html": False})
    .enable(["table", "strikethrough"])
    .disable(["reference", "entity", "image", "html_block", "html_inline"]),
}
PLAIN_BLOCKS = ["paragraph_open", "inline", "paragraph_close"]
MARKUP = st.text(alphabet="\\`*_{}[]()<>#+-.!|~&=:@/'\" \n1aé", max_size=40)


def read_back(parser, markdown):
    """The text a reader sees, provided that it is nothing but text."""
    blocks = parser.parse(markdown)
    assert [token.type for token in blocks] in (PLAIN_BLOCKS, []), markdown
    words = [child for token in blocks for child in token.children or ()]
    assert {child.type for child in words} <= {"text"}, markdown
    return "".join(child.content for child in words)


@pytest.mark.parametrize("parser", PARSERS)
@given(text=st.one_of(st.text(max_size=60), MARKUP))
@example(text="1. Do it")
@example(text="2) Do it")
@example(text="~~gone~~")
@example(text="~~~ fence")
@example(text="- [ ] do *it*")
@example(text="=== ---")
@example(text="<script>alert(1)</script> &amp; <http://x.example>")
@example(text="![x](https://x.example/a.png)")
@example(text="[~accountid:712020:ana]")
@example(text="a \\")
def test_escaped_text_renders_as_itself(parser, text):
    line = one_line(text)

    assert read_back(PARSERS[parser], escape_markdown(line)) == line


@pytest.mark.parametrize("frame", ["**{}**, and", "- {} (x)", "[{}](https://x.example)", "“{}”"])
@given(text=st.one_of(st.text(min_size=1, max_size=60), MARKUP))
def test_text_in_a_sentence_never_leaves_its_place(frame, text):
    parser = PARSERS["tables"]

    harmless = [token.type for token in parser.parse(frame.format("word"))]
    found = parser.parse(frame.format(shown(text)))

    assert [token.type for token in found] == harmless
    kinds = [child.type for token in found for child in token.children or ()]
    expected = [
        child.type for token in parser.parse(frame.format("word")) for child in token.children or ()
    ]
    assert kinds == expected


@given(text=st.text(max_size=600), limit=st.integers(min_value=2, max_value=200))
def test_bounded_text_is_a_beginning_of_the_line(text, limit):
    line, cut = one_line(text), bounded(text, limit)

    assert len(cut) <= limit
    assert cut == line or (cut.endswith("…") and line.startswith(cut[:-1]))


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("one two three", 13, "one two three"),
        ("one two three", 12, "one two…"),
        ("one two three", 8, "one two…"),
        ("abcdefghijkl", 8, "abcdefg…"),
        ("a bcdefghijklmn", 8, "a bcdef…"),
        ("one\n\n  two", 20, "one two"),
        ("a" + " " * 3000 + "b", 20, "a…"),
        ("", 20, ""),
    ],
)
def test_a_cut_ends_after_a_word(text, limit, expected):
    assert bounded(text, limit) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\x00b\x07c", "a b c"),
        ("pay\N{RIGHT-TO-LEFT OVERRIDE}7", "pay7"),
        ("a\N{LINE SEPARATOR}b\x85c", "a b c"),
        ("half \ud800 pair", "half \N{REPLACEMENT CHARACTER} pair"),
        ("می\N{ZERO WIDTH NON-JOINER}خواهم", "می\N{ZERO WIDTH NON-JOINER}خواهم"),
    ],
    ids=["control", "bidi", "separators", "surrogate", "joiners-stay"],
)
def test_one_line_drops_what_can_mislead(text, expected):
    assert one_line(text) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "https://x.example/browse/PAY-7?a=b&c=d#e",
            "[k](https://x.example/browse/PAY-7?a=b&c=d#e)",
        ),
        ("https://x.example/a) **b** (c", "[k](https://x.example/a%29%20**b**%20%28c)"),
        ("https://x.example/<b>[c]", "[k](https://x.example/%3Cb%3E%5Bc%5D)"),
        ("javascript:alert(1)", "k"),
        ("//x.example/a", "k"),
        ("https://", "k"),
        ("https://[broken", "k"),
        ("", "k"),
    ],
)
def test_a_link_leads_to_a_web_address_or_nowhere(url, expected):
    assert link("k", url) == expected


@given(path=st.text(max_size=60))
def test_no_address_breaks_out_of_its_link(path):
    (_, inline, _) = PARSERS["tables"].parse(link("k", f"https://x.example/{path}"))

    assert [child.type for child in inline.children] == ["link_open", "text", "link_close"]


def test_code_stays_code():
    assert code("assign `x`\n") == "`assign 'x'`"
