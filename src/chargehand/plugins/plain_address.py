"""Whether an operator's address means one thing, to whoever reads it.

It may lie inside their network, unlike what `plugins.urls` guards. One that hides where it leads,
or leads to where a cloud tells its machines their keys, is a mistake or somebody else's.
"""

import ipaddress
from typing import Final
from urllib.parse import urlsplit

from chargehand.plugins.urls import is_metadata, literal_address

_NOWHERE: Final = ' \\"<>^`{|}'


def problem_of_address(url: str) -> str:
    """What is wrong with an address, as it reads behind a setting's name; empty for nothing."""
    if not url.isprintable() or any(one in url for one in _NOWHERE):
        return "must not hold spaces or other characters that no address holds"
    try:
        parts = urlsplit(url)
        _ = parts.port
        written = parts.hostname or ""
        host = written.encode("idna").decode("ascii").rstrip(".").lower()
    except (ValueError, UnicodeError):
        return "must be an address such as https://host.example.com, with a port below 65536"
    if "@" in parts.netloc:
        return "must not hold a user name or password"
    if not host:
        return "must name a host, such as https://host.example.com"
    if not written.isascii() and "xn--" not in host:
        return f"must name its host in plain letters, which is {host}"
    return _problem_of_host(host)


def _problem_of_host(host: str) -> str:
    if is_metadata(host):
        return "must not lead to where a cloud tells its machines their keys"
    address = literal_address(host)
    if address is None:
        return ""
    try:
        is_usual = ipaddress.ip_address(host) == address
    except ValueError:
        is_usual = False
    if not is_usual:
        return f"must name its host or write it in the usual way, which is {address}"
    if address.is_unspecified or address.is_multicast:
        return "must name one host; 0.0.0.0 and the like are none"
    return ""
