"""Finds workflow runs that ended and releases that were published, by asking.

Each is one list of a repository, asked whether it changed: that costs nothing while it did not.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from chargehand.connectors.github.api import PER_PAGE, GitHubAPI
from chargehand.connectors.github.polled import FIRST, News, Round, Told, news_of
from chargehand.connectors.github.schemas import moment_in, number_in
from chargehand.connectors.github.transport import Call, path_of
from chargehand.kit.tolerant import Fields, list_in
from chargehand.plugins.errors import PermissionMissing, RequestRefused, TargetMissing

# Runs stand in the order they began: of one that ended late the first page has to tell.
MOST_RUN_PAGES: Final = 5
MOST_RELEASES: Final = 30
# Workflows may be off, or the sign-in may not read them.
_NOT_FOR_US: Final = (PermissionMissing, TargetMissing, RequestRefused)


@dataclass(frozen=True, slots=True)
class RunPoller:
    """Polls runs and releases; every method raises the errors of plugins/errors.py."""

    api: GitHubAPI

    async def runs(self, turn: Round) -> Sequence[News]:
        """The runs that ended since, on any branch; nothing where nobody may read them."""
        path = path_of("repos", turn.repository, "actions", "runs")
        query = {"status": "completed", "per_page": str(PER_PAGE)}
        etag = turn.old_etags.get(path, "")
        call = Call("GET", path, FIRST, turn.repository, query, etag=etag)
        news: list[News] = []
        try:
            async for page in self.api.pages(call, most=MOST_RUN_PAGES):
                if not page.is_new:
                    return ()
                turn.etags.setdefault(path, page.etag)
                listed = page.data if isinstance(page.data, Mapping) else {}
                runs = _objects(list_in(listed, "workflow_runs"))
                news.extend(_of_runs(turn, runs))
                began = [moment_in(one, "created_at") for one in runs]
                if not all(at is not None and at >= turn.floor for at in began):
                    break
        except _NOT_FOR_US:
            return ()
        return news

    async def releases(self, turn: Round) -> Sequence[News]:
        """Those of the newest releases that were published since."""
        path = path_of("repos", turn.repository, "releases")
        query = {"per_page": str(MOST_RELEASES)}
        etag = turn.old_etags.get(path, "")
        try:
            answer = await self.api.get(Call("GET", path, FIRST, turn.repository, query, etag=etag))
        except _NOT_FOR_US:
            return ()
        if not answer.is_new:
            return ()
        turn.etags[path] = answer.etag
        return list(_of_releases(turn, _objects(answer.data or ())))


def _objects(listed: Iterable[object]) -> list[Fields]:
    return [one for one in listed if isinstance(one, Mapping)]


def _of_runs(turn: Round, runs: Sequence[Fields]) -> Iterator[News]:
    for run in runs:
        at = moment_in(run, "updated_at")
        if at is None or at < turn.floor:
            continue
        attempt = number_in(run, "run_attempt") or 1
        key = f"{turn.repository}:run:{run.get('id')}:{attempt}"
        parts = {"workflow_run": run, "workflow": {"name": run.get("name")}}
        yield news_of(turn, Told("workflow_run", key, at), "completed", parts)


def _of_releases(turn: Round, releases: Sequence[Fields]) -> Iterator[News]:
    for release in releases:
        at = moment_in(release, "published_at")
        if at is None or at < turn.floor or release.get("draft") is True:
            continue
        key = f"{turn.repository}:release:{release.get('id')}"
        yield news_of(turn, Told("release", key, at), "published", {"release": release})
