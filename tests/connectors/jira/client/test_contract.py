"""Every request the client sends, held against Atlassian's own description of the API."""

import asyncio
import json
import os
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from openapi_core import Config, OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest

from chargehand.domain.action import ActionKind, Done
from chargehand.domain.work_item import FactNeeds, Right
from chargehand.kit.clock import to_micros
from chargehand.plugins.connector import PastEffect
from chargehand.plugins.vendor_line import Surroundings
from tests.connectors.jira.client import samples
from tests.connectors.jira.client.world import NOW, World, build_world

pytestmark = [pytest.mark.anyio, pytest.mark.contract]

_DEFAULT = Path(__file__).resolve().parents[5] / "shared" / "contracts"
_SPEC = Path(os.environ.get("CHARGEHAND_CONTRACTS", _DEFAULT)) / "jira"
_FILE = _SPEC / "jira-platform-v3.openapi.json"


@pytest.fixture(scope="module")
def description():
    if not _FILE.is_file():
        pytest.skip(f"no {_FILE.name}; set CHARGEHAND_CONTRACTS")
    described = json.loads(_FILE.read_text(encoding="utf-8"))
    # The text of "Assign issue" says that null unassigns; the schema forgets it.
    described["components"]["schemas"]["User"]["properties"]["accountId"]["nullable"] = True
    return described


@pytest.fixture(scope="module")
def api(description):
    return OpenAPI.from_dict(description, config=Config(spec_validator_cls=None))


class Recorder(httpx.AsyncBaseTransport):
    def __init__(self, inner):
        self.inner = inner
        self.requests = []

    async def handle_async_request(self, request):
        self.requests.append(request)
        return await self.inner.handle_async_request(request)


async def read_everything(world):
    world.jira.add_issue("PAY", "Ledger is down")
    world.jira.add_link("PAY-2", "PAY-1")
    world.jira.add_past_comment("PAY-1", author="Chargehand", body="ours?", at=NOW)
    needs = FactNeeds(
        "PAY-1",
        comments=True,
        history=True,
        sprint=True,
        transitions=True,
        fields=True,
        link_types=True,
        creates="bug",
        asker=world.ana.account_id,
        rights=tuple(Right),
        people=("Ana", "712020:ana"),
    )
    await world.client.read_facts(needs, now=NOW)


async def check_everything(world):
    await world.client.check()
    await world.client.list_projects()


async def poll_everything(world):
    hour_ago_ms = to_micros(NOW) // 1000 - 3_600_000
    cursor = json.dumps({"since_ms": hour_ago_ms, "origin_ms": hour_ago_ms})
    for number in range(60):
        world.jira.add_issue("PAY", f"Item {number}")
    async for _ in world.client.poll(("PAY", "HELP"), cursor, now=NOW):
        pass


def ask(world, key="PAY-1", **options):
    return world.jira.comment(key, author="Ana Ruiz", body="well?", **options).id


async def act(world, action):
    assert isinstance(await world.client.perform(action), Done)
    await world.client.look_up(action, PastEffect(intended_at=NOW, attempts=1))


async def comment(world):
    await act(world, samples.comment(ask(world)))


async def comment_for_a_role(world):
    visibility = {"kind": "role", "value": "Developers", "identifier": "Developers"}
    await act(world, samples.comment(ask(world), visibility=visibility))


async def comment_internally(world):
    kind = ActionKind.JIRA_ADD_INTERNAL_COMMENT
    await act(world, samples.comment(ask(world, "HELP-1"), kind=kind, target="HELP-1"))


async def transition(world):
    await act(world, samples.transition())


async def assign(world):
    await act(world, samples.assign(world.bot.account_id, "Chargehand", base=world.ana.account_id))


async def unassign(world):
    await act(world, samples.assign(None, "", base=world.ana.account_id))


async def label(world):
    await act(world, samples.labels("urgent", base=("api",)))


async def act_on_several(world):
    world.jira.add_issue("PAY", "Payouts are late", labels=["api"])
    targets = ("PAY-1", "PAY-2")
    await asyncio.gather(
        *(act(world, samples.labels("urgent", base=("api",), target=one)) for one in targets)
    )


async def link(world):
    world.jira.add_issue("PAY", "Ledger is down")
    await act(world, samples.link())


async def create(world):
    project = world.jira.project("PAY")
    action = samples.create(project.id, description="- every **Monday**\n- on PAY-1")
    await act(world, action)
    assert world.jira.issue("PAY-2").properties


async def unlink(world):
    world.jira.add_issue("PAY", "Ledger is down")
    world.jira.add_link("PAY-1", "PAY-2")
    link = samples.link(base=("blocks",))
    await act(world, replace(link, kind=ActionKind.JIRA_UNLINK_ISSUES))
    assert world.jira.state.links == []


async def remove_labels(world):
    params = {"labels": ["api"]}
    await act(world, samples.approved(ActionKind.JIRA_REMOVE_LABELS, params, params))
    assert world.jira.issue("PAY-1").labels == ()


async def delete_comment(world):
    action = samples.comment(ask(world))
    await act(world, action)
    (made,) = [one for one in world.jira.state.comments_of("PAY-1") if one.properties]
    params, base = {"comment_id": made.id}, {"action_id": action.action_id}
    await act(world, samples.approved(ActionKind.JIRA_DELETE_COMMENT, params, base))
    assert made not in world.jira.state.comments_of("PAY-1")


async def update_comment(world):
    visibility = {"kind": "role", "value": "Developers", "identifier": ""}
    first = samples.comment(ask(world), visibility=visibility)
    await act(world, first)
    (made,) = [one for one in world.jira.state.comments_of("PAY-1") if one.properties]
    params = {**first.params, "markdown": "It is **open**.", "comment_id": made.id}
    base = {"action_id": first.action_id, "before": {"markdown": first.params["markdown"]}}
    await act(world, samples.approved(ActionKind.JIRA_UPDATE_COMMENT, params, base))
    (updated,) = [one for one in world.jira.state.comments_of("PAY-1") if one.properties]
    assert (updated.id, updated.visibility) == (made.id, made.visibility)
    assert "open" in updated.wiki


async def set_fields(world):
    world.jira.add_project("WEB", lead="Ana Ruiz", components=("Cart",), versions=("1.0",))
    world.jira.add_issue("WEB", "Empty cart")
    wanted = {
        "summary": "The cart is empty",
        "priority": "High",
        "due": "2026-12-01",
        "components": ["Cart"],
        "fix_versions": ["1.0"],
    }
    base = {
        "summary": "Empty cart",
        "priority": "Medium",
        "due": None,
        "components": [],
        "fix_versions": [],
    }
    await act(world, replace(samples.fields(base=base, **wanted), target="WEB-1"))
    issue = world.jira.issue("WEB-1")
    assert (issue.priority, issue.components) == ("High", ("Cart",))


@pytest.mark.parametrize(
    "deed",
    [
        read_everything,
        check_everything,
        poll_everything,
        comment,
        comment_for_a_role,
        comment_internally,
        transition,
        assign,
        unassign,
        label,
        act_on_several,
        link,
        set_fields,
        create,
        unlink,
        remove_labels,
        delete_comment,
        update_comment,
    ],
    ids=lambda deed: deed.__name__,
)
async def test_requests_are_as_atlassian_describes_them(api, description, deed):
    world: World = build_world()
    recorder = Recorder(world.jira.transport())
    world.client = type(world.client)(world.config, Surroundings(world.clock, recorder))

    await deed(world)

    # The service desk has a description of its own, which the contracts do not hold.
    described = [r for r in recorder.requests if "/servicedeskapi/" not in r.url.path]
    assert described
    complaints = [text for r in described for text in complaints_about(r, api, description)]
    assert complaints == []


def complaints_about(request, api, description):
    told = MockRequest(
        "https://your-domain.atlassian.net",
        request.method.lower(),
        request.url.path,
        args=dict(request.url.params),
        headers={"authorization": request.headers["authorization"]},
        data=request.content or None,
        content_type=request.headers.get("content-type", ""),
    )
    try:
        api.validate_request(told)
    except OpenAPIError as error:
        yield f"{request.method} {request.url.path}: {error!r} {error.__cause__!r}"
        return
    known = known_query_names(request, description)
    for name in request.url.params:
        if name not in known:
            yield f"{request.method} {request.url.path}: no parameter {name}"


def known_query_names(request, description):
    """The query parameters of the operation whose path fits with the fewest variables."""
    parts = request.url.path.split("/")
    fitting = [
        path
        for path in description["paths"]
        if len(path.split("/")) == len(parts)
        and request.method.lower() in description["paths"][path]
        and all(
            want.startswith("{") or want == have
            for want, have in zip(path.split("/"), parts, strict=True)
        )
    ]
    path = min(fitting, key=lambda path: path.count("{"))
    operation = description["paths"][path][request.method.lower()]
    return {p["name"] for p in operation.get("parameters", []) if p["in"] == "query"}
