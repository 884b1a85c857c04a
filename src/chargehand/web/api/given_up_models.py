"""What the routes about deliveries that were given up answer."""

from datetime import datetime

from pydantic import Field

from chargehand.domain.delivery import DeliverySource
from chargehand.web.api.models import ConnectionName, DeliveryId, Page, Shown


class GivenUpDelivery(Shown):
    """A received request that nobody could dispatch; its raw body is in the inbox still."""

    id: DeliveryId
    connection_id: ConnectionName
    source: DeliverySource
    received_at: datetime
    given_up_at: datetime
    attempts: int = Field(description="How often dispatching it failed.")
    error: str = Field(description="Kind of the last failure.")
    size_bytes: int = Field(description="Size of the raw body.")


class GivenUpPage(Page[GivenUpDelivery]):
    """Deliveries that were given up, newest first."""


class TakenUpAgain(Shown):
    """A delivery that waits to be dispatched again."""

    id: DeliveryId
