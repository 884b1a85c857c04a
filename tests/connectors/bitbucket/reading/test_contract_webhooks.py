"""Every captured Bitbucket payload is exactly one event; the captures stay outside."""

from pathlib import Path

import pytest

from chargehand.domain.event import EventKind
from tests.connectors.bitbucket.reading.samples import RECEIVED_AT, WEBHOOKS, parse_bytes

PUSH, OPENED = EventKind.PUSH_RECEIVED, EventKind.PULL_REQUEST_OPENED
UPDATED, UNSUPPORTED = EventKind.PULL_REQUEST_UPDATED, EventKind.UNSUPPORTED
DECLINED, MERGED = EventKind.PULL_REQUEST_DECLINED, EventKind.PULL_REQUEST_MERGED
_PULLS, _PUSHES = (f"jenkins/BitbucketCloud{one}EventTest-" for one in ("PullRequest", "Push"))
TABLE: dict[str, tuple[EventKind, str]] = {
    "go-scm/pipeline_hook_created.json": (UNSUPPORTED, "delivery:"),
    "go-scm/pipeline_hook_update.json": (
        EventKind.CHECK_COMPLETED,
        (
            "check:automationtestharness/testrepo:bdf6fac0519ffd1562461eb82e018ff62efffbc9:3343801:"
            "passed:1742806182838"
        ),
    ),
    "go-scm/pr_comment_created.json": (
        EventKind.COMMENT_CREATED,
        "message:rutvijmehta-harness/spring-cloud-alibaba:311512047:created",
    ),
    "go-scm/pr_comment_deleted.json": (
        EventKind.COMMENT_DELETED,
        "message:rutvijmehta-harness/spring-cloud-alibaba:311512047:deleted",
    ),
    "go-scm/pr_created.json": (OPENED, "pull:brydzewski/foo:1:opened"),
    "go-scm/pr_declined.json": (DECLINED, "pull:brydzewski/foo:2:declined:1530582240030"),
    "go-scm/pr_fulfilled.json": (MERGED, "pull:brydzewski/foo:1:merged"),
    "go-scm/pr_updated.json": (UPDATED, "pull:brydzewski/foo:1:updated:1530568474210"),
    "go-scm/push.json": (
        PUSH,
        (
            "push:brydzewski/foo:refs/heads/master:40e7580cf11311d84a6e5e97e2cbba6df1675750:"
            "141977fedf5cf35aa290ac87d4b5177ac4cd9de1"
        ),
    ),
    "go-scm/push_branch_create.json": (
        PUSH,
        "push:brydzewski/foo:refs/heads/develop::141977fedf5cf35aa290ac87d4b5177ac4cd9de1",
    ),
    "go-scm/push_branch_delete.json": (
        PUSH,
        "push:brydzewski/foo:refs/heads/develop:141977fedf5cf35aa290ac87d4b5177ac4cd9de1:",
    ),
    "go-scm/push_tag_create.json": (
        PUSH,
        "push:brydzewski/foo:refs/tags/feature/x::141977fedf5cf35aa290ac87d4b5177ac4cd9de1",
    ),
    "go-scm/push_tag_delete.json": (
        PUSH,
        "push:brydzewski/foo:refs/tags/feature/x:141977fedf5cf35aa290ac87d4b5177ac4cd9de1:",
    ),
    f"{_PULLS}createPayloadFork.json": (OPENED, "pull:cloudbeers/temp:3:opened"),
    f"{_PULLS}createPayloadOrigin.json": (OPENED, "pull:cloudbeers/temp:1:opened"),
    f"{_PULLS}fulfilledPayload.json": (MERGED, "pull:cloudbeers/temp:2:merged"),
    f"{_PULLS}rejectedPayload.json": (DECLINED, "pull:cloudbeers/temp:3:declined:1488801911484"),
    f"{_PULLS}updatePayload_newCommit.json": (
        UPDATED,
        "pull:cloudbeers/temp:3:updated:1488801450649",
    ),
    f"{_PULLS}updatePayload_newDestination.json": (
        UPDATED,
        "pull:cloudbeers/temp:3:updated:1488801579916",
    ),
    f"{_PULLS}updatePayload_newDestinationCommit.json": (
        UPDATED,
        "pull:cloudbeers/temp:3:updated:1488801779640",
    ),
    f"{_PUSHES}createPayload.json": (
        PUSH,
        "push:cloudbeers/temp:refs/heads/main::501bf5b99365d1d870882254b9360c17172bda0e",
    ),
    f"{_PUSHES}emptyPayload.json": (UNSUPPORTED, "delivery:"),
    f"{_PUSHES}multipleChangesPayload.json": (
        PUSH,
        (
            "push:cloudbeers/temp:refs/heads/main:fc4d1ce2853b6f1ac0d0dbad643d17ef4a6e0be7:"
            "325d37697849f4b1fe42cb19c20134af08e03a82"
        ),
    ),
    f"{_PUSHES}newTagPayload.json": (
        PUSH,
        (
            "push:acme/tds.cm.maven.plugins-java:refs/tags/test::"
            "fee1dcdb330d1318502f303ccd4792531c28dc8e"
        ),
    ),
    f"{_PUSHES}updatePayload.json": (
        PUSH,
        (
            "push:cloudbeers/temp:refs/heads/main:501bf5b99365d1d870882254b9360c17172bda0e:"
            "e42fac24456e4a56f1b7f9358afc3070e3b7ddec"
        ),
    ),
    "jenkins/annotated_tag_created.json": (
        PUSH,
        "push:amuniz/test-repos:refs/tags/test-tag::7ef5981d59145c3ed300b1ab77b93907d33abe59",
    ),
    "jenkins/branch_created.json": (
        PUSH,
        "push:amuniz/test-repos:refs/heads/feature/test::174561d625c9623b60d8aba09b7f08ddc9df45cd",
    ),
    "jenkins/branch_deleted.json": (
        PUSH,
        "push:amuniz/test-repos:refs/heads/feature/test:174561d625c9623b60d8aba09b7f08ddc9df45cd:",
    ),
    "jenkins/commit_created.json": (
        PUSH,
        (
            "push:amuniz/test-repos:refs/heads/feature/issue-819:"
            "a10199272451f4c7c5edced2d40b5d6f2f6f5fa3:5ecffa3874e96920f24a2b3c0d0038e47d5cd1a4"
        ),
    ),
    "jenkins/pullrequest_created.json": (OPENED, "pull:amuniz/test-repos:735:opened"),
    "jenkins/pullrequest_rejected.json": (
        DECLINED,
        "pull:amuniz/test-repos:735:declined:1731158073659",
    ),
    "jenkins/pullrequest_updated.json": (
        UPDATED,
        "pull:nfalco79/test-repos:1:updated:1785375349207",
    ),
    "jenkins/signed_payload.json": (
        PUSH,
        (
            "push:nfalco79/test-repos:refs/heads/feature/webhook::"
            "d7f300a32270053bdfd97a6d64113f58202c33e7"
        ),
    ),
    "jenkins/tag_created.json": (
        PUSH,
        "push:amuniz/test-repos:refs/tags/simple-tag::7ef5981d59145c3ed300b1ab77b93907d33abe59",
    ),
    "jenkins/tag_deleted.json": (
        PUSH,
        "push:amuniz/test-repos:refs/tags/test:174561d625c9623b60d8aba09b7f08ddc9df45cd:",
    ),
}
CAPTURES = sorted(path.relative_to(WEBHOOKS).as_posix() for path in WEBHOOKS.rglob("*.json"))
pytestmark = [pytest.mark.contract]


@pytest.fixture
def capture_folder() -> Path:
    if not WEBHOOKS.is_dir():
        pytest.skip("the vendors' contracts are missing: there are no captures of Bitbucket")
    return WEBHOOKS


@pytest.mark.parametrize("capture", sorted(TABLE))
def test_capture_is_exactly_the_expected_event(capture: str, capture_folder: Path) -> None:
    kind, key = TABLE[capture]

    event = parse_bytes((capture_folder / capture).read_bytes())

    assert event.kind is kind
    assert event.event_key.startswith(f"bitbucket:{key}")
    if kind is not UNSUPPORTED:
        assert event.event_key == f"bitbucket:{key}"
        assert event.place is not None
        # A push tells no time of its own.
        assert (event.occurred_at == RECEIVED_AT) is (kind is PUSH)


def test_table_names_every_capture(capture_folder: Path) -> None:
    assert sorted(TABLE) == CAPTURES
    assert len(CAPTURES) == 35
