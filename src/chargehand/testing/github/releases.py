"""Releases of the fake GitHub: who publishes one, how it is shown, and the list of them."""

from typing import Any, Final

from chargehand.testing.github.calls import Answer, Call, Endpoint, page_of
from chargehand.testing.github.code_shapes import time_of
from chargehand.testing.github.site import Site
from chargehand.testing.github.state import Release, Repository


def draft_release(
    site: Site, repository: Repository, *, author: str, tag: str, is_prerelease: bool = False
) -> Release:
    """Somebody begins a release, which nobody is told of."""
    login = site.account(author).login
    made = Release(site.next_id(), tag, f"Release {tag}", login, site.now())
    made.is_prerelease = is_prerelease
    repository.releases.append(made)
    return made


def publish_release(site: Site, repository: Repository, release: Release) -> None:
    """Somebody publishes it; GitHub tells that thrice."""
    release.published_at = site.now()
    parts = {"release": shown_release(site, repository, release)}
    kind = "prereleased" if release.is_prerelease else "released"
    for action in ("created", "published", kind):
        site.tell(repository, "release", action, parts, sender=release.author)


def shown_release(site: Site, repository: Repository, release: Release) -> dict[str, Any]:
    """A release in GitHub's shape."""
    shapes = site.shapes
    url = f"{shapes.api}/repos/{repository.full_name}/releases/{release.id}"
    web = f"{shapes.web}/{repository.full_name}/releases"
    return {
        "id": release.id,
        "node_id": f"RE_{release.id}",
        "url": url,
        "assets_url": f"{url}/assets",
        "upload_url": f"{url}/assets{{?name,label}}",
        "html_url": f"{web}/tag/{release.tag}",
        "tag_name": release.tag,
        "target_commitish": "main",
        "name": release.name,
        "body": "",
        "draft": release.published_at is None,
        "prerelease": release.is_prerelease,
        "author": shapes.user(release.author),
        "created_at": time_of(release.created_at),
        "published_at": time_of(release.published_at),
        "assets": [],
        "tarball_url": f"{web}/tarball/{release.tag}",
        "zipball_url": f"{web}/zipball/{release.tag}",
    }


def list_releases(call: Call) -> Answer:
    """The releases, newest first; drafts only to who may write."""
    repository = call.repository()
    given = repository.permissions.get(call.login.lower(), "read")
    found = [
        one
        for one in reversed(repository.releases)
        if one.published_at is not None or given != "read"
    ]
    return page_of(call, found, shown=lambda one: shown_release(call.site, repository, one))


ENDPOINTS: Final = (Endpoint("GET", "/repos/{owner}/{repo}/releases", list_releases),)
