"""What a pull request changes, as Data Center tells it: its files, and its lines one by one."""

import pytest

from chargehand.domain.code import PullRequestRef
from chargehand.domain.diff import Diff
from chargehand.domain.fact import Fact
from chargehand.testing.bitbucket.records import ChangedFile
from tests.connectors.bitbucket.client.world import NOW, World

pytestmark = pytest.mark.anyio
REPOSITORY = "PAY/payments"


async def read(world: World, *files: ChangedFile) -> Diff:
    opened = world.fake.host.open_pull_request(
        REPOSITORY, "mei", title="Docs", source="docs", files=files
    )
    ref = PullRequestRef(REPOSITORY, opened.number)
    known = await world.client.read_diff(ref, now=NOW)
    assert isinstance(known, Fact)
    return known.value


async def test_lines_and_both_names_are_read(world: World) -> None:
    diff = await read(
        world, ChangedFile("docs/new.md", 3, 1, before="src/old.py"), ChangedFile("docs/b.md", 0, 2)
    )

    assert (diff.line_count, diff.file_count, diff.target_branch) == (6, 2, "main")
    assert diff.paths == ("docs/b.md", "docs/new.md", "src/old.py")


async def test_lines_that_are_not_told_leave_the_paths(world: World) -> None:
    world.fail(".*/diff", status=500, times=9)

    diff = await read(world, ChangedFile("docs/b.md"))

    assert (diff.line_count, diff.paths) == (None, ("docs/b.md",))


async def test_of_too_many_files_nothing_is_known(world: World) -> None:
    diff = await read(world, *(ChangedFile(f"docs/{number}.md") for number in range(1_001)))

    assert (diff.line_count, diff.file_count, diff.paths) == (None, None, None)
