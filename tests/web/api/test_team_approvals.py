"""Approvals of a team by REST: comments, whose vote is waited for, and who is away."""

import json

import httpx
import pytest

from chargehand.domain.member import Role
from tests.web.api.world import World

pytestmark = pytest.mark.anyio


async def test_comment_is_shown_with_the_approval_and_decides_nothing(
    world: World, client: httpx.AsyncClient
) -> None:
    told = world.comment()

    said = await client.post(f"/v1/approvals/{told.approval_id}/comment", json={"text": "Why?"})
    shown = (await client.get(f"/v1/approvals/{told.approval_id}")).json()

    assert (said.status_code, shown["state"], shown["counted"]) == (200, "open", 0)
    assert [(one["vote"], one["by"], one["reason"]) for one in shown["votes"]] == [
        ("comment", "key:ci", "Why?")
    ]
    empty = await client.post(f"/v1/approvals/{told.approval_id}/comment", json={"text": "  "})
    assert empty.status_code == 422


async def test_approval_keeps_the_policy_it_was_opened_under(
    world: World, client: httpx.AsyncClient
) -> None:
    told = world.comment()
    opened_under = (await client.get("/v1/policy")).json()["version"]
    set_ = await client.put("/v1/modes", json={"mode": "approve"})
    assert set_.status_code == 200, set_.text

    shown = (await client.get(f"/v1/approvals/{told.approval_id}")).json()
    [listed] = (await client.get("/v1/approvals")).json()["items"]
    [record] = world.database.read(lambda tx: list(tx.audit.about(told.approval_id)))

    assert shown["policy_version"] == listed["policy_version"] == opened_under
    assert (await client.get("/v1/policy")).json()["version"] == opened_under + 1
    assert json.loads(record.body)["policy_version"] == opened_under


async def test_list_of_what_needs_somebody_leaves_out_what_does_not(
    world: World, client: httpx.AsyncClient
) -> None:
    told = world.comment()
    ana = world.member("Ana Ruiz", role=Role.APPROVER)
    dev = world.member("Dora Lind", role=Role.DEVELOPER)

    async def needing(who: str) -> list[str]:
        answer = await client.get(f"/v1/approvals?needs={who}")
        return [one["id"] for one in answer.json()["items"]]

    assert await needing(ana.id) == await needing("me") == [told.approval_id]
    assert await needing(dev.id) == []
    unknown = await client.get("/v1/approvals?needs=nobody")
    assert unknown.status_code == 404
    shown = (await client.get(f"/v1/approvals/{told.approval_id}")).json()
    assert shown["may_decide"] == [{"id": ana.id, "name": "Ana Ruiz"}]
    assert shown["quorum"] == 1


async def test_absence_names_who_decides_and_ends_when_they_are_back(
    world: World, client: httpx.AsyncClient
) -> None:
    ana, ben = world.member("Ana Ruiz", role=Role.APPROVER), world.member("Ben Adler")
    body = {"ends_at": "2026-12-24T09:00:00+01:00", "deputy_id": ben.id}

    away = await client.post(f"/v1/members/{ana.id}/away", json=body)
    circle = await client.post(f"/v1/members/{ben.id}/away", json={**body, "deputy_id": ana.id})
    listed = (await client.get("/v1/absences")).json()["items"]
    back = await client.post(f"/v1/members/{ana.id}/back")

    assert away.json()["deputy_name"] == "Ben Adler"
    assert away.json()["ends_at"] == "2026-12-24T08:00:00Z"
    assert (circle.status_code, circle.json()["code"]) == (409, "absence_invalid")
    assert [one["member_id"] for one in listed] == [ana.id]
    assert [one["id"] for one in back.json()["items"]] == [listed[0]["id"]]
    assert (await client.get("/v1/absences")).json() == {"items": []}
