import httpx
import pytest

from chargehand.web.health import ReadyCheck
from tests.web.fronts import COMMENT, NOW, PATH, Front, headers, serving

pytestmark = pytest.mark.anyio
PROOFS = ("content-security-policy", "x-content-type-options", "referrer-policy", "x-frame-options")


async def test_health_tells_status_time_and_version(client: httpx.AsyncClient) -> None:
    answer = await client.get("/health")

    assert answer.status_code == 200
    assert answer.json() == {"status": "healthy", "timestamp": NOW.isoformat(), "version": "9.9.9"}


async def test_ready_needs_every_check(front: Front, client: httpx.AsyncClient) -> None:
    await client.post(PATH, content=COMMENT, headers=headers(COMMENT))
    before = await client.get("/ready")

    front.checks.append(ReadyCheck("main", is_ok=False, found="no answer"))
    after = await client.get("/ready")

    assert before.status_code == 200
    assert before.json()["status"] == "ready"
    assert after.status_code == 503
    assert after.json()["checks"]["main"] == {"ok": False, "found": "no answer"}


async def test_ready_turns_red_when_no_commit_comes(
    front: Front, client: httpx.AsyncClient
) -> None:
    await client.post(PATH, content=COMMENT, headers=headers(COMMENT))

    front.clock.advance(31)
    answer = await client.get("/ready")

    assert answer.status_code == 503
    assert "31 s ago" in answer.json()["checks"]["inbox"]["found"]


async def test_ready_is_red_before_the_inbox_was_started(front: Front) -> None:
    transport = httpx.ASGITransport(front.build())
    async with httpx.AsyncClient(transport=transport, base_url="http://front") as client:
        answer = await client.get("/ready")

    assert answer.status_code == 503


async def test_metrics_count_what_was_stored_and_refused(client: httpx.AsyncClient) -> None:
    for _ in range(2):
        await client.post(PATH, content=COMMENT, headers=headers(COMMENT))
    await client.post(PATH, content=COMMENT)
    await client.post("/webhooks/jira/nobody", content=COMMENT)

    lines = (await client.get("/metrics")).text.splitlines()

    acknowledged = "chargehand_deliveries_acknowledged_total"
    refused = "chargehand_deliveries_refused_total"
    assert f'{acknowledged}{{connection="site",status="stored"}} 1.0' in lines
    assert f'{acknowledged}{{connection="site",status="duplicate"}} 1.0' in lines
    assert f'{refused}{{connection="site",reason="signature_missing"}} 1.0' in lines
    assert f'{refused}{{connection="",reason="connection_unknown"}} 1.0' in lines
    assert "chargehand_delivery_acknowledge_seconds_count 2.0" in lines
    assert "chargehand_inbox_batch_deliveries_sum 2.0" in lines
    assert "chargehand_inbox_waiting 0.0" in lines


@pytest.mark.parametrize("version", ["x", "1.x", "", "1.0.0"])
@pytest.mark.parametrize("form", ["application/openmetrics-text", "text/plain"])
async def test_metrics_are_told_whatever_version_is_asked_for(
    client: httpx.AsyncClient, form: str, version: str
) -> None:
    answer = await client.get("/metrics", headers={"accept": f"{form}; version={version}"})

    assert answer.status_code == 200
    assert "chargehand_inbox_waiting 0.0" in answer.text


@pytest.mark.parametrize("path", ["/", "/health", "/ready", "/metrics", "/docs", "/nothing"])
async def test_every_answer_carries_the_safe_headers(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)

    assert [name for name in PROOFS if name not in answer.headers] == []


async def test_an_acknowledgement_carries_the_safe_headers(client: httpx.AsyncClient) -> None:
    answer = await client.post(PATH, content=COMMENT, headers=headers(COMMENT))

    assert [name for name in PROOFS if name not in answer.headers] == []


async def test_two_fronts_in_one_process_count_apart(front: Front, tmp_path: object) -> None:
    async with serving(front) as client:
        await client.post(PATH, content=COMMENT, headers=headers(COMMENT))
        other = Front(front.folder)
        async with serving(other) as second:
            text = (await second.get("/metrics")).text

    assert "chargehand_delivery_acknowledge_seconds_count 0.0" in text
    other.close()
