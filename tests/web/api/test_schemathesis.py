"""Every operation, with whatever its description allows and does not allow, keeps its promises."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.pytest._test_builder import build_operation_test
from schemathesis.python._constants.orchestrator import make_constants_value_source
from schemathesis.specs.openapi.checks import positive_data_acceptance
from schemathesis.specs.openapi.schemas import OpenApiSchema

from chargehand.domain.ask import AskState
from tests.web.api.world import World, open_world
from tools.openapi import PATH

ROOT = Path(__file__).resolve().parents[3]
QUICKLY = settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
IN_SHORT = settings(QUICKLY, max_examples=5)
# What the description can not say: which projects and connections there are, what a vendor calls a
# comment, which cap can not be taken away, that days come in order, that a moment is to come, what
# is a policy, and what is a name, a free name, a table or a word.
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
    "POST /v1/keys",
    "POST /v1/members",
    "POST /v1/members/roster",
    "PUT /v1/members/{member_id}/roles",
    "POST /v1/members/{member_id}/accounts",
    "POST /v1/members/{member_id}/codes",
}


Case: TypeAlias = schemathesis.Case[Any]
Description: TypeAlias = OpenApiSchema
SAID = json.loads((ROOT / PATH).read_text())
# A flag is one of a closed list, and no thing with an id.
_ID = re.compile(r"\{(?!flag\})")
OPERATIONS = [
    pytest.param(path, method, id=f"{method.upper()} {path}")
    for path, item in SAID["paths"].items()
    for method in item
]
WITH_ID = [one for one in OPERATIONS if _ID.search(one.values[0])]
WITHOUT_ID = [one for one in OPERATIONS if not _ID.search(one.values[0])]


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
def caller(migrated_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    folder = tmp_path_factory.mktemp("described") / "data"
    world = open_world(shutil.copytree(migrated_folder, folder), is_migrated=True)
    for state in (AskState.DECIDED, AskState.LATE, AskState.STUCK):
        world.comment(ask_state=state)
    world.done(world.comment().action_id)
    world.silence()
    yield Caller(world, world.key("schemathesis"))
    world.close()


@pytest.fixture(scope="module")
def described(caller: Caller) -> Description:
    return _described(caller)


@pytest.fixture(scope="module")
def described_in_short(caller: Caller) -> Description:
    """The same, without a case for each limit of each field."""
    api = _described(caller)
    api.config.phases.coverage.enabled = False
    return api


@pytest.mark.parametrize(("path", "method"), WITHOUT_ID)
def test_operation_keeps_its_description(
    path: str, method: str, caller: Caller, described: Description
) -> None:
    _try(described, path, method, caller.check)


@pytest.mark.parametrize(("path", "method"), WITH_ID)
def test_operation_on_what_exists_keeps_its_description(
    path: str, method: str, caller: Caller, described: Description
) -> None:
    def make() -> dict[str, str]:
        told = asdict(caller.world.comment(ask_state=AskState.LATE))
        return {**told, "member_id": caller.world.member().id}

    # Who only looks leaves everything as it is.
    seen = make() if method == "get" else None

    def check(case: Case) -> None:
        told = seen or make()
        for name in case.path_parameters:
            case.path_parameters[name] = told.get(name, told["event_id"])
        caller.check(case)

    _try(described, path, method, check)


# The limits of each other field are tried on what exists.
@pytest.mark.parametrize(("path", "method"), WITH_ID)
def test_operation_on_what_nobody_has_keeps_its_description(
    path: str, method: str, caller: Caller, described_in_short: Description
) -> None:
    _try(described_in_short, path, method, caller.check, IN_SHORT)


def _try(
    api: Description,
    path: str,
    method: str,
    check: Callable[[Case], None],
    searched: settings = QUICKLY,
) -> None:
    """Hold every case of one operation to a check.

    Cases are made here and not by `parametrize`, which makes those of all operations while tests
    are collected, in every worker.
    """

    def held(case: Case) -> None:
        check(case)

    build_operation_test(
        config=api.config,
        operation=api[path][method],
        test_func=held,
        given_kwargs={},
        feedback=FeedbackSources(constants_value_source=make_constants_value_source(api)),
        explicit_settings=searched,
    )()


def _described(caller: Caller) -> Description:
    api = schemathesis.openapi.from_path(ROOT / PATH)
    api.app = caller.world.app()
    # The key is ours; a generated one would only test the same refusal again and again.
    api.config.generation.with_security_parameters = False
    # A body that breaks a limit of the description may break the limit of all bodies first.
    rejection = api.config.checks.negative_data_rejection
    rejection.expected_statuses = [*rejection.expected_statuses, "413"]
    return api
