"""Requests to vendors as a worker counts them: how they ended, and how long they took.

They are counted by connector, never by address, person or project, so that what is kept of them
stays small however much is asked.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from threading import Lock
from typing import Final, TypeAlias

from chargehand.plugins.vendor_http import RequestObserver, SentRequest
from chargehand.storage.database import Database
from chargehand.storage.transaction import Writing

VENDOR_REQUESTS: Final = "vendor_requests"
# How many took no longer than each bound, and no less than the one before it.
VENDOR_REQUEST_SECONDS: Final = "vendor_request_seconds"
VENDOR_REQUEST_MICROS: Final = "vendor_request_micros"
BOUNDS_S: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
BEYOND: Final = "+Inf"
_MICROS: Final = 1_000_000
_BY_STATUS: Final = {401: "refused", 403: "refused", 404: "missing", 410: "missing", 429: "limited"}
_FIRST_OF_CLIENT: Final = 400
_FIRST_OF_SERVER: Final = 500

Tally: TypeAlias = Mapping[tuple[str, str], int]
# By the name of the tally.
Counted: TypeAlias = Mapping[str, Tally]


class RequestOutcome(StrEnum):
    """How a request to a vendor ended, by the status of its answer."""

    ANSWERED = "answered"
    MISSING = "missing"
    LIMITED = "limited"
    REFUSED = "refused"
    REJECTED = "rejected"
    FAILING = "failing"
    UNREACHABLE = "unreachable"


class VendorRequests:
    """Counts since the last time they were kept; asked from any thread."""

    def __init__(self) -> None:
        self._counted: dict[str, Counter[tuple[str, str]]] = {
            name: Counter()
            for name in (VENDOR_REQUESTS, VENDOR_REQUEST_SECONDS, VENDOR_REQUEST_MICROS)
        }
        self._lock = Lock()

    def of(self, connector: str) -> RequestObserver:
        """What counts the requests to one connector's vendor."""

        def observe(request: SentRequest) -> None:
            took_micros = round(request.took_s * _MICROS)
            outcome = outcome_of(request.status).value
            with self._lock:
                self._counted[VENDOR_REQUESTS][connector, outcome] += 1
                self._counted[VENDOR_REQUEST_SECONDS][connector, _bound_of(request.took_s)] += 1
                self._counted[VENDOR_REQUEST_MICROS][connector, ""] += took_micros

        return observe

    def counted(self) -> Counted:
        """What was counted and is not forgotten yet."""
        with self._lock:
            return {name: dict(numbers) for name, numbers in self._counted.items()}

    def forget(self, counted: Counted) -> None:
        """Take away what is kept elsewhere now; what was counted meanwhile stays."""
        with self._lock:
            for name, numbers in counted.items():
                self._counted[name].subtract(numbers)
                self._counted[name] = +self._counted[name]


def keep_counted(requests: VendorRequests, database: Database) -> None:
    """Add what this process counted to what all of them did; nothing is written for nothing.

    Raises: Retryable when the store is away; it is kept another time then.
    """
    counted = requests.counted()
    if not any(counted.values()):
        return

    def work(tx: Writing) -> None:
        for name, numbers in counted.items():
            tx.observations.add_to_tally(name, numbers)

    database.write(work)
    requests.forget(counted)


def outcome_of(status: int | None) -> RequestOutcome:
    """How a request ended; None is the status of one without a whole answer."""
    if status is None:
        return RequestOutcome.UNREACHABLE
    if status in _BY_STATUS:
        return RequestOutcome(_BY_STATUS[status])
    if status >= _FIRST_OF_SERVER:
        return RequestOutcome.FAILING
    return RequestOutcome.REJECTED if status >= _FIRST_OF_CLIENT else RequestOutcome.ANSWERED


def buckets_of(seconds: Tally, connector: str) -> Sequence[tuple[str, float]]:
    """How many requests took no longer than each bound, all of them at last.

    Shape: bounds that another version counted by are counted to the next of ours.
    """
    found = [(detail, number) for (word, detail), number in seconds.items() if word == connector]
    return [
        (str(bound), sum(number for detail, number in found if float(detail) <= bound))
        for bound in BOUNDS_S
    ] + [(BEYOND, sum(number for _, number in found))]


def connectors_in(tally: Tally) -> Iterable[str]:
    """The connectors something was counted of, in the order of their names."""
    return sorted({word for word, _ in tally})


def seconds_of(micros: Tally, connector: str) -> float:
    """How long all requests to a connector's vendor took together."""
    return micros.get((connector, ""), 0) / _MICROS


def _bound_of(took_s: float) -> str:
    return next((str(bound) for bound in BOUNDS_S if took_s <= bound), BEYOND)
