"""Whose address a request came from, when proxies stand in between."""

from collections.abc import Iterable, Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
UNKNOWN_ADDRESS = "unknown"


class TrustedProxies:
    """The networks whose word about earlier hops is believed.

    Raises: ValueError from the constructor, naming the entry that is no address or network.
    """

    def __init__(self, networks: Iterable[str] = ()) -> None:
        self._networks: tuple[IPv4Network | IPv6Network, ...] = tuple(
            ip_network(network, strict=False) for network in networks
        )

    def client_address(self, peer: str | None, forwarded_for: Sequence[str]) -> str:
        """The nearest address that no trusted proxy has.

        Shape: `peer` is the socket's other end, None when it has no address; `forwarded_for` are
        the values of X-Forwarded-For, in the order they came.
        """
        if peer is None:
            return UNKNOWN_ADDRESS
        believed = _parse(peer)
        if believed is None:
            return peer
        hops = [hop for value in forwarded_for for hop in value.split(",")]
        # Every proxy appends whom it talked to, so only the right end was written by one of ours.
        while hops and self._is_trusted(believed):
            earlier = _parse(hops.pop())
            if earlier is None:
                break
            believed = earlier
        return str(believed)

    def _is_trusted(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


def _parse(text: str) -> Address | None:
    bare = text.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ip_address(bare)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
