"""Who the bot is: asked of Bitbucket, set by the operator, or seen on its own comments."""

from dataclasses import dataclass, field

from chargehand.connectors.bitbucket.config import BitbucketConfig
from chargehand.connectors.bitbucket.dialect import Dialect
from chargehand.connectors.bitbucket.errors import BitbucketConfigWrong
from chargehand.connectors.bitbucket.seen import SeenComment
from chargehand.domain.ids import AccountId
from chargehand.plugins.connector import BotIdentity


@dataclass(slots=True)
class BotFinder:
    """Knows the bot's account as far as anything told it.

    An access token of Cloud acts as an account that no call tells; what it writes shows it.
    """

    config: BitbucketConfig
    dialect: Dialect
    _known: BotIdentity | None = field(default=None)

    async def ask(self) -> BotIdentity:
        """The bot, asked anew.

        Raises: the errors of plugins/errors.py; BitbucketConfigWrong when Bitbucket names another
        account than the settings do.
        """
        told = await self.dialect.who()
        wanted = self.config.bot_account_id
        if told is None:
            self._known = self._known or self._configured()
            return self._known
        if wanted is not None and wanted != told.account_id:
            problem = f"is {wanted}, but the token belongs to {told.name} ({told.account_id})"
            raise BitbucketConfigWrong(field="account_id", problem=problem)
        self._known = told
        return told

    async def account(self) -> AccountId | None:
        """The bot's account; None when nothing told it yet.

        Raises: the errors of plugins/errors.py.
        """
        known = self._known or await self.ask()
        return None if is_made_up(known.account_id, self.config) else known.account_id

    def learn(self, comment: SeenComment | None) -> None:
        """Note who wrote a comment that the bot has just written."""
        author = comment.author if comment is not None else None
        is_open = self._known is None or is_made_up(self._known.account_id, self.config)
        if author is not None and is_open:
            self._known = BotIdentity(author.id, author.name or author.id)

    def _configured(self) -> BotIdentity:
        name = self.config.bot_name or "chargehand"
        account = self.config.bot_account_id or made_up_account(self.config)
        return BotIdentity(account, name)


def made_up_account(config: BitbucketConfig) -> AccountId:
    """What stands for the bot's account while nothing told it; nobody's account reads so."""
    return AccountId(f"access-token/{config.connection_id}")


def is_made_up(account: AccountId, config: BitbucketConfig) -> bool:
    """Whether an account only stands for the bot's."""
    return account == made_up_account(config)
