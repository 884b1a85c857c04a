"""Says what a Bitbucket delivery means: exactly one event, whatever the bytes."""

from collections.abc import Mapping

from chargehand.connectors.bitbucket import cloud_events, data_center_events
from chargehand.connectors.bitbucket.meaning import Meaning
from chargehand.connectors.bitbucket.seen import SeenAccount, SeenPullRequest, SeenRepository
from chargehand.connectors.bitbucket.text import Mentions, read_markdown
from chargehand.connectors.bitbucket.webhook import EVENT_HEADER
from chargehand.domain.delivery import VerifiedDelivery
from chargehand.domain.event import Actor, ActorKind, Event, EventKind, Place, PlaceKind
from chargehand.domain.ids import AccountId
from chargehand.domain.json import JSONObject, JSONValue
from chargehand.domain.text import mentioned_accounts, plain_text
from chargehand.kit.tolerant import Fields, decode_json, text_in
from chargehand.plugins.reading import Reading

NOBODY = Actor(account_id=None, name="", kind=ActorKind.ANONYMOUS)
_NOTHING = Reading(())


class BitbucketParser:
    """Reads webhook bodies of both kinds of Bitbucket, and polled items written in their shape.

    Shape: `bot` is the bot's account and `bot_name` a name people address it by; either may be
    unknown.
    """

    def __init__(self, bot: AccountId | None = None, bot_name: str = "") -> None:
        self._bot = bot
        self._bot_name = bot_name

    def parse(self, delivery: VerifiedDelivery) -> Event:
        """The one event a delivery means; what is not understood is `unsupported`."""
        try:
            payload = decode_json(delivery.body)
        except ValueError:
            return _unsupported(delivery, reason="not_json")
        if not isinstance(payload, Mapping):
            return _unsupported(delivery, reason="not_an_object")
        name = delivery.headers.get(EVENT_HEADER, "") or _name_in(payload)
        is_cloud = not data_center_events.is_data_center_name(name)
        tell = cloud_events.meaning_of if is_cloud else data_center_events.meaning_of
        meaning = tell(name, payload, delivery.delivery_key)
        if meaning is None:
            return _unsupported(delivery, reason=_reason_of(name), name=name)
        if meaning.missing:
            return _unsupported(delivery, reason="incomplete", name=name, missing=meaning.missing)
        return self._event(delivery, meaning, is_cloud=is_cloud)

    def _event(self, delivery: VerifiedDelivery, meaning: Meaning, *, is_cloud: bool) -> Event:
        mentions = Mentions(is_cloud, self._bot, self._bot_name)
        reading = None if meaning.text is None else read_markdown(meaning.text, mentions)
        lines = (reading or _NOTHING).lines
        return Event(
            kind=meaning.kind,
            event_key=f"{delivery.connection_id}:{meaning.key}",
            connector=delivery.connector,
            connection_id=delivery.connection_id,
            occurred_at=meaning.occurred_at or delivery.received_at,
            actor=_actor_of(meaning.actor),
            text=plain_text(lines) if reading is not None else None,
            lines=lines,
            mentions=mentioned_accounts(lines),
            data=_data_of(meaning, reading),
            place=_place_of(meaning),
        )


def _name_in(payload: Fields) -> str:
    """What a payload without the header is: Data Center says it inside, Cloud by its shape."""
    named = text_in(payload, "eventKey")
    if named or not cloud_events.is_cloud_payload(payload):
        is_ping = not named and payload.get("test") is True
        return data_center_events.PING if is_ping else named
    return cloud_events.name_by_shape(payload)


def _actor_of(account: SeenAccount | None) -> Actor:
    return NOBODY if account is None else Actor(account.id, account.name, account.kind)


def _place_of(meaning: Meaning) -> Place | None:
    repository, pull_request, comment = meaning.repository, meaning.pull_request, meaning.comment
    if repository is None:
        return None
    by_privacy = {True: PlaceKind.PRIVATE, False: PlaceKind.PUBLIC, None: PlaceKind.UNKNOWN}
    return Place(
        channel_id=repository.full_name,
        kind=by_privacy[repository.is_private],
        thread_id=f"pull/{pull_request.number}" if pull_request is not None else None,
        message_id=comment.id if comment is not None else None,
        root_id=comment.root_id if comment is not None else None,
    )


def _data_of(meaning: Meaning, reading: Reading | None) -> JSONObject:
    repository, pull_request, comment = meaning.repository, meaning.pull_request, meaning.comment
    if repository is None or pull_request is None:
        return meaning.data
    about: JSONObject = {"repository": repository.full_name, "number": pull_request.number}
    if comment is None:
        return {**about, **pull_request_details(pull_request, repository), **meaning.data}
    state = "none" if reading is None else "cut" if reading.was_cut else "read"
    return {
        **about,
        "comment_id": comment.id,
        "message_id": comment.id,
        "url": comment.url or comment_address(pull_request.url, comment.id) or None,
        "title": pull_request.title,
        "source_branch": pull_request.source_branch or None,
        "path": comment.path,
        "line": comment.line,
        "is_private": repository.is_private,
        "text_state": state,
    }


def comment_address(pull_request_url: str, comment_id: str) -> str:
    """Where a person opens a comment on Data Center, which does not tell it."""
    return f"{pull_request_url}/overview?commentId={comment_id}" if pull_request_url else ""


def pull_request_details(
    pull_request: SeenPullRequest, repository: SeenRepository
) -> dict[str, JSONValue]:
    """The data of an event about a pull request, beside its name."""
    author, updated_at = pull_request.author, pull_request.updated_at
    return {
        "title": pull_request.title,
        "url": pull_request.url or None,
        "state": pull_request.state.value,
        "is_draft": pull_request.is_draft,
        "is_private": repository.is_private,
        "source_branch": pull_request.source_branch or None,
        "source_repository": pull_request.source_repository or None,
        "target_branch": pull_request.target_branch or None,
        "head_commit": pull_request.head_commit or None,
        "author_id": author.id if author else None,
        "author_name": author.name if author else None,
        "description": pull_request.description,
        "updated_at": updated_at.isoformat() if updated_at else None,
        "reviewers": [
            {"id": account.id, "name": account.name, "state": state.value}
            for account, state in pull_request.reviewers
        ],
    }


def _unsupported(
    delivery: VerifiedDelivery, *, reason: str, name: str = "", missing: str = ""
) -> Event:
    data: JSONObject = {"reason": reason, "webhook_event": name or None}
    return Event(
        kind=EventKind.UNSUPPORTED,
        event_key=f"{delivery.connection_id}:delivery:{delivery.delivery_key}",
        connector=delivery.connector,
        connection_id=delivery.connection_id,
        occurred_at=delivery.received_at,
        actor=NOBODY,
        data={**data, "missing": missing} if missing else data,
    )


def _reason_of(name: str) -> str:
    if not name:
        return "no_event_name"
    if name in cloud_events.CHECKS:
        return "unfinished"
    is_unused = name.startswith((*cloud_events.UNUSED, *data_center_events.UNUSED))
    return "unused_event" if is_unused else "unknown_event"
