"""What a pull request changes, as Cloud tells it at the address it leads to."""

import pytest

from chargehand.domain.action import Done, Refused
from chargehand.domain.code import PullRequestRef
from chargehand.domain.diff import Diff, with_diff
from chargehand.domain.fact import Fact, Unknown, UnknownReason
from chargehand.testing.bitbucket.records import ChangedFile
from tests.connectors.bitbucket.client.world import NOW, World, action

pytestmark = pytest.mark.anyio
REPOSITORY, PULL = "acme/payments", "acme/payments#1"
REF = PullRequestRef(REPOSITORY, 1)


def open_with(world: World, *files: ChangedFile) -> str:
    opened = world.fake.host.open_pull_request(
        REPOSITORY, "mei", title="Docs", source="docs", files=files
    )
    return opened.head


async def read(world: World) -> Diff:
    known = await world.client.read_diff(REF, now=NOW)
    assert isinstance(known, Fact)
    return known.value


async def test_lines_and_both_names_are_read_where_bitbucket_leads_to(world: World) -> None:
    head = open_with(
        world, ChangedFile("docs/new.md", 3, 1, before="src/old.py"), ChangedFile("docs/b.md")
    )

    diff = await read(world)

    assert head.startswith(diff.head_commit)
    assert (diff.line_count, diff.file_count, diff.target_branch) == (5, 2, "main")
    assert diff.paths == ("docs/b.md", "docs/new.md", "src/old.py")


async def test_several_pages_are_read_and_too_many_files_tell_nothing(world: World) -> None:
    open_with(world, *(ChangedFile(f"docs/{number:04}.md") for number in range(230)))
    pull = world.fake.host.repository(REPOSITORY).pull_requests[1]

    whole = await read(world)
    pull.files += [ChangedFile(f"more/{number}.md") for number in range(800)]
    bare = await read(world)

    assert (whole.line_count, whole.file_count) == (230, 230)
    assert (bare.line_count, bare.file_count, bare.paths) == (None, None, None)


async def test_a_way_to_another_host_is_not_followed(world: World) -> None:
    """The sign-in would go with it."""
    open_with(world, ChangedFile("docs/a.md"))
    world.fake.desk.base_url = "https://elsewhere.example"

    known = await world.client.read_diff(REF, now=NOW)

    assert isinstance(known, Unknown)
    assert known.reason is UnknownReason.UNREADABLE


@pytest.mark.parametrize("how", ["pushed", "retargeted"])
@pytest.mark.parametrize("kind", ["approve", "add_reviewers", "add_comment"])
async def test_what_changed_since_it_was_judged_is_refused(
    world: World, kind: str, how: str
) -> None:
    """A retargeted pull request has the same newest commit, and another diff."""
    open_with(world, ChangedFile("docs/a.md"))
    base = with_diff({}, await world.client.read_diff(REF, now=NOW))
    pull = world.fake.host.repository(REPOSITORY).pull_requests[1]
    if how == "pushed":
        world.fake.host.push(REPOSITORY, "mei", "docs")
    else:
        pull.target = "release"
    params = {
        "approve": {"commit": pull.head},
        "add_reviewers": {"account_ids": ["712020:tom"], "names": {}},
        "add_comment": {"markdown": "Fine."},
    }[kind]
    if kind == "add_reviewers":
        base = {**base, "reviewers": []}

    result = await world.client.perform(action(kind, PULL, params, dict(base)))

    assert isinstance(result, Refused)
    assert result.reason == "base_changed"


async def test_what_is_as_it_was_judged_is_sent_and_its_undo_does_not_look(world: World) -> None:
    head = open_with(world, ChangedFile("docs/a.md"))
    base = dict(with_diff({}, await world.client.read_diff(REF, now=NOW)))
    params = {"commit": head}

    given = await world.client.perform(action("approve", PULL, params, base))
    world.fake.host.push(REPOSITORY, "mei", "docs")
    taken = await world.client.perform(action("unapprove", PULL, params, base))

    assert isinstance(given, Done)
    assert isinstance(taken, Done)
    assert world.fake.host.repository(REPOSITORY).pull_requests[1].approvals == {}
