"""What the connector needs to know of one sender: its proof, and what its deliveries mean."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from chargehand.domain.event import EventKind
from chargehand.domain.ids import ConnectionId, ProjectKey
from chargehand.domain.json import JSONScalar
from chargehand.plugins.mapping import Location, Template


class ProofForm(StrEnum):
    """How a sender proves itself."""

    STANDARD = "standard"
    HMAC = "hmac"
    TOKEN = "token"  # noqa: S105 - a word of the settings, no secret.
    PATH = "path"


@dataclass(frozen=True, slots=True)
class Proof:
    """Where a sender's proof stands and how it is made.

    Shape: `header` and `timestamp_header` are lower case; `signed` holds {body} once, and
    {timestamp} where a time is signed.
    """

    form: ProofForm
    header: str = ""
    prefix: str = ""
    algorithm: Literal["sha1", "sha256", "sha512"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    signed: str = "{body}"
    timestamp_header: str | None = None
    timestamp_prefix: str = ""
    tolerance_s: float = 300.0


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison with the value at a location; exactly one of the others is set."""

    at: Location
    equals: JSONScalar = None
    one_of: tuple[JSONScalar, ...] = ()
    like: str | None = None
    exists: bool | None = None


@dataclass(frozen=True, slots=True)
class EventRule:
    """What a delivery means that meets every condition of `when` and none of `unless`."""

    kind: EventKind
    when: tuple[Condition, ...] = ()
    unless: tuple[Condition, ...] = ()
    key: Template | None = None
    project: Template | None = None
    work_item: Template | None = None
    actor: Template | None = None
    text: Template | None = None
    occurred_at: Location | None = None
    data: tuple[tuple[str, Template], ...] = ()
    is_announced: bool = False

    @property
    def locations(self) -> Iterator[Location]:
        """Every location the rule looks at."""
        yield from (one.at for one in (*self.when, *self.unless))
        texts = (self.key, self.project, self.work_item, self.actor, self.text)
        for template in (*texts, *(one for _, one in self.data)):
            yield from template.locations if template is not None else ()
        if self.occurred_at is not None:
            yield self.occurred_at


@dataclass(frozen=True, slots=True)
class WebhookConfig:
    """One sender, and what its deliveries mean; the first rule that fits counts."""

    connection_id: ConnectionId
    projects: frozenset[ProjectKey]
    proof: Proof
    rules: tuple[EventRule, ...] = ()
    delivery_key: Location | None = None
    kept_headers: frozenset[str] = field(default=frozenset())

    @classmethod
    def of(
        cls,
        connection_id: ConnectionId,
        *,
        projects: frozenset[ProjectKey],
        proof: Proof,
        rules: tuple[EventRule, ...],
        delivery_key: Location | None,
    ) -> "WebhookConfig":
        """A sender, with the headers its rules look at; one that proves is never among them."""
        named = {one.header for rule in rules for one in rule.locations if one.header is not None}
        kept = frozenset(named - {proof.header, proof.timestamp_header})
        return cls(connection_id, projects, proof, rules, delivery_key, kept)
