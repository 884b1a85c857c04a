"""Every operation, with whatever its description allows and does not allow, keeps its promises."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance
from starlette.types import ASGIApp, Receive, Scope, Send

from chargehand.domain.ask import AskState
from tests.web.api.world import World, open_world
from tools.openapi import PATH

ROOT = Path(__file__).resolve().parents[3]
QUICKLY = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
# What the description can not say: which projects and connections there are, what a vendor calls a
# comment, which cap can not be taken away, that days come in order, that a moment is to come, what
# is a policy, and what is a name, a table or a word.
NOT_ALL_SAID = {
    "GET /v1/events",
    "PUT /v1/modes",
    "PUT /v1/policy",
    "POST /v1/policy/check",
    "POST /v1/policy/diff",
    "GET /v1/policy/explain",
    "POST /v1/policy/explain",
    "PUT /v1/flags/{flag}",
    "POST /v1/flags/{flag}/clear",
    "POST /v1/stops",
    "POST /v1/stops/resume",
    "GET /v1/replay",
    "GET /v1/shadow",
    "GET /v1/approvals",
    "GET /v1/connections/{name}",
    "POST /v1/members/{member_id}/away",
    "POST /v1/members/{member_id}/back",
    "POST /v1/commands",
    "POST /v1/approvals/{approval_id}/edit",
    "PUT /v1/budgets",
    "GET /v1/spending",
    "POST /v1/members",
    "POST /v1/members/roster",
    "PUT /v1/members/{member_id}/roles",
    "POST /v1/members/{member_id}/accounts",
    "POST /v1/members/{member_id}/codes",
}


class _Standing:
    """Stands for the application while tests are collected, when there is no database yet."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


Case: TypeAlias = schemathesis.Case[Any]
STANDING = _Standing()
API = schemathesis.openapi.from_path(ROOT / PATH)
API.app = STANDING
# The key is ours; a generated one in its place would only test the same refusal again and again.
API.config.generation.with_security_parameters = False
# A body that breaks a limit of the description may break the limit of all bodies first.
_REJECTION = API.config.checks.negative_data_rejection
_REJECTION.expected_statuses = [*_REJECTION.expected_statuses, "413"]


@dataclass
class Caller:
    """Somebody with a key, in a world with something of everything in it."""

    world: World
    key: str

    def check(self, case: Case) -> None:
        is_said = case.operation.label not in NOT_ALL_SAID
        case.call_and_validate(
            headers={"Authorization": f"Bearer {self.key}"},
            excluded_checks=[] if is_said else [positive_data_acceptance],
        )


@pytest.fixture(scope="module")
def caller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    world = open_world(tmp_path_factory.mktemp("described"))
    for state in (AskState.DECIDED, AskState.LATE, AskState.STUCK):
        world.comment(ask_state=state)
    world.done(world.comment().action_id)
    world.silence()
    STANDING.app = world.app()
    yield Caller(world, world.key("schemathesis"))
    world.close()


@API.parametrize()
@QUICKLY
def test_operation_keeps_its_description(case: Case, caller: Caller) -> None:
    caller.check(case)


# A flag is one of a closed list, and no thing with an id.
@API.include(path_regex=r"\{(?!flag\})").parametrize()
@QUICKLY
def test_operation_on_what_exists_keeps_its_description(case: Case, caller: Caller) -> None:
    told = asdict(caller.world.comment(ask_state=AskState.LATE))
    told["member_id"] = caller.world.member().id
    for name in case.path_parameters:
        case.path_parameters[name] = told.get(name, told["event_id"])

    caller.check(case)
