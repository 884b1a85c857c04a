"""Whether an account works, as GitHub tells it.

Source: docs.github.com/rest/users/users, "Get a user", of GitHub.com and of Enterprise Server,
which adds `suspended_at` (read 2026-11)
"""

from typing import Final

from chargehand.connectors.github.answers import AccountAnswer
from chargehand.connectors.github.api import GitHubAPI
from chargehand.connectors.github.errors import RepositoryMoved
from chargehand.connectors.github.transport import Call, convert, path_of
from chargehand.domain.ids import AccountId
from chargehand.plugins.connector import AccountState
from chargehand.plugins.errors import TargetMissing

_OPERATION: Final = "tell whether an account works"


async def read_account_state(api: GitHubAPI, account_id: AccountId) -> AccountState:
    """What GitHub says of a login, which is what accounts are known by here.

    Raises: the errors of plugins/errors.py.
    """
    call = Call("GET", path_of("users", account_id), _OPERATION, f"account {account_id}")
    try:
        answer = await api.get(call)
    except RepositoryMoved:
        return AccountState.UNCLEAR
    except TargetMissing:
        return AccountState.GONE
    user = convert(answer.data, AccountAnswer, operation=_OPERATION)
    if user.login.lower() != account_id:
        return AccountState.UNCLEAR
    return AccountState.GONE if user.suspended_at else AccountState.WORKS
