"""What an operator can do about each way Jira fails."""

from collections.abc import Mapping

from chargehand.domain.errors import ChargehandError
from chargehand.plugins.errors import (
    CredentialsRefused,
    PermissionMissing,
    RequestRefused,
    ScopeMissing,
    TargetMissing,
    VendorAnswerUnreadable,
    VendorBusy,
    VendorFailing,
    VendorUnreachable,
)

_SENTENCES: Mapping[type[ChargehandError], str] = {
    CredentialsRefused: (
        "Make a new API token at id.atlassian.com and check that the e-mail belongs to the same "
        "account; a token with scopes needs the site's cloud id as well, and a personal access "
        "token of Jira Data Center works on its own site only."
    ),
    ScopeMissing: (
        "Make a new token with that scope besides those it has; "
        "a token's scopes can not be changed afterwards."
    ),
    PermissionMissing: "Give the bot's account access to Jira and to this project.",
    TargetMissing: (
        "Check the key and the site's address, and give the bot the permission Browse Projects."
    ),
    RequestRefused: "Check the site's address and the project keys.",
    VendorAnswerUnreadable: (
        "Check that the address is the Jira site itself; a proxy or login page answers otherwise."
    ),
    VendorBusy: "Wait and try again; Jira limits how often it may be asked.",
    VendorFailing: "Wait and try again; status.atlassian.com says whether Jira is ill.",
    VendorUnreachable: (
        "Check the address, the network and the proxy settings (HTTPS_PROXY) of this machine."
    ),
}


def mend_for(error: ChargehandError) -> str:
    """One sentence on how to mend it."""
    return _SENTENCES[type(error)]
