"""Only callers with a live key of this organization are let in, and it is asked for first."""

import httpx
import pytest
from starlette.types import ASGIApp

from chargehand.pipeline.keys import create_key, revoke_key
from tests.web.api.world import World, calling

pytestmark = pytest.mark.anyio

REFUSED = {
    "no header": None,
    "another scheme": "Basic Y2hrX2FiYzo=",
    "no secret": "Bearer",
    "only spaces": "Bearer    ",
    "not one of ours": "Bearer eyJhbGciOiJIUzI1NiJ9",
    "unknown": "Bearer chk_" + "A" * 43,
    "not ASCII": b"Bearer chk_\xff\xfe",
    "very long": "Bearer chk_" + "A" * 60_000,
}


@pytest.mark.parametrize("header", REFUSED.values(), ids=REFUSED)
async def test_request_without_a_live_key_is_refused(
    quiet_app: ASGIApp, header: str | bytes | None
) -> None:
    sent = header.encode() if isinstance(header, str) else header
    headers = {} if sent is None else {b"authorization": sent}

    async with calling(quiet_app, "") as client:
        answer = await client.get("/v1/deliveries", headers=headers)

    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"].startswith('Bearer realm="chargehand"')
    assert answer.json()["code"] in ("key_missing", "key_unknown")
    assert "chk_A" not in answer.text


async def test_revoked_key_is_refused_at_once(world: World) -> None:
    now = world.clock.now()
    made = world.database.write(lambda tx: create_key(tx, "old", by="cli", now=now))
    async with world.client(key=made.secret) as client:
        before = await client.get("/v1/status")

        world.database.write(lambda tx: revoke_key(tx, made.id, by="cli", now=now))
        after = await client.get("/v1/status")

    assert (before.status_code, after.status_code) == (200, 401)
    assert after.json()["code"] == "key_unknown"
    assert 'error="invalid_token"' in after.headers["www-authenticate"]


async def test_key_of_another_organization_is_refused(world: World) -> None:
    key = world.beside("other").key()

    async with world.client(key=key) as client:
        answer = await client.get("/v1/deliveries")

    assert answer.status_code == 401


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer"])
async def test_scheme_is_known_in_any_case(quiet_app: ASGIApp, quiet_key: str, scheme: str) -> None:
    async with calling(quiet_app, "") as client:
        answer = await client.get("/v1/modes", headers={"authorization": f"{scheme} {quiet_key}"})

    assert answer.status_code == 200


async def test_key_is_asked_for_before_the_body_is_read(quiet_app: ASGIApp) -> None:
    async with calling(quiet_app, "") as client:
        answer = await client.put("/v1/modes", content=b"{not json" * 20_000)

    assert answer.status_code == 401


async def test_every_operation_asks_for_a_key(quiet_app: ASGIApp) -> None:
    async with calling(quiet_app, "") as client:
        description = (await client.get("/v1/openapi.json")).json()
        answers = {
            (method, path): await client.request(method, path.replace("{", "").replace("}", ""))
            for path, item in description["paths"].items()
            for method in item
        }

    assert len(answers) > 60
    assert {answer.status_code for answer in answers.values()} == {401}


async def test_description_needs_no_key_and_nothing_else_is_open(quiet_app: ASGIApp) -> None:
    async with calling(quiet_app, "") as client:
        found = {path: await client.get(path) for path in ("/v1/openapi.json", "/v1/docs")}

    assert {path: answer.status_code for path, answer in found.items()} == {
        "/v1/openapi.json": 200,
        "/v1/docs": 404,
    }


async def test_key_never_comes_back(world: World, client: httpx.AsyncClient) -> None:
    secret = client.headers["authorization"].removeprefix("Bearer ")
    told = world.comment()
    await client.post(f"/v1/approvals/{told.approval_id}/approve")

    seen = [await client.get(path) for path in ("/v1/audit", "/v1/status", "/v1/approvals")]

    assert all(secret not in answer.text for answer in seen)
    assert {"key:ci", "cli"} == {record["by"] for record in seen[0].json()["items"]} - {""}


async def test_use_of_a_key_is_noted_about_hourly(world: World) -> None:
    now = world.clock.now()
    made = world.database.write(lambda tx: create_key(tx, "ci2", by="cli", now=now))

    def noted() -> list[float]:
        keys = world.database.read(lambda tx: tx.api_keys.all())
        return [key.last_used_at for key in keys if key.id == made.id]

    async with world.client(key=made.secret) as client:
        await client.get("/v1/modes")
        first = noted()
        world.clock.advance(600)
        await client.get("/v1/modes")
        soon = noted()
        world.clock.advance(3600)
        await client.get("/v1/modes")

    assert first == soon == [now]
    assert noted() > first
