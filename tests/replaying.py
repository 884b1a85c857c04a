"""Decisions made again, as `chargehand replay` makes them."""

from typing import TYPE_CHECKING

from chargehand.pipeline.replaying import Replay, decision_to_replay, replay

if TYPE_CHECKING:
    from tests.house import House


def replayed(house: "House", identifier: str) -> Replay:
    """One decision made again; nobody is asked anything."""
    previewers = {one.id: one.previewer for one in house.connections.values()}
    return house.stores.database.read(
        lambda tx: replay(tx, decision_to_replay(tx, identifier), previewers=previewers)
    )


def assert_replayed(house: "House") -> None:
    """Every answer whose inputs were kept is the same to the byte when it is made again."""
    for one in house.decisions:
        found = replayed(house, one.id)
        assert found.why_not is not None or found.is_identical, found
