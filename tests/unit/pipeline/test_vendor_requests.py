"""How requests to vendors are counted: each once, by a closed word and a bound."""

import pytest

from chargehand.pipeline.vendor_requests import (
    VENDOR_REQUEST_MICROS,
    VENDOR_REQUEST_SECONDS,
    VENDOR_REQUESTS,
    VendorRequests,
    buckets_of,
    seconds_of,
)
from chargehand.plugins.vendor_http import Access, SentRequest

OUTCOMES = {
    200: "answered",
    304: "answered",
    400: "rejected",
    401: "refused",
    403: "refused",
    404: "missing",
    410: "missing",
    422: "rejected",
    429: "limited",
    500: "failing",
    503: "failing",
    None: "unreachable",
}


def request(status: int | None = 200, took_s: float = 0.2) -> SentRequest:
    return SentRequest(Access.READ, "GET", "read an issue", status, took_s)


@pytest.mark.parametrize(("status", "outcome"), OUTCOMES.items(), ids=str)
def test_request_is_counted_by_how_it_ended(status: int | None, outcome: str) -> None:
    requests = VendorRequests()

    requests.of("jira")(request(status))

    assert requests.counted()[VENDOR_REQUESTS] == {("jira", outcome): 1}


def test_buckets_hold_what_took_no_longer_and_all_at_last() -> None:
    requests = VendorRequests()
    for took_s in (0.05, 0.2, 0.2, 31.0):
        requests.of("jira")(request(took_s=took_s))
    requests.of("slack")(request())

    counted = requests.counted()

    found = dict(buckets_of(counted[VENDOR_REQUEST_SECONDS], "jira"))
    assert [found[bound] for bound in ("0.05", "0.1", "0.25", "30.0", "+Inf")] == [1, 1, 3, 3, 4]
    assert seconds_of(counted[VENDOR_REQUEST_MICROS], "jira") == pytest.approx(31.45)


def test_what_is_counted_while_the_others_are_kept_is_not_lost() -> None:
    requests = VendorRequests()
    requests.of("jira")(request())
    kept = requests.counted()
    requests.of("jira")(request())

    requests.forget(kept)
    left = requests.counted()
    requests.forget(left)

    assert left == kept
    assert not any(requests.counted().values())


def test_bounds_of_another_version_are_counted_to_the_next_of_ours() -> None:
    found = dict(buckets_of({("jira", "0.3"): 2, ("jira", "60.0"): 1}, "jira"))

    assert (found["0.25"], found["0.5"], found["30.0"], found["+Inf"]) == (0, 2, 2, 3)
