"""Errors of the config room.

Rejected
├── ConfigMissing      no configuration file where one was named
├── ConfigUnreadable   not TOML, or not to be opened
├── ConfigInvalid      readable, and some fields are wrong; names each and what is allowed
├── ConfigNotEditable  written in a way that is not changed by itself
├── ConfigUnwritable   a file that can not be written
└── ConfigBusy         somebody else changes it at this moment
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


class ConfigNotEditable(Rejected):
    """A text that can not be changed without touching what somebody wrote beside it."""

    code = "config_not_editable"
    template = (
        "The way {what} is written can not be changed by itself without touching other lines. "
        "{cure}; nothing was changed."
    )


class ConfigUnwritable(Rejected):
    """A file of the configuration that can not be written."""

    code = "config_unwritable"
    template = (
        "{path} can not be written: {detail}. Give this user the right to write the file and its "
        "folder; nothing was changed."
    )


class ConfigBusy(Rejected):
    """Somebody else changes the configuration."""

    code = "config_busy"
    template = "Another command changes the configuration in {path} now; try again in a moment."
