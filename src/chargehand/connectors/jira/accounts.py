"""Accounts named in an action's parameters."""

import re
from typing import Final

from chargehand.domain.ids import AccountId
from chargehand.domain.json import JSONObject, JSONValue
from chargehand.plugins.param_fields import invalid, read_matching

_ACCOUNT_ID: Final = re.compile(r"[\w:.@+'-]{1,128}")
_AN_ACCOUNT_ID: Final = "the account id, or on Data Center the user key, of one person"
# Jira reads these two as a whole team or everyone present, never as one person.
_COLLECTIVE_IDS: Final = frozenset({"all", "here"})


def read_account_id(value: JSONValue, field: str) -> AccountId:
    """The account of one person; names for everybody are refused.

    Raises: ParamInvalid.
    Source: the Jira Cloud API caps account ids at 128 characters; user keys of Data Center made
    before release 8.4 are user names.
    """
    found = read_matching(value, field, pattern=_ACCOUNT_ID, allowed=_AN_ACCOUNT_ID)
    if found.lower() in _COLLECTIVE_IDS:
        raise invalid(field, _AN_ACCOUNT_ID, found=found)
    return AccountId(found)


def read_account_id_or_null(fields: JSONObject, key: str) -> AccountId | None:
    """An account, or None for an explicit null; a missing key is refused.

    Raises: ParamInvalid.
    """
    if key not in fields:
        # Taking an assignee away has to be said; forgetting a key must not do it.
        raise invalid(key, f"null or {_AN_ACCOUNT_ID}", found=None)
    value = fields[key]
    return None if value is None else read_account_id(value, key)
