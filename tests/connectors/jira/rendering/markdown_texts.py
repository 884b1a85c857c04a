"""Hypothesis strategies of Markdown: well-formed, and hostile."""

from hypothesis import strategies as st

_WORDS = st.sampled_from(["blocked", "PAY-3", "größe", "snake_case", "x", "done!", "2 * 3", "日本"])
_SIGNS = st.sampled_from(
    [
        *("*", "**", "_", "~~", "`", "``", "\n```", "\n~~~", "\n```py\n", "[", "]", "(", ")", "]("),
        *(
            "![",
            "<",
            ">",
            "<b>",
            "</b>",
            "<!-- ",
            "<https://a.example>",
            "<x@y.example>",
            "\\",
            '"',
        ),
        *(
            "https://a.example/b",
            "mailto:x@y.example",
            "javascript:alert",
            "http:",
            "ftp://a.example",
        ),
        *("[a](https://a.example/b)", '[a](https://a.example "why")', "[](https://a.example)"),
        *("\n- ", "\n* ", "\n1. ", "\n7) ", "\n> ", "\n# ", "\n###### ", "  ", "    ", "\t"),
        *(
            "\n",
            "\n\n",
            "  \n",
            "\\\n",
            "\n---\n",
            "\n===\n",
            "|",
            "\n|a|b|\n|-|-|\n",
            "\n|c|d|e|\n",
        ),
        *(
            "@ana",
            "[~accountid:1]",
            "{code}",
            "\n\n[x]: https://a.example\n\n",
            "\n    ",
            "\n  - ",
            "> > ",
        ),
        *("\u202e", "\u0000", "\u200b", "\u2028", "\r\n", " "),
    ]
)


def _with_distinct_addresses(markdown):
    """Equal links side by side are one link in ADF, which would read as a lost one."""
    head, *tail = markdown.split(".example")
    return head + "".join(f"{at}.example{part}" for at, part in enumerate(tail))


hostile = (
    st.lists(st.one_of(_SIGNS, _WORDS), max_size=40).map("".join).map(_with_distinct_addresses)
)
arbitrary = st.text(max_size=200).filter(lambda text: text.count("](") + text.count("<") < 2)

_plain_line = st.lists(_WORDS, min_size=1, max_size=5).map(" ".join)
_styled = st.one_of(
    _plain_line,
    _plain_line.map("**{}**".format),
    _plain_line.map("*{}*".format),
    _plain_line.map("~~{}~~".format),
    _plain_line.map("`{}`".format),
    _plain_line.map("[{}](https://jira.example/browse/PAY-3)".format),
)
line = st.lists(_styled, min_size=1, max_size=4).map(" ".join)


def _indented(text, first, rest):
    head, *tail = text.split("\n")
    return "\n".join([first + head, *(rest + part if part else "" for part in tail)])


def _containers(inner):
    items = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        items.map(lambda found: "\n".join(_indented(item, "- ", "  ") for item in found)),
        items.map(lambda found: "\n".join(_indented(item, "1. ", "   ") for item in found)),
        inner.map(lambda found: _indented(found, "> ", "> ")),
        items.map("\n\n".join),
    )


_table = st.lists(st.tuples(line, line), min_size=1, max_size=3).map(
    lambda rows: "\n".join(["| a | b |", "|---|---|", *(f"| {one} | {two} |" for one, two in rows)])
)
_block = st.one_of(
    line,
    st.tuples(line, line).map("\n".join),
    st.tuples(st.integers(1, 6), line).map(lambda found: f"{'#' * found[0]} {found[1]}"),
    _plain_line.map("```py\n{}\n```".format),
    st.just("---"),
    _table,
)
well_formed = st.recursive(_block, _containers, max_leaves=8).map(_with_distinct_addresses)
