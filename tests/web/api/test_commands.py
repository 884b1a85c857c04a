"""Command lines by REST, and what every other door may count on."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chargehand.commands.definition import CommandLine
from chargehand.commands.lines import read_line
from chargehand.commands.registry import COMMANDS
from chargehand.domain.attention import QuietScope, Topic
from chargehand.domain.command import Surface
from chargehand.domain.event import Place, PlaceKind
from chargehand.domain.ids import AccountId, ConnectionId, MemberId, WorkItemKey
from chargehand.domain.member import Identity, IdentityState, Member, Role
from chargehand.domain.records import ApprovalState
from chargehand.pipeline import approving
from chargehand.pipeline.caller import Agent, Caller, Chat, CommandReply, Outcome
from chargehand.pipeline.commanding import run_text
from chargehand.storage.transaction import Writing
from tests.web.api.world import ANA, OPS, PAY, SITE, Told, World, open_world

pytestmark = pytest.mark.anyio
SLACK = ConnectionId("slack")
CHANNEL = Place("C1", PlaceKind.PUBLIC, message_id="1.1")
BEA = Member(MemberId("mbr_bea"), "Bea", time_zone="Europe/Madrid", roles=((PAY, Role.APPROVER),))


@dataclass
class Desk:
    """The members as the members' room will know them."""

    members: dict[str, Member] = field(default_factory=lambda: {BEA.id: BEA})
    identities: tuple[Identity, ...] = ()

    def find(self, tx, member_id):
        _ = tx
        return self.members.get(member_id)

    def identities_of(self, tx, member_id):
        _ = tx
        return tuple(one for one in self.identities if one.member_id == member_id)

    def confirm(self, tx, code, *, connection_id, account_id, now):
        _ = tx, code, connection_id, account_id, now
        return BEA


@pytest.fixture(scope="module")
def shared(migrated_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world that others have used as well."""
    folder = tmp_path_factory.mktemp("commands") / "data"
    world = open_world(shutil.copytree(migrated_folder, folder), is_migrated=True)
    yield world
    world.close()


@pytest.fixture
def fresh(migrated_folder: Path, tmp_path: Path) -> Iterator[World]:
    """A world where nothing happened; `world` is the same on both databases."""
    world = open_world(shutil.copytree(migrated_folder, tmp_path / "data"), is_migrated=True)
    yield world
    world.close()


def identity(state: IdentityState = IdentityState.CONFIRMED, **more) -> Identity:
    return Identity(SLACK, AccountId("U1"), BEA.id, "bea", state, **more)


def in_slack(**changes) -> Caller:
    """Bea in a channel that serves PAY."""
    caller = Caller(
        Surface.SLACK,
        frozenset({PAY}),
        member=BEA,
        identity=identity(),
        account_id=AccountId("U1"),
        connection_id=SLACK,
        place=CHANNEL,
    )
    return replace(caller, **changes)


def run(world: World, text: str, caller: Caller | None = None, **deps) -> CommandReply:
    """Run a line; votes are judged by the database, which knows the caller as the door does."""
    given = replace(world.deps().commands, **{"members": Desk(), **deps})
    speaker, now = caller or in_slack(), world.clock.now()

    def work(tx: Writing) -> CommandReply:
        if speaker.member is not None:
            keep(tx, speaker.member, now=now)
        return run_text(tx, text, speaker, now=now, deps=given)

    return world.database.write(work)


def keep(tx: Writing, member: Member, *, now: datetime) -> None:
    if tx.members.find(member.id) is None:
        tx.members.add([member], now=now)
    else:
        tx.members.save([member])


def state_of(world: World, told: Told) -> ApprovalState:
    found = world.database.read(lambda tx: tx.approvals.find(told.approval_id))
    assert found is not None
    return found.state


async def post(client: httpx.AsyncClient, line: str, **about: str) -> dict:
    answer = await client.post("/v1/commands", json={"line": line, **about})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_rest_runs_a_line_once_and_tells_who_decided(
    world: World, client: httpx.AsyncClient
) -> None:
    told = world.comment()
    short = told.approval_id[-6:]

    first = await post(client, f"approve {short}")
    second = await post(client, f"reject {short} too late")

    assert first["outcome"] == "done"
    assert second["outcome"] == "illegal"
    assert "was approved by key:ci on Friday 2026-11-20" in second["markdown"]
    assert f"Legal now: `trace {short}`" in second["markdown"]
    assert state_of(world, told) is ApprovalState.APPROVED
    traced = await post(client, f"trace {short}")
    assert "approved by key:ci" in traced["markdown"]


async def test_rest_mutes_what_was_named(world: World, client: httpx.AsyncClient) -> None:
    project = await post(client, "mute here for 2d", project="PAY")
    item = await post(client, "mute this ticket", work_item="PAY-3")
    nothing = await post(client, "mute here")

    assert [project["outcome"], item["outcome"], nothing["outcome"]] == ["done", "done", "illegal"]
    now = world.clock.now()
    scopes = [(QuietScope.PROJECT, "PAY"), (QuietScope.WORK_ITEM, "PAY-3")]
    found = world.database.read(lambda tx: tx.attention.quiets_on(scopes, now=now))
    assert [one.ends_at - now for one in found] == [timedelta(days=2), timedelta(days=7)]
    tags = [one.tag for one in world.database.read(lambda tx: tx.audit.newest(limit=2))]
    assert tags == ["person:quiet:set", "person:quiet:set"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"line": ""}, "line"),
        ({"line": "x" * 3000}, "line"),
        ({"line": "help", "project": "no such"}, "project"),
        ({"line": "help", "channel": "C1"}, "channel"),
    ],
)
async def test_rest_names_the_field_that_can_not_be_used(
    quiet_client: httpx.AsyncClient, body: dict, field: str
) -> None:
    answer = await quiet_client.post("/v1/commands", json=body)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


async def test_rest_refuses_a_project_nobody_serves(quiet_client: httpx.AsyncClient) -> None:
    answer = await quiet_client.post("/v1/commands", json={"line": "modes", "project": "NOPE"})

    assert (answer.status_code, answer.json()["code"]) == (422, "project_unknown")


@pytest.mark.parametrize("line", ["approve?", "a\x00b", "mute\nhere", "statsu"])
async def test_rest_says_of_any_text_what_is_wrong(
    quiet_client: httpx.AsyncClient, line: str
) -> None:
    answer = await quiet_client.post("/v1/commands", json={"line": line})

    assert (answer.status_code, answer.json()["outcome"]) == (200, "unclear")


REFUSALS = {
    "unknown": (in_slack(member=None, identity=None), "I do not know this account"),
    "matched": (in_slack(identity=identity(IdentityState.MATCHED)), "carries no rights yet"),
    "refused": (in_slack(identity=identity(IdentityState.REFUSED)), "was denied"),
    "deactivated": (in_slack(identity=identity(is_active=False)), "was deactivated"),
    "outsider": (in_slack(place=replace(CHANNEL, is_outsider=True)), "You are a guest here"),
    "anonymous": (in_slack(account_id=None), "I can not tell who you are"),
    "no_role": (in_slack(member=replace(BEA, roles=())), "one of these roles"),
    "role_elsewhere": (
        in_slack(member=replace(BEA, roles=((OPS, Role.ADMIN),))),
        "one of these roles",
    ),
    "no_key": (Caller(Surface.REST, frozenset({PAY})), "I can not tell who you are"),
}


@pytest.mark.parametrize(("caller", "sentence"), REFUSALS.values(), ids=REFUSALS)
def test_who_may_not_approve_is_told_why_and_what_to_do(
    shared: World, caller: Caller, sentence: str
) -> None:
    told = shared.comment()

    reply = run(shared, f"approve {told.approval_id}", caller)

    assert (reply.outcome, reply.is_private) == (Outcome.REFUSED, True)
    assert sentence in reply.markdown
    assert state_of(shared, told) is ApprovalState.OPEN


def test_who_left_may_nothing(shared: World) -> None:
    gone = in_slack(member=replace(BEA, left_at=shared.clock.now()))

    assert "left the team" in run(shared, "mute me", gone).markdown


def test_outsider_is_told_nothing_but_help(shared: World) -> None:
    guest = in_slack(place=replace(CHANNEL, is_outsider=True))

    outcomes = {
        command.name: run(shared, command.examples[0], guest).outcome
        for command in COMMANDS
        if isinstance(read_line(command.examples[0]), CommandLine) and not command.is_ask
    }

    assert {name for name, one in outcomes.items() if one is not Outcome.REFUSED} == {"help"}


def test_every_command_has_a_runner_and_an_answer_for_its_examples(shared: World) -> None:
    for command in COMMANDS:
        for example in command.examples:
            if isinstance(read_line(example), CommandLine):
                reply = run(shared, example)
                assert reply.markdown
                is_elsewhere = reply.outcome is Outcome.ELSEWHERE
                assert is_elsewhere is command.is_ask, example


def test_button_approves_the_words_it_was_shown_with(world: World) -> None:
    told = world.comment()
    digest = world.database.read(lambda tx: tx.approvals.find(told.approval_id)).digest

    reply = run(world, f"approve {told.approval_id} {digest[:16]}")

    assert (reply.outcome, reply.is_private) == (Outcome.DONE, True)
    decided = world.database.read(lambda tx: tx.approvals.find(told.approval_id))
    assert (decided.decided_by, decided.decided_via) == ("member:mbr_bea", "slack")
    again = run(world, f"approve {told.approval_id} {digest[:16]}")
    assert "was approved by Bea on Friday 2026-11-20 11:00 (Europe/Madrid)" in again.markdown


def test_button_of_an_edited_action_says_what_is_current(fresh: World) -> None:
    told = fresh.comment()
    old = fresh.database.read(lambda tx: tx.approvals.find(told.approval_id))
    now = fresh.clock.now()
    edited = fresh.database.write(
        lambda tx: approving.edit(
            tx,
            told.approval_id,
            text="Due **Friday**.",
            previewer=fresh.previewers[SITE],
            by="cli:ana",
            via="cli",
            lasts=timedelta(days=3),
            now=now,
        )
    )

    stale = run(fresh, f"approve {old.id} {old.digest[:16]}")
    forged = run(fresh, f"approve {edited.approval.id} {old.digest[:16]}")

    for reply in (stale, forged):
        assert reply.outcome is Outcome.ILLEGAL
        assert "older words" in reply.markdown
        assert edited.approval.short_id in reply.markdown
        assert "Due **Friday**." in reply.markdown
    assert run(fresh, stale.controls[0].command).outcome is Outcome.DONE


def test_approval_of_another_project_is_like_none(shared: World) -> None:
    told = shared.comment(project=OPS)
    everywhere = replace(BEA, roles=((None, Role.ADMIN),))

    reply = run(shared, f"approve {told.approval_id}", in_slack(member=everywhere))
    none = run(shared, f"approve apv_{'0' * 26}", in_slack(member=everywhere))

    assert (reply.outcome, none.outcome) == (Outcome.NOT_FOUND, Outcome.NOT_FOUND)
    assert reply.markdown.partition("here.")[2] == none.markdown.partition("here.")[2]
    assert state_of(shared, told) is ApprovalState.OPEN


def test_expired_approval_says_so(shared: World) -> None:
    told = shared.comment()
    shared.clock.advance(timedelta(days=4).total_seconds())

    reply = run(shared, f"approve {told.approval_id}")

    assert (reply.outcome, "expired on" in reply.markdown) == (Outcome.ILLEGAL, True)


def test_short_id_of_two_names_both(shared: World) -> None:
    first, second = shared.comment(), shared.comment()
    with shared.database.engine.begin() as connection:
        for told, begins in ((first, "apv_0"), (second, "apv_1")):
            connection.exec_driver_sql(
                "UPDATE approvals SET approval_id = ?, short_id = '7h2k9d' WHERE approval_id = ?",
                (f"{begins}{'1' * 19}7h2k9d", told.approval_id),
            )

    reply = run(shared, "approve 7h2k9d")
    longer = run(shared, f"approve apv_1{'1' * 19}7h2k9d")

    assert reply.outcome is Outcome.UNCLEAR
    assert "means 2 approvals" in reply.markdown
    assert f"`apv_0{'1' * 19}7h2k9d`" in reply.markdown
    assert longer.outcome is Outcome.DONE


def test_mute_snooze_and_unmute_of_a_member(fresh: World) -> None:
    muted = run(fresh, "mute me for 2d")
    snoozed = run(fresh, "snooze until tomorrow at 9:00")

    assert "until Sunday 2026-11-22 11:00 (Europe/Madrid)" in muted.markdown
    assert "until Saturday 2026-11-21 09:00 (Europe/Madrid)" in snoozed.markdown
    assert run(fresh, "mute here").outcome is Outcome.DONE
    scope = [(QuietScope.CHANNEL, "slack/C1")]
    now = fresh.clock.now()
    assert fresh.database.read(lambda tx: tx.attention.quiets_on(scope, now=now))
    assert run(fresh, "unmute").outcome is Outcome.DONE
    assert run(fresh, "unmute").outcome is Outcome.UNCHANGED
    assert fresh.database.read(lambda tx: tx.attention.quiets_on(scope, now=now))
    assert run(fresh, "mute me for 900d").outcome is Outcome.UNCLEAR
    assert run(fresh, "mute me until today at 9:00").outcome is Outcome.UNCLEAR


def test_subscription_is_of_the_places_projects(world: World) -> None:
    deps = {
        "members": Desk(identities=(identity(),)),
        "chats": {SLACK: Chat("slack", frozenset({PAY}))},
    }
    replies = [run(world, line, **deps).outcome for line in ("subscribe failures",) * 2]

    def hearing() -> tuple[MemberId, ...]:
        return world.database.read(lambda tx: tx.subscriptions.subscribers(Topic.FAILURES, PAY))

    assert replies == [Outcome.DONE, Outcome.UNCHANGED]
    assert hearing() == (BEA.id,)
    assert run(world, "subscribe failures").outcome is Outcome.ILLEGAL
    assert run(world, "subscribe OPS-7", **deps).outcome is Outcome.ILLEGAL
    assert run(world, "subscribe failures PAY-7", **deps).outcome is Outcome.UNCLEAR
    assert run(world, "unsubscribe").outcome is Outcome.DONE
    assert hearing() == ()


def test_reminders_are_bounded_and_know_where_they_go(fresh: World) -> None:
    thread = replace(CHANNEL, thread_id="1.0")
    replies = [run(fresh, "remind here in 1h to look", in_slack(place=thread)) for _ in range(51)]

    assert [one.outcome for one in replies] == [Outcome.DONE] * 50 + [Outcome.ILLEGAL]
    later = fresh.clock.now() + timedelta(hours=1)
    due = fresh.database.read(lambda tx: tx.attention.due_reminders(now=later, limit=99))
    assert len(due) == 50
    assert {(one.is_here, one.channel, one.thread_id, one.text) for one in due} == {
        (True, "slack/C1", "1.0", "look")
    }


def test_agents_are_paged_within_what_a_surface_carries(shared: World) -> None:
    agents = [Agent(f"agent {n}", "does something useful " * 5) for n in range(40)]

    pages = [run(shared, "agents", in_slack(surface=Surface.DISCORD), agents=agents)]
    while pages[-1].controls:
        line = pages[-1].controls[0].command
        pages.append(run(shared, line, in_slack(surface=Surface.DISCORD), agents=agents))

    assert len(pages) > 1
    assert all(len(one.markdown) <= 2000 for one in pages)
    assert all(any(f"**{one.name}**" in page.markdown for page in pages) for one in agents)
    assert run(shared, f"agents {len(pages) + 1}").outcome is Outcome.NOT_FOUND
    assert "No other agents" in run(shared, "agents").markdown


def test_whoami_tells_roles_and_a_code_confirms(shared: World) -> None:
    known, unknown = run(shared, "whoami"), in_slack(member=None, identity=None)

    assert "You are Bea" in known.markdown
    assert "approver in PAY" in known.markdown
    assert "no member of the team" in run(shared, "whoami", unknown).markdown
    confirmed = run(shared, "whoami 4F7K-2M9P", unknown)
    assert (confirmed.outcome, "that of Bea" in confirmed.markdown) == (Outcome.DONE, True)


def in_jira(**changes) -> Caller:
    """The asker of every comment of this world, on its ticket, unknown as a member."""
    caller = Caller(
        Surface.TICKET,
        frozenset({PAY}),
        account_id=ANA.account_id,
        connection_id=SITE,
        work_item=WorkItemKey("PAY-1"),
    )
    return replace(caller, **changes)


def test_why_tells_sources_rule_and_cost_and_what_this_audience_may_know(fresh: World) -> None:
    told = fresh.comment()

    here = run(fresh, "why", in_jira(account_id=AccountId("712020:tom")))
    by_id = run(fresh, f"why {told.decision_id}")

    assert "without a model, at no cost" in here.markdown
    assert "[PAY-1](https://acme.example/browse/PAY-1)" in here.markdown
    assert "Something was withheld" in here.markdown
    # Who answers for the project is told how much.
    assert "2 linked items" in by_id.markdown


def test_answer_elsewhere_is_like_none(shared: World) -> None:
    told = shared.comment()
    stranger = in_slack(member=replace(BEA, roles=()))

    hidden = run(shared, f"why {told.decision_id}", stranger)
    none = run(shared, f"why dec_{'0' * 26}", stranger)
    other = in_jira(work_item=WorkItemKey("PAY-2"), account_id=AccountId("712020:tom"))

    assert (hidden.outcome, none.outcome) == (Outcome.NOT_FOUND, Outcome.NOT_FOUND)
    assert hidden.markdown.replace(told.decision_id, "") == none.markdown.replace(
        f"dec_{'0' * 26}", ""
    )
    assert run(shared, "why", other).outcome is Outcome.NOT_FOUND


def test_comment_is_told_nothing_that_all_its_readers_may_not_know(fresh: World) -> None:
    """Whoever says it: a reply to a comment can not be for one person."""
    told, other = fresh.comment(), fresh.comment(project=OPS)
    member = replace(BEA, roles=((None, Role.ADMIN),))
    bea = Identity(SITE, AccountId("712020:bea"), BEA.id, "bea", IdentityState.CONFIRMED)
    on_ticket = in_jira(
        member=member, identity=bea, account_id=bea.account_id, projects=frozenset({PAY, OPS})
    )
    elsewhere = replace(on_ticket, work_item=WorkItemKey("PAY-2"))

    assert "Something was withheld" in run(fresh, "why", on_ticket).markdown
    assert run(fresh, f"why {told.decision_id}", elsewhere).outcome is Outcome.NOT_FOUND
    assert run(fresh, f"trace {told.event_id}", elsewhere).outcome is Outcome.NOT_FOUND
    assert run(fresh, f"trace {told.event_id}", on_ticket).outcome is Outcome.DONE
    rejected = run(fresh, f"reject {other.approval_id}", on_ticket)
    assert (rejected.outcome, "OPS" in rejected.markdown) == (Outcome.DONE, False)
    assert "Account:" not in run(fresh, "whoami", on_ticket).markdown


def test_wrong_by_the_asker_has_the_posted_answer_undone(world: World) -> None:
    told = world.comment()
    world.done(told.action_id)

    reply = run(world, "wrong because it is done", in_jira())
    again = run(world, "wrong", in_jira())

    assert reply.outcome is Outcome.DONE
    (undo,) = world.database.read(lambda tx: tx.undos.of_undone(told.action_id))
    (kept,) = world.database.read(lambda tx: tx.attention.feedback_on(told.decision_id))
    assert (kept.text, kept.is_asker, kept.undo_action_id) == (
        "it is done",
        True,
        undo.undo_action_id,
    )
    # Everything is simulated here until somebody says otherwise.
    assert "was simulated" in reply.markdown
    assert (again.outcome, "is simulated" in again.markdown) == (Outcome.UNCHANGED, True)


def test_wrong_by_the_asker_keeps_back_what_was_not_sent(fresh: World) -> None:
    told = fresh.comment()

    reply = run(fresh, "wrong", in_jira())

    assert "was not sent yet" in reply.markdown
    assert state_of(fresh, told) is ApprovalState.VOIDED


def test_wrong_by_others_is_kept_and_changes_nothing(fresh: World) -> None:
    told = fresh.comment()
    fresh.done(told.action_id)

    reply = run(fresh, "wrong", in_jira(account_id=AccountId("712020:tom")))

    assert "Only who asked" in reply.markdown
    assert fresh.database.read(lambda tx: tx.undos.of_undone(told.action_id)) == ()
    (kept,) = fresh.database.read(lambda tx: tx.attention.feedback_on(told.decision_id))
    assert not kept.is_asker


def test_answer_is_found_by_the_message_it_was_posted_as(fresh: World) -> None:
    told = fresh.comment()
    fresh.done(told.action_id)
    below = Place("PAY", PlaceKind.PUBLIC, message_id="77", thread_id="9")

    reply = run(fresh, "why", in_slack(connection_id=SITE, place=below))

    assert told.decision_id in reply.markdown


def test_answer_is_found_in_the_thread_of_the_question(fresh: World) -> None:
    told = fresh.comment()
    with fresh.database.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE events SET event_key = 'slack:message:C1:5.0:created' WHERE event_id = ?",
            (told.event_id,),
        )

    below = run(fresh, "why", in_slack(place=replace(CHANNEL, thread_id="5.0")))
    elsewhere = run(fresh, "why", in_slack(place=replace(CHANNEL, thread_id="6.0")))

    assert told.decision_id in below.markdown
    assert elsewhere.outcome is Outcome.NOT_FOUND


def test_replies_among_strangers_are_private(shared: World) -> None:
    among_others = in_slack(place=replace(CHANNEL, kind=PlaceKind.SHARED))

    assert run(shared, "agents", among_others).is_private
    assert not run(shared, "agents").is_private


WORDS = st.sampled_from(
    ["approve", "reject", "not", "please", "7h2k9d", "ID", "?", "`", "because", "wrong", "help"]
)
NOBODIES = st.sampled_from(
    [
        in_slack(member=None, identity=None),
        in_slack(identity=identity(IdentityState.MATCHED)),
        in_slack(identity=replace(identity(), member_id=MemberId("mbr_other"))),
        in_slack(member=replace(BEA, roles=((OPS, Role.ADMIN), (PAY, Role.VIEWER)))),
        in_slack(place=replace(CHANNEL, is_outsider=True)),
        in_slack(projects=frozenset()),
        in_slack(surface=Surface.REST, operator="", member=None, identity=None),
    ]
)


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(line=st.lists(WORDS, max_size=5).map(" ".join), caller=NOBODIES)
def test_no_line_of_who_may_not_decide_decides(shared: World, line: str, caller: Caller) -> None:
    told = shared.comment()
    before = shared.database.read(lambda tx: tx.audit.head().seq)

    run(shared, line.replace("ID", told.approval_id), caller)

    assert state_of(shared, told) is ApprovalState.OPEN
    assert shared.database.read(lambda tx: tx.audit.head().seq) == before
