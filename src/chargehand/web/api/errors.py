"""What only the API refuses, and the status of everything a use case refuses.

Rejected
├── KeyMissing       no API key in the request
├── BodyTooLong      more than any request here needs
├── BodyNotJSON      a body that is not declared as JSON
└── ConnectionGone   the action's connection is no longer configured
"""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

from chargehand.domain.errors import ChargehandError, Rejected
from chargehand.members.errors import (
    AbsenceInvalid,
    AccountTaken,
    EmailTaken,
    LastAdmin,
    MemberHasAccount,
    MemberLeft,
)
from chargehand.pipeline.errors import (
    AlreadyDecided,
    AlreadyUndone,
    AlreadyVoted,
    ApprovalExpired,
    ApprovalVoided,
    BudgetKept,
    KeyEnded,
    KeyNameTaken,
    MayNotDecide,
    NotFound,
    NotLate,
    NotStopped,
    NotUndoable,
    NotUnknown,
    PermissionMissing,
    PolicyChangedMeanwhile,
    SessionEnded,
)
from chargehand.web.api.request_rate import TooManyRequests
from chargehand.web.own_page import ForeignPage


class KeyMissing(Rejected):
    """No API key in the request."""

    code = "key_missing"
    template = "Send an API key as `Authorization: Bearer chk_...`; `chargehand keys` makes one."


class BodyTooLong(Rejected):
    """More than any request here needs."""

    code = "body_too_large"
    template = "The body is larger than the {limit_bytes} bytes the API accepts."


class BodyNotJSON(Rejected):
    """A body that is not declared as JSON."""

    code = "body_not_json"
    template = "The body is {found}; send JSON as `Content-Type: application/json`."


class ConnectionGone(Rejected):
    """The action's connection is no longer configured."""

    code = "connection_not_configured"
    template = "The connection {connection_id} of this action is not configured any more."


STATUSES: Final[Mapping[type[ChargehandError], int]] = MappingProxyType(
    {
        KeyMissing: HTTPStatus.UNAUTHORIZED,
        KeyEnded: HTTPStatus.UNAUTHORIZED,
        PermissionMissing: HTTPStatus.FORBIDDEN,
        SessionEnded: HTTPStatus.UNAUTHORIZED,
        ForeignPage: HTTPStatus.FORBIDDEN,
        NotFound: HTTPStatus.NOT_FOUND,
        MayNotDecide: HTTPStatus.FORBIDDEN,
        AlreadyDecided: HTTPStatus.CONFLICT,
        AlreadyVoted: HTTPStatus.CONFLICT,
        ApprovalExpired: HTTPStatus.CONFLICT,
        ApprovalVoided: HTTPStatus.CONFLICT,
        NotLate: HTTPStatus.CONFLICT,
        NotStopped: HTTPStatus.CONFLICT,
        NotUnknown: HTTPStatus.CONFLICT,
        BudgetKept: HTTPStatus.CONFLICT,
        NotUndoable: HTTPStatus.CONFLICT,
        AlreadyUndone: HTTPStatus.CONFLICT,
        PolicyChangedMeanwhile: HTTPStatus.CONFLICT,
        ConnectionGone: HTTPStatus.CONFLICT,
        KeyNameTaken: HTTPStatus.CONFLICT,
        EmailTaken: HTTPStatus.CONFLICT,
        AccountTaken: HTTPStatus.CONFLICT,
        MemberHasAccount: HTTPStatus.CONFLICT,
        MemberLeft: HTTPStatus.CONFLICT,
        LastAdmin: HTTPStatus.CONFLICT,
        AbsenceInvalid: HTTPStatus.CONFLICT,
        TooManyRequests: HTTPStatus.TOO_MANY_REQUESTS,
        BodyTooLong: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        BodyNotJSON: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    }
)
