"""What a key reaches: its permissions, its projects, its member's rights, and nothing else."""

import json
import re
from dataclasses import asdict
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import update
from starlette.applications import Starlette

from chargehand.commands.registry import COMMANDS
from chargehand.domain.ids import ProjectKey
from chargehand.domain.member import Member, Role
from chargehand.domain.permission import Permission
from chargehand.domain.policy import Origin, Trust
from chargehand.pipeline.keys import KeyLimits, create_key, revoke_key
from chargehand.pipeline.members import leave, set_roles
from chargehand.storage.tables import actions
from chargehand.web.api.asking import PERMISSION, PLACE
from tests.web.api.world import OPS, PAY, Told, World

pytestmark = pytest.mark.anyio
ALL = frozenset(Permission)
Operations = list[tuple[str, str, dict]]
BODIES = {
    "settle": {"finding": "happened"},
    "edit": {"text": "Other words."},
    "comment": {"text": "The bank answers on Friday."},
    "away": {"ends_at": "2026-12-24T10:00:00Z"},
    "roles": {"roles": []},
    "accounts": {"connection": "acme", "account": "712020:ana"},
    "refuse": {"connection": "acme", "account": "712020:ana"},
    "codes": {"connection": "acme"},
}
LISTS = {
    "/v1/approvals": "approval:view",
    "/v1/asks": "ask:view",
    "/v1/deliveries": "delivery:view",
    "/v1/events": "event:view",
    "/v1/decisions": "decision:view",
    "/v1/actions": "action:view",
}


def limited(world: World, name: str, *words: str, **limits) -> str:
    """A key with a scope; without words it may do all there is."""
    now = world.clock.now()
    permissions = frozenset(Permission(word) for word in words) if words else None
    made = world.database.write(
        lambda tx: create_key(
            tx, name, by="cli", now=now, limits=KeyLimits(permissions=permissions, **limits)
        )
    )
    return made.secret


def key_id_of(world: World, name: str) -> str:
    every = world.database.read(lambda tx: tx.api_keys.all())
    return next(one.id for one in every if one.name == name)


def roles(world: World, member: Member, *held: tuple[ProjectKey | None, Role]) -> None:
    now = world.clock.now()
    world.database.write(lambda tx: set_roles(tx, member.id, held, by="cli", now=now))


@pytest.fixture(scope="module")
def operations(quiet_app: Starlette) -> Operations:
    """Every operation as method, path and description."""
    (mounted,) = quiet_app.routes
    return [
        (method.upper(), path, operation)
        for path, item in mounted.app.openapi()["paths"].items()
        for method, operation in item.items()
    ]


async def said(client: httpx.AsyncClient, line: str, **about: str) -> str:
    """What became of a line."""
    answer = await client.post("/v1/commands", json={"line": line, **about})
    assert answer.status_code == 200, answer.text
    return answer.json()["outcome"]


async def ask(client: httpx.AsyncClient, method: str, path: str) -> httpx.Response:
    body = BODIES.get(path.rpartition("/")[2])
    return await client.request(method, path, json=body)


def filled(path: str, told: Told, **others: str) -> str:
    """A path with the ids of what one comment led to; a trace is asked for by its event."""
    ids = {**asdict(told), **others, "identifier": told.event_id}
    return re.sub(r"\{(\w+)\}", lambda found: ids[found[1]], path)


def has_id(path: str) -> bool:
    return "{" in path and "{flag}" not in path and "{name}" not in path


def test_every_operation_names_what_it_takes(operations: Operations) -> None:
    without = []
    for method, path, operation in operations:
        permission, place = operation[PERMISSION], operation[PLACE]
        if not permission:
            without.append(f"{method} {path}")
            continue
        assert permission in ALL
        assert place in ("organization", "project")

    assert without == ["GET /v1/me"]


def test_every_permission_guards_something(operations: Operations) -> None:
    """One that nothing asks for would promise a guard that is not there."""
    of_routes = {operation[PERMISSION] for _, _, operation in operations}
    of_lines = {one.permission for one in COMMANDS}

    assert ALL - of_routes - of_lines == set()


async def test_ids_of_another_organization_are_nowhere(
    world: World, operations: Operations
) -> None:
    other = world.beside("other")
    told, member = other.comment(), other.member()
    other.key()
    ids, wrong = {"member_id": member.id, "key_id": key_id_of(other, "ci")}, []

    async with world.client() as client:
        for method, path, _ in operations:
            if has_id(path):
                answer = await ask(client, method, filled(path, told, **ids))
                if answer.status_code != 404:
                    wrong.append((method, path, answer.status_code, answer.text))

    assert wrong == []


async def test_ids_of_another_project_are_nowhere(world: World, operations: Operations) -> None:
    told, member = world.comment(project=OPS), world.member()
    key = limited(world, "pay", projects=frozenset({PAY}))
    ids, wrong = {"member_id": member.id, "key_id": key_id_of(world, "pay")}, []

    async with world.client(key=key) as client:
        for method, path, operation in operations:
            if has_id(path):
                answer = await ask(client, method, filled(path, told, **ids))
                expected = 404 if operation[PLACE] == "project" else 403
                if answer.status_code != expected:
                    wrong.append((method, path, answer.status_code, answer.text))

    assert wrong == []


async def test_what_is_asked_of_the_organization_is_refused_to_a_key_of_a_project(
    world: World, operations: Operations
) -> None:
    key, wrong = limited(world, "pay", projects=frozenset({PAY})), []

    async with world.client(key=key) as client:
        for method, path, operation in operations:
            if method == "GET" and operation[PLACE] == "organization" and not has_id(path):
                answer = await client.get(path.replace("{name}", "acme"))
                if answer.status_code != 403:
                    wrong.append((path, answer.status_code))

    assert wrong == []


async def test_lists_hold_what_is_of_the_keys_projects(world: World) -> None:
    pay, ops = world.comment(), world.comment(project=OPS)
    world.silence()
    key = limited(world, "pay", projects=frozenset({OPS}))

    async with world.client(key=key) as client:
        found = {path: (await client.get(path)).text for path in LISTS}
        timeline = await client.get("/v1/timeline?work_item=PAY-1")
        mode_lines = (await client.get("/v1/modes")).json()["modes"]

    told_of = {path: [pay.event_id in text, ops.event_id in text] for path, text in found.items()}
    for path in ("/v1/events", "/v1/asks", "/v1/decisions", "/v1/deliveries"):
        assert told_of[path] == [False, True], path
    for path, own, foreign in (
        ("/v1/approvals", ops.approval_id, pay.approval_id),
        ("/v1/actions", ops.action_id, pay.action_id),
    ):
        assert own in found[path]
        assert foreign not in found[path]
    assert timeline.json()["items"] == []
    assert {line["project"] for line in mode_lines} == {OPS}


@pytest.mark.every_variant
@pytest.mark.parametrize(("path", "permission"), LISTS.items(), ids=LISTS)
async def test_list_takes_its_own_permission(world: World, path: str, permission: str) -> None:
    having = limited(world, "having", permission)
    others = limited(world, "others", *(ALL - {Permission(permission)}))

    async with world.client(key=having) as client:
        allowed = await client.get(path)
    async with world.client(key=others) as client:
        refused = await client.get(path)

    assert (allowed.status_code, refused.status_code) == (200, 403)
    assert refused.json()["code"] == "permission_not_held"
    assert permission in refused.json()["detail"]


async def test_who_may_look_may_not_decide(world: World) -> None:
    told = world.comment()
    key = limited(world, "looking", "approval:view", "command:run")

    async with world.client(key=key) as client:
        approved = await client.post(f"/v1/approvals/{told.approval_id}/approve")
        said = await client.post("/v1/commands", json={"line": f"approve {told.approval_id}"})
        seen = await client.get(f"/v1/approvals/{told.approval_id}")

    assert (approved.status_code, said.json()["outcome"]) == (403, "refused")
    assert "approval:decide" in said.json()["markdown"]
    assert seen.json()["state"] == "open"


async def test_lines_reach_no_further_than_routes(world: World) -> None:
    told = world.comment(project=OPS)
    key = limited(world, "pay", projects=frozenset({PAY}))
    lines = [f"approve {told.approval_id}", f"trace {told.event_id}", f"why {told.decision_id}"]

    async with world.client(key=key) as client:
        answers = [(await client.post("/v1/commands", json={"line": one})).json() for one in lines]
        named = await client.post("/v1/commands", json={"line": "modes", "project": "OPS"})

    assert {one["outcome"] for one in answers} == {"not_found"}
    assert named.status_code == 422
    assert named.json()["errors"][0]["allowed"] == "PAY"
    bea = world.member("Bea")
    roles(world, bea, (PAY, Role.OPERATOR))
    keys = (
        limited(world, "stops", "command:run", "stop:set", projects=frozenset({PAY})),
        limited(world, "bea", member_id=bea.id),
    )
    stops = ("stop all", "stop project OPS", "stop project NOPE", "stop agent chargehand")
    for key in keys:
        async with world.client(key=key) as client:
            refused = [await said(client, one) for one in (*stops, "resume all")]
            own = [await said(client, f"{verb} project PAY") for verb in ("stop", "resume")]

            told = (await client.post("/v1/commands", json={"line": "stop all"})).json()["markdown"]

        assert (set(refused), own) == ({"refused"}, ["done", "done"])
        assert "OPS" not in told
        assert "not in all of them" in told


async def test_lines_of_a_member_reach_where_they_work(world: World) -> None:
    bea, nobody = world.member("Bea"), world.member("Kim")
    roles(world, bea, (PAY, Role.APPROVER))
    roles(world, nobody)
    told = world.comment(project=OPS)
    keys = [limited(world, one.name, member_id=one.id) for one in (bea, nobody)]

    async with world.client(key=keys[0]) as client:
        modes = await client.post("/v1/commands", json={"line": "modes"})
        named = await client.post("/v1/commands", json={"line": "unmute here", "project": "OPS"})
        outcomes = [
            await said(client, "mute here", project="PAY"),
            await said(client, "unmute here", project="PAY"),
            await said(client, "mute this ticket", work_item="PAY-3"),
            await said(client, f"approve {told.approval_id}"),
        ]
    async with world.client(key=keys[1]) as client:
        nowhere = await client.post("/v1/commands", json={"line": "mute here", "project": "PAY"})
        herself = await said(client, "mute me")

    assert ("PAY" in modes.text, "OPS" in modes.text) == (True, False)
    assert (named.status_code, nowhere.status_code) == (422, 422)
    assert outcomes == ["illegal", "illegal", "done", "not_found"]
    assert herself == "done"


async def test_story_that_leads_elsewhere_is_told_to_who_may_know_it_all(world: World) -> None:
    told = world.comment()
    key = limited(world, "pay", projects=frozenset({PAY}))

    async with world.client(key=key) as client:
        before = await said(client, f"trace {told.event_id}")
        with world.database.engine.begin() as connection:
            moved = update(actions).where(actions.c.action_id == told.action_id)
            connection.execute(moved.values(project=OPS))
        after = await said(client, f"trace {told.event_id}")

    assert (before, after) == ("done", "not_found")


async def test_work_item_is_of_the_project_beside_it(world: World) -> None:
    key = limited(world, "pay", projects=frozenset({PAY}))
    body = {"line": "mute this ticket", "project": "PAY", "work_item": "OPS-7"}

    async with world.client(key=key) as client:
        answer = await client.post("/v1/commands", json=body)
        fitting = await client.post("/v1/commands", json={**body, "work_item": "PAY-7"})

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "work_item")
    assert fitting.json()["outcome"] == "done"


async def test_what_waits_for_somebody_is_told_within_the_keys_projects(world: World) -> None:
    ana, bea = world.member(role=Role.ADMIN), world.member("Bea", role=Role.APPROVER)
    pay, ops = world.comment(), world.comment(project=OPS)
    key = limited(world, "board", projects=frozenset({PAY}), member_id=ana.id)

    async with world.client(key=key) as client:
        mine = [(await client.get(f"/v1/approvals?needs={who}")).text for who in ("me", ana.id)]
        others = await client.get(f"/v1/approvals?needs={bea.id}")

    assert [(pay.approval_id in one, ops.approval_id in one) for one in mine] == [(True, False)] * 2
    assert (others.status_code, "member:view" in others.text) == (403, True)


async def test_modes_and_budgets_of_one_project_can_be_changed_alone(world: World) -> None:
    key = limited(world, "pay", projects=frozenset({PAY}))
    mode, budget = {"mode": "auto"}, {"cap_usd": "5", "period": "month"}

    async with world.client(key=key) as client:
        codes = {
            (path, project): (
                await client.put(path, json={**body, **({"project": project} if project else {})})
            ).status_code
            for path, body in (("/v1/modes", mode), ("/v1/budgets", budget))
            for project in ("PAY", "OPS", None, "NOPE")
        }

    assert {key for key, code in codes.items() if code == 200} == {
        ("/v1/modes", "PAY"),
        ("/v1/budgets", "PAY"),
    }
    assert {code for (_, project), code in codes.items() if project != "PAY"} == {403}


async def test_key_of_a_member_does_what_they_may_at_that_moment(world: World) -> None:
    ana = world.member(role=Role.APPROVER)
    told, later = world.comment(), world.comment()
    key = limited(world, "board", member_id=ana.id)

    async with world.client(key=key) as client:
        approved = await client.post(f"/v1/approvals/{told.approval_id}/approve")
        audit = await client.get("/v1/audit")
        roles(world, ana, (None, Role.VIEWER))
        refused = await client.post(f"/v1/approvals/{later.approval_id}/approve")

    assert approved.json()["decided_by"] == f"member:{ana.id}"
    key_id = key_id_of(world, "board")
    assert approved.json()["decided_via"] == f"key:{key_id}"
    assert (audit.status_code, refused.status_code) == (403, 403)
    async with world.client() as client:
        record = (await client.get("/v1/audit")).json()["items"]
    decided = next(one for one in record if one["tag"] == "person:approval:approved")
    assert decided["by"] == f"member:{ana.id}"
    assert json.loads(decided["body"])["via"] == f"key:{key_id}"
    assert "board" not in decided["body"]


async def test_key_of_a_member_is_no_more_than_its_scope(world: World) -> None:
    ana = world.member(role=Role.ADMIN)
    told = world.comment()
    key = limited(world, "board", "approval:view", member_id=ana.id)

    async with world.client(key=key) as client:
        seen = await client.get(f"/v1/approvals/{told.approval_id}")
        approved = await client.post(f"/v1/approvals/{told.approval_id}/approve")

    assert (seen.status_code, approved.status_code) == (200, 403)


async def test_key_of_a_member_who_left_is_refused(world: World) -> None:
    ana, other = world.member(role=Role.ADMIN), world.member("Bea", role=Role.ADMIN)
    key, now = limited(world, "board", member_id=ana.id), world.clock.now()
    world.database.write(lambda tx: leave(tx, ana.id, by="cli", now=now))

    async with world.client(key=key) as client:
        answer = await client.get("/v1/me")

    assert other.left_at is None
    assert (answer.status_code, answer.json()["code"]) == (401, "key_unknown")
    audit = world.database.read(lambda tx: tx.audit.newest(limit=9))
    assert {"person:key:revoked", "person:member:left"} <= {one.tag for one in audit}


async def test_key_names_no_deputy_for_more_than_it_may_decide(world: World) -> None:
    ana, tom = world.member(role=Role.APPROVER), world.member("Tom")
    line = f"away until 2026-12-24 deputy {tom.id}"
    keys = (
        limited(world, "looking", "command:run", "attention:set", member_id=ana.id),
        limited(world, "pay", projects=frozenset({PAY}), member_id=ana.id),
        limited(world, "all", member_id=ana.id),
    )
    outcomes = []

    for key in keys:
        async with world.client(key=key) as client:
            outcomes += [await said(client, line)]

    assert outcomes == ["refused", "refused", "done"]


async def test_what_a_member_undoes_is_a_members_and_no_operators(world: World) -> None:
    ana, causes = world.member(role=Role.ADMIN), []
    for key in (limited(world, "board", member_id=ana.id), None):
        told = world.comment()
        world.done(told.action_id)
        async with world.client(key=key) as client:
            undo = (await client.post(f"/v1/actions/{told.action_id}/undo")).json()
        action = world.database.read(lambda tx, found=undo["id"]: tx.actions.find(found))
        causes.append((action.cause.requester, action.cause.origin, action.cause.trust))

    assert causes == [
        (f"member:{ana.id}", Origin.UNKNOWN, Trust.TEAM),
        ("key:ci", Origin.OPERATOR, Trust.TEAM),
    ]


async def test_key_ends_when_it_was_to_end(world: World) -> None:
    ends = world.clock.now() + timedelta(hours=1)
    key = limited(world, "guest", expires_at=ends)

    async with world.client(key=key) as client:
        before = await client.get("/v1/me")
        world.clock.advance(3600)
        after = await client.get("/v1/me")

    assert (before.status_code, after.status_code) == (200, 401)
    assert "expired" in after.json()["detail"]


async def test_key_revoked_by_another_process_is_refused_at_once(world: World) -> None:
    """Each request looks at the database: no process keeps keys."""
    now = world.clock.now()
    made = world.database.write(lambda tx: create_key(tx, "old", by="cli", now=now))
    elsewhere = world.beside("default")

    async with world.client(key=made.secret) as client:
        before = await client.get("/v1/me")
        elsewhere.database.write(lambda tx: revoke_key(tx, made.id, by="cli", now=now))
        after = await client.get("/v1/me")

    assert (before.status_code, after.status_code) == (200, 401)


async def test_me_tells_who_and_what(world: World) -> None:
    ana = world.member(role=Role.APPROVER)
    key = limited(world, "board", "approval:view", projects=frozenset({PAY}), member_id=ana.id)

    async with world.client() as client:
        operator = (await client.get("/v1/me")).json()
    async with world.client(key=key) as client:
        found = (await client.get("/v1/me")).json()

    assert (operator["name"], operator["member"]) == ("key:ci", None)
    assert operator["permissions"] == [{"project": None, "permissions": sorted(ALL)}]
    assert found == {
        "name": f"member:{ana.id}",
        "via": f"key:{key_id_of(world, 'board')}",
        "member": {"id": ana.id, "name": "Ana Ruiz"},
        "roles": [{"project": None, "role": "approver"}],
        "permissions": [
            {"project": None, "permissions": []},
            {"project": "PAY", "permissions": ["approval:view"]},
        ],
    }
