"""Slack's bodies, tamed: JSON or a form, whose fields have the type we say or count as absent."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from chargehand.connectors.slack.webhook import form_fields
from chargehand.kit.clock import EPOCH
from chargehand.kit.tolerant import Fields, decode_json

_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,128}")
_STAMP: Final = re.compile(r"([0-9]{1,11})\.([0-9]{1,6})")
_MILLISECOND: Final = timedelta(milliseconds=1)


class Unreadable(StrEnum):
    """Why a body is no payload."""

    NOT_JSON = "not_json"
    NOT_AN_OBJECT = "not_an_object"


def read_payload(body: bytes) -> Fields | Unreadable:
    """The payload a body holds; never raises, whatever the bytes.

    Shape: of an interaction what its form calls `payload`; of a slash command the form's fields.
    """
    if body.lstrip()[:1] in (b"{", b"["):
        return _decoded(body)
    form = form_fields(body)
    if "payload" in form:
        return _decoded(form["payload"].encode("utf-8", "surrogatepass"))
    if "command" in form:
        return dict[object, object](form.items())
    return Unreadable.NOT_JSON


def _decoded(body: bytes) -> Fields | Unreadable:
    try:
        decoded = decode_json(body)
    except ValueError:
        return Unreadable.NOT_JSON
    return decoded if isinstance(decoded, Mapping) else Unreadable.NOT_AN_OBJECT


def id_in(fields: Fields, *names: str) -> str:
    """The first vendor's id under one of some names, empty unless it can be part of a key."""
    for name in names:
        value = fields.get(name)
        if isinstance(value, str) and _ID.fullmatch(value):
            return value
    return ""


def stamp_in(fields: Fields, *names: str) -> str:
    """The first time stamp under one of some names, as Slack writes it; empty when there is none.

    A message is known by its stamp, so its digits are never changed.
    """
    for name in names:
        value = fields.get(name)
        if isinstance(value, str) and _STAMP.fullmatch(value):
            return value
    return ""


def moment_of(stamp: str) -> datetime | None:
    """The UTC moment of a stamp; None when it is none."""
    found = _STAMP.fullmatch(stamp)
    if found is None:
        return None
    try:
        micros = int(found[2].ljust(6, "0"))
        return (EPOCH + timedelta(seconds=int(found[1]), microseconds=micros)).astimezone(UTC)
    except OverflowError:
        return None


def millis_of(moment: datetime) -> int:
    """Whole milliseconds since 1970."""
    return (moment - EPOCH) // _MILLISECOND
