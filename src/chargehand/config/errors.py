"""Errors of the config room.

Rejected
├── ConfigMissing      no configuration file where one was named
├── ConfigUnreadable   not TOML, or not to be opened
└── ConfigInvalid      readable, and some fields are wrong; names each and what is allowed
"""

from chargehand.domain.errors import Rejected


class ConfigMissing(Rejected):
    """No configuration file."""

    code = "config_missing"
    template = "There is no configuration at {path}. Run `chargehand init` to write one."


class ConfigUnreadable(Rejected):
    """A file that is not TOML."""

    code = "config_unreadable"
    template = "The configuration {path} can not be read: {detail}"


class ConfigInvalid(Rejected):
    """Some fields are wrong."""

    code = "config_invalid"
    template = "The configuration {path} has {count} wrong field(s):\n{problems}"
