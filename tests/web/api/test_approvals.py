"""Approve, reject and edit: each once, by a named key, about one exact action."""

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from chargehand.domain.action import ActionKind, ProposedAction
from tests.web.api.world import PAY, SITE, World

pytestmark = pytest.mark.anyio

WAYS = {"approve": None, "reject": {"reason": "not now"}, "edit": {"text": "Better so."}}


async def test_approval_shows_the_exact_preview(world: World, client: httpx.AsyncClient) -> None:
    told = world.comment()

    found = (await client.get(f"/v1/approvals/{told.approval_id}")).json()

    assert found["state"] == "open"
    assert found["expires_at"] == "2026-11-23T10:00:01Z"
    assert found["action"]["id"] == told.action_id
    assert found["action"]["digest"] == found["digest"]
    assert found["action"]["preview"].startswith("Comment on PAY-1, visible to everyone")
    assert "**In Progress**, assigned to Ana Ruiz." in found["action"]["preview"]


async def test_approve_lets_the_action_be_sent(world: World, client: httpx.AsyncClient) -> None:
    told = world.comment()

    answer = await client.post(f"/v1/approvals/{told.approval_id}/approve")

    assert answer.status_code == 200
    found = answer.json()
    assert (found["state"], found["decided_by"], found["decided_via"]) == (
        "approved",
        "key:ci",
        "rest",
    )
    assert found["action"]["state"] == "approved"
    newest = (await client.get("/v1/audit?limit=1")).json()["items"][0]
    assert newest["tag"] == "person:approval:approved"
    assert newest["subject_id"] == told.approval_id
    assert newest["by"] == "key:ci"
    assert "key:ci" not in newest["body"]


async def test_short_id_names_an_approval_too(world: World, client: httpx.AsyncClient) -> None:
    told = world.comment()
    short = told.approval_id[-6:].upper()

    shown = await client.get(f"/v1/approvals/{short}")
    answer = await client.post(f"/v1/approvals/{short}/approve", json={})

    assert (shown.status_code, answer.status_code) == (200, 200)
    assert answer.json()["id"] == told.approval_id


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param({"reason": "not now"}, "not now", id="with a reason"),
        pytest.param({}, "", id="without a reason"),
        pytest.param(None, "", id="without a body"),
    ],
)
async def test_reject_keeps_the_action_from_being_sent(
    world: World, client: httpx.AsyncClient, body: dict[str, str] | None, reason: str
) -> None:
    told = world.comment()

    answer = await client.post(f"/v1/approvals/{told.approval_id}/reject", json=body)

    assert answer.status_code == 200
    found = answer.json()
    assert (found["state"], found["reason"]) == ("rejected", reason)
    assert found["action"]["state"] == "rejected"
    assert found["action"]["problem"] == "rejected_by_person"


async def test_edit_voids_the_approval_and_opens_another(
    world: World, client: httpx.AsyncClient
) -> None:
    told = world.comment()

    answer = await client.post(
        f"/v1/approvals/{told.approval_id}/edit", json={"text": "Almost done."}
    )
    old = await client.get(f"/v1/approvals/{told.approval_id}")
    stale = await client.post(f"/v1/approvals/{told.approval_id}/approve")
    fresh = await client.post(f"/v1/approvals/{answer.json()['id']}/approve")

    assert answer.status_code == 200
    assert answer.json()["state"] == "open"
    assert answer.json()["id"] != told.approval_id
    assert answer.json()["action"]["params"]["markdown"] == "Almost done."
    assert answer.json()["action"]["preview"].endswith("\n\nAlmost done.")
    assert old.json()["state"] == "voided"
    assert (stale.status_code, stale.json()["code"]) == (409, "approval_voided")
    assert fresh.json()["action"]["digest"] == answer.json()["digest"] != old.json()["digest"]


@pytest.mark.every_variant
@pytest.mark.parametrize("first", WAYS)
@pytest.mark.parametrize("second", WAYS)
async def test_second_decision_is_told_who_was_first(
    world: World, client: httpx.AsyncClient, first: str, second: str
) -> None:
    told = world.comment()
    async with world.client(key=world.key("alice")) as alice:
        won = await alice.post(f"/v1/approvals/{told.approval_id}/{first}", json=WAYS[first])

    lost = await client.post(f"/v1/approvals/{told.approval_id}/{second}", json=WAYS[second])

    assert won.status_code == 200
    assert lost.status_code == 409
    if first == "edit":
        assert lost.json()["code"] == "approval_voided"
    else:
        assert lost.json()["code"] == "already_decided"
        assert lost.json()["decided_by"] == "key:alice"
        assert "by key:alice" in lost.json()["detail"]


@pytest.mark.parametrize("way", WAYS)
async def test_expired_approval_can_not_be_decided(
    world: World, client: httpx.AsyncClient, way: str
) -> None:
    told = world.comment()
    world.clock.advance(timedelta(days=3).total_seconds())

    answer = await client.post(f"/v1/approvals/{told.approval_id}/{way}", json=WAYS[way])

    assert (answer.status_code, answer.json()["code"]) == (409, "approval_expired")


@pytest.mark.parametrize("way", WAYS)
async def test_approval_of_another_organization_is_not_found(
    world: World, client: httpx.AsyncClient, way: str
) -> None:
    other = world.beside("other")
    told = other.comment()

    answer = await client.post(f"/v1/approvals/{told.approval_id}/{way}", json=WAYS[way])

    assert answer.status_code == 404
    state = other.database.read(lambda tx: tx.approvals.find(told.approval_id))
    assert state is not None
    assert state.state == "open"


async def test_changed_action_is_not_approved(world: World, client: httpx.AsyncClient) -> None:
    told = world.comment()
    other = ProposedAction(
        kind=ActionKind.JIRA_ADD_COMMENT,
        connection_id=SITE,
        project=PAY,
        target="PAY-1",
        params={"markdown": "something else"},
        base={},
        preview="something else",
    )
    world.database.write(
        lambda tx: tx.actions.replace_params(
            told.action_id, other, digest="0" * 64, now=world.clock.now()
        )
    )

    answer = await client.post(f"/v1/approvals/{told.approval_id}/approve")

    assert (answer.status_code, answer.json()["code"]) == (409, "approval_voided")
    assert (await client.get(f"/v1/actions/{told.action_id}")).json()["state"] == "waiting"


async def test_action_without_text_can_not_be_edited(
    world: World, client: httpx.AsyncClient
) -> None:
    told = world.comment(kind=ActionKind.JIRA_ADD_LABELS)

    answer = await client.post(f"/v1/approvals/{told.approval_id}/edit", json={"text": "x"})

    assert (answer.status_code, answer.json()["code"]) == (422, "edit_not_possible")


async def test_text_the_connector_refuses_changes_nothing(
    world: World, client: httpx.AsyncClient
) -> None:
    told = world.comment()

    answer = await client.post(f"/v1/approvals/{told.approval_id}/edit", json={"text": " \n "})

    assert answer.status_code == 422
    assert [entry["field"] for entry in answer.json()["errors"]] == ["markdown"]
    assert (await client.get(f"/v1/approvals/{told.approval_id}")).json()["state"] == "open"


async def test_edit_without_its_connection_is_refused(world: World) -> None:
    told = world.comment()
    deps = replace(world.deps(), previewers={})

    async with world.client(deps=deps) as client:
        answer = await client.post(f"/v1/approvals/{told.approval_id}/edit", json={"text": "x"})

    assert (answer.status_code, answer.json()["code"]) == (409, "connection_not_configured")
