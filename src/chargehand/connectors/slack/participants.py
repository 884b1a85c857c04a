"""Who acted and where, as the domain says it; what Slack does not say is read the narrow way."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from chargehand.connectors.slack.schemas import id_in
from chargehand.domain.event import Actor, ActorKind, Place, PlaceKind
from chargehand.domain.ids import AccountId
from chargehand.kit.tolerant import Fields, fields_in, list_in, text_in

NOBODY: Final = Actor(account_id=None, name="", kind=ActorKind.ANONYMOUS)
_SLACKBOT: Final = "USLACKBOT"
_KINDS: Final[Mapping[str, PlaceKind]] = {
    "channel": PlaceKind.PUBLIC,
    "group": PlaceKind.PRIVATE,
    "im": PlaceKind.DIRECT,
    "app_home": PlaceKind.DIRECT,
    "mpim": PlaceKind.GROUP,
}
# What Slack writes for the name of a channel that it does not name.
_UNNAMED: Final = re.compile(
    r"(?P<direct>directmessage)|(?P<private>privategroup)|(?P<group>mpdm-.*)"
)


@dataclass(frozen=True, slots=True)
class Home:
    """The workspace, or the organization of workspaces, that a connection serves."""

    team_id: str

    def is_outside(self, teams: Iterable[str], enterprises: Iterable[str]) -> bool:
        """Whether any of the teams somebody belongs to is another one; unsaid counts as outside."""
        if not self.team_id:
            return True
        is_organization = self.team_id.startswith("E")
        named = [one for one in (enterprises if is_organization else teams) if one]
        return not named or any(one != self.team_id for one in named)


def home_of(payload: Fields, configured: str | None) -> Home:
    """The configured home, or the one a payload says the app was installed to."""
    if configured:
        return Home(configured)
    first = next(
        (one for one in list_in(payload, "authorizations") if isinstance(one, Mapping)), {}
    )
    view = fields_in(payload, "view")
    return Home(
        id_in(first, "team_id")
        or id_in(payload, "context_team_id")
        or id_in(view, "app_installed_team_id")
        or id_in(payload, "team_id")
        or id_in(fields_in(payload, "team"), "id")
    )


def actor_of_message(message: Fields) -> Actor:
    """Who wrote a message: a person, or a bot by its user or else by its own id."""
    user, bot = id_in(message, "user"), id_in(message, "bot_id")
    profile = fields_in(message, "user_profile")
    is_bot = bool(bot) or message.get("subtype") == "bot_message" or user == _SLACKBOT
    if not user and not bot:
        return Actor(None, text_in(message, "username"), ActorKind.ANONYMOUS)
    return Actor(
        account_id=AccountId(user or bot),
        name=text_in(profile, "display_name")
        or text_in(profile, "real_name")
        or text_in(message, "username"),
        kind=ActorKind.BOT if is_bot else ActorKind.PERSON,
    )


def actor_of_user(user: Fields) -> Actor:
    """Who pressed, submitted or commanded; without an account the actor is anonymous."""
    account = id_in(user, "id")
    name = text_in(user, "username") or text_in(user, "name")
    if not account:
        return Actor(None, name, ActorKind.ANONYMOUS)
    return Actor(AccountId(account), name, ActorKind.PERSON)


def is_guest(message: Fields) -> bool:
    """Whether a message says that its writer is a guest of the workspace."""
    profile = fields_in(message, "user_profile")
    return profile.get("is_restricted") is True or profile.get("is_ultra_restricted") is True


def kind_of_channel(
    channel_id: str, *, channel_type: str = "", name: str = "", is_shared: bool = False
) -> PlaceKind:
    """Who can read a channel, as far as the payload tells; a bare id tells of direct ones only."""
    if is_shared:
        return PlaceKind.SHARED
    if channel_type in _KINDS:
        return _KINDS[channel_type]
    if channel_id.startswith("D"):
        return PlaceKind.DIRECT
    unnamed = _UNNAMED.fullmatch(name)
    if unnamed is None or unnamed["direct"]:
        return PlaceKind.UNKNOWN
    return PlaceKind.PRIVATE if unnamed["private"] else PlaceKind.GROUP


def with_person(account_id: str, *, is_outsider: bool) -> Place:
    """The talk between the bot and one person, which is where what has no channel belongs.

    Slack takes the id of a person for that of their talk with the bot.
    """
    return Place(channel_id=account_id, kind=PlaceKind.DIRECT, is_outsider=is_outsider)
