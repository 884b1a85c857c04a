"""The settings of one sender of plain webhooks: how it proves itself, and what its events mean."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    field_validator,
    model_validator,
)

from chargehand.config.connection_settings import SLUG, ConnectionSettings, ProjectName
from chargehand.config.secret_settings import Secret, UnreadSecret
from chargehand.domain.event import EventKind
from chargehand.kit.signing import webhook_key
from chargehand.plugins.mapping import LONGEST_PATTERN, read_location, read_template

_LEAST_TOKEN: Final = 24
_LEAST_SECRET: Final = 8
_HEADER: Final = r"^[A-Za-z0-9][A-Za-z0-9-]{0,63}$"
_DATA_NAME: Final = r"^[a-z][a-z0-9_]{0,39}$"
# What only somebody's hand at a known account, or our own clock, can bring about.
_NEVER_TOLD: Final = ("message.", "reaction.", "command.", "button.", "form.", "schedule.")
MAPPED_KINDS: Final = tuple(
    kind.value for kind in EventKind if not kind.value.startswith(_NEVER_TOLD)
)
# Names by which the house finds what it said itself, and what a vendor changed.
_RESERVED: Final = frozenset(
    {"announce", "changelog", "comment_id", "message_id", "message_text", "reason", "rule"}
)


def _location(text: str) -> str:
    read_location(text)
    return text


def _template(text: str) -> str:
    read_template(text)
    return text


def _kind(text: str) -> str:
    if text not in MAPPED_KINDS:
        message = f"must be one of {', '.join(MAPPED_KINDS)}"
        raise ValueError(message)
    return text


LocationText = Annotated[str, AfterValidator(_location)]
TemplateText = Annotated[str, Field(min_length=1), AfterValidator(_template)]
Compared = StrictBool | StrictInt | StrictFloat | StrictStr


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ConditionSettings(_Table):
    """One condition on a header or a value of the body; exactly one comparison."""

    at: LocationText = Field(
        description="Where the value stands: header.x-event, or $.data.items[0].status."
    )
    equals: Compared | None = Field(None, description="The value is this.")
    one_of: tuple[Compared, ...] = Field((), description="It is one of these.", max_length=100)
    like: str | None = Field(
        None,
        description="The text reads like this, where * stands for anything.",
        min_length=1,
        max_length=LONGEST_PATTERN,
    )
    exists: bool | None = Field(None, description="There is a value, or with false there is none.")

    @model_validator(mode="after")
    def _compares_once(self) -> "ConditionSettings":
        given = [self.equals is not None, bool(self.one_of), self.like is not None]
        if sum([*given, self.exists is not None]) != 1:
            message = "needs exactly one of equals, one_of, like, exists"
            raise ValueError(message)
        return self


class EventRuleSettings(_Table):
    """What a delivery means that meets every condition; the first rule that fits counts."""

    kind: Annotated[str, AfterValidator(_kind)] = Field(
        description="Kind of the event; unsupported leaves the delivery at being recorded."
    )
    when: tuple[ConditionSettings, ...] = Field(
        (), description="Conditions that all have to hold.", max_length=20
    )
    unless: tuple[ConditionSettings, ...] = Field(
        (), description="Conditions of which none may hold.", max_length=20
    )
    key: TemplateText | None = Field(
        None,
        description="What tells one event from another: two deliveries of one key and kind are "
        "one event. Without it, each delivery is its own.",
    )
    project: TemplateText | None = Field(
        None, description="Key of its project; the only one of `projects` without it."
    )
    work_item: TemplateText | None = Field(
        None, description="Text whose first key of a served project is its work item."
    )
    actor: TemplateText | None = Field(None, description="Name of who did it.")
    text: TemplateText | None = Field(None, description="Its words, as they are found by search.")
    occurred_at: LocationText | None = Field(
        None,
        description="Where its time stands, in ISO 8601 or as seconds or milliseconds since 1970; "
        "the time of receipt without it.",
    )
    data: dict[Annotated[str, Field(pattern=_DATA_NAME)], TemplateText] = Field(
        default_factory=dict,
        description="Further facts by name; url is where it can be looked at.",
        max_length=20,
    )
    announce: bool = Field(
        default=False, description="Whether it is told in the channel of `announce_in`."
    )

    @field_validator("data")
    @classmethod
    def _leaves_ours(cls, value: dict[str, str]) -> dict[str, str]:
        for name in value:
            if name in _RESERVED:
                message = f"{name}: has a meaning of its own; choose another name"
                raise ValueError(message)
        return value


class WebhookConnection(ConnectionSettings):
    """One sender that posts JSON."""

    id: str = Field(
        "webhook", pattern=SLUG, description="Name of the connection, in paths and keys."
    )
    connector: Literal["webhook"] = "webhook"
    sender: str = Field(
        "", description="What people know the sender by, such as PagerDuty.", max_length=100
    )
    projects: tuple[ProjectName, ...] = Field(
        description="Keys of the projects its events may belong to.", min_length=1
    )
    proof: Literal["standard", "hmac", "token", "path"] = Field(
        "standard",
        description="How it proves itself: by Standard Webhooks, by an HMAC of the body, by a "
        "token in a header, or by an unguessable path alone.",
    )
    proof_header: str | None = Field(
        None,
        pattern=_HEADER,
        description="Header of the HMAC or of the token; of a token Authorization if left out.",
    )
    proof_prefix: str | None = Field(
        None,
        description="What stands before the HMAC or the token, such as sha256=, v1= or Bearer; of "
        "a token in Authorization `Bearer ` if left out.",
        max_length=40,
    )
    algorithm: Literal["sha1", "sha256", "sha512"] = Field(
        "sha256", description="Digest of the HMAC."
    )
    encoding: Literal["hex", "base64"] = Field("hex", description="How the HMAC is written.")
    signed: str = Field(
        "{body}",
        description="What the HMAC is of: text with {body}, and with {timestamp} where one is "
        "signed, such as {timestamp}.{body}.",
        max_length=100,
    )
    timestamp_header: str | None = Field(
        None, pattern=_HEADER, description="Header of the time it was signed."
    )
    timestamp_prefix: str = Field(
        "", description="What stands before that time in its header, such as t=.", max_length=40
    )
    tolerance: timedelta = Field(
        timedelta(minutes=5),
        description="How far that time may be from ours, either way.",
        ge=timedelta(seconds=1),
        le=timedelta(days=1),
    )
    path_token: Secret | None = Field(
        None, description='Unguessable end of the address, for proof = "path"; put it into .env.'
    )
    delivery_key: LocationText | None = Field(
        None,
        description="Where the id of a delivery stands, which a repetition has again; the digest "
        "of the body without it.",
    )
    events: tuple[EventRuleSettings, ...] = Field(
        (), description="What deliveries mean, in order; none means nothing yet.", max_length=100
    )
    announce_in: str | None = Field(
        None,
        pattern=r"^[a-z][a-z0-9-]{0,31}/[A-Za-z0-9]{1,64}$",
        description="Channel where events are told, as connection/channel: slack/C0123ABCD.",
    )

    @field_validator("path_token")
    @classmethod
    def _unguessable(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None or isinstance(value, UnreadSecret):
            return value
        if len(value.get_secret_value()) < _LEAST_TOKEN:
            message = f"must have at least {_LEAST_TOKEN} characters"
            raise ValueError(message)
        return value

    @model_validator(mode="after")
    def _proof_is_whole(self) -> "WebhookConnection":
        if self.proof == "hmac" and self.proof_header is None:
            message = 'proof_header is missing; proof = "hmac" needs the header of the HMAC'
            raise ValueError(message)
        if (self.proof == "path") != (self.path_token is not None):
            message = 'path_token and proof = "path" belong together'
            raise ValueError(message)
        if self.signed.count("{body}") != 1:
            message = "signed must hold {body} once"
            raise ValueError(message)
        if ("{timestamp}" in self.signed) != (self.timestamp_header is not None):
            message = (
                "timestamp_header and {timestamp} in signed belong together: a time that is not "
                "signed proves nothing"
            )
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _secrets_fit(self) -> "WebhookConnection":
        for secret in self.webhook_secrets:
            if isinstance(secret, UnreadSecret):
                continue
            text = secret.get_secret_value()
            if self.proof == "standard":
                try:
                    webhook_key(text)
                except ValueError as error:
                    message = f"webhook_secrets: {error}"
                    raise ValueError(message) from error
            elif len(text) < (_LEAST_TOKEN if self.proof == "token" else _LEAST_SECRET):
                least = _LEAST_TOKEN if self.proof == "token" else _LEAST_SECRET
                message = f"webhook_secrets: each must have at least {least} characters"
                raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _rules_fit(self) -> "WebhookConnection":
        for number, rule in enumerate(self.events):
            where = f"events.{number}"
            is_fixed = rule.project is not None and "{" not in rule.project
            if is_fixed and rule.project not in self.projects:
                allowed = ", ".join(self.projects)
                message = f"{where}.project: must be one of projects: {allowed}"
                raise ValueError(message)
            if rule.announce and self.announce_in is None:
                message = f"{where}.announce: needs announce_in, the channel it is told in"
                raise ValueError(message)
        return self

    @property
    def site(self) -> str:
        """What people know the connection by."""
        return f"{self.sender or 'webhook'} ({self.id})"

    @property
    def is_real(self) -> bool:
        """Whether the sender is somebody's: it can not be told from a trial."""
        return False

    @property
    def is_proof_set(self) -> bool:
        """Whether there is anything a sender could prove itself by."""
        return self.path_token is not None if self.proof == "path" else bool(self.webhook_secrets)


def require_known(
    configured: WebhookConnection,
    served: Sequence[str],
    chats: Mapping[str, Mapping[str, tuple[str, ...]]],
) -> None:
    """Refuse projects no tracker serves, and a channel in which none of them may be told of.

    Shape: `chats` are the channels of each chat with the projects they serve.
    Raises: ValueError, in words for whoever wrote the settings.
    """
    where = f"connections.{configured.id}"
    for project in configured.projects:
        if project not in served:
            allowed = ", ".join(served) or "none"
            message = f"{where}.projects: no tracker serves {project}; served: {allowed}"
            raise ValueError(message)
    if configured.announce_in is None:
        return
    chat, _, channel = configured.announce_in.partition("/")
    told = chats.get(chat, {}).get(channel, ())
    if not set(told) & set(configured.projects):
        known = ", ".join(
            f"{name}/{one}"
            for name, channels in chats.items()
            for one, keys in channels.items()
            if set(keys) & set(configured.projects)
        )
        message = (
            f"{where}.announce_in: must be a channel bound to one of its projects; such are: "
            f"{known or 'none'}"
        )
        raise ValueError(message)
