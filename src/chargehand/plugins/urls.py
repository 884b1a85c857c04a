"""Which addresses a person may name for us to call, so that nobody reaches what only we can.

A URL is read as the connection will read it, every way of writing an address included; its host is
resolved once, every address found must be public, and the connection goes to one of those and asks
nobody again. Hosts of configured connections may be named too: the operator wrote them down.

Rejected
└── AddressRefused   the URL leads, or may lead, to where nobody but we can go
"""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias
from urllib.parse import urljoin, urlsplit

from chargehand.domain.errors import Rejected

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
# The addresses of a host, as text, in the order they would be tried.
Resolve: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
MOST_REDIRECTS: Final = 3
LONGEST_URL: Final = 2_000
_RESOLVE_TIMEOUT_S: Final = 5.0
_MOST_ADDRESSES: Final = 16
_PORTS: Final = {"http": 80, "https": 443}
_ALLOWED_PORTS: Final = frozenset({80, 443, 8080, 8443})
# Names that lead inside whatever a resolver says of them.
_INSIDE: Final = (".localhost", ".local", ".internal", ".intranet", ".home.arpa", ".lan", ".corp")
_NUMBER: Final = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+")
_LABEL: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_LONGEST_HOST: Final = 253
_OF_A_PART: Final = 256
# IPv6 networks that carry an IPv4 address on, with the bits at which it stands.
_CARRIERS: Final = (
    (ipaddress.IPv6Network("::ffff:0:0/96"), 0),
    (ipaddress.IPv6Network("::ffff:0:0:0/96"), 0),
    (ipaddress.IPv6Network("::/96"), 0),
    (ipaddress.IPv6Network("64:ff9b::/96"), 0),
    (ipaddress.IPv6Network("64:ff9b:1::/48"), 0),
    (ipaddress.IPv6Network("2002::/16"), 80),
)
# A tunnel that names the address of its client inverted.
_TEREDO: Final = ipaddress.IPv6Network("2001::/32")
# What is public by its number and yet answers to machines inside alone.
_METADATA: Final = frozenset(
    {ipaddress.ip_address("168.63.129.16"), ipaddress.ip_address("100.100.100.200")}
)


_METADATA_NAMES: Final = frozenset({"metadata", "metadata.google.internal", "instance-data"})
_METADATA_NETWORKS: Final = (
    ipaddress.IPv4Network("169.254.0.0/16"),
    ipaddress.IPv6Network("fe80::/10"),
    ipaddress.IPv6Network("fd00:ec2::/32"),
    ipaddress.IPv6Network("fd20:ce::/32"),
)


class AddressRefused(Rejected):
    """A URL that leads, or may lead, to where nobody but we can go."""

    code = "address_refused"
    template = (
        "{url} is not called: {problem}. Allowed are http and https addresses of the public "
        "internet; one inside your network belongs into chargehand.toml."
    )


@dataclass(frozen=True, slots=True)
class GuardedURL:
    """A URL that may be called, and the one address the connection has to go to.

    Shape: `host` is as it goes into the Host header and the certificate's check; `address` is
    the public address it was resolved to.
    """

    url: str
    scheme: str
    host: str
    port: int
    address: str


@dataclass(frozen=True, slots=True)
class _Named:
    url: str
    scheme: str
    host: str
    port: int


class URLGuard:
    """Says of each URL whether it may be called, and where the connection has to go.

    Shape: `known_hosts` are hosts of configured connections, as host or host:port, which may lie
    anywhere.
    """

    def __init__(
        self, *, known_hosts: Collection[str] = (), resolve: Resolve | None = None
    ) -> None:
        self._known = frozenset(one.lower() for one in known_hosts)
        self._resolve = resolve or resolve_by_system

    def read(self, url: str) -> None:
        """Refuse what may not even be kept, by how it is written alone; nobody is asked.

        Raises: AddressRefused.
        """
        self._named(url)

    async def admit(self, url: str) -> GuardedURL:
        """The URL with the address to connect to; resolved once, here.

        Raises: AddressRefused.
        """
        named = self._named(url)
        try:
            async with asyncio.timeout(_RESOLVE_TIMEOUT_S):
                found = await self._resolve(named.host, named.port)
        except (OSError, TimeoutError, UnicodeError) as error:
            raise _refused(url, f"no address of {named.host} was found") from error
        addresses = [_address_of(one) for one in found[:_MOST_ADDRESSES]]
        if not addresses:
            raise _refused(url, f"no address of {named.host} was found")
        if not self._is_known(named):
            # One private address among public ones is how rebinding begins.
            for one in addresses:
                if one is None or not is_public(one):
                    raise _refused(url, f"{named.host} is an address that is not public")
        return GuardedURL(named.url, named.scheme, named.host, named.port, str(addresses[0]))

    async def follow(self, start: GuardedURL, location: str, *, hops: int) -> GuardedURL:
        """Where a redirect leads, checked anew; `hops` redirects were followed before.

        Raises: AddressRefused for one too many, and from https to http.
        """
        if hops >= MOST_REDIRECTS:
            raise _refused(start.url, f"it redirects more than {MOST_REDIRECTS} times")
        try:
            target = urljoin(start.url, location)
        except ValueError as error:
            raise _refused(start.url, "it redirects to what is no address") from error
        found = await self.admit(target)
        if start.scheme == "https" and found.scheme != "https":
            raise _refused(start.url, "it redirects to where nothing is encrypted")
        return found

    def _named(self, url: str) -> _Named:
        named = _read(url)
        if self._is_known(named):
            return named
        if named.port not in _ALLOWED_PORTS:
            allowed = ", ".join(str(one) for one in sorted(_ALLOWED_PORTS))
            raise _refused(url, f"port {named.port} is none of {allowed}")
        literal = literal_address(named.host)
        if literal is not None and not is_public(literal):
            raise _refused(url, f"{named.host} is an address that is not public")
        if literal is None and _is_inside(named.host):
            raise _refused(url, f"{named.host} is a name of some inner network")
        return named

    def _is_known(self, named: _Named) -> bool:
        return bool({named.host, f"{named.host}:{named.port}"} & self._known)


def same_host(url: str, base: str) -> bool:
    """Whether a link stays where it came from: the same scheme, host and port.

    A vendor's paging link carries our sign-in with it, so it is followed nowhere else.
    """
    try:
        there, here = _read(url), _read(base)
    except AddressRefused:
        return False
    return (there.scheme, there.host, there.port) == (here.scheme, here.host, here.port)


def is_public(address: Address) -> bool:
    """Whether an address is of the public internet, and so is every address carried in it."""
    if address in _METADATA:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global and not address.is_multicast
    if address in _TEREDO or (address.scope_id is not None):
        return False
    for network, shift in _CARRIERS:
        if address in network:
            carried = ipaddress.IPv4Address((int(address) >> shift) & 0xFFFFFFFF)
            return is_public(carried)
    return address.is_global and not (address.is_multicast or address.is_site_local)


def is_metadata(host: str) -> bool:
    """Whether a host, by name or in any writing of its address, is one that tells a cloud's keys.

    Networks that no router carries on count among them: such services answer at their addresses.
    """
    if host.lower().rstrip(".") in _METADATA_NAMES:
        return True
    address = literal_address(host)
    if isinstance(address, ipaddress.IPv6Address):
        for network, shift in _CARRIERS:
            # The loopback and the empty address are of such a network too.
            if address in network and int(address) > 1:
                address = ipaddress.IPv4Address((int(address) >> shift) & 0xFFFFFFFF)
                break
    if address is None:
        return False
    same_version = (one for one in _METADATA_NETWORKS if one.version == address.version)
    return address in _METADATA or any(address in one for one in same_version)


def literal_address(host: str) -> Address | None:
    """The address a host is written as, in every form a resolver takes; None for a name.

    Decimal, octal and hexadecimal numbers of one to four parts are addresses of IPv4, as the
    system's own resolver reads them.
    """
    if ":" in host:
        return _address_of(host)
    parts = host.split(".")
    if len(parts) > 4 or not all(_NUMBER.fullmatch(part) for part in parts):  # noqa: PLR2004 - of IPv4.
        return None
    try:
        numbers = [_number(part) for part in parts]
    except ValueError:
        return None
    *first, last = numbers
    if any(one >= _OF_A_PART for one in first) or last >= _OF_A_PART ** (4 - len(first)):
        return None
    whole = last
    for place, one in enumerate(first):
        whole += one << (24 - 8 * place)
    return ipaddress.IPv4Address(whole)


async def resolve_by_system(host: str, port: int) -> Sequence[str]:
    """The addresses the system's resolver finds.

    Raises: OSError.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def _read(url: str) -> _Named:
    """A URL in its parts, as strict as the strictest who reads it after us."""
    if len(url) > LONGEST_URL or not url.isprintable() or any(one in url for one in ' \\"<>^`{|}'):
        raise _refused(url, "it holds what no address holds")
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").rstrip(".")
    except ValueError as error:
        raise _refused(url, "it can not be read as an address") from error
    if parts.scheme not in _PORTS:
        raise _refused(url, "it begins with neither https:// nor http://")
    if parts.username is not None or parts.password is not None or "@" in parts.netloc:
        raise _refused(url, "it holds a user name or a password")
    return _Named(url, parts.scheme, _host(url, host), port or _PORTS[parts.scheme])


def _host(url: str, host: str) -> str:
    """A host as it is resolved: an address, or a name in ASCII."""
    if ":" in host:
        if _address_of(host) is None or "%" in host:
            raise _refused(url, "its host is no address")
        return host.lower()
    try:
        # Full-width digits and the like become what a resolver would make of them.
        name = host.encode("idna").decode("ascii").lower().rstrip(".")
    except UnicodeError as error:
        raise _refused(url, "its host is no name") from error
    labels = name.split(".")
    if not name or len(name) > _LONGEST_HOST or not all(_LABEL.fullmatch(one) for one in labels):
        raise _refused(url, "its host is no name")
    is_number = _NUMBER.fullmatch(labels[-1]) is not None
    if is_number and literal_address(name) is None:
        raise _refused(url, "its host is neither a name nor an address")
    return name


def _is_inside(host: str) -> bool:
    return "." not in host or host.endswith(_INSIDE)


def _number(text: str) -> int:
    if text[:2] in ("0x", "0X"):
        return int(text[2:] or "0", 16)
    return int(text, 8 if len(text) > 1 and text.startswith("0") else 10)


def _address_of(text: str) -> Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _refused(url: str, problem: str) -> AddressRefused:
    # A password in it is nobody's to see again.
    shown = re.sub(r"//[^/@]*@", "//", "".join(one for one in url[:120] if one.isprintable()))
    return AddressRefused(url=shown, problem=problem)
