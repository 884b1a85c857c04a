"""The team by REST: the same rules as on the host, where alone somebody may vouch."""

from typing import Any

import httpx
import pytest

from chargehand.domain.account import Account, AccountRef
from chargehand.domain.ids import AccountId
from chargehand.domain.member import Role
from chargehand.pipeline.accounts import note_seen
from chargehand.pipeline.confirming import Confirmed, say_code
from tests.web.api.world import SITE, World

pytestmark = pytest.mark.anyio
ACCOUNT = {"connection": "acme", "account": "712020:ana"}
ROSTER = "name,email,roles,account:acme\nAna Ruiz,ana@example.com,admin,712020:ana\n"


async def newest_tag(client: httpx.AsyncClient) -> str:
    newest = (await client.get("/v1/audit?limit=1")).json()["items"][0]
    assert newest["by"] in {"key:ci", "acme:712020:ana"}
    return newest["tag"]


async def test_member_is_added_linked_confirmed_and_leaves(
    world: World, client: httpx.AsyncClient
) -> None:
    world.member("Other", "other@example.com", role=Role.ADMIN)
    roles = [{"role": "approver", "project": "PAY"}, {"role": "viewer", "project": None}]
    added = await client.post(
        "/v1/members", json={"name": "Ana Ruiz", "email": "Ana@Example.com", "roles": roles}
    )
    path = f"/v1/members/{added.json()['id']}"
    assert (added.status_code, added.json()["email"]) == (200, "ana@example.com")
    assert added.json()["roles"] == [
        {"project": None, "role": "viewer"},
        {"project": "PAY", "role": "approver"},
    ]

    linked = (await client.post(f"{path}/accounts", json=ACCOUNT)).json()
    assert [(one["state"], one["carries_rights"]) for one in linked["identities"]] == [
        ("matched", False)
    ]
    started = (await client.post(f"{path}/codes", json={"connection": "acme"})).json()
    assert started["account_id"] == "712020:ana"
    ref, now = AccountRef(SITE, AccountId("712020:ana")), world.clock.now()
    said = world.database.write(lambda tx: say_code(tx, started["code"], ref, now=now))
    assert isinstance(said, Confirmed)
    assert await newest_tag(client) == "person:identity:confirmed"
    shown = (await client.get(path)).json()
    assert [one["carries_rights"] for one in shown["identities"]] == [True]

    refused = (await client.post(f"{path}/refuse", json=ACCOUNT)).json()
    assert [one["state"] for one in refused["identities"]] == ["refused"]
    changed = await client.put(f"{path}/roles", json={"roles": [{"role": "developer"}]})
    assert changed.json()["roles"] == [{"project": None, "role": "developer"}]
    left = (await client.post(f"{path}/leave")).json()
    assert (left["roles"], left["left_at"] is not None) == ([], True)
    assert await newest_tag(client) == "person:member:left"


async def test_roster_is_shown_stored_and_given_back(client: httpx.AsyncClient) -> None:
    shown = (await client.post("/v1/members/roster", json={"csv": ROSTER})).json()
    assert (shown["is_applied"], [one["name"] for one in shown["added"]]) == (False, ["Ana Ruiz"])
    assert (await client.get("/v1/members")).json()["items"] == []

    body = {"csv": ROSTER, "is_applied": True}
    stored = (await client.post("/v1/members/roster", json=body)).json()
    again = (await client.post("/v1/members/roster", json=body)).json()
    assert (len(stored["added"]), again["unchanged"], again["changed"]) == (1, 1, [])

    wrong = await client.post(
        "/v1/members/roster", json={"csv": ROSTER + "B,b@x.org,boss,\n", "is_applied": True}
    )
    assert (wrong.status_code, wrong.json()["code"]) == (422, "roster_refused")
    assert [one["field"] for one in wrong.json()["errors"]] == ["roles"]
    exported = await client.get("/v1/members/roster")
    assert exported.headers["content-type"].startswith("text/csv")
    assert "Ana Ruiz,ana@example.com,admin,,712020:ana" in exported.text


async def test_unmapped_accounts_come_in_pages_with_those_they_may_be(
    world: World, client: httpx.AsyncClient
) -> None:
    ana = world.member("Ana Ruiz")
    for number in range(3):
        world.clock.advance(1)
        now, account = world.clock.now(), Account(SITE, AccountId(f"5b{number}"), "Ana Ruiz")
        world.database.write(lambda tx, a=account, n=now: note_seen(tx, a, now=n))

    first = (await client.get("/v1/members/unmapped?limit=2")).json()
    second = await client.get("/v1/members/unmapped", params={"cursor": first["next_cursor"]})

    found = [*first["items"], *second.json()["items"]]
    assert [one["account_id"] for one in found] == ["5b2", "5b1", "5b0"]
    assert {one["candidates"][0]["id"] for one in found} == {ana.id}


CONFLICTS: dict[str, tuple[tuple[str, str, dict[str, Any]], str]] = {
    "address": (("post", "", {"name": "Twin", "email": "ANA@example.com"}), "email_taken"),
    "last admin by role": (("put", "/{ana}/roles", {"roles": []}), "last_admin"),
    "last admin leaves": (("post", "/{ana}/leave", {}), "last_admin"),
    "account": (("post", "/{mei}/accounts", ACCOUNT), "account_taken"),
    "second account": (
        ("post", "/{ana}/accounts", {**ACCOUNT, "account": "other"}),
        "member_has_account",
    ),
}


@pytest.mark.every_variant
@pytest.mark.parametrize(("asked", "code"), CONFLICTS.values(), ids=CONFLICTS)
async def test_what_the_team_does_not_allow_is_a_conflict(
    world: World, client: httpx.AsyncClient, asked: tuple[str, str, dict[str, Any]], code: str
) -> None:
    method, path, body = asked
    ana = world.member("Ana Ruiz", "ana@example.com", role=Role.ADMIN)
    mei = world.member("Mei Tanaka", "mei@example.com")
    await client.post(f"/v1/members/{ana.id}/accounts", json=ACCOUNT)

    answer = await client.request(
        method, "/v1/members" + path.format(ana=ana.id, mei=mei.id), json=body
    )

    assert (answer.status_code, answer.json()["code"]) == (409, code)


INVALID: dict[str, tuple[str, dict[str, Any], str]] = {
    "name": ("", {"name": "=cmd()"}, "name"),
    "address": ("", {"name": "Bo", "email": "nowhere"}, "email"),
    "zone": ("", {"name": "Bo", "time_zone": "Mars"}, "time_zone"),
    "project": ("", {"name": "Bo", "roles": [{"role": "viewer", "project": "XX"}]}, "roles"),
    "connection": ("/{ana}/accounts", {**ACCOUNT, "connection": "chat"}, "connection"),
    "connection of a code": ("/{ana}/codes", {"connection": "chat"}, "connection"),
    "account": ("/{ana}/accounts", {**ACCOUNT, "account": "a b"}, "account"),
}


@pytest.mark.parametrize(("path", "body", "field"), INVALID.values(), ids=INVALID)
async def test_field_that_can_not_be_used_is_named(
    world: World, client: httpx.AsyncClient, path: str, body: dict[str, Any], field: str
) -> None:
    ana = world.member()

    answer = await client.post("/v1/members" + path.format(ana=ana.id), json=body)

    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == [field]
    assert answer.json()["errors"][0]["allowed"]


@pytest.mark.every_variant
@pytest.mark.parametrize("half", [b"\\ud800", b"\\u0000"], ids=["surrogate", "nothing"])
async def test_roster_with_what_no_text_holds_is_refused(
    client: httpx.AsyncClient, half: bytes
) -> None:
    answer = await client.post(
        "/v1/members/roster",
        content=b'{"csv": "name,email\\n' + half + b',a@x.org\\n", "is_applied": true}',
        headers={"content-type": "application/json"},
    )

    assert answer.status_code == 422
    assert (await client.get("/v1/members")).json()["items"] == []
