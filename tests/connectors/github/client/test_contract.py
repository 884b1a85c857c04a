"""Every endpoint of the fake passes GitHub's own description of its API."""

import re
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from chargehand.testing.clock import FakeClock
from chargehand.testing.contracts import ContractBroken, ContractTransport, load_contract
from chargehand.testing.github import FakeGitHub, people, releases, seed_demo
from chargehand.testing.github.app import ENDPOINTS
from chargehand.testing.github.state import APP_ID, BOT_TOKEN, INSTALLATION_ID, Hook
from tests.conftest import OVERLAYS
from tests.connectors.github.client.described import Described
from tests.house import START

pytestmark = [pytest.mark.anyio, pytest.mark.contract]


def app_token(fake: FakeGitHub) -> str:
    now_s = int(fake.site.clock.now().timestamp())
    claims = {"iat": now_s - 60, "exp": now_s + 540, "iss": str(APP_ID)}
    return jwt.encode(claims, fake.private_key, algorithm="RS256")


async def test_every_endpoint_of_the_fake_is_held_to_the_description(contracts: Path) -> None:
    contract = load_contract(contracts, OVERLAYS / "github.json")
    fake = FakeGitHub(clock=FakeClock(START))
    seed_demo(fake)
    payments = fake.site.repository("acme/payments")
    payments.issues[2].labels.append("bug")
    releases.draft_release(fake.site, payments, author="tom-berg", tag="v1.2")
    transport = Described(fake, contract)

    async with httpx.AsyncClient(transport=transport, base_url="https://api.github.com") as client:
        for method, path, body in tour(fake):
            token = app_token(fake) if path.startswith("/app") else BOT_TOKEN
            headers = {"authorization": f"Bearer {token}"}
            response = await client.request(method, path, json=body, headers=headers)
            assert response.is_success, f"{method} {path}: {response.text}"

    def blank(name: str) -> str:
        return re.sub(r"\{[^}]*\}", "{}", name)

    expected = {blank(f"{point.method} {point.path}") for point in ENDPOINTS}
    assert {blank(name) for name in contract.tally.operations} == expected
    assert contract.tally.run == 2 * len(ENDPOINTS)
    # The reduced description lacks the dispatch of a workflow, the history of branches, releases.
    assert contract.tally.own == 3


@pytest.mark.parametrize(
    ("path", "body", "hint"),
    [
        ("issues/1/comments", {"text": "hi"}, "body"),
        ("issues", {"title": "x", "asignees": []}, "asignees"),
        ("pulls/2/reviews", {"event": "AGREE"}, "AGREE"),
    ],
    ids=["missing", "typo", "word"],
)
async def test_a_wrong_request_never_leaves(
    contracts: Path, path: str, body: dict[str, Any], hint: str
) -> None:
    contract = load_contract(contracts, OVERLAYS / "github.json")
    fake = FakeGitHub(clock=FakeClock(START))
    transport = ContractTransport(fake.transport(), contract)

    async with httpx.AsyncClient(transport=transport) as client:
        with pytest.raises(ContractBroken, match=hint):
            await client.post(f"https://api.github.com/repos/acme/payments/{path}", json=body)

    assert fake.desk.calls() == []


def tour(fake: FakeGitHub) -> list[tuple[str, str, Any]]:
    """One good request for each endpoint of the fake."""
    site = fake.site
    payments = site.repository("acme/payments")
    pull = payments.issues[2]
    commit = pull.pull.head_commit if pull.pull else ""
    line = people.comment_on_line(site, payments, 2, author="tom-berg", body="Why?")
    ours = people.comment_on(site, payments, 1, author="chargehand-bot", body="Hi")
    own_line = people.comment_on_line(site, payments, 2, author="chargehand-bot", body="So.")
    review = people.review(site, payments, 2, author="tom-berg", state="APPROVED")
    workflow = payments.workflows[0]
    going, ended = (
        people.start_run(site, payments, workflow, actor="tom-berg", branch="main", inputs={})
        for _ in range(2)
    )
    people.complete_run(site, payments, ended.id, conclusion="success")
    people.complete_check(site, payments, commit, name="tests", conclusion="success")
    people.report_status(site, payments, commit, context="ci", state="success")
    people.push_tag(site, payments, "v1.1", author="tom-berg")
    pushed = people.push(site, payments, "topic", author="tom-berg")
    kept = Hook(site.next_id(), "https://x.test/old", "s", ["push"], site.now())
    payments.hooks.append(kept)
    hook = {"name": "web", "config": {"url": "https://x.test/h"}, "events": ["push"]}
    r, i = "/repos/acme/payments", "/repos/acme/payments/issues"
    return [
        *tour_of_accounts(),
        ("GET", "/rate_limit", None),
        ("GET", r, None),
        ("GET", f"{r}/collaborators/tom-berg/permission", None),
        ("GET", f"{r}/commits/{commit}/check-runs", None),
        ("GET", f"{r}/commits/{commit}/status", None),
        ("GET", f"{r}/activity", None),
        ("GET", f"{r}/git/matching-refs/tags", None),
        ("GET", f"{r}/compare/main...{pushed}", None),
        ("GET", f"{r}/actions/runs", None),
        ("GET", f"{r}/releases", None),
        ("GET", f"{r}/actions/runs/{going.id}", None),
        ("POST", f"{r}/actions/runs/{ended.id}/rerun", None),
        ("POST", f"{r}/actions/runs/{going.id}/cancel", None),
        ("POST", f"{r}/actions/workflows/deploy.yml/dispatches", {"ref": "main"}),
        ("GET", f"{r}/hooks", None),
        ("POST", f"{r}/hooks", hook),
        ("PATCH", f"{r}/hooks/{kept.id}", {"active": False}),
        ("DELETE", f"{r}/hooks/{kept.id}", None),
        ("GET", i, None),
        ("POST", i, {"title": "New", "body": "Words"}),
        *tour_of_comments(ours.id),
        ("GET", f"{i}/2", None),
        ("GET", f"{i}/2/comments", None),
        ("POST", f"{i}/2/comments", {"body": "Words"}),
        ("POST", f"{i}/2/labels", {"labels": ["waiting"]}),
        ("DELETE", f"{i}/2/labels/bug", None),
        ("POST", f"{i}/2/assignees", {"assignees": ["tom-berg"]}),
        ("DELETE", f"{i}/2/assignees", {"assignees": ["tom-berg"]}),
        ("GET", f"{r}/assignees/tom-berg", None),
        *tour_of_pulls(commit, line.id, own_line.id, review.id),
    ]


def tour_of_accounts() -> list[tuple[str, str, Any]]:
    """The part of it that is about who there is."""
    return [
        ("GET", "/user", None),
        ("GET", "/users/tom-berg", None),
        ("GET", "/app", None),
        ("GET", f"/app/installations/{INSTALLATION_ID}", None),
        ("POST", f"/app/installations/{INSTALLATION_ID}/access_tokens", None),
    ]


def tour_of_comments(ours: int) -> list[tuple[str, str, Any]]:
    """The part of it that is about comments of the bot's own."""
    c = "/repos/acme/payments/issues/comments"
    return [
        ("GET", c, None),
        ("GET", f"{c}/{ours}", None),
        ("PATCH", f"{c}/{ours}", {"body": "Hi again"}),
        ("DELETE", f"{c}/{ours}", None),
    ]


def tour_of_pulls(commit: str, line: int, own_line: int, review: int) -> list[tuple[str, str, Any]]:
    """The part of it that is about pull requests."""
    p = "/repos/acme/payments/pulls"
    beside = {"body": "Here", "commit_id": commit, "path": "a.py", "line": 3, "side": "RIGHT"}
    return [
        ("GET", p, None),
        ("GET", f"{p}/comments", None),
        ("GET", f"{p}/comments/{line}", None),
        ("GET", f"{p}/2", None),
        ("GET", f"{p}/2/files", None),
        ("GET", f"{p}/2/comments", None),
        ("POST", f"{p}/2/comments", beside),
        ("POST", f"{p}/2/comments/{line}/replies", {"body": "So"}),
        ("PATCH", f"{p}/comments/{own_line}", {"body": "So it is"}),
        ("DELETE", f"{p}/comments/{own_line}", None),
        ("POST", f"{p}/2/requested_reviewers", {"reviewers": ["tom-berg"]}),
        ("DELETE", f"{p}/2/requested_reviewers", {"reviewers": ["tom-berg"]}),
        ("GET", f"{p}/2/reviews", None),
        ("POST", f"{p}/2/reviews", {"event": "APPROVE", "commit_id": commit}),
        ("PUT", f"{p}/2/reviews/{review}/dismissals", {"message": "No longer"}),
    ]
