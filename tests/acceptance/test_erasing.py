"""A person who was erased is in no table and no file, in whichever form; everything else holds."""

import json
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import text

from chargehand.domain.attention import Feedback, Reminder
from chargehand.domain.attention import Person as Owner
from chargehand.domain.ids import AccountId, ConnectionId, DecisionId, FeedbackId, ReminderId
from chargehand.domain.member import Role
from chargehand.domain.switches import ORGANIZATION
from chargehand.kit.ids import new_id
from chargehand.kit.signing import hmac_sha256_hex
from chargehand.pipeline.approving import comment, reject
from chargehand.pipeline.erasing import Erasing, Erasure
from chargehand.pipeline.exporting import Exporting
from chargehand.pipeline.members import add_member
from chargehand.pipeline.noticing import tell_operator
from chargehand.pipeline.proving import clean_files
from chargehand.pipeline.searching import Archive, learn_names
from chargehand.pipeline.stopping import resume, stop
from chargehand.plugins.hub_signature import SIGNATURE_HEADER
from chargehand.privacy.errors import PersonIsBot
from chargehand.privacy.person import given_person
from chargehand.privacy.redaction import find_in_bytes
from chargehand.storage.transaction import Writing
from chargehand.testing.jira.records import Person as Account
from tests.acceptance.conftest import both_sites
from tests.house import SECRET, House

pytestmark = pytest.mark.anyio
NAME = "Jürgen Ōtani-Müßig"
EMAIL = "J.Otani+jira@Example.com"


@pytest.fixture
def account(house: House) -> Account:
    account = house.jira.add_person(NAME, email=EMAIL)
    house.jira.grant("PAY", NAME, permissions="member")
    return account


async def live(house: House, account: Account) -> None:
    """A few days of somebody, in every place chargehand keeps."""
    house.mode("approve")
    house.stores.database.write(
        lambda tx: tell_operator(
            tx,
            "loop_broken",
            subject_id=f"PAY-7:{account.account_id}",
            text=f"{NAME} asks again and again.",
            now=house.clock.now(),
        )
    )
    await house.ask("@bot status", author=NAME)
    house.approve(house.approvals[0], by="cli:otani")
    await house.settle()
    await house.ask("@bot blockers", author=NAME, item="PAY-12")
    await house.ask(f"@bot assign this to {NAME}", author="Mei Tanaka")
    await house.ask(f"{house.mention_of(account)} and {EMAIL.upper()}: look", author="Tom Berg")
    await house.ask(
        f"see https://wiki.example.com/{quote(NAME)} and {json.dumps(NAME)} or {NAME.upper()}",
        author="Ana Ruiz",
    )
    await house.ask("@bot who works on this?", author="Tom Berg")


def erase(house: House, identifier: str, *also: str) -> Erasure:
    archive = Archive(house.stores.database, house.stores.raw)
    person = learn_names(archive, given_person(identifier, also))
    erasure = Erasing(archive, house.clock).erase(person, identifier, by="cli:operator")
    clean_files(house.stores.files, house.stores.database, person)
    return erasure


def traces(house: House, account: Account, *also: str) -> list[str]:
    """Files, or tables, in whose bytes the person is found in any form."""
    words = [NAME, EMAIL, account.account_id, *also]
    is_in = find_in_bytes(words)
    assert is_in is not None
    plain = [word.casefold().encode() for word in words]
    plain += [json.dumps(NAME)[1:-1].casefold().encode(), quote(NAME).casefold().encode()]
    return [
        name
        for name, content in contents_of(house)
        if is_in(content) or any(one in content.lower() for one in plain)
    ]


def contents_of(house: House):
    for path in sorted(house.settings.storage.data_dir.rglob("*")):
        yield path.name, path.read_bytes()
    if house.stores.files.is_sqlite:
        return
    with house.stores.database.engine.connect() as connection:
        names = "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname !~ '^pg_'"
        tables = connection.execute(text(f"{names} AND schemaname <> 'information_schema'"))
        for (table,) in tables.all():
            rows = connection.execute(text(f"SELECT t::text FROM {table} t")).all()
            yield table, "\n".join(row for (row,) in rows).encode()
        raw = connection.execute(text("SELECT body FROM inbox_deliveries")).all()
        yield "bodies", b"\n".join(bytes(body) for (body,) in raw)
        connection.execute(text("CHECKPOINT"))
        folder = Path(connection.execute(text("SHOW data_directory")).scalar_one())
        oid = connection.execute(
            text("SELECT oid FROM pg_database WHERE datname = current_database()")
        ).scalar_one()
    for path in sorted((folder / "base" / str(oid)).iterdir()):
        # A cache of the catalog alone, which the server writes and removes as it likes.
        if not path.name.startswith("pg_internal.init"):
            yield path.name, path.read_bytes()


@both_sites
async def test_person_is_in_no_file_and_the_chain_holds(house: House, account: Account) -> None:
    await live(house, account)
    names = ("cli:otani", *filter(None, [account.username]))
    assert traces(house, account, *names)

    erasure = erase(house, account.account_id, "cli:otani", EMAIL)

    assert erasure.is_complete, erasure
    assert traces(house, account, *names) == []
    assert house.verification.is_intact


async def test_what_was_not_sent_is_voided_and_what_was_done_stays_done(
    house: House, account: Account
) -> None:
    await live(house, account)
    before = {action.id: action for action in house.actions}

    erasure = erase(house, account.account_id)

    after = {action.id: action for action in house.actions}
    assert [one.digest for one in after.values()] == [before[key].digest for key in after]
    waiting = [key for key, one in before.items() if one.state == "waiting"]
    voided = [key for key in waiting if after[key].problem == "person_erased"]
    assert len(voided) == erasure.counts["actions_voided"] > 1
    assert {after[key].state.value for key in voided} == {"rejected"}
    assert {one.state.value for one in house.approvals if one.action_id in voided} == {"voided"}
    executed = [key for key, one in before.items() if one.state == "executed"]
    assert executed
    assert {after[key].state.value for key in executed} == {"executed"}
    writes = len(house.writes)
    await house.wait(60)
    assert len(house.writes) == writes


async def test_an_action_of_others_that_does_not_tell_of_the_person_still_waits(
    house: House, account: Account
) -> None:
    house.mode("approve")
    await house.ask("@bot status", author="Mei Tanaka", item="PAY-12")
    await house.say("no question", author=NAME)
    await house.settle()
    (action,) = house.actions

    erase(house, account.account_id)

    assert house.actions == (action,)
    house.approve(house.approvals[0])
    await house.settle()
    assert [state for _, state in house.states] == ["executed"]


async def test_open_ask_of_the_person_is_closed_with_a_reason_and_never_answered(
    house: House, account: Account
) -> None:
    house.mode("auto")
    await house.say("@bot status", author=NAME)
    house.dispatcher.dispatch()
    assert [one.ask.state.value for one in house.asks] == ["open"]

    erasure = erase(house, account.account_id)
    await house.settle()

    (stored,) = house.asks
    assert (stored.ask.state.value, stored.problem) == ("dismissed", "person_erased")
    assert stored.is_erased
    assert stored.ask.asker.account_id is None
    assert erasure.counts["asks_closed"] == 1
    assert house.replies() == []


async def test_history_stays_linked_under_one_pseudonym(house: House, account: Account) -> None:
    await live(house, account)

    erasure = erase(house, account.account_id)

    assert {one.actor_id for one in house.events if one.is_erased} == {erasure.pseudonym}
    assert len([one for one in house.events if one.actor_id == erasure.pseudonym]) == 2
    assert erasure.pseudonym.startswith("erased:")


async def test_decisions_of_an_approver_stay_with_a_pseudonym_that_the_audit_shares(
    house: House, account: Account
) -> None:
    await live(house, account)
    (approved,) = [one for one in house.approvals if one.state == "approved"]
    (record,) = [
        one
        for one in house.stores.database.read(lambda tx: tx.audit.about(approved.id))
        if one.tag == "person:approval:approved"
    ]
    by = json.loads(record.body)["by"]
    assert by.startswith("actor:")

    erase(house, account.account_id, "cli:otani")

    decided_by = next(one.decided_by for one in house.approvals if one.id == approved.id)
    assert decided_by == by.replace("actor:", "erased:")
    known = house.stores.database.read(lambda tx: tx.pseudonyms.known())
    assert by not in known.values()
    assert "cli:operator" in known


async def test_deliveries_nobody_looked_at_are_left_told_and_erased_later(
    house: House, account: Account
) -> None:
    await house.say("hello", author=NAME)

    first = erase(house, account.account_id)
    await house.settle()
    second = erase(house, account.account_id)

    assert (first.is_complete, first.left.waiting_deliveries) == (False, 1)
    assert second.is_complete
    assert second.pseudonym == first.pseudonym or not first.counts
    assert traces(house, account) == []


async def test_later_deliveries_are_new_data_under_another_pseudonym(
    house: House, account: Account
) -> None:
    await house.ask("hello", author=NAME)
    first = erase(house, account.account_id)

    await house.ask("me again", author=NAME)
    assert traces(house, account)
    second = erase(house, account.account_id)

    assert traces(house, account) == []
    assert first.pseudonym != second.pseudonym


async def test_address_is_learned_from_escaped_bytes_and_found_where_others_wrote_it(
    house: House, account: Account
) -> None:
    headers, body = house.jira.webhook_request(
        house.write("hello", author=NAME), event="comment_created", secret=SECRET
    )
    payload = json.loads(body)
    payload["comment"]["author"]["emailAddress"] = EMAIL
    escaped = json.dumps(payload, ensure_ascii=True).replace("@", "\\u0040").encode()
    signed = {**headers, SIGNATURE_HEADER: f"sha256={hmac_sha256_hex(SECRET.encode(), escaped)}"}
    assert (await house.post(signed, escaped)).status_code == 202
    await house.ask(f"write to {EMAIL.lower()}", author="Tom Berg")
    assert traces(house, account)

    erasure = erase(house, account.account_id)

    assert erasure.is_complete
    assert traces(house, account) == []
    assert f"write to {erasure.pseudonym}" in {one.text for one in house.events}


async def test_erasing_again_changes_nothing(house: House, account: Account) -> None:
    await live(house, account)
    erase(house, account.account_id)
    before = house.events, house.actions, house.asks

    again = erase(house, account.account_id)

    assert (house.events, house.actions, house.asks) == before
    assert dict(again.counts) in ({}, {"raw_deliveries": 0})


async def test_the_bot_is_no_person(house: House, account: Account) -> None:
    with pytest.raises(PersonIsBot, match="acts as"):
        erase(house, house.bot.account_id)


async def test_audit_tells_of_the_erasure_by_numbers(house: House, account: Account) -> None:
    await live(house, account)

    erasure = erase(house, account.account_id)

    (record, *_) = house.stores.database.read(lambda tx: tx.audit.newest(limit=1))
    assert (record.tag, record.subject_id) == ("person:member:erased", erasure.pseudonym)
    body = json.loads(record.body)
    assert body["counts"]["events"] >= 2
    assert body["is_complete"] is True


async def test_export_holds_everything_and_nobody_else(house: House, account: Account) -> None:
    await live(house, account)
    archive = Archive(house.stores.database, house.stores.raw)
    person = learn_names(archive, given_person(account.account_id))

    found = Exporting(archive, house.clock).export(person, by="cli:operator")

    assert (found["format"], found["version"]) == ("chargehand.person", 1)
    assert found["person"] == {
        "ids": [account.account_id],
        "names": [NAME],
        "emails": [],
    }
    rows = found["rows"]
    mine = [one for one in house.asks if one.ask.asker.account_id == account.account_id]
    asks = [one["ask_id"] for one in rows["asks"] if one["asker_id"] == account.account_id]
    assert sorted(asks) == sorted(one.ask.id for one in mine)
    texts = [one["content"]["text"] for one in rows["events"]]
    assert "blockers" in " ".join(texts)
    assert {"decisions", "actions", "approvals", "effects", "deliveries"} <= set(rows)
    assert any(NAME in one["body"] for one in found["raw_deliveries"])
    json.dumps(found)


async def test_what_was_set_up_and_said_of_answers_goes_too(house: House, account: Account) -> None:
    now = house.clock.now()
    person = Owner(None, ConnectionId("jira"), AccountId(account.account_id))
    reminder = Reminder(
        id=ReminderId(new_id("rmd", now)),
        person=person,
        is_here=False,
        channel=None,
        thread_id=None,
        project=None,
        work_item=None,
        text=f"write to {NAME}",
        due_at=now,
        set_at=now,
        set_by=f"jira:{account.account_id}"[:64],
        fired_at=None,
    )
    given = Feedback(
        id=FeedbackId(new_id("fbk", now)),
        decision_id=DecisionId("dec_1"),
        ask_id=None,
        person=person,
        project=None,
        work_item="PAY-7",
        text=f"{NAME} disagrees",
        is_asker=True,
        undo_action_id=None,
        given_at=now,
        given_by=f"jira:{account.account_id}"[:64],
    )
    house.stores.database.write(lambda tx: tx.attention.add_reminder(reminder, now=now))
    house.stores.database.write(lambda tx: tx.attention.add_feedback(given, now=now))
    await house.ask("@bot status", author=NAME)

    archive = Archive(house.stores.database, house.stores.raw)
    known = learn_names(archive, given_person(account.account_id))
    exported = Exporting(archive, house.clock).export(known, by="cli:operator")
    assert {"reminders", "feedback"} <= set(exported["rows"])
    assert f"write to {NAME}" in json.dumps(exported, ensure_ascii=False)

    erase(house, account.account_id)

    assert traces(house, account) == []
    assert house.stores.database.read(lambda tx: tx.attention.find_reminder(reminder.id)) is None
    (kept,) = house.stores.database.read(lambda tx: tx.attention.feedback_on(DecisionId("dec_1")))
    assert (kept.text, kept.is_erased, kept.work_item) == ("", True, "PAY-7")


@both_sites
async def test_what_was_said_as_a_member_goes_with_the_member(
    house: House, account: Account
) -> None:
    database, now = house.stores.database, house.clock.now()
    house.mode("approve")
    roles = [(None, Role.APPROVER)]
    member = database.write(
        lambda tx: add_member(tx, NAME, email=EMAIL, roles=roles, by="cli:op", now=now)
    )
    by = f"member:{member.id}"
    owner = Owner(member.id, None, None)
    reminder = Reminder(
        id=ReminderId(new_id("rmd", now)),
        person=owner,
        is_here=False,
        channel=None,
        thread_id=None,
        project=None,
        work_item=None,
        text="marzipan for the cat",
        due_at=now,
        set_at=now,
        set_by=by,
        fired_at=None,
    )
    given = Feedback(
        id=FeedbackId(new_id("fbk", now)),
        decision_id=DecisionId("dec_1"),
        ask_id=None,
        person=owner,
        project=None,
        work_item="PAY-7",
        text="marzipan is better",
        is_asker=True,
        undo_action_id=None,
        given_at=now,
        given_by=by,
    )
    await house.ask("@bot when is it due?", author="Tom Berg")
    [asked] = house.approvals

    def act(tx: Writing) -> None:
        at = house.clock.now()
        comment(tx, asked.id, text="marzipan first", by=by, via="web", now=at)
        reject(tx, asked.id, by=by, via="web", reason="no marzipan", now=at)
        stop(tx, ORGANIZATION, reason="out of marzipan", by=by, now=at)
        resume(tx, ORGANIZATION, by=by, now=at)
        tx.attention.add_reminder(reminder, now=at)
        tx.attention.add_feedback(given, now=at)

    database.write(act)
    assert traces(house, account, "marzipan")

    erasure = erase(house, EMAIL)

    assert erasure.is_complete
    assert traces(house, account, "marzipan") == []
    assert database.read(lambda tx: tx.attention.find_reminder(reminder.id)) is None
    assert [one.decided_by for one in house.approvals] == [by]


async def test_what_an_answer_was_made_from_goes_with_the_question(
    house: House, account: Account
) -> None:
    house.mode("auto")
    await house.ask("@bot what blocks this, for the marzipan?", author=NAME)
    [decision] = house.decisions
    kept = house.stores.database.read(lambda tx: tx.decision_inputs.find(decision.id))
    assert "marzipan" in json.dumps(kept.body)

    erase(house, account.account_id)

    kept = house.stores.database.read(lambda tx: tx.decision_inputs.find(decision.id))
    assert kept.body is None
    assert traces(house, account, "marzipan") == []
