"""What a pull request changes is read to its end, or said to be unknown."""

import pytest

from chargehand.domain.action import ActionKind, Done, Refused
from chargehand.domain.code import PullRequestRef
from chargehand.domain.diff import Diff, with_diff
from chargehand.domain.fact import Fact, Unknown, UnknownReason
from chargehand.domain.json import JSONObject
from chargehand.testing.github import people
from chargehand.testing.github.state import ChangedFile
from chargehand.testing.jira.failures import Failure
from tests.connectors.github.client.world import PULL, World, approved

pytestmark = pytest.mark.anyio
REF = PullRequestRef("acme/payments", 2)


def change(world: World, *files: ChangedFile, said: int | None = None) -> None:
    world.pull.files = [*files]
    world.pull.changed_files = len(files) if said is None else said


async def read(world: World) -> Diff:
    known = await world.client.read_diff(REF, now=world.clock.now())
    assert isinstance(known, Fact)
    return known.value


async def test_lines_and_paths_are_counted_and_a_renamed_file_has_two(world: World) -> None:
    change(
        world,
        ChangedFile("docs/new.md", additions=3, deletions=1, before="src/old.py"),
        ChangedFile("docs/logo.png", additions=0),
    )

    diff = await read(world)

    assert diff == Diff(
        world.pull.head_commit, "main", 4, 2, ("docs/logo.png", "docs/new.md", "src/old.py")
    )


async def test_a_list_of_several_pages_is_read_to_its_end(world: World) -> None:
    change(world, *(ChangedFile(f"docs/{number:03}.md") for number in range(250)))

    diff = await read(world)

    assert diff.paths is not None
    assert (len(diff.paths), diff.line_count) == (250, 250)


async def test_of_more_than_a_thousand_files_no_path_is_known(world: World) -> None:
    change(world, ChangedFile("docs/a.md"), said=3_400)

    diff = await read(world)

    assert (diff.paths, diff.file_count, diff.line_count) == (None, 3_400, 1)
    assert not any("/files" in one["path"] for one in world.fake.desk.calls())


async def test_a_list_that_is_not_whole_tells_no_path(world: World) -> None:
    change(world, ChangedFile("docs/a.md"), said=2)

    assert (await read(world)).paths is None


async def test_what_the_host_refuses_is_unknown(world: World) -> None:
    world.fake.desk.failures.add(Failure(path=r".*/pulls/2/files", status=404))

    known = await world.client.read_diff(REF, now=world.clock.now())

    assert isinstance(known, Unknown)
    assert known.reason is UnknownReason.NOT_FOUND


@pytest.mark.parametrize("how", ["pushed", "retargeted"])
@pytest.mark.parametrize(
    ("kind", "params"),
    [
        (ActionKind.GITHUB_APPROVE, {}),
        (ActionKind.GITHUB_REQUEST_REVIEWERS, {"reviewers": ["ana-ruiz"]}),
        (ActionKind.GITHUB_ADD_COMMENT, {"markdown": "Fine."}),
    ],
)
async def test_what_changed_since_it_was_judged_is_refused(
    world: World, kind: ActionKind, params: dict[str, object], how: str
) -> None:
    """A retargeted pull request has the same newest commit, and another diff."""
    change(world, ChangedFile("docs/a.md"))
    base = await base_of(world)
    if how == "pushed":
        people.push(world.site, world.payments, world.pull.head, author="mei-tanaka")
    else:
        world.pull.base = "release"
    if kind is ActionKind.GITHUB_APPROVE:
        params = {"commit": world.pull.head_commit}

    result = await world.client.perform(approved(kind, PULL, params, base))

    assert isinstance(result, Refused)
    assert result.reason == "base_changed"


async def test_what_is_as_it_was_judged_is_sent(world: World) -> None:
    change(world, ChangedFile("docs/a.md"))
    base = await base_of(world)

    params = {"commit": world.pull.head_commit}
    action = approved(ActionKind.GITHUB_APPROVE, PULL, params, base)

    result = await world.client.perform(action)

    assert isinstance(result, Done)
    assert [one.state for one in world.pull.reviews] == ["APPROVED"]


async def base_of(world: World) -> JSONObject:
    known = await world.client.read_diff(REF, now=world.clock.now())
    return with_diff({}, known)
