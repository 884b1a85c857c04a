"""What an address in the settings says of where it leads."""

import ipaddress
from urllib.parse import urlsplit

from chargehand.plugins.plain_address import problem_of_address


def is_loopback_url(url: str) -> bool:
    """Whether a URL stays on this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def require_plain_address(url: str) -> None:
    """Let an operator's address pass that means one thing, as `plugins.plain_address` has it.

    Raises: ValueError.
    """
    if problem := problem_of_address(url):
        raise ValueError(problem)


def site_address(url: str) -> str:
    """The address of a host, whatever path stands behind it.

    Raises: ValueError for what is not encrypted on its way, and for credentials in it.
    """
    parts = urlsplit(url)
    if parts.username or parts.password:
        message = "must not hold a user name or password; they go into .env"
        raise ValueError(message)
    require_plain_address(url)
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback_url(url)):
        return f"{parts.scheme}://{parts.netloc}"
    message = "must start with https:// (http:// is for this machine only)"
    raise ValueError(message)


def public_address(url: str) -> str:
    """The address with its path: a reverse proxy may serve other things on the same host.

    Raises: ValueError.
    """
    parts = urlsplit(url)
    if parts.query or parts.fragment:
        message = "must end with its path; what follows ? or # is never sent"
        raise ValueError(message)
    return site_address(url) + parts.path.rstrip("/")


def address_with_path(url: str) -> str:
    """The address of a host and the path something stands below there.

    Raises: ValueError.
    """
    return site_address(url) + urlsplit(url).path.rstrip("/")


def web_origin(url: str) -> str:
    """The origin of a page, as a browser writes it: scheme, host, and a port that is not usual.

    Raises: ValueError for anything that is no exact origin.
    """
    parts = urlsplit(url)
    is_bare = not (parts.path.rstrip("/") or parts.query or parts.fragment)
    if "*" in url or not is_bare or not parts.hostname:
        message = "must be one exact origin such as https://board.example.com, without a path or *"
        raise ValueError(message)
    origin = site_address(url).lower()
    usual = {"https": ":443", "http": ":80"}[parts.scheme]
    return origin.removesuffix(usual)
