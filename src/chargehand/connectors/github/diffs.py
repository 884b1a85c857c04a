"""Reads what a pull request changes: how many lines, and which paths."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chargehand.connectors.github.answers import FileAnswer, PullAnswer
from chargehand.connectors.github.api import PER_PAGE, GitHubAPI
from chargehand.connectors.github.facts import unknown_of
from chargehand.connectors.github.transport import Call, convert, path_of
from chargehand.domain.code import PullRequestRef
from chargehand.domain.diff import MOST_FILES, Diff, bounded_paths
from chargehand.domain.fact import Fact, Known
from chargehand.plugins.outcomes import VENDOR_FAILURES

_READ: Final = "read what a pull request changes"


@dataclass(frozen=True, slots=True)
class DiffReader:
    """Reads diffs for one GitHub connection."""

    api: GitHubAPI

    async def read_diff(self, ref: PullRequestRef, *, now: datetime) -> Known[Diff]:
        """What a pull request changes; of more than a thousand files no paths.

        Shape: the newest commit is read first, so that what is pushed meanwhile is noticed when
        the action is sent.
        Source: docs.github.com/en/rest/pulls/pulls, which lists at most 3,000 files.
        """
        path = path_of("repos", ref.repository, "pulls", ref.number)
        try:
            answer = await self.api.get(Call("GET", path, _READ, str(ref)))
            pull = convert(answer.data, PullAnswer, operation=_READ)
            paths = await self._paths(ref, path, pull.changed_files)
        except VENDOR_FAILURES as error:
            return unknown_of(error)
        is_counted = pull.additions is not None and pull.deletions is not None
        diff = Diff(
            head_commit=pull.head.sha,
            target_branch=pull.base.ref,
            line_count=(pull.additions or 0) + (pull.deletions or 0) if is_counted else None,
            file_count=pull.changed_files,
            paths=paths,
        )
        return Fact(diff, f"{pull.html_url}/files", now)

    async def _paths(
        self, ref: PullRequestRef, path: str, count: int | None
    ) -> tuple[str, ...] | None:
        if count is None or count > MOST_FILES:
            return None
        call = Call("GET", f"{path}/files", _READ, str(ref))
        raw = await self.api.items(call, most=MOST_FILES // PER_PAGE)
        files: Sequence[FileAnswer] = convert(raw, list[FileAnswer], operation=_READ)
        if len(files) != count:
            # Somebody pushed in between, or GitHub left some out.
            return None
        return bounded_paths(
            name for one in files for name in (one.filename, one.previous_filename) if name
        )
