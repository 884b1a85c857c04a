"""How values that live inside contents and result columns become JSON and come back."""

from typing import Any

from chargehand.domain.audience import Audience
from chargehand.domain.decision import Source
from chargehand.domain.event import (
    Actor,
    ActorKind,
    Place,
    PlaceKind,
    Visibility,
    VisibilityKind,
)
from chargehand.domain.intent import Intent, IntentForm, IntentKind
from chargehand.domain.json import JSONObject


def visibility_to_json(visibility: Visibility) -> JSONObject:
    """A comment's restriction as JSON."""
    return {
        "kind": visibility.kind.value,
        "value": visibility.value,
        "identifier": visibility.identifier,
    }


def visibility_from_json(value: dict[str, Any]) -> Visibility:
    """The restriction; an erased one is read as the narrowest there is."""
    return Visibility(
        kind=VisibilityKind(value.get("kind", VisibilityKind.INTERNAL.value)),
        value=value.get("value", ""),
        identifier=value.get("identifier", ""),
    )


def actor_to_json(actor: Actor) -> JSONObject:
    """An actor as JSON."""
    return {
        "account_id": actor.account_id,
        "name": actor.name,
        "kind": actor.kind.value,
        "time_zone": actor.time_zone,
    }


def actor_from_json(value: dict[str, Any]) -> Actor:
    """The actor; an erased one is anonymous."""
    return Actor(
        account_id=value.get("account_id"),
        name=value.get("name", ""),
        kind=ActorKind(value.get("kind", ActorKind.ANONYMOUS.value)),
        time_zone=value.get("time_zone"),
    )


def place_to_json(place: Place) -> JSONObject:
    """A place in a chat as JSON."""
    return {
        "channel_id": place.channel_id,
        "kind": place.kind.value,
        "message_id": place.message_id,
        "thread_id": place.thread_id,
        "is_outsider": place.is_outsider,
        "reply_token": place.reply_token,
        **({"root_id": place.root_id} if place.root_id is not None else {}),
    }


def place_from_json(value: dict[str, Any] | None) -> Place | None:
    """The place that was stored; None outside of a chat."""
    if value is None:
        return None
    return Place(
        channel_id=value["channel_id"],
        kind=PlaceKind(value["kind"]),
        message_id=value.get("message_id"),
        thread_id=value.get("thread_id"),
        is_outsider=bool(value.get("is_outsider", False)),
        reply_token=value.get("reply_token"),
        root_id=value.get("root_id"),
    )


def intent_to_json(intent: Intent) -> JSONObject:
    """An intent as JSON."""
    return {
        "kind": intent.kind.value,
        "form": intent.form.value,
        "arguments": dict(intent.arguments),
        "work_item": intent.work_item,
    }


def intent_from_json(value: dict[str, Any]) -> Intent:
    """The intent that was stored."""
    return Intent(
        kind=IntentKind(value["kind"]),
        form=IntentForm(value["form"]),
        arguments=dict(value.get("arguments", {})),
        work_item=value.get("work_item"),
    )


def source_to_json(source: Source) -> JSONObject:
    """A source as JSON."""
    return {"label": source.label, "url": source.url}


def audience_from_json(scope: str, value: dict[str, Any]) -> Audience:
    """The audience a decision stored."""
    return Audience(scope=scope, visibility=visibility_from_json(value))
