"""Whether an account works, and its address where it may be seen, as Jira tells it.

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
    try:
        user = await _read_user(transport, account_id, deployment, "tell whether an account works")
    except TargetMissing:
        return AccountState.GONE
    if user.account_id != account_id or user.account_type == _MADE_UP or user.active is None:
        return AccountState.UNCLEAR
    return AccountState.WORKS if user.active else AccountState.GONE


async def read_account_address(
    transport: JiraTransport, account_id: AccountId, deployment: Deployment
) -> str | None:
    """The address of an account; None where Jira does not tell it.

    Raises: the errors of plugins/errors.py; without "Browse users and groups" it may not be asked.
    """
    try:
        user = await _read_user(
            transport, account_id, deployment, "match people by their addresses"
        )
    except TargetMissing:
        return None
    is_told = user.account_id == account_id and user.account_type != _MADE_UP
    return (user.email_address or None) if is_told else None


async def _read_user(
    transport: JiraTransport, account_id: AccountId, deployment: Deployment, what: str
) -> UserAnswer:
    name = "accountId" if deployment is Deployment.CLOUD else "key"
    call = Call("GET", path_of("user"), what, f"account {account_id}", query={name: account_id})
    return await transport.read(call, UserAnswer)
