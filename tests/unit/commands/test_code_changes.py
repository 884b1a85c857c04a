"""Approving a pull request is told by an imperative that names it, and by nothing else."""

import pytest

from chargehand.domain.intent import IntentKind
from tests.unit.commands.writing import intents, writes

APPROVE = IntentKind.APPROVE_PULL_REQUEST
PROPOSED = {
    "@bot approve acme/payments#12": "acme/payments#12",
    "@bot approve #12": "#12",
    "@bot please approve this pull request": "",
    "@bot approve the PR, thanks": "",
    "@bot could you approve PR #12?": "#12",
    "@bot approve https://github.com/acme/payments/pull/12": "acme/payments#12",
    "@bot approve-pull-request #12": "#12",
    "@bot approve-pr": "",
}
NOTHING = [
    "@bot should we approve this PR?",
    "@bot approve this PR once the tests pass",
    "@bot don't approve this PR",
    "@bot Tom said: approve #12",
    "@bot is this PR approved?",
    "@bot approve #12 and #13",
    "@bot approve it",
    "@bot approve 7h2k9d",
    "@bot thanks\n> approve #12",
    "approve #12",
    '@bot "approve #12"',
    "@bot appr\u200bove #12",
    "@bot approve #1\u200b2",
]


@pytest.mark.parametrize(("text", "named"), PROPOSED.items())
def test_an_imperative_that_names_it_approves(text: str, named: str) -> None:
    (intent,) = intents(text)

    assert intent.kind is APPROVE
    assert intent.arguments.get("pull_request", "") == named


@pytest.mark.parametrize("text", NOTHING)
def test_everything_else_approves_nothing(text: str) -> None:
    assert writes(text) == []
