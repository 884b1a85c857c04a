"""Model requests of a size that is easy to add up: a token costs a micro-dollar."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from chargehand.domain.ids import MemberId, ProjectKey, ReservationId
from chargehand.kit.ids import new_id
from chargehand.plugins.budget import ModelPrice, SpendRequest

ZONE = "Europe/Madrid"
NOW = datetime(2026, 11, 19, 10, 0, tzinfo=UTC)
PAY = ProjectKey("PAY")
ANA = MemberId("mbr_06f0c4h8k2v9m3p7r1t5w8x2z4")
ASK = "ask_06f0c4h8k2v9m3p7r1t5w8x2z4"
ONE = Decimal(1)
PRICE = ModelPrice("acme", "m", ONE, ONE, ONE, ONE, table_version="table 1", is_at_most=False)


def request(
    usd: str,
    *,
    price: ModelPrice = PRICE,
    project: ProjectKey | None = PAY,
    subject_id: str = ASK,
    member_id: MemberId | None = None,
    now: datetime = NOW,
) -> SpendRequest:
    """A request that costs this much at most, half of it for input."""
    micro_usd = int(Decimal(usd) * 1_000_000)
    return SpendRequest(
        reservation_id=ReservationId(new_id("rsv", now)),
        project=project,
        purpose="decision",
        subject_id=subject_id,
        member_id=member_id,
        model=price,
        input_tokens_at_most=micro_usd // 2,
        output_tokens_at_most=micro_usd - micro_usd // 2,
    )


def again(earlier: SpendRequest, usd: str) -> SpendRequest:
    """The same request, grown or shrunk, under the same id."""
    return replace(request(usd), reservation_id=earlier.reservation_id)
