"""Says what a plain webhook means by its rules: exactly one event, whatever the bytes."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from chargehand.connectors.webhook.config import Condition, EventRule, WebhookConfig
from chargehand.domain.delivery import VerifiedDelivery
from chargehand.domain.event import Actor, ActorKind, Event, EventKind
from chargehand.domain.ids import ProjectKey, WorkItemKey
from chargehand.domain.json import JSONScalar, JSONValue
from chargehand.domain.keys import first_key_in, project_of_key
from chargehand.domain.text import Line, Span
from chargehand.kit.clock import EPOCH
from chargehand.kit.hidden import one_line
from chargehand.kit.tolerant import MAX_NAME_CHARS, decode_json
from chargehand.plugins.mapping import (
    Location,
    Received,
    Template,
    is_like,
    rendered,
    scalar_of,
    text_at,
    value_at,
)

_LONGEST_DATA: Final = 1_000
_LONGEST_KEY: Final = 120
_LONGEST_NUMBER: Final = 20
# Seconds, milliseconds, microseconds and nanoseconds since 1970 differ by three digits each.
_MOST_SECONDS: Final = 100_000_000_000
_FINEST: Final = 3


class WebhookParser:
    """Reads what one sender posts."""

    def __init__(self, config: WebhookConfig) -> None:
        self._config = config

    def parse(self, delivery: VerifiedDelivery) -> Event:
        """The one event a delivery means; what no rule fits is `unsupported`."""
        try:
            body = decode_json(delivery.body)
        except ValueError:
            return _unsupported(delivery, "not_json")
        received = Received(delivery.headers, body)
        for number, rule in enumerate(self._config.rules):
            if _fits(rule, received):
                return self._event(delivery, received, rule, number)
        return _unsupported(delivery, "no_rule")

    def _event(
        self, delivery: VerifiedDelivery, received: Received, rule: EventRule, number: int
    ) -> Event:
        if rule.kind is EventKind.UNSUPPORTED:
            return _unsupported(delivery, "left_out", rule=number)
        text = rendered(rule.text, received) if rule.text is not None else ""
        item = self._item(rule, received)
        lines = tuple(Line((Span(line),)) for line in text.splitlines() if line.strip())
        return Event(
            kind=rule.kind,
            event_key=_event_key(delivery, rule, received),
            connector=delivery.connector,
            connection_id=delivery.connection_id,
            occurred_at=_moment(rule.occurred_at, received, delivery.received_at),
            actor=Actor(None, _name(rule.actor, received), ActorKind.ANONYMOUS),
            project=project_of_key(item) if item is not None else self._project(rule, received),
            work_item=item,
            text=text or None,
            lines=lines,
            data=_data(rule, received, number),
        )

    def _item(self, rule: EventRule, received: Received) -> WorkItemKey | None:
        if rule.work_item is None:
            return None
        return first_key_in(rendered(rule.work_item, received), self._config.projects)

    def _project(self, rule: EventRule, received: Received) -> ProjectKey | None:
        served = self._config.projects
        if rule.project is None:
            return next(iter(served)) if len(served) == 1 else None
        named = ProjectKey(rendered(rule.project, received).upper())
        return named if named in served else None


def _fits(rule: EventRule, received: Received) -> bool:
    return all(_holds(one, received) for one in rule.when) and not any(
        _holds(one, received) for one in rule.unless
    )


def _holds(condition: Condition, received: Received) -> bool:
    value = value_at(condition.at, received)
    if condition.exists is not None:
        return (value is not None) is condition.exists
    if condition.like is not None:
        return value is not None and is_like(text_at(condition.at, received), condition.like)
    wanted = condition.one_of or (condition.equals,)
    return any(_is_same(value, one) for one in wanted)


def _is_same(value: object, wanted: JSONScalar) -> bool:
    # JSON tells true from 1, and Python does not.
    if isinstance(value, bool) or isinstance(wanted, bool):
        return value is wanted
    return isinstance(value, str | int | float) and value == wanted


def _event_key(delivery: VerifiedDelivery, rule: EventRule, received: Received) -> str:
    key = one_line(rendered(rule.key, received), _LONGEST_KEY * 2) if rule.key is not None else ""
    if not key:
        return f"{delivery.connection_id}:delivery:{delivery.delivery_key}"
    if len(key) > _LONGEST_KEY:
        key = f"sha256:{hashlib.sha256(rendered_bytes(key)).hexdigest()}"
    return f"{delivery.connection_id}:webhook:{rule.kind.value}:{key}"


def rendered_bytes(text: str) -> bytes:
    """A text as bytes, whatever stands in it."""
    return text.encode("utf-8", "replace")


def _name(template: Template | None, received: Received) -> str:
    return one_line(rendered(template, received), MAX_NAME_CHARS) if template is not None else ""


def _data(rule: EventRule, received: Received, number: int) -> dict[str, JSONValue]:
    found: dict[str, JSONValue] = {"rule": number}
    for name, template in rule.data:
        value = scalar_of(template, received)
        if value is not None:
            found[name] = value[:_LONGEST_DATA] if isinstance(value, str) else value
    if rule.is_announced:
        found["announce"] = True
    return found


def _moment(at: Location | None, received: Received, received_at: datetime) -> datetime:
    """When it happened by the sender's word, never later than it was told."""
    value = value_at(at, received) if at is not None else None
    moment: datetime | None = None
    if isinstance(value, str) and len(value) <= _LONGEST_NUMBER and value.strip().isdecimal():
        moment = _since_1970(int(value))
    elif isinstance(value, str):
        moment = _written(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        moment = _since_1970(value)
    if moment is None or moment < EPOCH:
        return received_at
    return min(moment, received_at)


def _written(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text[:MAX_NAME_CHARS].strip())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _since_1970(number: float) -> datetime | None:
    try:
        seconds = float(number)
        for _ in range(_FINEST):
            seconds = seconds / 1000 if seconds >= _MOST_SECONDS else seconds
        return EPOCH + timedelta(seconds=seconds)
    except (OverflowError, ValueError):
        return None


def _unsupported(delivery: VerifiedDelivery, reason: str, *, rule: int | None = None) -> Event:
    data: Mapping[str, JSONValue] = {"reason": reason}
    return Event(
        kind=EventKind.UNSUPPORTED,
        event_key=f"{delivery.connection_id}:delivery:{delivery.delivery_key}",
        connector=delivery.connector,
        connection_id=delivery.connection_id,
        occurred_at=delivery.received_at,
        actor=Actor(None, "", ActorKind.ANONYMOUS),
        data={**data, "rule": rule} if rule is not None else data,
    )
