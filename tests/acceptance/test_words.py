"""Events are found by the words of their texts, newest first, and no longer when these are gone."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import text as sql

from chargehand.domain.ids import OrganizationId
from chargehand.pipeline.erasing import Erasing
from chargehand.pipeline.errors import ArgumentInvalid
from chargehand.pipeline.looking import list_events
from chargehand.pipeline.proving import clean_files
from chargehand.pipeline.searching import Archive, learn_names
from chargehand.privacy.person import given_person
from chargehand.storage.database import Database
from tests.house import House

pytestmark = pytest.mark.anyio
QUOTED = 'He said "NEAR(a b)" OR NOT 50% off; DROP TABLE events; -- x*'
GERMAN = "Über die Straße: Müßiggang im Café"
JAPANESE = "支払いが失敗しました"
KOREAN = "결제가 실패했습니다 PAY-77_b"


def find(database: Database, text: str, **filters: str) -> list[str]:
    """The texts of every event that is found, page by page."""
    cursor, texts = None, list[str]()
    while True:
        page = database.read(
            lambda tx, cursor=cursor: list_events(tx, text=text, limit=2, cursor=cursor, **filters)  # type: ignore[misc]
        )
        texts += [event.text or "" for event in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return texts


async def test_newest_come_first_and_every_word_has_to_be_there(house: House) -> None:
    database = house.stores.database
    for number in range(5):
        await house.say(f"the payment number {number} was declined", item="PAY-7")
    await house.say("the payment arrived", item="PAY-12")
    await house.settle()
    stranger = Database(database.url, organization_id=OrganizationId("stranger"))

    assert find(database, "PAYMENT declined") == [
        f"the payment number {number} was declined" for number in (4, 3, 2, 1, 0)
    ]
    assert find(database, "payment 3") == ["the payment number 3 was declined"]
    assert find(database, "payment", work_item="PAY-12") == ["the payment arrived"]
    assert len(find(database, "payment", project="PAY", kind="comment.created")) == 6
    assert find(database, "payment", project="HELP") == []
    assert find(database, "payments") == []
    assert find(stranger, "payment") == []
    stranger.close()


async def test_no_script_and_no_sign_breaks_the_search(house: House) -> None:
    database = house.stores.database
    for text in (QUOTED, GERMAN, JAPANESE, KOREAN):
        await house.say(text)
    await house.settle()

    assert find(database, "strasse CAFE uber") == [GERMAN]
    assert find(database, "失敗") == find(database, "支") == [JAPANESE]
    assert find(database, "敗失") == []
    assert find(database, "실패") == find(database, "pay 77 B") == [KOREAN]
    assert find(database, 'NEAR(a "b") - NOT* ') == [QUOTED]
    assert find(database, "x OR nothing") == []
    for text in ("", '" * -', "_", "word " * 3 + " ".join(map(str, range(40)))):
        with pytest.raises(ArgumentInvalid, match="1 to 32 words"):
            find(database, text)


async def test_a_page_goes_on_where_the_last_one_ended_while_new_ones_arrive(house: House) -> None:
    database = house.stores.database
    for number in range(4):
        await house.say(f"incident {number}")
    await house.settle()
    first = database.read(lambda tx: list_events(tx, text="incident", limit=2))

    await house.say("incident 4")
    await house.settle()
    rest = database.read(
        lambda tx: list_events(tx, text="incident", limit=9, cursor=first.next_cursor)
    )

    assert [event.text for event in (*first.items, *rest.items)] == [
        f"incident {number}" for number in (3, 2, 1, 0)
    ]
    assert rest.next_cursor is None


async def test_what_was_pruned_or_erased_is_not_found_and_not_in_the_index(house: House) -> None:
    database = house.stores.database
    person = house.jira.add_person("Jürgen Otani", email="otani@example.com")
    house.jira.grant("PAY", "Jürgen Otani", permissions="member")
    await house.say("an ancient marmalade")
    await house.settle()
    house.clock.advance(timedelta(days=400).total_seconds())
    await house.say("ask Jürgen Otani about quicksilver", author="Tom Berg")
    await house.say("a private quicksilver", author="Jürgen Otani")
    await house.settle()
    assert len(find(database, "quicksilver")) == 2

    pruning = house.pruning.begin()
    while pruning.step():
        pass
    archive = Archive(database, house.stores.raw)
    found = learn_names(archive, given_person(person.account_id, ()))
    Erasing(archive, house.clock).erase(found, person.account_id, by="cli:operator")
    clean_files(house.stores.files, database, found)

    assert find(database, "marmalade") == find(database, "private") == find(database, "Otani") == []
    [left] = find(database, "quicksilver erased")
    assert "Otani" not in left
    with database.engine.connect() as connection:
        words = connection.execute(sql("SELECT words FROM event_texts")).scalars().all()
    assert len(words) == 1
    assert all(re.fullmatch("[0-9a-f]{12}", word) for row in words for word in row.split())
