"""Keys by REST: made with no more than their maker has, told once, listed, ended."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from chargehand.domain.member import Role
from chargehand.domain.permission import Permission
from chargehand.pipeline.keys import KeyLimits, create_key
from chargehand.pipeline.members import leave
from tests.web.api.signing_in import Site, sign_in, with_password
from tests.web.api.world import PAY, World

pytestmark = pytest.mark.anyio
FEW = ["approval:view", "key:manage"]


def few(world: World, **limits: Any) -> str:
    """A key that may make keys, and look at approvals."""
    now, held = world.clock.now(), frozenset(Permission(one) for one in FEW)
    limited = KeyLimits(permissions=held, **limits)
    return world.database.write(
        lambda tx: create_key(tx, "few", by="cli", now=now, limits=limited)
    ).secret


async def test_made_key_works_within_its_limits_and_is_told_once(
    world: World, client: httpx.AsyncClient
) -> None:
    ends = world.clock.now() + timedelta(hours=1)
    body = {
        "name": " board ",
        "permissions": ["event:view", "approval:view"],
        "projects": ["pay"],
        "expires_at": ends.isoformat(),
    }

    made = (await client.post("/v1/keys", json=body)).json()

    secret, key = made["secret"], made["key"]
    assert (key["name"], key["created_by"], key["member_id"]) == ("board", "key:ci", None)
    assert (key["permissions"], key["projects"]) == (["approval:view", "event:view"], ["PAY"])
    async with world.client(key=secret) as made_client:
        seen = [(await made_client.get(f"/v1/{one}")).status_code for one in ("events", "audit")]
        world.clock.advance(3600)
        later = await made_client.get("/v1/events")
    assert (seen, later.status_code) == ([200, 403], 401)
    audit = await client.get("/v1/audit")
    told = [await client.get("/v1/keys"), audit]
    assert all(secret not in one.text for one in told)
    [record] = [one for one in audit.json()["items"] if one["subject_id"] == key["id"]]
    assert (record["tag"], record["by"]) == ("person:key:created", "key:ci")
    assert json.loads(record["body"])["projects"] == ["PAY"]


async def test_keys_are_listed_newest_first_in_pages(
    world: World, client: httpx.AsyncClient
) -> None:
    for name in ("one", "two", "three"):
        world.clock.advance(1)
        await client.post("/v1/keys", json={"name": name})

    first = (await client.get("/v1/keys?limit=2")).json()
    second = (await client.get(f"/v1/keys?limit=2&cursor={first['next_cursor']}")).json()

    names = [[one["name"] for one in page["items"]] for page in (first, second)]
    assert names == [["three", "two"], ["one", "ci"]]
    assert second["next_cursor"] is None


async def test_ended_key_is_refused_at_once_and_may_be_ended_twice(
    world: World, client: httpx.AsyncClient
) -> None:
    made = (await client.post("/v1/keys", json={"name": "old"})).json()
    path = f"/v1/keys/{made['key']['id']}/revoke"

    first = await client.post(path)
    world.clock.advance(60)
    second = await client.post(path)

    async with world.client(key=made["secret"]) as ended:
        assert (await ended.get("/v1/me")).status_code == 401
    assert first.json()["revoked_at"] == second.json()["revoked_at"] == "2026-11-20T10:00:00Z"
    records = (await client.get("/v1/audit")).json()["items"]
    assert [one["by"] for one in records if one["tag"] == "person:key:revoked"] == ["key:ci"]


TOO_MUCH = {
    "everything": ({}, "action:settle"),
    "what it does not hold": ({"permissions": ["approval:view", "mode:set"]}, "mode:set"),
    "everything in one project": ({"projects": ["PAY"]}, "action:settle"),
}


@pytest.mark.parametrize(("limits", "lacking"), TOO_MUCH.values(), ids=TOO_MUCH)
async def test_key_hands_on_no_more_than_it_holds(
    world: World, limits: dict[str, Any], lacking: str
) -> None:
    async with world.client(key=few(world)) as client:
        refused = await client.post("/v1/keys", json={"name": "more", **limits})
        world.clock.advance(1)
        allowed = await client.post("/v1/keys", json={"name": "same", "permissions": FEW})
        names = [one["name"] for one in (await client.get("/v1/keys")).json()["items"]]

    assert (refused.status_code, allowed.status_code) == (403, 200)
    assert f"permission {lacking} in" in refused.json()["detail"]
    assert names == ["same", "few"]


async def test_key_makes_none_that_outlives_it(world: World) -> None:
    ends = world.clock.now() + timedelta(days=2)
    body = {"name": "later", "permissions": FEW}

    async with world.client(key=few(world, expires_at=ends)) as client:
        for_good = await client.post("/v1/keys", json=body)
        after = (ends + timedelta(seconds=1)).isoformat()
        too_late = await client.post("/v1/keys", json={**body, "expires_at": after})
        with_it = await client.post("/v1/keys", json={**body, "expires_at": ends.isoformat()})

    assert [one.status_code for one in (for_good, too_late, with_it)] == [422, 422, 200]
    assert for_good.json()["errors"][0]["field"] == "expires_at"


async def test_key_of_one_project_makes_and_sees_none(world: World) -> None:
    body = {"name": "mine", "permissions": ["approval:view"], "projects": ["PAY"]}

    async with world.client(key=few(world, projects=frozenset({PAY}))) as client:
        answers = [await client.post("/v1/keys", json=body), await client.get("/v1/keys")]

    assert {one.status_code for one in answers} == {403}


async def test_member_makes_keys_that_act_for_them_and_end_with_them(world: World) -> None:
    """Nobody gets a second voice: what the key decides is recorded as theirs."""
    ana, told = with_password(world, role=Role.ADMIN), world.comment()
    world.member("Bea", role=Role.ADMIN)
    async with Site(world).browser() as browser:
        await sign_in(browser)
        made = (await browser.post("/v1/keys", json={"name": "ana-app"})).json()

    async with world.client(key=made["secret"]) as client:
        approved = await client.post(f"/v1/approvals/{told.approval_id}/approve")
        child = (await client.post("/v1/keys", json={"name": "child"})).json()
        now = world.clock.now()
        world.database.write(lambda tx: leave(tx, ana.id, by="cli", now=now))
        after = await client.get("/v1/me")

    assert [one["key"]["member_id"] for one in (made, child)] == [ana.id, ana.id]
    assert approved.json()["decided_by"] == f"member:{ana.id}"
    assert after.status_code == 401
    async with world.client(key=child["secret"]) as client:
        assert (await client.get("/v1/me")).status_code == 401


async def test_page_of_another_site_makes_no_key(world: World) -> None:
    with_password(world, role=Role.ADMIN)

    async with Site(world).browser() as browser:
        await sign_in(browser)
        foreign = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
        answer = await browser.post("/v1/keys", json={"name": "theirs"}, headers=foreign)

    assert answer.status_code == 403
    assert world.database.read(lambda tx: tx.api_keys.all()) == ()


REFUSED = {
    "blank name": ({"name": "  "}, 422, "name"),
    "name with a control character": ({"name": "ci\x1b[2J"}, 422, "name"),
    "long name": ({"name": "x" * 61}, 422, "name"),
    "no permission": ({"name": "a", "permissions": []}, 422, "permissions"),
    "unknown permission": ({"name": "a", "permissions": ["all"]}, 422, "permissions"),
    "unknown project": ({"name": "a", "projects": ["NOPE"]}, 422, "projects"),
    "over": ({"name": "a", "expires_at": "2026-11-20T09:59:59Z"}, 422, "expires_at"),
    "end of time": ({"name": "a", "expires_at": "9999-12-31T23:59:59-23:00"}, 422, "expires_at"),
    "another member's": ({"name": "a", "member_id": "mbr_1"}, 422, "member_id"),
}


@pytest.mark.parametrize(("body", "status", "field"), REFUSED.values(), ids=REFUSED)
async def test_what_can_not_be_is_refused_by_its_field(
    quiet_client: httpx.AsyncClient, body: dict[str, Any], status: int, field: str
) -> None:
    answer = await quiet_client.post("/v1/keys", json=body)

    assert answer.status_code == status
    assert field in answer.json()["errors"][0]["field"]


async def test_name_of_a_live_key_is_taken(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/keys", json={"name": "ci"})

    assert (answer.status_code, answer.json()["code"]) == (409, "key_name_taken")
