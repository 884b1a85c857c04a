"""Errors of secrets we keep ourselves.

Rejected
├── SecretKeyUnusable   the file of the keys can not be read, or others may read it too
└── SecretKeyMissing    a secret is sealed with a key the file does not hold
"""

from chargehand.domain.errors import Rejected


class SecretKeyUnusable(Rejected):
    """The file of the keys can not be used."""

    code = "secret_key_unusable"
    template = "The keys of stored secrets in {path} can not be used: {detail}. {cure}"


class SecretKeyMissing(Rejected):
    """A stored secret whose key is not here."""

    code = "secret_key_missing"
    template = (
        "The stored secret {name} is sealed with the key {key_id}, which {path} does not hold. Put "
        "the key file of the installation it comes from there, or set the secret anew: "
        "chargehand secrets set {name}"
    )
