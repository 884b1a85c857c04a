"""What `init` asks about a model: which one, where, what it costs, and what may go there."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated
from urllib.parse import urlsplit

import typer

from chargehand.cli.asking import ask, choose
from chargehand.cli.config_file import ModelSetup

_NONE = "none"
_KINDS = (_NONE, "anthropic", "openai")
_CONSENTS = ("off", "local", "any")
_USUAL = {"anthropic": "claude-haiku-5-5", "openai": "gpt-5.4-mini"}
_OWN_ADDRESS = "vendor"
_DEAREST = 1_000_000


ModelKind = Annotated[
    str | None,
    typer.Option("--model", help="For what no rule understands: none, anthropic or openai"),
]
ModelName = Annotated[str | None, typer.Option(help="Its name: claude-haiku-5-5")]
ModelURL = Annotated[
    str | None, typer.Option(help="Address of its server, or vendor for the vendor's own")
]
ModelPrice = Annotated[
    str | None, typer.Option(help="US dollars for a million input and output tokens: 3,15, or 0")
]
ModelKey = Annotated[
    str | None,
    typer.Option(
        help="Its API key; better in the environment than here.",
        envvar="CHARGEHAND_MODEL_API_KEY",
    ),
]
ModelConsent = Annotated[
    str | None, typer.Option(help="Where the projects' texts may go: off, local or any")
]


@dataclass(frozen=True, slots=True)
class GivenModel:
    """What was handed in as flags; None has to be asked."""

    kind: str | None
    name: str | None
    base_url: str | None
    price: str | None
    key: str | None
    consent: str | None


def ask_model(given: GivenModel, *, now: datetime) -> ModelSetup | None:
    """The model that decides where no rule can; None when there is to be none."""
    kind = choose(
        "Model for questions no rule understands: none, anthropic or openai (or a server that "
        "speaks its API)",
        given.kind,
        _KINDS,
        flag="--model",
        default=_NONE,
    )
    if kind == _NONE:
        return None
    name = ask(
        "Name of the model", given.name, _read_name, flag="--model-name", default=_USUAL[kind]
    )
    base_url = ask(
        "Address of its server, or vendor",
        given.base_url,
        _read_address,
        flag="--model-url",
        default=_OWN_ADDRESS,
    )
    key = ask(
        "API key (not shown), or none",
        given.key,
        _read_key,
        flag="--model-key",
        default=_NONE if base_url else None,
        hidden=True,
    )
    price = None
    if given.price is not None or not _is_price_known(kind, name, base_url, now):
        price = ask(
            "US dollars for a million input and output tokens, such as 3,15, or 0",
            given.price,
            _read_price,
            flag="--model-price",
        )
    consent = choose(
        "May texts of these projects go to it? off not yet, local if it is on your own network, "
        "any to any provider",
        given.consent,
        _CONSENTS,
        flag="--model-consent",
        default="off",
    )
    return ModelSetup(
        kind=kind,
        name=name,
        base_url=base_url,
        api_key=key,
        price=price,
        consent=consent,
        local_host=_own_host(base_url) if consent == "local" else "",
    )


def _is_price_known(kind: str, name: str, base_url: str, now: datetime) -> bool:
    # lazy: the price table is 20 MB.
    from chargehand.budgets.errors import PriceMissing
    from chargehand.budgets.prices import price_for

    try:
        price_for(
            kind,
            name,
            base_url=base_url or None,
            configured=None,
            setting="--model-price",
            now=now,
        )
    except PriceMissing:
        return False
    return True


def _own_host(base_url: str) -> str:
    """The host to name as local; empty where the address shows it by itself."""
    # lazy: pydantic takes longer than `--help` may.
    from chargehand.config.addresses import is_loopback_url

    return "" if not base_url or is_loopback_url(base_url) else urlsplit(base_url).hostname or ""


def _read_name(text: str) -> str:
    if not text or any(character.isspace() for character in text):
        message = "the name of a model has no spaces and is not empty"
        raise ValueError(message)
    return text


def _read_address(text: str) -> str:
    if text.casefold() in ("", _OWN_ADDRESS, _NONE):
        return ""
    # lazy: pydantic takes longer than `--help` may.
    from chargehand.config.model_settings import model_url

    return model_url(text)


def _read_key(text: str) -> str:
    if text.casefold() in ("", _NONE):
        return ""
    if any(character.isspace() for character in text):
        message = "an API key has no spaces"
        raise ValueError(message)
    return text


def _read_price(text: str) -> tuple[Decimal, Decimal]:
    parts = text.replace(" ", "").split(",")
    try:
        amounts = [Decimal(part) for part in parts]
    except InvalidOperation:
        amounts = []
    if amounts == [0]:
        amounts = [Decimal(0), Decimal(0)]
    is_price = len(amounts) == 2 and all(  # noqa: PLR2004 - of input and of output.
        one.is_finite() and 0 <= one <= _DEAREST for one in amounts
    )
    if not is_price:
        message = f"{text!r} is not like 3,15 (input, output) or 0"
        raise ValueError(message)
    return amounts[0], amounts[1]
