"""The policy: shown, checked, compared, explained and put in force."""

from fastapi import APIRouter

from chargehand.domain.ids import ProjectKey
from chargehand.domain.json import JSONValue
from chargehand.domain.permission import Permission
from chargehand.domain.policy import Cause
from chargehand.pipeline import policies
from chargehand.pipeline.looking import Changing, View, find_action
from chargehand.pipeline.policies import MadeUpChange
from chargehand.pipeline.showing import to_json
from chargehand.web.api.asking import Asked, Asking, needs, needs_in_project
from chargehand.web.api.deps import APIDeps
from chargehand.web.api.describing import Tag, problems, problems_with_body
from chargehand.web.api.inputs import Identifier, Nothing
from chargehand.web.api.policy_models import (
    Policy,
    PolicyBody,
    PolicyCheck,
    PolicyDifference,
    PolicyExplanation,
    PolicyHistory,
    PolicyText,
    QuestionBody,
)


def add_policy_routes(router: APIRouter, deps: APIDeps) -> None:
    """Shows and changes the policy."""
    _add_reads(router, deps)
    _add_questions(router, deps)

    @router.put(
        "/policy",
        response_model=Policy,
        responses=problems_with_body(409),
        tags=[Tag.POLICY],
        openapi_extra=needs(Permission.POLICY_EDIT),
    )
    async def apply_policy(caller: Asking, _query: Nothing, body: PolicyBody) -> JSONValue:
        """Put a policy in force in every process, if nobody wrote another one meanwhile.

        What was simulated before is never sent because of it.
        """
        now = deps.clock.now()

        def work(asked: Asked[Changing]) -> JSONValue:
            version = policies.apply_policy(
                asked.tx,
                body.text.encode(),
                based_on=body.based_on,
                served=deps.served_projects,
                by=asked.by,
                now=now,
            )
            return to_json(policies.show_policy(asked.tx, version))

        return await caller.change(work)


def _add_reads(router: APIRouter, deps: APIDeps) -> None:
    @router.get(
        "/policy",
        response_model=Policy,
        responses=problems(),
        tags=[Tag.POLICY],
        openapi_extra=needs(Permission.POLICY_VIEW),
    )
    async def read_policy(caller: Asking, _query: Nothing) -> JSONValue:
        """The policy in force, as a document that can be changed and put in force."""
        return await caller.read(lambda asked: to_json(policies.show_policy(asked.tx)))

    @router.get(
        "/policy/history",
        response_model=PolicyHistory,
        responses=problems(),
        tags=[Tag.POLICY],
        openapi_extra=needs(Permission.POLICY_VIEW),
    )
    async def list_policies(caller: Asking, _query: Nothing) -> JSONValue:
        """Every version, with when and by whom."""
        return await caller.read(lambda asked: {"items": to_json(policies.list_policies(asked.tx))})

    @router.get(
        "/policy/explanations/{action_id}",
        response_model=PolicyExplanation,
        responses=problems(404),
        tags=[Tag.POLICY],
        openapi_extra=needs_in_project(Permission.POLICY_VIEW),
    )
    async def explain_action(caller: Asking, action_id: Identifier, _query: Nothing) -> JSONValue:
        """Which rule of the policy in force decides about a recorded action, and why."""
        now = deps.clock.now()

        def look(asked: Asked[View]) -> JSONValue:
            project = find_action(asked.tx, action_id).project
            asked.see(Permission.POLICY_VIEW, project, kind="action", identifier=action_id)
            return to_json(policies.explain_action(asked.tx, action_id, now=now))

        return await caller.read(look)


def _add_questions(router: APIRouter, deps: APIDeps) -> None:
    @router.post(
        "/policy/check",
        response_model=PolicyCheck,
        responses=problems_with_body(),
        tags=[Tag.POLICY],
        openapi_extra=needs(Permission.POLICY_VIEW),
    )
    async def check_policy(caller: Asking, _query: Nothing, body: PolicyText) -> JSONValue:
        """Everything that is wrong with a policy, for the team as it is; nothing is stored."""
        served, now = deps.served_projects, deps.clock.now()
        return await caller.read(
            lambda asked: to_json(
                policies.check_policy(asked.tx, body.text.encode(), served=served, now=now)
            )
        )

    @router.post(
        "/policy/diff",
        response_model=PolicyDifference,
        responses=problems_with_body(),
        tags=[Tag.POLICY],
        openapi_extra=needs(Permission.POLICY_VIEW),
    )
    async def compare_policy(caller: Asking, _query: Nothing, body: PolicyText) -> JSONValue:
        """What a policy would change; nothing is stored."""
        served = deps.served_projects
        return await caller.read(
            lambda asked: to_json(
                policies.compare_policy(asked.tx, body.text.encode(), served=served)
            )
        )

    @router.post(
        "/policy/explain",
        response_model=PolicyExplanation,
        responses=problems_with_body(),
        tags=[Tag.POLICY],
        openapi_extra=needs(Permission.POLICY_VIEW),
    )
    async def explain_question(caller: Asking, _query: Nothing, body: QuestionBody) -> JSONValue:
        """Which rule would decide about an action that nobody proposed yet, and why."""
        now = deps.clock.now()
        cause = Cause(requester=body.requester, origin=body.origin, trust=body.trust)
        return await caller.read(
            lambda asked: to_json(
                policies.explain_question(
                    asked.tx,
                    body.kind,
                    ProjectKey(body.project),
                    cause=cause,
                    target=body.target,
                    now=body.at or now,
                    change=MadeUpChange(body.lines, tuple(body.paths)),
                )
            )
        )
