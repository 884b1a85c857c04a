"""Markdown in, ADF out: the shapes people will see."""

import pytest

from tests.connectors.jira.rendering.adf_reading import render


def text(words, *looks):
    node = {"type": "text", "text": words}
    return node | {"marks": [{"type": look} for look in looks]} if looks else node


def link(words, href, **title):
    return text(words) | {"marks": [{"type": "link", "attrs": {"href": href, **title}}]}


def block(kind, *content, **attrs):
    return {"type": kind, **({"attrs": attrs} if attrs else {}), "content": list(content)}


def paragraph(*content):
    return block("paragraph", *content)


def says(words, *looks):
    return paragraph(text(words, *looks))


def item(*content):
    return block("listItem", *content)


BREAK = {"type": "hardBreak"}
RULE = {"type": "rule"}

SHAPES = {
    "one paragraph": ("PAY-7 is blocked.", [says("PAY-7 is blocked.")]),
    "two paragraphs": ("One.\n\nTwo.", [says("One."), says("Two.")]),
    "soft line end stays a line end": ("One\ntwo", [paragraph(text("One"), BREAK, text("two"))]),
    "hard line end": (
        "One  \ntwo\\\nthree",
        [
            paragraph(text("One"), BREAK, text("two"), BREAK, text("three")),
        ],
    ),
    "bold, italic and struck": (
        "**b** *i* ~~s~~",
        [
            paragraph(
                text("b", "strong"), text(" "), text("i", "em"), text(" "), text("s", "strike")
            ),
        ],
    ),
    "looks add up": (
        "***both** one*",
        [paragraph(text("both", "strong", "em"), text(" one", "em"))],
    ),
    "bold twice is bold once": ("**a **b** c**", [says("a b c", "strong")]),
    "code loses other looks": (
        "**bold `code`**",
        [
            paragraph(text("bold ", "strong"), text("code", "code")),
        ],
    ),
    "code keeps signs": ("`**x** <b> [~accountid:1]`", [says("**x** <b> [~accountid:1]", "code")]),
    "backslash takes power": (r"\*not italic\*", [says("*not italic*")]),
    "link": (
        "See [PAY-3](https://jira.example/browse/PAY-3).",
        [
            paragraph(text("See "), link("PAY-3", "https://jira.example/browse/PAY-3"), text(".")),
        ],
    ),
    "link with title": (
        '[a](https://a.example "why")',
        [
            paragraph(link("a", "https://a.example", title="why")),
        ],
    ),
    "link without text shows its target": (
        "[](https://a.example)",
        [
            paragraph(link("https://a.example", "https://a.example")),
        ],
    ),
    "link without target": ("[a]()", [says("a")]),
    "bare address in angle brackets": (
        "<https://a.example/%41>",
        [
            paragraph(link("https://a.example/%41", "https://a.example/%41")),
        ],
    ),
    "mail address": (
        "<ana@example.com>",
        [
            paragraph(link("ana@example.com", "mailto:ana@example.com")),
        ],
    ),
    "script link stays text": ("[a](javascript:alert(1))", [says("[a](javascript:alert(1))")]),
    "other schemes stay text": ("[a](ftp://a.example)", [says("[a](ftp://a.example)")]),
    "relative link stays text": ("[a](/browse/PAY-3)", [says("[a](/browse/PAY-3)")]),
    "image becomes its link": (
        "![plan](https://a.example/p.png)",
        [
            paragraph(text("!"), link("plan", "https://a.example/p.png")),
        ],
    ),
    "reference definition stays text": (
        "a\n\n[b]: https://a.example",
        [says("a"), says("[b]: https://a.example")],
    ),
    "html stays text": ("<b>x</b> <script>y</script>", [says("<b>x</b> <script>y</script>")]),
    "html block stays text": (
        "<div>\nx\n</div>",
        [
            paragraph(text("<div>"), BREAK, text("x"), BREAK, text("</div>")),
        ],
    ),
    "entity stays text": ("a &amp; b &#x202e;", [says("a &amp; b &#x202e;")]),
    "names mention nobody": (
        "@ana [~accountid:557058:ana]",
        [says("@ana [~accountid:557058:ana]")],
    ),
    "heading": (
        "## Why *now*",
        [
            block("heading", text("Why "), text("now", "em"), level=2),
        ],
    ),
    "rule": ("a\n\n---\n\nb", [says("a"), RULE, says("b")]),
    "bullet list": ("- a\n- b", [block("bulletList", item(says("a")), item(says("b")))]),
    "ordered list keeps its start": (
        "7. a\n8. b",
        [
            block("orderedList", item(says("a")), item(says("b")), order=7),
        ],
    ),
    "nested list": (
        "- a\n  1. b",
        [
            block("bulletList", item(says("a"), block("orderedList", item(says("b")), order=1))),
        ],
    ),
    "list in a list without text": (
        "- - a",
        [
            block("bulletList", item(paragraph(), block("bulletList", item(says("a"))))),
        ],
    ),
    "empty item": ("- a\n-", [block("bulletList", item(says("a")), item(paragraph()))]),
    "heading in a list turns bold": (
        "- # a `b`",
        [
            block("bulletList", item(paragraph(text("a ", "strong"), text("b", "code")))),
        ],
    ),
    "rule in a list": ("- a\n\n  ---", [block("bulletList", item(says("a"), says("———")))]),
    "quote in a list keeps its sign": (
        "- a\n  > b",
        [
            block("bulletList", item(says("a"), says("> b"))),
        ],
    ),
    "code in a list": (
        "- a\n  ```\n  b\n  ```",
        [
            block("bulletList", item(says("a"), block("codeBlock", text("b")))),
        ],
    ),
    "table in a list becomes lines": (
        "- | a | b |\n  |---|---|\n  | c | d |",
        [
            block("bulletList", item(says("a · b"), says("c · d"))),
        ],
    ),
    "quote": ("> a\n> b", [block("blockquote", paragraph(text("a"), BREAK, text("b")))]),
    "quote in a quote keeps its sign": (
        "> a\n>\n> > b",
        [
            block("blockquote", says("a"), says("> b")),
        ],
    ),
    "heading in a quote turns bold": ("> # a", [block("blockquote", says("a", "strong"))]),
    "empty quote beside text": ("a\n\n>", [says("a"), block("blockquote", paragraph())]),
    "code": (
        "```python\na = 1\n\nb\n```",
        [
            block("codeBlock", text("a = 1\n\nb"), language="python"),
        ],
    ),
    "code of no language": ("```\na\n```", [block("codeBlock", text("a"))]),
    "words beside a fence are kept": (
        "```see the log\na\n```",
        [
            block("codeBlock", text("see the log\na")),
        ],
    ),
    "empty code beside text": ("a\n\n```\n```", [says("a"), block("codeBlock")]),
    "indented code": ("    a\n    b", [block("codeBlock", text("a\nb"))]),
    "table": (
        "| a | b |\n|---|---|\n| c | **d** |",
        [
            block(
                "table",
                block("tableRow", block("tableHeader", says("a")), block("tableHeader", says("b"))),
                block(
                    "tableRow",
                    block("tableCell", says("c")),
                    block("tableCell", says("d", "strong")),
                ),
            ),
        ],
    ),
    "cells beyond the last column are kept": (
        "| a |\n|---|\n| b | c \\| d | e |",
        [
            block(
                "table",
                block("tableRow", block("tableHeader", says("a"))),
                block("tableRow", block("tableCell", says("b | c | d | e"))),
            ),
        ],
    ),
    "signs only are shown as written": ("---", [says("---")]),
    "empty list is shown as written": ("-\n-", [paragraph(text("-"), BREAK, text("-"))]),
    "reordering marks are shown": ("a\u202eb", [says("a⟨U+202E⟩b")]),
    "control characters are shown": ("a\x07b\x00", [says("a⟨U+0007⟩b⟨U+0000⟩")]),
    "emoji sequences stay whole": (
        "\U0001f469\u200d\U0001f4bb",
        [says("\U0001f469\u200d\U0001f4bb")],
    ),
}


@pytest.mark.parametrize(("markdown", "content"), SHAPES.values(), ids=SHAPES)
def test_markdown_becomes(markdown, content):
    assert render(markdown) == {"type": "doc", "version": 1, "content": content}


@pytest.mark.contract
@pytest.mark.parametrize("markdown", [shape[0] for shape in SHAPES.values()], ids=SHAPES)
def test_shape_is_valid_adf(adf_schema, markdown):
    adf_schema.validate(render(markdown))


@pytest.mark.contract
def test_schema_refuses_what_it_should(adf_schema):
    """The check itself bites, so that its silence means something."""
    nested_quote = block("blockquote", block("blockquote", says("a")))
    bold_code = says("a", "code", "strong")
    empty = says("")

    refused = [
        not adf_schema.is_valid({"type": "doc", "version": 1, "content": [wrong]})
        for wrong in (nested_quote, bold_code, empty)
    ]
    assert refused == [True, True, True]


@pytest.mark.parametrize("sign", ["> ", "- ", "1. ", "> - "])
def test_text_nested_too_deeply_is_shown_as_written(sign):
    markdown = sign * 30 + "deep"

    assert render(markdown)["content"] == [says(markdown)]
