from datetime import date, timedelta

import pytest

from chargehand.domain.event import EVERYONE, Visibility, VisibilityKind
from chargehand.domain.fact import Fact, Unknown, UnknownReason
from chargehand.domain.work_item import (
    NOT_ASKED,
    Change,
    FactNeeds,
    FieldName,
    LinkDirection,
    LinkType,
    Person,
    Right,
    Sprint,
    StatusCategory,
)
from chargehand.testing.jira import permissions as rights
from chargehand.testing.jira.records import ChangeItem, CommentVisibility
from tests.connectors.jira.client.world import NOW, SITE

pytestmark = pytest.mark.anyio

RIGHTS = tuple(Right)


async def read(world, key="PAY-1", **needs):
    return await world.client.read_facts(FactNeeds(key, **needs), now=NOW)


async def test_work_item_is_read_with_its_source(world):
    world.jira.add_issue(
        "PAY",
        "Pay twice",
        status="In Review",
        assignee="Ana Ruiz",
        reporter="Sam Okoro",
        priority="High",
        due_on=date(2026, 11, 27),
        labels=["api", "refund"],
        description="Money is\n* taken\n* kept",
        security="Finance only",
        flagged=True,
    )

    facts = await read(world, "PAY-2")

    assert facts.item.source_url == f"{SITE}/browse/PAY-2"
    assert facts.item.read_at == NOW
    item = facts.item.value
    assert (item.key, item.project, item.title) == ("PAY-2", "PAY", "Pay twice")
    assert (item.status, item.category) == ("In Review", StatusCategory.IN_PROGRESS)
    assert item.assignee == Person(world.ana.account_id, "Ana Ruiz")
    assert item.reporter == Person(world.sam.account_id, "Sam Okoro")
    assert (item.priority, item.due_on) == ("High", date(2026, 11, 27))
    assert item.labels == ("api", "refund")
    assert (item.created_at, item.updated_at) == (NOW, NOW)
    assert item.security_level == "Finance only"
    assert item.is_flagged
    assert not item.is_service_request
    assert item.description == "Money is\ntaken\nkept"


async def test_empty_fields_read_as_nothing(world):
    world.jira.add_issue("PAY", "Bare")

    item = (await read(world, "PAY-2")).item.value

    assert (item.assignee, item.due_on, item.security_level) == (None, None, None)
    assert (item.labels, item.links, item.description) == ((), (), "")
    assert not item.is_flagged


async def test_only_what_is_needed_is_asked_for(world):
    facts = await read(world)

    assert [request.path for request in world.jira.requests] == ["/rest/api/3/issue/PAY-1"]
    assert facts.comments is facts.history is facts.sprint is facts.transitions is NOT_ASKED
    assert facts.rights == {}
    assert facts.people == {}


async def test_missing_work_item_is_unknown_everywhere(world):
    facts = await read(
        world,
        "PAY-99",
        comments=True,
        history=True,
        sprint=True,
        transitions=True,
        fields=True,
        asker=world.ana.account_id,
        rights=RIGHTS,
        people=("Ana",),
    )

    parts = [facts.item, facts.comments, facts.history, facts.sprint, facts.transitions]
    parts += [facts.fields, *facts.rights.values(), *facts.people.values()]
    assert len(parts) == 7 + len(RIGHTS)
    assert {part.reason for part in parts} == {UnknownReason.NOT_FOUND}


@pytest.mark.parametrize(
    ("status", "wait_s", "reason"),
    [
        pytest.param(401, None, UnknownReason.SIGN_IN_REFUSED, id="401"),
        pytest.param(403, None, UnknownReason.NO_ACCESS, id="403"),
        pytest.param(404, None, UnknownReason.NOT_FOUND, id="404"),
        pytest.param(429, 100, UnknownReason.RATE_LIMITED, id="429"),
        pytest.param(500, None, UnknownReason.UNREACHABLE, id="500"),
        pytest.param(400, None, UnknownReason.UNREADABLE, id="400"),
    ],
)
async def test_failing_part_is_unknown_and_the_rest_is_read(world, status, wait_s, reason):
    world.jira.inject(path=".*/changelog", status=status, retry_after=wait_s)

    facts = await read(world, history=True, comments=True)

    assert facts.history.reason is reason
    assert facts.history.detail
    assert isinstance(facts.item, Fact)
    assert isinstance(facts.comments, Fact)


async def test_cut_reading_is_asked_again(world):
    world.jira.inject(path=".*/issue/PAY-1", cut="before", times=2)

    assert isinstance((await read(world)).item, Fact)
    assert len(world.waits) == 2


class TestLinks:
    @pytest.mark.parametrize(
        ("ends", "kind", "seen"),
        [
            pytest.param(
                ("PAY-2", "PAY-1"), "Blocks", (LinkDirection.BLOCKED_BY, "is blocked by"), id="by"
            ),
            pytest.param(
                ("PAY-1", "PAY-2"), "Blocks", (LinkDirection.BLOCKS, "blocks"), id="blocks"
            ),
            pytest.param(
                ("PAY-1", "PAY-2"), "Relates", (LinkDirection.RELATES, "relates to"), id="relates"
            ),
            pytest.param(
                ("PAY-1", "PAY-2"), "Duplicate", (LinkDirection.RELATES, "duplicates"), id="twin"
            ),
        ],
    )
    async def test_link_tells_direction_and_wording(self, world, ends, kind, seen):
        world.jira.add_issue("PAY", "Ledger is down", status="In Progress")
        world.jira.add_link(*ends, kind=kind)

        (link,) = (await read(world)).item.value.links

        assert (link.direction, link.relation) == seen
        assert (link.key, link.title, link.status) == ("PAY-2", "Ledger is down", "In Progress")
        assert link.category is StatusCategory.IN_PROGRESS
        assert link.url == f"{SITE}/browse/PAY-2"
        assert link.is_readable_by_item_audience

    async def test_parent_and_subtasks_are_links(self, world):
        world.jira.add_issue("PAY", "Epic", issue_type="Epic")
        world.jira.add_issue("PAY", "Story", issue_type="Story", parent="PAY-2")
        world.jira.add_issue("PAY", "Step", issue_type="Sub-task", parent="PAY-3")

        links = (await read(world, "PAY-3")).item.value.links

        assert [(link.key, link.direction) for link in links] == [
            ("PAY-2", LinkDirection.PARENT),
            ("PAY-4", LinkDirection.CHILD),
        ]

    async def test_item_with_security_level_is_withheld(self, world):
        world.jira.add_issue("PAY", "Salaries", security="Finance only")
        world.jira.add_issue("PAY", "Open one")
        world.jira.add_link("PAY-2", "PAY-1")
        world.jira.add_link("PAY-3", "PAY-1")

        links = (await read(world)).item.value.links

        readable = {link.key: link.is_readable_by_item_audience for link in links}
        assert readable == {"PAY-2": False, "PAY-3": True}

    async def test_item_of_another_project_is_withheld_and_not_asked_for(self, world):
        world.jira.add_issue("OPS", "Elsewhere")
        world.jira.add_link("OPS-1", "PAY-1")

        (link,) = (await read(world)).item.value.links

        assert not link.is_readable_by_item_audience
        assert len(world.jira.requests) == 1

    async def test_unanswered_search_withholds_all(self, world):
        world.jira.add_issue("PAY", "Ledger is down")
        world.jira.add_link("PAY-2", "PAY-1")
        world.jira.inject(path=".*/search/jql", status=500)

        (link,) = (await read(world)).item.value.links

        assert not link.is_readable_by_item_audience


class TestComments:
    async def test_newest_fifty_come_oldest_first(self, world):
        for minute in range(60):
            at = NOW - timedelta(minutes=60 - minute)
            world.jira.add_past_comment("PAY-1", author="Ana Ruiz", body=f"number {minute}", at=at)

        comments = (await read(world, comments=True)).comments.value

        assert [c.text for c in comments] == [f"number {minute}" for minute in range(10, 60)]

    async def test_comment_is_read_with_author_time_and_address(self, world):
        made = world.jira.comment("PAY-1", author="Ana Ruiz", body="Looks *fine* to me")

        (comment,) = (await read(world, comments=True)).comments.value

        assert comment.author == Person(world.ana.account_id, "Ana Ruiz")
        assert (comment.created_at, comment.updated_at) == (NOW, NOW)
        assert "fine" in comment.text
        assert comment.url == f"{SITE}/browse/PAY-1?focusedCommentId={made.id}"
        assert comment.visibility == EVERYONE
        assert not comment.is_ours

    async def test_only_marked_comments_are_ours(self, world):
        mark = {"chargehand.action": {"action_id": "act_1"}}
        world.jira.add_past_comment(
            "PAY-1", author="Chargehand", body="ours", at=NOW, properties=mark
        )
        world.jira.add_past_comment("PAY-1", author="Chargehand", body="by hand", at=NOW)
        world.jira.add_past_comment("PAY-1", author="Ana Ruiz", body="hers", at=NOW)

        comments = (await read(world, comments=True)).comments.value

        assert {c.text: c.is_ours for c in comments} == {
            "ours": True,
            "by hand": False,
            "hers": False,
        }

    @pytest.mark.parametrize(
        ("restriction", "visibility"),
        [
            pytest.param(
                CommentVisibility("role", "Developers"),
                (VisibilityKind.ROLE, "Developers"),
                id="role",
            ),
            pytest.param(None, (VisibilityKind.EVERYONE, ""), id="everyone"),
        ],
    )
    async def test_restriction_is_read(self, world, restriction, visibility):
        world.jira.comment("PAY-1", author="Ana Ruiz", body="psst", visibility=restriction)

        (comment,) = (await read(world, comments=True)).comments.value

        assert (comment.visibility.kind, comment.visibility.value) == visibility

    @pytest.mark.parametrize(
        ("public", "kind"),
        [
            pytest.param(True, VisibilityKind.CUSTOMER, id="customer reads along"),
            pytest.param(False, VisibilityKind.INTERNAL, id="internal"),
        ],
    )
    async def test_service_comment_says_whether_the_customer_reads(self, world, public, kind):
        world.jira.comment("HELP-1", author="Ana Ruiz", body="hello", public=public)

        facts = await read(world, "HELP-1", comments=True)

        assert facts.item.value.is_service_request
        assert facts.comments.value[0].visibility == Visibility(kind)

    async def test_unreadable_marks_make_the_comments_unknown(self, world):
        world.jira.add_past_comment("PAY-1", author="Chargehand", body="ours?", at=NOW)
        world.jira.inject(path=".*/comment/list", status=403)

        assert (await read(world, comments=True)).comments.reason is UnknownReason.NO_ACCESS


class TestHistory:
    async def test_last_fifty_changes_come_oldest_first(self, world):
        for minute in range(120):
            item = ChangeItem("labels", "labels", None, str(minute), None, str(minute + 1))
            at = NOW - timedelta(minutes=120 - minute)
            world.jira.add_past_change("PAY-1", author="Ana Ruiz", items=[item], at=at)

        changes = (await read(world, history=True)).history.value

        assert [change.to_value for change in changes] == [str(n) for n in range(71, 121)]
        assert changes[-1] == Change(
            changed_at=NOW - timedelta(minutes=1),
            author=Person(world.ana.account_id, "Ana Ruiz"),
            field="labels",
            from_value="119",
            to_value="120",
        )

    async def test_each_changed_field_is_a_change(self, world):
        world.jira.edit("PAY-1", author="Ana Ruiz", fields={"summary": "New", "labels": ["a"]})

        changes = (await read(world, history=True)).history.value

        assert {change.field for change in changes} == {"summary", "labels"}


class TestSprint:
    async def test_active_sprint_wins_over_closed(self, world):
        closed = world.jira.add_sprint("Sprint 1", state="closed")
        active = world.jira.add_sprint(
            "Sprint 2", starts_at=NOW - timedelta(days=4), ends_at=NOW + timedelta(days=10)
        )
        world.jira.add_issue("PAY", "Planned", sprints=[active.id, closed.id])

        facts = await read(world, "PAY-2", sprint=True)

        assert facts.sprint.value == Sprint(
            "Sprint 2", "active", date(2026, 11, 16), date(2026, 11, 30)
        )

    async def test_future_sprint_has_no_dates(self, world):
        future = world.jira.add_sprint("Sprint 3", state="future")
        world.jira.add_issue("PAY", "Planned", sprints=[future.id])

        facts = await read(world, "PAY-2", sprint=True)

        assert facts.sprint.value == Sprint("Sprint 3", "future", None, None)

    async def test_no_sprint_is_a_fact(self, world):
        assert (await read(world, sprint=True)).sprint == Fact(None, f"{SITE}/browse/PAY-1", NOW)


class TestTransitions:
    async def test_moves_tell_target_and_required_fields(self, world):
        moves = (await read(world, transitions=True)).transitions.value

        start, close = moves
        assert (start.id, start.name, start.to_status) == ("21", "Start work", "In Progress")
        assert (start.to_category, start.required_fields) == (StatusCategory.IN_PROGRESS, ())
        assert (close.to_status, close.required_fields) == ("Closed", ("Resolution",))
        assert [move.is_conditional for move in moves] == [False, False]


class TestFields:
    async def test_fields_on_the_screen_come_with_values_and_choices(self, world):
        world.jira.add_project(
            "WEB", lead="Ana Ruiz", components=("Cart", "Till"), versions=("1.0",)
        )
        world.jira.add_issue("WEB", "Empty cart")
        client = world.reconnect(editable_fields=frozenset({FieldName.PRIORITY}))

        facts = await client.read_facts(FactNeeds("WEB-1", fields=True), now=NOW)

        found = {one.name: (one.values, one.choices, one.is_open) for one in facts.fields.value}
        priorities = ("Highest", "High", "Medium", "Low", "Lowest")
        assert found == {
            FieldName.SUMMARY: (("Empty cart",), None, False),
            FieldName.PRIORITY: (("Medium",), priorities, True),
            FieldName.DUE: ((), None, False),
            FieldName.COMPONENTS: ((), ("Cart", "Till"), False),
            FieldName.FIX_VERSIONS: ((), ("1.0",), False),
        }

    async def test_field_the_bot_can_not_set_is_missing(self, world):
        may = [key for key in rights.MEMBER if key != rights.SCHEDULE]
        world.jira.grant("PAY", "Chargehand", permissions=may)

        facts = await read(world, fields=True)

        assert FieldName.DUE not in {one.name for one in facts.fields.value}


async def test_kinds_of_links_are_read_with_both_wordings(world):
    facts = await read(world, link_types=True)

    assert LinkType("Blocks", "blocks", "is blocked by") in facts.link_types.value


class TestRights:
    async def test_member_may_what_a_member_may(self, world):
        facts = await read(world, asker=world.ana.account_id, rights=RIGHTS)

        assert {right: known.value for right, known in facts.rights.items()} == dict.fromkeys(
            RIGHTS, True
        )

    async def test_commenter_may_only_read_and_comment(self, world):
        facts = await read(world, asker=world.sam.account_id, rights=RIGHTS)

        assert {right: known.value for right, known in facts.rights.items()} == {
            right: right in (Right.COMMENT, Right.READ) for right in RIGHTS
        }

    async def test_bot_that_may_not_ask_does_not_know(self, world):
        world.jira.add_person(
            "Chargehand",
            account_id=world.bot.account_id,
            email=world.bot.email,
            token=world.bot.token,
            account_type="app",
        )

        facts = await read(world, asker=world.ana.account_id, rights=(Right.EDIT,))

        assert facts.rights[Right.EDIT].reason is UnknownReason.NO_ACCESS
        assert "permissions" in facts.rights[Right.EDIT].detail

    @pytest.mark.parametrize(
        "asker", [pytest.param("712020:nobody", id="unknown"), pytest.param(None, id="anonymous")]
    )
    async def test_asker_jira_does_not_know_has_unknown_rights(self, world, asker):
        facts = await read(world, asker=asker, rights=(Right.EDIT,))

        assert isinstance(facts.rights[Right.EDIT], Unknown)
        assert facts.rights[Right.EDIT].reason is UnknownReason.NO_ACCESS


class TestPeople:
    @pytest.mark.parametrize(
        ("asked", "found"),
        [
            pytest.param("Ana", ["Ana Ruiz"], id="first name"),
            pytest.param("ruiz", ["Ana Ruiz"], id="last name in small letters"),
            pytest.param("712020:ana", ["Ana Ruiz"], id="account id"),
            pytest.param("Sam", [], id="not assignable"),
            pytest.param("Nobody", [], id="stranger"),
            pytest.param(" ", [], id="blank"),
        ],
    )
    async def test_name_finds_those_it_may_mean(self, world, asked, found):
        facts = await read(world, people=(asked,))

        assert [person.name for person in facts.people[asked].value] == found

    async def test_ambiguous_name_finds_all(self, world):
        world.jira.add_person("Ana Lopez", account_id="712020:ana2")
        world.jira.grant("PAY", "Ana Lopez")

        facts = await read(world, people=("Ana",))

        assert [person.name for person in facts.people["Ana"].value] == ["Ana Lopez", "Ana Ruiz"]
