"""What a broken glass changes about a ruling, and what it leaves."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chargehand.domain.action import ActionKind, Mode
from chargehand.domain.ids import GlassId, MemberId, ProjectKey
from chargehand.domain.member import DECIDERS, Role
from chargehand.domain.policy import (
    Approvers,
    Cap,
    CapScope,
    Cause,
    Hours,
    Origin,
    PolicyQuestion,
    Ruling,
)
from chargehand.domain.records import BrokenGlass
from chargehand.pipeline.breaking_glass import past_policy

NOW = datetime(2026, 11, 19, 9, 0, tzinfo=UTC)
GLASS = BrokenGlass(GlassId("brk_1"), "cli:anna", "wrong", NOW, NOW + timedelta(hours=1))
OWN = Cause("cli:anna", origin=Origin.OPERATOR)
OTHERS = Cause("slack:U1", origin=Origin.CHAT)
NAMED = frozenset({MemberId("dora")})
TWO = Approvers(frozenset({Role.DEVELOPER}), NAMED, quorum=2)
RULING = Ruling(
    Mode.APPROVE,
    TWO,
    version=3,
    rule="labels",
    caps=(Cap(CapScope.KIND, most=1, window_s=3600),),
    hours=Hours.WORKING,
)


def ruled(ruling: Ruling, cause: Cause) -> Ruling:
    question = PolicyQuestion(
        ActionKind.JIRA_ADD_LABELS, ProjectKey("PAY"), "PAY-7", NOW, cause=cause
    )
    return past_policy(ruling, question, GLASS)


@pytest.mark.parametrize("cause", [OWN, OTHERS])
def test_what_is_simulated_stays_simulated(cause: Cause) -> None:
    simulated = replace(RULING, mode=Mode.SIMULATE)

    assert ruled(simulated, cause) == simulated


def test_what_its_operator_does_waits_for_no_cap_hour_or_second_person() -> None:
    found = ruled(RULING, OWN)

    assert (found.mode, found.caps, found.hours) == (Mode.AUTO, (), Hours.ALWAYS)
    assert (found.rule, found.approvers.quorum) == ("break-glass", 1)


def test_approvers_of_the_policy_decide_beside_the_deciders() -> None:
    found = ruled(RULING, OTHERS)

    assert (found.mode, found.caps, found.hours) == (Mode.APPROVE, RULING.caps, RULING.hours)
    assert found.approvers == Approvers(
        DECIDERS | {Role.DEVELOPER}, NAMED, quorum=1, excludes_requester=False
    )
