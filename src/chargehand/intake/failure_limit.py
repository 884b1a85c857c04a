"""How often one address may fail to prove who it is."""

import math
from collections import OrderedDict, deque
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

_IPV6_NETWORK_BITS = 64


class FailureLimit:
    """A moving window of failures for each address, in bounded memory.

    When more addresses fail than are remembered, the one that failed longest ago is forgotten.
    """

    def __init__(
        self,
        *,
        failures: int = 30,
        window: timedelta = timedelta(minutes=1),
        addresses: int = 10_000,
    ) -> None:
        self._failures = failures
        self._window = window
        self._addresses = addresses
        self._failed_at: OrderedDict[str, deque[datetime]] = OrderedDict()

    def count_failure(self, address: str, now: datetime) -> int | None:
        """Note a failure; None while the address is within its limit.

        Units: whole seconds until one more failure would be within the limit.
        """
        network = network_of(address)
        times = self._failed_at.setdefault(network, deque(maxlen=self._failures))
        self._failed_at.move_to_end(network)
        if len(self._failed_at) > self._addresses:
            self._failed_at.popitem(last=False)
        while times and now - times[0] >= self._window:
            times.popleft()
        if len(times) < self._failures:
            times.append(now)
            return None
        wait = min(times[0] + self._window - now, self._window)
        return max(1, math.ceil(wait.total_seconds()))

    def forget(self, address: str) -> None:
        """Let an address begin anew, since it proved who it is."""
        self._failed_at.pop(network_of(address), None)


def network_of(address: str) -> str:
    """What addresses count together as: one of IPv4 alone, all of an IPv6 network."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        # One IPv6 sender commands a whole /64, so its addresses count together.
        return str(int(parsed) >> _IPV6_NETWORK_BITS)
    return address
