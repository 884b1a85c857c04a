"""Texts of people as a terminal shows them: vendors write a mention as an account id."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from chargehand.kit.redact import redact_text

if TYPE_CHECKING:
    # SQLAlchemy takes longer to load than `--help` may.
    from chargehand.bootstrap.stores import Stores


def bot_names(stores: "Stores") -> Mapping[str, str]:
    """How the bot is called, by the account it has on each site."""
    records = stores.database.read(lambda tx: tx.connections.all())
    return {str(one.bot_account_id): one.bot_name for one in records if one.bot_account_id}


def with_names(text: str, names: Mapping[str, str]) -> str:
    """The text with the bot mentioned by name, and what looks like a credential as stars."""
    for account_id, name in names.items():
        # One account's name may begin another's, and Bitbucket sets it in braces.
        known = re.escape(account_id)
        mention = re.compile(rf"@(?:\{{{known}\}}|{known}(?![\w-]))")
        text = f"@{name}".join(mention.split(text))
    return redact_text(text)
