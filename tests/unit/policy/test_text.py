"""A policy as TOML: every fault with its line, and a text that reads to the same document."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chargehand.policy.reading import read_document
from chargehand.policy.text import MOST_BYTES, read_text, write_text

TEXT = """\
format = 2

[defaults]
approvers = { roles = ["admin"], quorum = 2 }
caps = [{ scope = "kind", most = 5, per = "1h" }]

[[rules]]
name = "labels"
when = { kind = ["jira.add_labels"], trust = ["team"] }
mode = "auto"

[projects.PAY]
[[projects.PAY.rules]]
name = "nights"
mode = "approve"
[projects.PAY.rules.when.time]
from = 22:00:00
until = 06:00:00
zone = "Europe/Madrid"
"""


def test_a_text_reads_to_the_document_it_was_written_from() -> None:
    read = read_text(TEXT.encode())

    assert read.problems == ()
    assert read_text(write_text(read.document).encode()) == read


@pytest.mark.parametrize(
    ("before", "after", "line", "word"),
    [
        pytest.param('mode = "auto"', 'mode = "atuo"', 10, "auto", id="value"),
        pytest.param('"jira.add_labels"', '"jira.add_label"', 9, "jira.add_labels", id="inline"),
        pytest.param("quorum = 2", "quorum = -2", 4, "quorum", id="defaults"),
        pytest.param("[[projects.PAY.rules]]", "[[projects.PAY.rulez]]", 12, "rules", id="header"),
        pytest.param('name = "nights"', "", 13, "name", id="missing"),
        pytest.param('name = "labels"', "name = labels", 8, "TOML", id="no-toml"),
        pytest.param("22:00:00", "1979-05-27", 13, "09:00", id="date"),
    ],
)
def test_a_fault_is_told_with_its_line(before: str, after: str, line: int, word: str) -> None:
    read = read_text(TEXT.replace(before, after).encode())

    told = [one for one in read.problems if one.line == line]
    assert any(word in one.sentence for one in told), read.problems


@pytest.mark.parametrize(
    ("text", "word"),
    [
        pytest.param(b"", "empty", id="empty"),
        pytest.param(b"#" * (MOST_BYTES + 1), "bytes", id="large"),
        pytest.param(b"\xff\xfe", "UTF-8", id="binary"),
        pytest.param(b"a = " + b"[" * 5000, "TOML", id="deep"),
        pytest.param(b"a = " + b"{ a = " * 100 + b"1" + b"}" * 100, "TOML", id="tables"),
        pytest.param(b"\n" + b".".join([b"a"] * 500_000) + b" = 1", "within", id="long key"),
        pytest.param(b'"x' * 3 + b".a" * 500_000 + b" = 1", "within each other", id="odd quotes"),
        pytest.param(b"format = nan", "format", id="nan"),
    ],
)
def test_what_is_no_policy_is_refused(text: bytes, word: str) -> None:
    (problem, *_) = read_text(text).problems

    assert word in problem.sentence


def test_dots_within_texts_are_no_nesting() -> None:
    targets = ", ".join(f'"a.b.c.d{number}"' for number in range(100))
    rule = f'format = 2\n[[rules]]\nname = "a"\nmode = "auto"\nwhen = {{ target = [{targets}] }}\n'

    assert not any("within each other" in one.sentence for one in read_text(rule.encode()).problems)


NAMES = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=20)
RULES = st.fixed_dictionaries(
    {"name": NAMES.filter(str.strip), "mode": st.sampled_from(["auto", "approve", "simulate"])},
    optional={"when": st.fixed_dictionaries({"target": st.lists(NAMES, min_size=1, max_size=2)})},
)


@settings(max_examples=50)
@given(st.lists(RULES, max_size=3, unique_by=lambda one: one["name"]), NAMES)
def test_whatever_is_written_reads_to_the_same(rules: list[Any], project: str) -> None:
    value = {"format": 2, "rules": rules, "projects": {project: {"defaults": {"hours": "working"}}}}
    document, problems = read_document(value)

    if not problems:
        assert read_text(write_text(document).encode()).document == document
