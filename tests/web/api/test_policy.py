"""The policy by REST: the same document, checks and answers as on the command line."""

import httpx
import pytest

from chargehand.domain.member import Role
from tests.web.api.world import World

pytestmark = pytest.mark.anyio
TEXT = """
format = 2
[[rules]]
name = "labels"
when = { kind = ["jira.add_labels"], trust = ["team"] }
mode = "approve"
"""


async def test_a_policy_is_checked_compared_applied_and_explained(
    world: World, client: httpx.AsyncClient
) -> None:
    before = (await client.get("/v1/policy")).json()
    assert (before["version"], before["format"]) == (1, 1)
    refused = await client.put("/v1/policy", json={"text": TEXT, "based_on": 1})
    assert refused.json()["code"] == "policy_refused"
    assert "admin" in refused.json()["detail"]
    world.member("Ada Admin", role=Role.ADMIN)
    assert (await client.post("/v1/policy/check", json={"text": TEXT})).json()["is_valid"]
    difference = (await client.post("/v1/policy/diff", json={"text": TEXT})).json()
    assert '+name = "labels"' in difference["lines"]
    changed = {(one["kind"], one["after"]) for one in difference["modes"]}
    assert changed == {("jira.add_labels", "approve")}

    applied = await client.put("/v1/policy", json={"text": TEXT, "based_on": 1})
    assert (applied.json()["version"], applied.json()["created_by"]) == (2, "key:ci")
    history = (await client.get("/v1/policy/history")).json()["items"]
    assert [(one["version"], one["rules"]) for one in history] == [(2, 1), (1, 0)]
    lines = (await client.get("/v1/modes")).json()["modes"]
    labels = next(one for one in lines if one["kind"] == "jira.add_labels")
    assert (labels["mode"], labels["rule"], labels["rule_name"]) == ("approve", None, "labels")

    asked = {"kind": "jira.add_labels", "project": "PAY", "trust": "team"}
    told = (await client.post("/v1/policy/explain", json=asked)).json()
    assert (told["ruling"]["mode"], told["ruling"]["rule"]) == ("approve", "labels")
    change = {"kind": "github.approve", "project": "PAY", "lines": 500, "paths": ["infra/a.tf"]}
    asked_of = (await client.post("/v1/policy/explain", json=change)).json()["question"]
    assert (asked_of["diff_lines"], asked_of["paths"]) == (500, ["infra/a.tf"])
    later = {**asked, "at": "2026-12-01T23:00:00Z"}
    told = (await client.post("/v1/policy/explain", json=later)).json()["question"]
    assert told["at"].startswith("2026-12-01T23:00")
    diffless = await client.post("/v1/policy/explain", json={**asked, "lines": 1})
    assert (diffless.status_code, diffless.json()["code"]) == (422, "policy_question_without_diff")
    wrongs = [{"lines": -1}, {"lines": 1.5}, {"paths": [""]}, {"paths": "a"}]
    for wrong in (*wrongs, {"at": "2026-12-01"}, {"at": "9999-12-31T23:59:59Z"}):
        assert (await client.post("/v1/policy/explain", json=change | wrong)).status_code == 422
    action_id = world.comment().action_id
    one = (await client.get(f"/v1/policy/explanations/{action_id}")).json()
    assert (one["question"]["cause"]["trust"], one["ruling"]["mode"]) == ("unknown", "simulate")
    missing = await client.get("/v1/policy/explanations/act_00000000000000000000000000")
    assert missing.status_code == 404


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "policy_invalid"), ("format = 3", "policy_invalid"), ("{", "policy_invalid")],
    ids=["empty", "format", "no-toml"],
)
async def test_a_wrong_policy_is_refused_and_nothing_is_stored(
    client: httpx.AsyncClient, text: str, code: str
) -> None:
    refused = await client.put("/v1/policy", json={"text": text, "based_on": 1})

    assert refused.json()["code"] == code
    assert 400 <= refused.status_code < 500
    assert (await client.get("/v1/policy")).json()["version"] == 1
    assert not (await client.post("/v1/policy/check", json={"text": text})).json()["is_valid"]


async def test_a_policy_based_on_an_older_version_is_refused(client: httpx.AsyncClient) -> None:
    await client.put("/v1/modes", json={"mode": "approve", "project": "PAY"})

    refused = await client.put("/v1/policy", json={"text": TEXT, "based_on": 1})

    assert (refused.status_code, refused.json()["code"]) == (409, "policy_changed_meanwhile")
