"""The shadow report: what would have been done, next to what people did, from the ledger."""

import json
from collections import Counter
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from chargehand.domain.shadow import ShadowOutcome, ShadowReport, WhyUnknown
from chargehand.kit.clock import to_micros
from chargehand.pipeline.shadow import read_shadow
from chargehand.pipeline.showing import to_json
from tests.house import SECRET, START, House

pytestmark = pytest.mark.anyio

HOUR_S = 3600
DAY_S = 24 * HOUR_S


def report_of(house: House, until: datetime | None = None, **how: object) -> ShadowReport:
    end = until or house.clock.now()
    return house.stores.database.read(
        lambda tx: read_shadow(tx, since=START, until=end, **how)  # type: ignore[arg-type]
    )


def outcomes(report: ShadowReport) -> dict[str, dict[str, int]]:
    return {
        line.kind.value: {one.value: n for one, n in line.counts.items() if n}
        for line in report.lines
    }


async def tell_change(house: House, key: str) -> None:
    """Jira tells of the newest change of a work item."""
    house.clock.advance(1)
    headers, body = house.jira.change_request(key, secret=SECRET)
    assert (await house.post(headers, body)).is_success
    await house.settle()


async def live_through_a_week(house: House) -> None:
    """Somebody asks, people do it themselves, something else, or nothing at all."""
    await house.ask("@bot move to In Review")
    house.clock.advance(HOUR_S)
    house.jira.transition("PAY-7", author="Tom Berg", to="In Review")
    await tell_change(house, "PAY-7")
    await house.ask("@bot move to In Progress", item="PAY-12")
    house.clock.advance(HOUR_S)
    house.jira.transition("PAY-12", author="Tom Berg", to="Done")
    await tell_change(house, "PAY-12")
    await house.ask("@bot label urgent")
    house.clock.advance(HOUR_S)
    await house.ask("it is nice outside", item="PAY-12", author="Tom Berg")
    house.clock.advance(2 * DAY_S)
    await house.ask("@bot when is it due?", item="PAY-12")
    house.clock.advance(HOUR_S)
    await house.ask("@bot when is it due?")
    house.clock.advance(600)
    await house.ask("on Friday", author="Tom Berg")
    house.clock.advance(2 * DAY_S)
    await house.ask("@bot assign this to Tom Berg")
    house.clock.advance(HOUR_S)


async def test_each_way_it_can_end_is_counted_and_none_is_guessed(house: House) -> None:
    await live_through_a_week(house)

    report = report_of(house)

    assert outcomes(report) == {
        "jira.add_comment": {"answered": 1, "nobody": 1},
        "jira.add_labels": {"nobody": 1},
        "jira.assign_issue": {"unknown": 1},
        "jira.transition_issue": {"agreed": 1, "differed": 1},
    }
    lines = {line.kind.value: line for line in report.lines}
    moved = {one.outcome: one for one in lines["jira.transition_issue"].examples}
    assert moved[ShadowOutcome.AGREED].instead == "status In Review"
    assert moved[ShadowOutcome.AGREED].after_s == pytest.approx(HOUR_S, abs=5)
    assert moved[ShadowOutcome.DIFFERED].proposed == "status In Progress"
    assert moved[ShadowOutcome.DIFFERED].instead == "status Done"
    assert lines["jira.transition_issue"].agreement_percent == 50.0
    assert lines["jira.add_comment"].agreement_percent is None
    assert lines["jira.add_comment"].median_answer_s == pytest.approx(600, abs=5)
    assert lines["jira.assign_issue"].unknown_because == {WhyUnknown.WINDOW_OPEN: 1}
    assert all(line.recommendation is None for line in report.lines)
    witness = moved[ShadowOutcome.AGREED].witness
    assert witness is not None
    assert house.trace(witness).event.kind.value == "work_item.updated"
    assert house.trace(moved[ShadowOutcome.AGREED].action_id).decisions[0].id


async def test_same_stretch_gives_the_same_bytes_and_the_naive_count(house: House) -> None:
    await live_through_a_week(house)
    until = house.clock.now()
    first = json.dumps(to_json(report_of(house, until)))

    house.clock.advance(DAY_S)
    await house.ask("@bot move to Done")
    again = report_of(house, until)

    assert json.dumps(to_json(again)) == first
    assert outcomes(again) == naive_count(house, until)


async def test_what_people_said_of_the_action_itself_comes_first(house: House) -> None:
    house.mode("approve")
    for place, command in enumerate(("@bot label urgent", "@bot label alpha", "@bot label beta")):
        await house.ask(command)
        waiting = {one.id: one for one in house.approvals if one.state.value == "open"}
        assert len(waiting) == 1
        for one in waiting.values():
            if place == 0:
                house.approve(one)
            elif place == 1:
                house.reject(one)
        await house.settle()
        house.clock.advance(HOUR_S)
    [label] = [
        one
        for one in house.actions
        if one.kind.value == "jira.add_labels" and one.state.value == "executed"
    ]
    before = outcomes(report_of(house))
    undoing = house.undo(label.id)
    [approval] = [one for one in house.approvals if one.action_id == undoing.id]
    house.approve(approval)
    await house.settle()
    house.clock.advance(HOUR_S)

    after = report_of(house)

    assert before["jira.add_labels"] == {"agreed": 1, "differed": 1, "unknown": 1}
    assert outcomes(after)["jira.add_labels"] == {"differed": 2, "unknown": 1}
    assert "jira.remove_labels" not in outcomes(after)
    refused = {line.kind.value: line.refused for line in after.lines}
    assert refused == {"jira.add_labels": 2}


async def test_what_is_gone_or_was_not_heard_is_unknown_and_never_agreement(house: House) -> None:
    await house.ask("@bot move to In Review")
    house.clock.advance(HOUR_S)
    house.jira.transition("PAY-7", author="Tom Berg", to="In Review")
    await tell_change(house, "PAY-7")
    house.clock.advance(2 * DAY_S)
    await house.ask("@bot label urgent")
    house.clock.advance(2 * DAY_S)
    told = outcomes(report_of(house))
    house.sql(
        "DELETE FROM contents WHERE content_id IN "
        "(SELECT content_id FROM events WHERE kind = 'work_item.updated')"
    )

    gone = report_of(house)

    assert told["jira.transition_issue"] == {"agreed": 1}
    because = {line.kind.value: line.unknown_because for line in gone.lines}
    assert because["jira.transition_issue"] == {WhyUnknown.ERASED: 1}
    assert because["jira.add_labels"] == {WhyUnknown.NOT_LISTENING: 1}


async def test_what_the_bot_and_other_bots_did_is_no_agreement(house: House) -> None:
    house.mode("approve", kind="jira.transition_issue")
    await house.ask("@bot move to In Review")
    await house.ask("@bot label urgent", item="PAY-12")
    for approval in house.approvals:
        if approval.state.value == "open":
            house.approve(approval)
    await house.settle()
    await tell_change(house, "PAY-7")
    house.clock.advance(2 * DAY_S)

    [agreed] = report_of(house, kind="jira.transition_issue").lines

    [example] = agreed.examples
    assert (example.outcome, example.instead, example.witness) == (
        ShadowOutcome.AGREED,
        "approved",
        None,
    )


@pytest.mark.every_variant
@pytest.mark.parametrize(
    ("agreed", "differed", "recommended"),
    [
        pytest.param(20, 0, "auto", id="enough"),
        pytest.param(19, 1, "auto", id="enough-with-one-other"),
        pytest.param(18, 3, "approve", id="less-agreement"),
        pytest.param(19, 0, None, id="too-few"),
        pytest.param(5, 20, None, id="mostly-otherwise"),
    ],
)
async def test_recommendation_follows_the_printed_rule(
    house: House, agreed: int, differed: int, recommended: str | None
) -> None:
    await house.ask("@bot move to In Review")
    house.clock.advance(HOUR_S)
    house.jira.transition("PAY-7", author="Tom Berg", to="In Review")
    await tell_change(house, "PAY-7")
    house.clock.advance(DAY_S)
    multiply(house, agreed, differed)

    [line] = report_of(house, kind="jira.transition_issue").lines

    assert (line.counts[ShadowOutcome.AGREED], line.counts[ShadowOutcome.DIFFERED]) == (
        agreed,
        differed,
    )
    command = line.recommendation.command if line.recommendation else None
    wanted = f"chargehand modes set {recommended} --project PAY --kind jira.transition_issue"
    assert command == (wanted if recommended else None)


def multiply(house: House, agreed: int, differed: int) -> None:
    """The one transition that agreed, many times over; some were to another status."""
    [action] = [one for one in house.actions if one.kind.value == "jira.transition_issue"]
    with house.stores.database.engine.connect() as connection, connection.begin():
        columns = list(connection.execute(text("SELECT * FROM actions LIMIT 1")).keys())
        kept = ", ".join(one for one in columns if one not in ("action_id", "content_id"))
        connection.execute(
            text(
                "INSERT INTO contents SELECT organization_id, 'cnt_other', salt, digest, "
                "retention_class, replace(body, 'In Review', 'Done'), created_at FROM contents "
                "WHERE content_id = (SELECT content_id FROM actions WHERE action_id = :id)"
            ),
            {"id": action.id},
        )
        for place in range(1, agreed + differed):
            content = "'cnt_other'" if place >= agreed else "content_id"
            connection.execute(
                text(
                    f"INSERT INTO actions (action_id, content_id, {kept}) "
                    f"SELECT :new, {content}, {kept} FROM actions WHERE action_id = :id"
                ),
                {"id": action.id, "new": f"{action.id[:-3]}{place:03d}"},
            )


def naive_count(house: House, until: datetime) -> dict[str, dict[str, int]]:
    """The same counted row by row, for a house that only ever simulated."""
    day, end = int(timedelta(days=1).total_seconds() * 1e6), to_micros(until)
    with house.stores.database.engine.connect() as connection:
        cases = connection.execute(
            text(
                "SELECT a.kind, a.target, a.created_at, c.body, e.occurred_at, e.actor_id,"
                " e.event_id"
                " FROM actions a JOIN contents c ON c.content_id = a.content_id"
                " JOIN decisions d ON d.decision_id = a.decision_id"
                " JOIN events e ON e.event_id = d.event_id WHERE a.created_at < :end"
            ),
            {"end": end},
        ).all()
        happened = connection.execute(
            text(
                "SELECT e.event_id, e.kind, e.work_item, e.actor_id, e.occurred_at, c.body"
                " FROM events e JOIN contents c ON c.content_id = e.content_id"
                " WHERE e.occurred_at < :end AND e.actor_id <> :bot ORDER BY e.occurred_at"
            ),
            {"end": end, "bot": house.bot.account_id},
        ).all()
        received = [
            row[0] for row in connection.execute(text("SELECT received_at FROM deliveries"))
        ]
    found: dict[str, Counter[str]] = {}
    for kind, target, created_at, body, asked_at, asker, own in cases:
        last = created_at + day
        is_comment = kind == "jira.add_comment"
        start = asked_at if is_comment else created_at
        later = [
            one
            for one in happened
            if one.work_item == target and start < one.occurred_at <= last and one.event_id != own
        ]
        outcome = None
        if is_comment:
            if any(one.kind == "comment.created" and one.actor_id != asker for one in later):
                outcome = "answered"
        else:
            params = json.loads(body)["params"]
            for one in later:
                for change in json.loads(one.body)["data"].get("changelog", ()):
                    if kind == "jira.transition_issue" and change["field"] == "status":
                        is_same = change["to_text"] == params["to_status"]
                        outcome = "agreed" if is_same or outcome == "agreed" else "differed"
        if outcome is None:
            is_over = last <= end
            is_heard = any(start + 6e8 < at <= last - 6e8 for at in received)
            outcome = "nobody" if is_over and is_heard else "unknown"
        found.setdefault(kind, Counter())[outcome] += 1
    return {kind: dict(sorted(counts.items())) for kind, counts in sorted(found.items())}
