"""Whether an account works, as Jira tells it.

Source: the Jira Cloud platform REST API v3, "Get user" and the schema User; the REST API reference
of Jira Data Center 9.12, "user" (both read 2026-11)
"""

from typing import Final

from chargehand.connectors.jira.answers import UserAnswer
from chargehand.connectors.jira.config import Deployment
from chargehand.connectors.jira.transport import Call, JiraTransport, path_of
from chargehand.domain.ids import AccountId
from chargehand.plugins.connector import AccountState
from chargehand.plugins.errors import TargetMissing

# Jira says so of a record it lost or can not reach now, whose other fields are made up then.
_MADE_UP: Final = "unknown"


async def read_account_state(
    transport: JiraTransport, account_id: AccountId, deployment: Deployment
) -> AccountState:
    """What Jira says of an account.

    Raises: the errors of plugins/errors.py; without "Browse users and groups" it may not be asked.
    """
    name = "accountId" if deployment is Deployment.CLOUD else "key"
    call = Call(
        "GET",
        path_of("user"),
        "tell whether an account works",
        f"account {account_id}",
        query={name: account_id},
    )
    try:
        user = await transport.read(call, UserAnswer)
    except TargetMissing:
        return AccountState.GONE
    if user.account_id != account_id or user.account_type == _MADE_UP or user.active is None:
        return AccountState.UNCLEAR
    return AccountState.WORKS if user.active else AccountState.GONE
