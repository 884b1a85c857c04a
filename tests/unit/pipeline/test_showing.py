"""Records become plain JSON: one form of every kind of value, no secrets, no guesses."""

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, get_args, get_origin

import pytest
from pydantic import SecretStr

from chargehand.domain.action import Mode
from chargehand.domain.audience import Audience
from chargehand.domain.decision import ModelUse, Source
from chargehand.domain.ids import ApiKeyId, ConnectionId
from chargehand.domain.intent import Intent
from chargehand.domain.records import (
    ActionRecord,
    ApiKeyRecord,
    ApprovalRecord,
    AuditRecord,
    ConnectionRecord,
    DeliveryRecord,
    EventRecord,
    Page,
)
from chargehand.pipeline.showing import to_json

MOMENT = datetime(2026, 11, 20, 10, 0, 0, 250000, tzinfo=UTC)
VALUES = {
    "nothing": (None, None),
    "truth": (True, True),
    "number": (7, 7),
    "text": ("é", "é"),
    "closed word": (Mode.AUTO, "auto"),
    "moment": (MOMENT, "2026-11-20T10:00:00.250000Z"),
    "moment elsewhere": (
        datetime(2026, 11, 20, 11, 0, tzinfo=timezone(timedelta(hours=1))),
        "2026-11-20T10:00:00Z",
    ),
    "day": (date(2026, 11, 20), "2026-11-20"),
    "money": (Decimal("0.000001"), "0.000001"),
    "large money": (Decimal("1E+3"), "1000"),
    "list": (("a", MOMENT), ["a", "2026-11-20T10:00:00.250000Z"]),
    "mapping": ({Mode.AUTO: Decimal(1)}, {"auto": "1"}),
}


@pytest.mark.parametrize(("value", "expected"), VALUES.values(), ids=VALUES)
def test_value_has_one_form(value: object, expected: object) -> None:
    shown = to_json(value)

    assert shown == expected
    assert type(shown) is type(expected)
    assert json.loads(json.dumps(shown)) == expected


def test_page_keeps_its_cursor() -> None:
    key = ApiKeyRecord(ApiKeyId("key_1"), "ci", MOMENT, "cli", None, None)

    shown = to_json(Page(items=(key,), next_cursor="key_1"))

    assert shown == {
        "items": [
            {
                "id": "key_1",
                "name": "ci",
                "created_at": "2026-11-20T10:00:00.250000Z",
                "created_by": "cli",
                "last_used_at": None,
                "revoked_at": None,
                "permissions": None,
                "projects": None,
                "member_id": None,
                "expires_at": None,
            }
        ],
        "next_cursor": "key_1",
    }


def test_connection_keeps_its_position_to_itself() -> None:
    record = ConnectionRecord(
        id=ConnectionId("acme"),
        connector="jira",
        site="https://acme.example",
        bot_account_id=None,
        bot_name="",
        first_connected_at=None,
        last_ok_at=None,
        last_failure_at=None,
        last_failure="",
        last_delivery_at=None,
        polled_at=MOMENT,
        cursor="private",
    )

    shown = to_json(record)

    assert isinstance(shown, Mapping)
    assert "cursor" not in shown
    assert shown["polled_at"] == "2026-11-20T10:00:00.250000Z"


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(SecretStr("hidden"), id="secret"),
        pytest.param(b"bytes", id="bytes"),
        pytest.param(object(), id="object"),
        pytest.param(ApiKeyRecord, id="class of a record"),
        pytest.param({"deep": [b"bytes"]}, id="deep inside"),
    ],
)
def test_unknown_value_is_an_error(value: object) -> None:
    with pytest.raises(TypeError, match="has no JSON form"):
        to_json(value)


PLAIN = (ActionRecord, ApprovalRecord, Audience, AuditRecord, DeliveryRecord, EventRecord)


@pytest.mark.parametrize("kind", [*PLAIN, Intent, ModelUse, Source])
def test_records_the_library_shows_hold_what_it_shows_as_we_do(kind: type[Any]) -> None:
    """It would leave tuples as they are, and write money with an exponent."""
    found = {
        part
        for hint in (field.type for field in fields(kind))
        for part in (hint, get_origin(hint), *get_args(hint))
    }

    assert not found & {tuple, Decimal}
