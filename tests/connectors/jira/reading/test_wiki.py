import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chargehand.connectors.jira.text.wiki import read_wiki, wiki_to_lines
from chargehand.domain.text import LineKind, mentioned_accounts, plain_text
from tests.connectors.jira.reading.samples import BOT

BODY, QUOTE, CODE = LineKind.BODY, LineKind.QUOTE, LineKind.CODE
M = f"[~accountid:{BOT}]"
AT = f"@{BOT}"


def shown(source: str) -> list[tuple[LineKind, str]]:
    return [(line.kind, line.text) for line in wiki_to_lines(source)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param(f"{M} status", [(BODY, f"{AT} status")], id="plain"),
        pytest.param(f"x ({M}), please", [(BODY, f"x ({AT}), please")], id="in-brackets"),
        pytest.param(f"* {M} a\n** {M} b", [(BODY, f"{AT} a"), (BODY, f"{AT} b")], id="bullets"),
        pytest.param(f"# {M} a\n#* {M} b", [(BODY, f"{AT} a"), (BODY, f"{AT} b")], id="numbers"),
        pytest.param(f"- {M} a", [(BODY, f"{AT} a")], id="dash-list"),
        pytest.param(f"* <> {M} agreed", [(BODY, f"{AT} agreed")], id="decision"),
        pytest.param(
            f"||who||what||\n|{M}|status|",
            [(BODY, "who"), (BODY, "what"), (BODY, AT), (BODY, "status")],
            id="table",
        ),
        pytest.param(f"||{M}||", [(BODY, AT)], id="table-heading"),
        pytest.param(
            f"|a\n{M} status|b|",
            [(BODY, "a"), (BODY, f"{AT} status"), (BODY, "b")],
            id="cell-of-two-paragraphs",
        ),
        pytest.param(
            f"{{panel:title=News|bgColor=#deebff}}\n{M} due\n{{panel}}",
            [(BODY, "News"), (BODY, f"{AT} due")],
            id="panel",
        ),
        pytest.param(f"h1. {M} plan", [(BODY, f"{AT} plan")], id="heading"),
        pytest.param(f"* h3. *_{M}_*", [(BODY, AT)], id="heading-in-list-bold-italic"),
        pytest.param(f"{{quote}}{M} due{{quote}}", [(QUOTE, f"{AT} due")], id="quote"),
        pytest.param(f"bq. {M} due", [(QUOTE, f"{AT} due")], id="bq"),
        pytest.param(f"> {M} due\n>> older", [(QUOTE, f"{AT} due"), (QUOTE, "older")], id="mail"),
        pytest.param(f"* > {M} due", [(QUOTE, f"{AT} due")], id="quote-in-list"),
        pytest.param(
            f"{{quote}}|a|{M}|\n* b{{quote}}",
            [(QUOTE, "a"), (QUOTE, AT), (QUOTE, "b")],
            id="table-and-list-in-quote",
        ),
        pytest.param(f"*{M} help*", [(BODY, f"{AT} help")], id="bold"),
        pytest.param(f"_{M}_", [(BODY, AT)], id="italic"),
        pytest.param(f"{{color:#ff0000}}{M}{{color}} who", [(BODY, f"{AT} who")], id="colour"),
        pytest.param(f"[{M}|https://x.example]", [(BODY, f"[{AT}|https://x.example]")], id="link"),
        pytest.param("[~bot.user] due", [(BODY, "@bot.user due")], id="old-username"),
    ],
)
def test_mention_is_found_wherever_it_stands(
    source: str, expected: list[tuple[LineKind, str]]
) -> None:
    lines = wiki_to_lines(source)

    assert [(line.kind, line.text) for line in lines] == expected
    assert mentioned_accounts(lines) in ((BOT,), ("bot.user",))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("{code}" + M + "{code}", [(CODE, M)], id="code"),
        pytest.param("{noformat}" + M + "{noformat}", [(CODE, M)], id="noformat"),
        pytest.param("{code:java}a\n  b{code}", [(CODE, "a"), (CODE, "  b")], id="code-lines"),
        pytest.param(
            "{code:title=A.java|borderStyle=solid}x{code}",
            [(CODE, "A.java"), (CODE, "x")],
            id="code-title",
        ),
        pytest.param("say {{" + M + "}}", [(BODY, f"say {M}")], id="inline-code"),
        pytest.param("\\[~accountid:x]", [(BODY, "[~accountid:x]")], id="escaped"),
        pytest.param("[~accountid:]", [(BODY, "[~accountid:]")], id="empty-id"),
        pytest.param("[~accountid:a b]", [(BODY, "[~accountid:a b]")], id="space-in-id"),
        pytest.param("@chargehand status", [(BODY, "@chargehand status")], id="name-only"),
        pytest.param("[~accountid:x", [(BODY, "[~accountid:x")], id="unclosed"),
    ],
)
def test_written_out_mention_is_only_text(
    source: str, expected: list[tuple[LineKind, str]]
) -> None:
    lines = wiki_to_lines(source)

    assert [(line.kind, line.text) for line in lines] == expected
    assert mentioned_accounts(lines) == ()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param(
            "{quote}do it{quote} no", [(QUOTE, "do it"), (BODY, "no")], id="words-after-quote"
        ),
        pytest.param(
            "a\n{quote}b\nc", [(BODY, "a"), (QUOTE, "b"), (QUOTE, "c")], id="never-closed"
        ),
        pytest.param("{QUOTE}b{Quote}", [(QUOTE, "b")], id="any-case"),
        pytest.param("\\{quote}b", [(BODY, "{quote}b")], id="escaped-quote"),
        pytest.param(
            "{quote}see {{{quote}}}\ndo it{quote}",
            [(QUOTE, "see {quote}"), (QUOTE, "do it")],
            id="inline-code-ends-no-quote",
        ),
        pytest.param(
            "{quote}{code}{quote}{code}\ndo it{quote}",
            [(CODE, "{quote}"), (QUOTE, "do it")],
            id="code-ends-no-quote",
        ),
        pytest.param("a {code}b", [(BODY, "a"), (CODE, "b")], id="code-never-closed"),
        pytest.param("bq. a\nb", [(QUOTE, "a"), (BODY, "b")], id="bq-is-one-line"),
    ],
)
def test_quoted_words_are_never_the_writers_own(
    source: str, expected: list[tuple[LineKind, str]]
) -> None:
    assert shown(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("*b* _i_ +u+ ^s^ ~t~", "b i u s t", id="emphasis"),
        pytest.param("*bold _both_*", "bold both", id="nested-emphasis"),
        pytest.param("a{*}b{*}c {_}d{_}", "abc d", id="emphasis-inside-a-word"),
        pytest.param(
            "snake_case_name 5*3*2 a-b-c", "snake_case_name 5*3*2 a-b-c", id="no-emphasis"
        ),
        pytest.param("2 * 3 - 1 -- x --- y", "2 * 3 - 1 -- x --- y", id="sums-and-dashes"),
        pytest.param("run --dry-run --force", "run --dry-run --force", id="options"),
        pytest.param("[docs|https://x.example/a_b_c]", "docs", id="link"),
        pytest.param(
            "[https://x.example|https://x.example|smart-link]", "https://x.example", id="card"
        ),
        pytest.param("[https://x.example]", "https://x.example", id="bare-link"),
        pytest.param(
            "[^log.txt] [#here] [mailto:a@x.example]",
            "log.txt here mailto:a@x.example",
            id="others",
        ),
        pytest.param("[WIP] [Done|Closed] [ ]", "[WIP] [Done|Closed] [ ]", id="just-brackets"),
        pytest.param("https://x.example/_a_/*b*", "https://x.example/_a_/*b*", id="address"),
        pytest.param('see !shot 1.png|width=20,alt="x"! there', "see  there", id="picture"),
        pytest.param("wow! really. great!", "wow! really. great!", id="exclamation"),
        pytest.param("a {{x*y*z}} b", "a x*y*z b", id="inline-code"),
        pytest.param("a {{open", "a {{open", id="open-inline-code"),
        pytest.param("{color:red}red{color} {anchor:x}", "red", id="colour-and-anchor"),
        pytest.param("use {variable} here", "use {variable} here", id="unknown-macro"),
        pytest.param("\\*no\\* C:\\temp \\\\ next", "*no* C:\\temp\nnext", id="escapes"),
        pytest.param("a\r\nb\rc\u2028d", "a\nb\nc\nd", id="line-breaks"),
        pytest.param("a\n----\n\n\nb", "a\nb", id="rule-and-blanks"),
        pytest.param("h2. T\nh7. no", "T\nh7. no", id="headings"),
        pytest.param("*note this is *bold*", "note this is *bold", id="odd-marks"),
        pytest.param("* not bold", "not bold", id="list-not-bold"),
        pytest.param("a\u200bb\u202ec\u00a0d\ue000e\tf", "abc de\tf", id="hidden-characters"),
        pytest.param("", "", id="empty"),
    ],
)
def test_markup_is_taken_off_for_reading(source: str, expected: str) -> None:
    assert plain_text(wiki_to_lines(source)) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("move to -Done- Review", [(BODY, "move to ~~Done~~ Review")], id="a-word"),
        pytest.param("-close it-", [(QUOTE, "~~close it~~")], id="everything"),
        pytest.param(f"* -{M} close it-.", [(QUOTE, f"{AT}~~ close it~~.")], id="ticked-task"),
        pytest.param("do {-}not{-} close", [(BODY, "do ~~not~~ close")], id="forced"),
        pytest.param("-a *b* c-", [(QUOTE, "~~a b c~~")], id="with-bold"),
    ],
)
def test_struck_out_words_never_read_as_plain_words(
    source: str, expected: list[tuple[LineKind, str]]
) -> None:
    assert shown(source) == expected


EXPAND = (
    '{"type":"expand","attrs":{"title":"More"},"content":[{"type":"paragraph","content":'
    '[{"type":"mention","attrs":{"id":"' + BOT + '","text":"@chargehand"}},'
    '{"type":"text","text":" due"}]}]}'
)
STATUS = '{"type":"status","attrs":{"text":"*In* {quote} Review"}}'


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param(
            "a\n{adf:display=block}\n" + EXPAND + "\n{adf}\nb",
            [(BODY, "a"), (BODY, "More"), (BODY, "@chargehand due"), (BODY, "b")],
            id="block",
        ),
        pytest.param(
            "{quote}{adf:display=block}" + EXPAND + "{adf}{quote}",
            [(QUOTE, "More"), (QUOTE, "@chargehand due")],
            id="in-quote",
        ),
        pytest.param(
            "not {adf:display=inline}" + STATUS + "{adf} yet",
            [(BODY, "not *In* {quote} Review yet")],
            id="inline-stays-on-its-line",
        ),
        pytest.param("{adf}{broken{adf} x", [(CODE, "{broken"), (BODY, "x")], id="broken"),
        pytest.param("{adf}" + "[" * 5_000, [(CODE, "[" * 5_000)], id="deep"),
    ],
)
def test_embedded_adf_is_read(source: str, expected: list[tuple[LineKind, str]]) -> None:
    assert shown(source) == expected


NASTY = [
    *("[", "]", "{", "}", "{{", "}}", "|", "||", "*", "_", "-", "+", "^", "~", "!", "\\", ">", "#"),
    *("\n", " ", "a", ".", ":", "- ", "h1. ", "bq. ", "[~", "[~accountid:", "[a|", "!a.", "!a.b|"),
    *("{quote}", "{code}", "{code:", "{adf}", "{panel:title=", "{color:", "https://", "{-}", "{*}"),
    *("{{a}}", "-a ", " *a", "[[", "\u202e", "\ud800", '{"type":', "\n|", "|\n", "/", "??"),
]


@settings(max_examples=50, deadline=None)
@given(fragments=st.lists(st.sampled_from(NASTY), min_size=1, max_size=6), tail=st.text(max_size=9))
def test_nasty_text_takes_linear_time(fragments: list[str], tail: str) -> None:
    unit = "".join(fragments)
    source = (unit * (30_000 // len(unit) + 1))[:30_000] + tail
    started_s = time.process_time()

    lines = wiki_to_lines(source)

    assert time.process_time() - started_s < 2
    assert len(plain_text(lines).encode()) < 400_000


@settings(max_examples=200, deadline=None)
@given(source=st.text())
def test_any_text_is_read(source: str) -> None:
    reading = read_wiki(source)

    assert all(line.spans and line.text.strip() for line in reading.lines)
    assert "\u202e" not in plain_text(reading.lines)


def test_longer_texts_are_cut_and_say_so() -> None:
    reading = read_wiki("a\n" * 25_000)

    assert reading.was_cut
    assert len(reading.lines) == 20_000
