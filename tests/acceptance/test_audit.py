"""The account of what happened can not be changed without `verify` naming the place."""

import pytest
from sqlalchemy import text

from chargehand.audit.chain import ChainPosition, link_hash
from chargehand.pipeline.errors import AlreadyDecided
from tests.acceptance.conftest import OpenHouse
from tests.house import House

pytestmark = pytest.mark.anyio


def expect_broken(house: House) -> None:
    assert not house.verification.is_intact


def breaks(house: House) -> list[tuple[int, str]]:
    return [(one.seq, one.problem) for one in house.verification.breaks]


def last(house: House) -> int:
    return house.stores.database.read(lambda tx: tx.audit.head().seq)


EDITS = [
    pytest.param("body = '{}'", id="body"),
    pytest.param("tag = 'worker:effect:done'", id="tag"),
    pytest.param("subject_id = 'act_0'", id="subject"),
    pytest.param("recorded_at = recorded_at + 1", id="time"),
]


async def some_work(house: House) -> None:
    house.mode("approve")
    await house.ask("@bot what's blocking this?")
    house.approve(house.approvals[0])
    await house.settle()
    assert house.verification.is_intact
    assert last(house) >= 7


@pytest.mark.every_variant
@pytest.mark.parametrize("edit", EDITS)
async def test_edited_record_is_named(open_another: OpenHouse, edit: str) -> None:
    async with open_another(check=expect_broken) as house:
        await some_work(house)

        house.sql(f"UPDATE audit_records SET {edit} WHERE seq = 4")

        assert breaks(house) == [(4, "its content was changed after it was written")]


async def test_edited_record_with_a_fitting_hash_is_named(open_another: OpenHouse) -> None:
    async with open_another(check=expect_broken) as house:
        await some_work(house)

        _forge(house, 4, upto=4)

        assert breaks(house) == [
            (5, "does not follow the record before it: one of them was changed")
        ]


async def test_chain_forged_from_a_record_on_differs_from_the_checkpoint(
    open_another: OpenHouse,
) -> None:
    async with open_another(check=expect_broken) as house:
        await some_work(house)

        _forge(house, 4, upto=last(house))

        assert breaks(house) == [(last(house), "differs from the checkpoint kept outside")]


@pytest.mark.parametrize("seq", [1, 3])
async def test_deleted_record_is_named(open_another: OpenHouse, seq: int) -> None:
    async with open_another(check=expect_broken) as house:
        await some_work(house)

        house.sql("DELETE FROM audit_records WHERE seq = :seq", seq=seq)

        assert breaks(house) == [(seq, f"record {seq} is missing")]


async def test_deleted_stretch_is_named(open_another: OpenHouse) -> None:
    async with open_another(check=expect_broken) as house:
        await some_work(house)

        house.sql("DELETE FROM audit_records WHERE seq IN (3, 4, 5)")

        assert breaks(house) == [(3, "record 3 to 5 is missing")]


async def test_reordered_records_are_named(open_another: OpenHouse) -> None:
    async with open_another(check=expect_broken) as house:
        await some_work(house)

        for before, after in ((3, -1), (4, 3), (-1, 4)):
            house.sql(f"UPDATE audit_records SET seq = {after} WHERE seq = {before}")

        assert {seq for seq, _ in breaks(house)} == {3, 4, 5}


async def test_end_that_was_cut_off_is_named(open_another: OpenHouse) -> None:
    async with open_another(check=expect_broken) as house:
        await some_work(house)
        end = last(house)

        house.sql("DELETE FROM audit_records WHERE seq > :kept", kept=end - 2)

        assert breaks(house) == [
            (end, f"the chain should end here and ends at {end - 2}"),
            (end - 1, f"records {end - 1} to {end} were cut off"),
        ]


async def test_end_cut_off_together_with_its_head_is_named(open_another: OpenHouse) -> None:
    async with open_another(check=expect_broken) as house:
        await some_work(house)
        end = last(house)

        house.sql("DELETE FROM audit_records WHERE seq > :kept", kept=end - 2)
        house.sql(
            "UPDATE audit_heads SET seq = :kept, "
            "hash = (SELECT hash FROM audit_records WHERE seq = :kept)",
            kept=end - 2,
        )

        assert breaks(house) == [(end - 1, f"records {end - 1} to {end} were cut off")]


async def test_everything_deleted_is_named(open_another: OpenHouse) -> None:
    async with open_another(check=expect_broken) as house:
        await some_work(house)
        end = last(house)

        house.sql("DELETE FROM audit_records")
        house.sql("DELETE FROM audit_heads")

        assert breaks(house) == [(1, f"records 1 to {end} were cut off")]


async def test_transaction_that_fails_leaves_no_record(house: House) -> None:
    await some_work(house)
    before = last(house)

    with pytest.raises(AlreadyDecided):
        house.approve(house.approvals[0])

    assert last(house) == before


async def test_chain_holds_names_and_texts_of_nobody(house: House) -> None:
    house.mode("auto")
    await house.ask("@bot what's blocking this?")

    records = house.stores.database.read(lambda tx: list(tx.audit.walk()))

    bodies = "".join(record.body for record in records)
    assert not any(word in bodies for word in ("Mei", "blocking", "PAY-12", "Ledger"))


def _forge(house: House, seq: int, *, upto: int) -> None:
    """Change a record, and hashes so that the chain holds again up to a place."""
    house.sql("UPDATE audit_records SET body = '{}' WHERE seq = :seq", seq=seq)
    database = house.stores.database
    for number in range(seq, upto + 1):
        links = database.read(lambda tx: list(tx.audit.links()))
        before, link = links[number - 2], links[number - 1]
        forged = link_hash(database.organization_id, link._replace(previous_hash=before.hash))
        with database.engine.connect() as connection, connection.begin():
            connection.execute(
                text("UPDATE audit_records SET hash = :h, previous_hash = :p WHERE seq = :s"),
                {"h": forged, "p": before.hash, "s": number},
            )
        head = ChainPosition(number, forged)
        if number == last(house):
            house.sql("UPDATE audit_heads SET hash = :h", h=head.hash)
