"""What holds for every text, whoever wrote it."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from chargehand.connectors.discord.escaping import ZERO_WIDTH_SPACE
from chargehand.connectors.discord.render import render_parts
from chargehand.connectors.discord.splitting import LIMIT_CHARS
from chargehand.kit.visible import defuse

# Derandomised, so that a run can not fail by chance; wider searches were made while writing.
unhurried = settings(deadline=None, database=None, max_examples=150, derandomize=True)
CALL = re.compile(r"@(everyone|here)|<[@#][!&]?\d+>", re.IGNORECASE)
_PIECES = st.sampled_from(
    [
        *("@everyone", "@here", "@Everyone", "<@12>", "<@!12>", "<@&12>", "<#12>", "<", "@", "12>"),
        *("*", "**", "_", "~~", "`", "``", "\n```", "\n````\n", "\n```py\n", "|", "||", "\\"),
        *("[a](https://a.example/b)", "[", "](", "<https://a.example>", "https://a.example", "<b>"),
        *("\n- ", "\n1. ", "\n> ", "\n# ", "    ", "\n", "\n\n", "  \n", "\n---\n", "\t"),
        *("\n|a|b|\n|-|-|\n", "\n|c|d|e|\n", "\u202e", "\u0000", "\u200b", "\u2028", "\r\n"),
        *(
            "blocked",
            "PAY-3",
            "größe",
            "snake_case",
            "2 * 3",
            "日本",
            "😀",
            "👩‍👩‍👧",
            "🇩🇪",
            "e\u0301",
        ),
    ]
)
short = st.lists(_PIECES, min_size=1, max_size=40).map("".join)
long = st.tuples(short, st.integers(1, 60)).map(lambda found: found[0] * found[1])
any_text = st.one_of(st.text(min_size=1, max_size=200), short, long).filter(str.strip)


@unhurried
@given(markdown=any_text)
def test_no_text_calls_anybody(markdown: str) -> None:
    assert [part for part in _parts(markdown) if CALL.search(part)] == []


@unhurried
@given(markdown=any_text)
def test_no_part_is_too_long_or_empty(markdown: str) -> None:
    parts = _parts(markdown)

    assert parts
    assert all(part.strip() for part in parts)
    assert all(len(part.encode("utf-16-le")) // 2 <= LIMIT_CHARS for part in parts)


@unhurried
@given(markdown=any_text)
def test_no_letter_is_lost(markdown: str) -> None:
    shown = _letters("".join(_parts(markdown)))

    # Addresses are written in the form of addresses, and each begins a fence's language anew.
    assert _is_within(_letters(re.sub(r"https?://\S*", "", defuse(markdown))), shown)


@unhurried
@given(markdown=any_text)
def test_every_fence_that_opens_is_closed(markdown: str) -> None:
    for part in _parts(markdown):
        fences = [line for line in part.split("\n") if line.removeprefix("> ").startswith("```")]
        assert len(fences) % 2 == 0


def _parts(markdown: str) -> tuple[str, ...]:
    return render_parts(markdown, most=1_000)


def _letters(text: str) -> str:
    return "".join(char for char in text.replace(ZERO_WIDTH_SPACE, "") if char.isalpha())


def _is_within(letters: str, shown: str) -> bool:
    """Whether all letters are there in their order."""
    rest = iter(shown)
    return all(letter in rest for letter in letters)
