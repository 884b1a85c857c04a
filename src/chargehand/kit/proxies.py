"""Which proxy the environment names for an address: `HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`.

Every HTTP library reads these by rules of its own; what the standard library says is the one rule
here. Source: docs.python.org/3/library/urllib.request.html, "getproxies".
"""

from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass


def proxy_for(url: str) -> str | None:
    """The address of the proxy a request to `url` goes through; None when it goes straight."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if not host or proxy_bypass(host if parts.port is None else f"{host}:{parts.port}"):
        return None
    proxies = getproxies()
    found = proxies.get(parts.scheme) or proxies.get("all")
    if not found:
        return None
    return found if "://" in found else f"http://{found}"
