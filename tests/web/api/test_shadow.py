"""The shadow report over REST: the shape it promises, and fields it refuses by name."""

import httpx
import pytest

from tests.web.api.world import World

pytestmark = pytest.mark.anyio


async def test_report_has_the_promised_shape(world: World, client: httpx.AsyncClient) -> None:
    told = world.comment()
    world.clock.advance(1)

    answer = await client.get("/v1/shadow?since=2026-01-01&examples=1")

    assert answer.status_code == 200
    [line] = answer.json()["lines"]
    assert line["cases"] == sum(line["counts"].values()) == 1
    [example] = line["examples"]
    assert example["action_id"] == told.action_id
    assert (example["outcome"], example["why_unknown"]) == ("unknown", "window_open")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        pytest.param("since=soon", "since", id="word"),
        pytest.param("since=2026-02-31", "since", id="no-such-day"),
        pytest.param("until=1969-01-01", "until", id="early"),
        pytest.param("since=2026-03-01&until=2026-02-01", "since", id="order"),
        pytest.param("window=40d", "window", id="long"),
        pytest.param("window=0h", "window", id="none"),
        pytest.param("examples=51", "examples", id="examples"),
        pytest.param("kind=jira.everything", "kind", id="kind"),
        pytest.param("from=2026-01-01", "from", id="unknown"),
    ],
)
async def test_what_can_not_be_asked_names_its_field(
    quiet_client: httpx.AsyncClient, query: str, field: str
) -> None:
    answer = await quiet_client.get(f"/v1/shadow?{query}")

    assert answer.status_code == 422
    assert field in answer.text
