"""What a pull request changes, as Cloud tells it: at another address, where it leads to."""

from typing import Any, Final

from chargehand.testing.bitbucket.records import ChangedFile
from chargehand.testing.bitbucket.refusals import BitbucketRefused
from chargehand.testing.bitbucket.rest import Answer, Call, Handler

_REPOSITORY: Final = "/2.0/repositories/{workspace}/{slug}"


def lead_to_diffstat(call: Call) -> Answer:
    """The address of the diffstat of the two commits, which forgets what was asked with it.

    Raises: BitbucketRefused, always.
    """
    repository, pull_request = call.pull_request()
    spec = f"{pull_request.head}..{repository.branches[pull_request.target]}"
    here = f"/2.0/repositories/{repository.full_name}/diffstat/{spec}"
    raise BitbucketRefused(302, "Found", leads_to=f"{here}?topic=true")


def list_diffstat(call: Call) -> Answer:
    """The changed files of the pull request whose newest commit is asked for."""
    head = call.path["spec"].partition("..")[0]
    for pull_request in call.repository().pull_requests.values():
        if pull_request.head == head:
            return 200, call.page([_changed(one) for one in pull_request.files])
    raise BitbucketRefused(404, "Commit not found")


def _changed(file: ChangedFile) -> dict[str, Any]:
    return {
        "type": "diffstat",
        "status": "renamed" if file.before else "modified",
        "lines_added": file.added,
        "lines_removed": file.removed,
        "old": {"type": "commit_file", "path": file.before or file.path},
        "new": {"type": "commit_file", "path": file.path},
    }


ENDPOINTS: Final[tuple[tuple[str, str, Handler], ...]] = (
    ("GET", f"{_REPOSITORY}/pullrequests/{{number:int}}/diffstat", lead_to_diffstat),
    ("GET", f"{_REPOSITORY}/diffstat/{{spec}}", list_diffstat),
)
