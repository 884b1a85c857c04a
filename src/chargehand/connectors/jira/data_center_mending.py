"""What an operator can do about each way Jira Data Center fails, where Cloud's advice is wrong."""

from collections.abc import Mapping

from chargehand.connectors.jira.config import ApiToken
from chargehand.connectors.jira.mending import mend_for as mend_for_cloud
from chargehand.domain.errors import ChargehandError
from chargehand.plugins.errors import (
    CredentialsRefused,
    PermissionMissing,
    VendorAnswerUnreadable,
    VendorFailing,
)

# Atlassian's API tokens of Cloud begin so; those of Data Center have no beginning of their own.
_CLOUD_TOKEN = "ATATT"  # noqa: S105 - the beginning of every such token.
_FROM_CLOUD = (
    "This is an API token of Jira Cloud, which Data Center does not know. Make a personal access "
    "token in the bot's profile on this site, under Personal Access Tokens."
)
_SENTENCES: Mapping[type[ChargehandError], str] = {
    CredentialsRefused: (
        "Make a new personal access token in the bot's profile on this site, under Personal "
        "Access Tokens; an API token of Jira Cloud and a password do not work here."
    ),
    PermissionMissing: (
        "Give the bot's user access to Jira and to this project; if it was asked for a CAPTCHA, "
        "let the bot sign in once in a browser."
    ),
    VendorAnswerUnreadable: (
        "Check that the address is Jira itself, with its path if it has one, such as "
        "https://jira.example.org/jira; a proxy or login page answers otherwise."
    ),
    VendorFailing: "Wait and try again; the administrator of the site sees whether Jira is ill.",
}


def mend_for(error: ChargehandError, *, token: ApiToken) -> str:
    """One sentence on how to mend it."""
    is_refused = isinstance(error, CredentialsRefused)
    if is_refused and token.reveal().startswith(_CLOUD_TOKEN):
        return _FROM_CLOUD
    return _SENTENCES.get(type(error)) or mend_for_cloud(error)
