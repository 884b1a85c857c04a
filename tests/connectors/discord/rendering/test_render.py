"""Markdown in, Discord's own out: what people will see, and how it is cut to Discord's length."""

import re
from typing import Any

import pytest

from chargehand.connectors.discord.errors import MessageTooLong
from chargehand.connectors.discord.escaping import ZERO_WIDTH_SPACE as ZWSP
from chargehand.connectors.discord.params import MentionParam
from chargehand.connectors.discord.render import allowed_mentions, button_rows, render_parts
from chargehand.connectors.discord.splitting import size_of
from chargehand.domain.control import Control, ControlStyle
from chargehand.domain.ids import AccountId

ANA = MentionParam(AccountId("1100000000000000042"), "Ana Ruiz")
SITE = "https://jira.example/browse"
WIDE = len(f"x ({SITE})")
TEXTS = {
    "looks": ("**b** *i* ~~s~~ ***both***", "**b** *i* ~~s~~ ***both***"),
    "other spellings of looks": ("__b__ _i_", "**b** *i*"),
    "headings": ("# One\n\n### Three\n\nx", "# One\n\n### Three\n\nx"),
    "deeper headings are bold": ("##### Five", "**Five**"),
    "a heading in a list is bold": ("- # a", "- **a**"),
    "a heading without words": ("#  \n\nx", "x"),
    "links show no preview": (f"[PAY-3]({SITE}/PAY-3)", f"[PAY-3](<{SITE}/PAY-3>)"),
    "a bare link": ("<https://a.example/x>", "<https://a.example/x>"),
    "a link without words": ("[](https://a.example)", "<https://a.example>"),
    "a link can not be left early": (
        "[a](https://a.example/b>c)",
        "[a](<https://a.example/b%3Ec>)",
    ),
    "a script is no link": ("[a](javascript:x)", r"\[a\](javascript:x)"),
    "a mail address": ("[Ana](mailto:ana@a.example)", "Ana (ana@a.example)"),
    "an address is not linked by itself": ("https://a.example", r"https\://a.example"),
    "lists": ("- a\n- b\n  - c\n\n3. x\n4. y", "- a\n- b\n  - c\n\n3. x\n4. y"),
    "lines of an item": ("- a\n  b", "- a\n  b"),
    "quotes": ("> a\n> b\n\nc", "> a\n> b\n\nc"),
    "a list in a quote": ("> - a", "> - a"),
    "a rule": ("a\n\n---\n\nb", "a\n\n───\n\nb"),
    "code": ("`x = *y*`", "`x = *y*`"),
    "code with a backtick": ("`` a`b ``", f"``{ZWSP}a`b{ZWSP}``"),
    "a fence": ("```py\nx = 1\n```", "```py\nx = 1\n```"),
    "a fence with words beside it": ("```a title\nx\n```", "```\na title\nx\n```"),
    "a fence in a fence": ("````\n```\nx\n```\n````", f"```\n``{ZWSP}`\nx\n``{ZWSP}`\n```"),
    "a table": (
        f"| Key | What |\n|---|---|\n| PAY-3 | **late** |\n| [x]({SITE}) | `y` |",
        f"```\n{'Key':<{WIDE}}  What\n{'PAY-3':<{WIDE}}  late\nx ({SITE})  y\n```",
    ),
    "line ends stay": ("a\nb  \nc", "a\nb\nc"),
    "what was escaped stays plain": (
        r"\*a\* \_b\_ \`c\` \> \# \[d\]",
        r"\*a\* \_b\_ \`c\` \> # \[d\]",
    ),
    "signs of a name": ("snake_case 2 * 3", r"snake\_case 2 \* 3"),
    "Discord's own signs": ("||a|| -# b", r"\|\|a\|\| -# b"),
    "small print at the start": (r"\-# a", r"\-# a"),
    "no heading by accident": (r"\# a", r"\# a"),
    "no list by accident": ("a\n1\\. b", "a\n1\\. b"),
    "tags": ("<b>a</b> &lt;", r"\<b\>a\</b\> &lt;"),
    "a reordering mark is shown": ("a\u202eb", "a⟨U+202E⟩b"),
}
CALLS = {
    "everyone": "@everyone",
    "here": "@HERE",
    "an account": "<@1100000000000000042>",
    "an old account": "<@!1100000000000000042>",
    "a role": "<@&1100000000000000007>",
    "a channel": "<#1100000000000000007>",
}
CALL = re.compile(r"@(everyone|here)|<[@#][!&]?\d+>", re.IGNORECASE)


@pytest.mark.parametrize(("markdown", "shown"), TEXTS.values(), ids=TEXTS)
def test_markdown_is_shown_as(markdown: str, shown: str) -> None:
    assert render_parts(markdown) == (shown,)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize(
    "around",
    ["{}", "`{}`", "```\n{}\n```", "**{}**", "# {}", "|{}|\n|-|\n|{}|", "[{}](https://a.b)"],
)
def test_no_text_calls_anybody(call: str, around: str) -> None:
    (shown,) = render_parts(around.replace("{}", call))

    assert CALL.search(shown) is None
    assert call.strip("<>") in shown.replace(ZWSP, "").replace("\\", "")


def test_the_one_meant_is_named_first_and_allowed_alone() -> None:
    (plain,) = render_parts("It is **late**, @everyone.", ANA)
    (listed,) = render_parts("- a", ANA)

    assert plain == f"<@1100000000000000042> It is **late**, @{ZWSP}everyone."
    assert listed == "<@1100000000000000042>\n\n- a"
    nobody: dict[str, Any] = {"parse": [], "users": [], "roles": [], "replied_user": False}
    assert allowed_mentions(None) == nobody
    assert allowed_mentions(ANA) == nobody | {"users": ["1100000000000000042"]}


def test_buttons_stand_in_rows_of_five() -> None:
    styles = [ControlStyle.PRIMARY, ControlStyle.DANGER, *[ControlStyle.PLAIN] * 4]
    controls = [Control(f"L\u202e{n}", f"do {n}", style) for n, style in enumerate(styles)]

    first, second = button_rows(controls)

    assert [one["style"] for one in first["components"]] == [1, 4, 2, 2, 2]
    assert first["components"][0] == {
        "type": 2, "style": 1, "label": "L⟨U+202E⟩0", "custom_id": "do 0",
    }  # fmt: skip
    assert [one["custom_id"] for one in second["components"]] == ["do 5"]
    assert button_rows([]) == []


@pytest.mark.parametrize(
    ("markdown", "sizes"),
    [
        ("x" * 1999, [1999]),
        ("x" * 2000, [2000]),
        ("x" * 2001, [2000, 1]),
        ("😀" * 1000, [2000]),
        ("😀" * 1001, [2000, 2]),
        ("*" * 999 + "x", [1999]),
        (f"{'a' * 1500}\n\n{'b' * 600}", [1500, 600]),
        (f"{'a' * 1000}\n\n{'b' * 998}", [2000]),
    ],
    ids=["below", "at", "above", "emoji at", "emoji above", "escapes", "paragraphs", "two fit"],
)
def test_a_message_holds_two_thousand(markdown: str, sizes: list[int]) -> None:
    parts = render_parts(markdown)

    assert [size_of(part) for part in parts] == sizes


def test_words_and_lines_are_kept_whole_where_they_can_be() -> None:
    words = " ".join(f"word{n}" for n in range(600))
    lines = "\n".join(f"- line {n} " + "x" * 40 for n in range(100))

    by_words, by_lines = render_parts(words), render_parts(lines)

    assert " ".join(part.strip() for part in by_words) == words
    assert all(line.startswith("- line ") for part in by_lines for line in part.split("\n"))


def test_a_fence_is_closed_and_opened_again() -> None:
    code = "\n".join(f"line {n}" for n in range(400))

    parts = render_parts(f"before\n\n```py\n{code}\n```\n\nafter")

    bodies = re.fullmatch(r"before\n\n```py\n(.*)\n```", parts[0], re.DOTALL)
    assert bodies is not None
    assert all(part.startswith("```py\n") for part in parts[1:])
    assert all(part.count("```") == 2 for part in parts)
    assert parts[-1].endswith("\n```\n\nafter")
    inner = [line for part in parts for line in part.split("\n") if line.startswith("line ")]
    assert "\n".join(inner) == code


FAMILY = "👩‍👩‍👧‍👦"
CHARACTERS = {
    "family": FAMILY,
    "skin": "👍🏽",
    "flag": "🇩🇪",
    "accent": "e\u0301",
    "keycap": "1\ufe0f\u20e3",
}


@pytest.mark.parametrize("character", CHARACTERS.values(), ids=CHARACTERS)
@pytest.mark.parametrize("before", range(4))
def test_no_character_is_torn(character: str, before: int) -> None:
    text = "a" * before + character * 1200

    parts = render_parts(text)

    assert "".join(parts) == text
    assert all(part.removeprefix("a" * before).replace(character, "") == "" for part in parts)


def test_a_text_without_end_is_refused() -> None:
    with pytest.raises(MessageTooLong, match="11 messages"):
        render_parts("word " * 4200)
    with pytest.raises(MessageTooLong):
        render_parts("x" * 2001, most=1)


def test_what_nests_too_deeply_is_shown_as_it_was_written() -> None:
    markdown = "> " * 40 + "deep **down** @everyone"

    (shown,) = render_parts(markdown)

    assert shown.replace("\\", "").replace(ZWSP, "") == markdown
