import ast
from pathlib import Path

import pytest

import chargehand.decisions
from chargehand.decisions import catalogue, reason_catalogue
from chargehand.decisions.previews import with_previews
from chargehand.domain.decision import Reason
from chargehand.domain.fact import UnknownReason
from chargehand.domain.work_item import Right
from tests.unit.decisions.samples import ask, decided, intent

ROOM = Path(chargehand.decisions.__file__).parent
CATALOGUES = {"catalogue.py", "code_catalogue.py", "reason_catalogue.py", "vote_catalogue.py"}
MODULES = sorted(path for path in ROOM.rglob("*.py") if path.name not in CATALOGUES)
ERROR_TEXTS = {"The facts of {work_item} have to be read before the ask is answered."}
OPERATOR_DETAILS = {"not for this audience"}
CATEGORY_WORDS = {"to do", "in progress"}
FIELDS_OF_CHANGES = {"fix version"}


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_sentence(reason):
    assert reason_catalogue.reason_text(reason).endswith(".")


@pytest.mark.parametrize("reason", UnknownReason)
def test_every_unknown_has_words(reason):
    assert catalogue.WHY_UNKNOWN[reason]


@pytest.mark.parametrize("right", Right)
def test_every_right_has_the_name_jira_gives_it(right):
    assert catalogue.RIGHT_NAMES[right][0].isupper()


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (
            "comments_with_other_readers:2",
            "2 comments that not every reader of the answer can read",
        ),
        (
            "comments_with_other_readers:1",
            "1 comment that not every reader of the answer can read",
        ),
        (
            "everything_but_title_status_and_due_date",
            "everything but title, status and due date, because customers read the answer",
        ),
        ("from_a_newer_version:3", "from_a_newer_version:3"),
    ],
)
def test_what_was_withheld_has_words(entry, expected):
    assert reason_catalogue.withheld_text(entry) == expected


@pytest.mark.parametrize(
    ("names", "expected"),
    [((), ""), (("a",), "a"), (("a", "b"), "a and b"), (("a", "b", "c"), "a, b and c")],
)
def test_names_are_listed_in_words(names, expected):
    assert catalogue.listed_with_and(names) == expected
    assert catalogue.listed_with_or(names) == expected.replace(" and ", " or ")


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_texts_for_people_live_in_the_catalogue_alone(module):
    tree = ast.parse(module.read_text())
    documented = ast.Module | ast.ClassDef | ast.FunctionDef
    docstrings = {
        ast.get_docstring(node, clean=False)
        for node in ast.walk(tree)
        if isinstance(node, documented)
    }
    # Error texts, details for operators, patterns, and words to be matched are no texts for people.
    known = docstrings | ERROR_TEXTS | OPERATOR_DETAILS | CATEGORY_WORDS | FIELDS_OF_CHANGES

    sentences = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and " " in node.value.strip()
        and node.value not in known
        and "\\" not in node.value
    ]

    assert sentences == []


def test_previews_are_filled_into_every_action():
    decision = decided(ask(intent("due"), intent("transition", to="done")))

    shown = with_previews(decision, lambda action: f"would send {action.kind}")

    assert [action.preview for action in shown.actions] == [
        "would send jira.transition_issue",
        "would send jira.add_comment",
    ]
    assert shown.response == decision.response
