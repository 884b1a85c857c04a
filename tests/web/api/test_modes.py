"""Modes: everything is simulated at first, and one scope changes at a time."""

from typing import Any

import httpx
import pytest

from chargehand.domain.action import ActionKind
from chargehand.policy.modes import read_policy
from tests.web.api.world import PAY, World

pytestmark = pytest.mark.anyio


async def test_first_policy_simulates_everything(client: httpx.AsyncClient) -> None:
    found = (await client.get("/v1/modes")).json()

    assert (found["version"], found["default"], found["rules"]) == (1, "simulate", [])
    assert found["changed_by"] == "chargehand"
    assert {line["project"] for line in found["modes"]} == {"OPS", "PAY"}
    assert {line["mode"] for line in found["modes"]} == {"simulate"}


SCOPES: dict[str, tuple[dict[str, Any], set[tuple[str, str]]]] = {
    "one project": ({"project": "PAY"}, {("PAY", "jira.add_comment"), ("PAY", "jira.add_labels")}),
    "one kind": (
        {"kind": "jira.add_labels"},
        {("OPS", "jira.add_labels"), ("PAY", "jira.add_labels")},
    ),
    "both": ({"project": "PAY", "kind": "jira.add_labels"}, {("PAY", "jira.add_labels")}),
    "everything": (
        {"project": None, "kind": None},
        {
            (project, kind)
            for project in ("OPS", "PAY")
            for kind in ("jira.add_comment", "jira.add_labels")
        },
    ),
}


@pytest.mark.parametrize(("scope", "changed"), SCOPES.values(), ids=SCOPES)
async def test_mode_changes_in_its_scope_only(
    world: World, client: httpx.AsyncClient, scope: dict[str, Any], changed: set[tuple[str, str]]
) -> None:
    answer = await client.put("/v1/modes", json={"mode": "auto", **scope})

    assert answer.status_code == 200
    found = answer.json()
    assert (found["version"], found["changed_by"]) == (2, "key:ci")
    looked_at = [
        line for line in found["modes"] if line["kind"] in ("jira.add_comment", "jira.add_labels")
    ]
    assert {(one["project"], one["kind"]) for one in looked_at if one["mode"] == "auto"} == changed
    assert found == (await client.get("/v1/modes")).json()
    newest = (await client.get("/v1/audit?limit=1")).json()["items"][0]
    assert (newest["tag"], newest["subject_id"]) == ("person:mode:changed", "policy:2")
    current = world.database.read(lambda tx: tx.policies.current())
    assert current is not None
    assert (
        read_policy(current.version, current.document).mode_for(PAY, ActionKind.JIRA_ADD_LABELS)
        == "auto"
    )


async def test_reply_to_customers_is_not_automatic_unless_named(
    client: httpx.AsyncClient,
) -> None:
    whole = (await client.put("/v1/modes", json={"mode": "auto", "project": "PAY"})).json()
    named = (
        await client.put("/v1/modes", json={"mode": "auto", "kind": "jira.reply_to_customer"})
    ).json()

    assert _mode(whole, "PAY", "jira.reply_to_customer") == "approve"
    assert _mode(named, "OPS", "jira.reply_to_customer") == "auto"


REFUSED = {
    "unknown mode": ({"mode": "live"}, "mode", "'simulate', 'approve' or 'auto'"),
    "no mode": ({"project": "PAY"}, "mode", None),
    "unknown kind": ({"mode": "auto", "kind": "jira.close"}, "kind", "jira.add_comment"),
    "unknown project": ({"mode": "auto", "project": "HR"}, "project", "OPS, PAY"),
    "project of a wrong type": ({"mode": "auto", "project": 7}, "project", None),
    "unknown key": ({"mode": "auto", "projects": ["PAY"]}, "projects", "mode, project, kind"),
}


@pytest.mark.parametrize(("body", "field", "allowed"), REFUSED.values(), ids=REFUSED)
async def test_bad_change_is_refused_and_changes_nothing(
    quiet_client: httpx.AsyncClient, body: dict[str, Any], field: str, allowed: str | None
) -> None:
    answer = await quiet_client.put("/v1/modes", json=body)

    assert answer.status_code == 422
    [entry] = answer.json()["errors"]
    assert entry["field"] == field
    assert allowed is None or allowed in entry["allowed"]
    assert (await quiet_client.get("/v1/modes")).json()["version"] == 1


def _mode(found: dict[str, Any], project: str, kind: str) -> str:
    return next(
        str(line["mode"])
        for line in found["modes"]
        if (line["project"], line["kind"]) == (project, kind)
    )
