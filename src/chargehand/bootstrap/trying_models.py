"""Asks each configured model one tiny question, when the operator wants to know if it works."""

from dataclasses import dataclass
from decimal import Decimal

from chargehand.agents.metered import try_once
from chargehand.bootstrap.configured import budget_rules, served_projects
from chargehand.bootstrap.models import provider_configs
from chargehand.config.settings import Settings
from chargehand.domain.ids import ProjectKey
from chargehand.kit.clock import Clock
from chargehand.pipeline.spending import Spending
from chargehand.storage.database import Database

_NO_PROJECT = ProjectKey("NONE")


@dataclass(frozen=True, slots=True)
class TriedModel:
    """What came of it: `answered`, `not_sent`, or why there was no answer; and what it cost."""

    provider: str
    outcome: str
    cost_usd: Decimal


async def try_models(settings: Settings, database: Database, *, clock: Clock) -> list[TriedModel]:
    """Every provider in its order; each request is reserved and settled like any other.

    Raises: PriceMissing, PriceInvalid, CertificatesUnusable.
    """
    spending = Spending(database, rules=budget_rules(settings), clock=clock)
    project = min(served_projects(settings), default=_NO_PROJECT)
    tried = []
    for config in provider_configs(settings, now=clock.now()):
        sent = await try_once(config, spending, clock=clock, project=project)
        tried.append(TriedModel(config.id, sent.outcome, sent.cost_usd))
    await spending.idle()
    return tried
