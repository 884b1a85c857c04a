"""Which certificate authorities are trusted, the same for every connection we open."""

import ssl
from functools import lru_cache
from pathlib import Path

import certifi

_UNTRUSTED = "CERTIFICATE_VERIFY_FAILED"
_CURE = (
    " (is it signed by an authority of your own? Then name a file with its certificate in "
    "network.ca_file)"
)


def explained(words: str) -> str:
    """The words of a failed connection, with the setting that helps when a certificate failed."""
    return f"{words}{_CURE}" if _UNTRUSTED in words else words


def trusted_certificates(ca_file: Path | None) -> ssl.SSLContext:
    """A context that trusts what this machine does, and the authorities of a file.

    Small containers come without authorities of their own, so a list of public ones is at hand.
    Raises: OSError for a file that can not be read or holds no certificate.
    """
    context = ssl.create_default_context()
    context.load_verify_locations(cafile=certifi.where())
    if ca_file is not None:
        context.load_verify_locations(cafile=ca_file)
    return context


def shared_certificates(ca_file: Path | None) -> ssl.SSLContext:
    """The same, read once for all who speak HTTP: reading costs more than twenty requests.

    Who speaks something else needs a context of its own, since HTTP's names itself in it.
    Raises: as `trusted_certificates`.
    """
    if ca_file is None:
        return _read_once(None, 0, 0)
    found = ca_file.stat()
    return _read_once(ca_file, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=4)
def _read_once(ca_file: Path | None, _changed_at_ns: int, _size_bytes: int) -> ssl.SSLContext:
    return trusted_certificates(ca_file)
