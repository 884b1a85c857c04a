"""The settings of budgets."""

from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field


class BudgetSettings(BaseModel):
    """What models may cost, as long as nobody set another cap with `chargehand budget set`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    organization_day_usd: Decimal = Field(
        Decimal(10),
        ge=0,
        le=1_000_000,
        decimal_places=6,
        allow_inf_nan=False,
        description="US dollars the organization may spend a day; 0 sends nothing that costs.",
    )
