"""What the operator configured of models, as this room uses it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from chargehand.plugins.budget import ModelPrice

ProviderKind: TypeAlias = Literal["anthropic", "openai"]


@dataclass(frozen=True, slots=True)
class ProviderConfig:
    """One model at one address.

    Shape: `kind` is the API spoken there, `openai` standing for everything that speaks its chat
    completions; `is_local` says that the address is this machine or one the operator named.
    `ca_file` names further authorities to trust.
    Units: a request is cut off after `timeout_s`, or when nothing came for `idle_s`.
    """

    id: str
    kind: ProviderKind
    model: str
    base_url: str
    api_key: str
    is_local: bool
    price: ModelPrice
    timeout_s: float
    idle_s: float
    output_tokens: int
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True)
class RunLimits:
    """How much one question may take, all providers and turns together.

    Units: a provider that failed rests for `first_rest_s`, twice as long each time it fails again,
    at most `longest_rest_s`.
    """

    requests: int = 5
    tool_calls: int = 5
    seconds: float = 90.0
    answer_bytes: int = 1024 * 1024
    first_rest_s: float = 5.0
    longest_rest_s: float = 300.0
