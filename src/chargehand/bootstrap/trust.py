"""The certificate authorities the settings let us trust."""

import ssl
from pathlib import Path

from chargehand.bootstrap.errors import CertificatesUnusable
from chargehand.kit.trust import trusted_certificates


def read_certificates(ca_file: Path | None) -> ssl.SSLContext:
    """A context for connections to others; `ca_file` is `network.ca_file`.

    Raises: CertificatesUnusable.
    """
    try:
        return trusted_certificates(ca_file)
    except OSError as error:
        detail = error.strerror or str(error)
        raise CertificatesUnusable(path=str(ca_file), detail=detail) from error
