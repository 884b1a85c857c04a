"""What `doctor` and `status` say of models: which, what they cost, whose texts they may see."""

import asyncio
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from chargehand.cli.output import since
from chargehand.domain.errors import ChargehandError

if TYPE_CHECKING:
    # All of them take longer to load than `--help` may.
    from chargehand.bootstrap.stores import Stores
    from chargehand.config.model_settings import ProviderSettings
    from chargehand.config.settings import Settings
    from chargehand.domain.records import ModelOutcomes
    from chargehand.kit.clock import Clock
    from chargehand.plugins.connector import Check

_ANSWERED = "answered"


def model_checks(settings: "Settings", stores: "Stores", *, now: datetime) -> "Iterator[Check]":
    """One check for each configured model, and one for consents; nothing is sent."""
    # lazy: what the checks need takes longer than `--help` may.
    from chargehand.plugins.connector import Check, CheckState

    if not settings.providers:
        yield Check("models", CheckState.PASSED, "none is configured; rules alone decide")
        return
    seen = stores.database.read(lambda tx: tx.model_requests.outcomes())
    for provider in settings.providers:
        yield _model_check(settings, provider, seen.get(provider.id), now)
    is_any = any(consent != "off" for consent in settings.model.consent.values())
    yield Check(
        "model consent",
        CheckState.PASSED if is_any else CheckState.WARNED,
        _consents(settings),
        "" if is_any else "No model is asked. Name projects in [model.consent] to allow it.",
    )


def model_lines(settings: "Settings", stores: "Stores", *, now: datetime) -> list[str]:
    """The same in lines for `status`, without looking prices up."""
    if not settings.providers:
        return []
    seen = stores.database.read(lambda tx: tx.model_requests.outcomes())
    lines = [
        f"{_named(settings, one)}; {_last_words(seen.get(one.id), now)}"
        for one in settings.providers
    ]
    return [*lines, f"consent: {_consents(settings)}"]


def asked_model_checks(
    settings: "Settings", stores: "Stores", *, clock: "Clock"
) -> "Iterator[Check]":
    """One check for each model, after one tiny request to it, paid like any other."""
    # lazy: the libraries of models take seconds.
    from chargehand.bootstrap.trying_models import try_models
    from chargehand.plugins.connector import Check, CheckState

    for tried in asyncio.run(try_models(settings, stores.database, clock=clock)):
        is_ok = tried.outcome == _ANSWERED
        yield Check(
            f"model {tried.provider} asked",
            CheckState.PASSED if is_ok else CheckState.FAILED,
            f"{tried.outcome}, {tried.cost_usd} US dollars",
            ""
            if is_ok
            else "Look at its base_url, its api_key, and at the budget; a certificate "
            "of your own authority needs network.ca_file.",
        )


def _model_check(
    settings: "Settings",
    provider: "ProviderSettings",
    seen: "ModelOutcomes | None",
    now: datetime,
) -> "Check":
    # lazy: as above; the price table is 20 MB, and only who configured a model needs it.
    from chargehand.bootstrap.models import provider_price
    from chargehand.plugins.connector import Check, CheckState

    name = f"model {provider.id}"
    try:
        price = provider_price(provider, now)
    except ChargehandError as error:
        return Check(name, CheckState.FAILED, str(error))
    most = "at most " if price.is_at_most else ""
    cost = (
        f"{most}{price.input_usd:f} in and {price.output_usd:f} out US dollars a million tokens "
        f"({price.table_version})"
    )
    is_failing = seen is not None and _is_failing(seen)
    return Check(
        name,
        CheckState.WARNED if is_failing else CheckState.PASSED,
        f"{_named(settings, provider)}; {cost}; {_last_words(seen, now)}",
        "See `chargehand notices list`; `chargehand doctor --models` asks it."
        if is_failing
        else "",
    )


def _named(settings: "Settings", provider: "ProviderSettings") -> str:
    is_near = provider.is_local(settings.model.local_hosts)
    where = "nearby" if is_near else "elsewhere"
    return f"{provider.id}: {provider.model} at {provider.address}, {where}"


def _consents(settings: "Settings") -> str:
    given: Mapping[str, str] = settings.model.consent
    return (
        ", ".join(f"{key} {given.get(key, 'off')}" for key in settings.served_projects)
        or "no project is served"
    )


def _is_failing(seen: "ModelOutcomes") -> bool:
    failed, answered = seen.failed_at, seen.answered_at
    return failed is not None and (answered is None or failed > answered)


def _last_words(seen: "ModelOutcomes | None", now: datetime) -> str:
    if seen is None:
        return "not asked yet"
    words = [f"last answer {since(seen.answered_at, now)}" if seen.answered_at else "no answer yet"]
    if _is_failing(seen) and seen.failed_at is not None:
        words.append(f"FAILING ({seen.failure}, {since(seen.failed_at, now)})")
    return ", ".join(words)
