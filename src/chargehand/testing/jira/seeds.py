"""The worlds the fake can start with: a small believable project, or an empty site."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from chargehand.testing.jira import permissions as rights
from chargehand.testing.jira.building import Building
from chargehand.testing.jira.records import ChangeItem, Person, Status
from chargehand.testing.jira.workflows import DONE, IN_PROGRESS, IN_REVIEW, TO_DO

BOT_EMAIL: Final = "chargehand@example.com"
BOT_TOKEN: Final = "fake-api-token-of-chargehand"  # noqa: S105 - opens nothing but this fake.
BOT_ACCOUNT: Final = "712020:c4a26e4a-0000-4000-8000-000000000001"


def seed_empty(site: Building) -> Person:
    """A site with the bot account and nothing else."""
    bot = site.add_person(
        "Chargehand",
        account_id=BOT_ACCOUNT,
        email=BOT_EMAIL,
        token=BOT_TOKEN,
        account_type="app",
        global_permissions=(rights.ADMIN,),
    )
    site.state.bot = bot.account_id
    return bot


def seed_demo(site: Building) -> Person:
    """Project PAY in the middle of a sprint, and the service project HELP; returns the bot.

    Shape: PAY-7 is blocked by PAY-12, which is in review, and relates to PAY-15, which only the
    finance level may see; Sam Okoro may read and comment but change nothing; Priya Shah is a
    portal customer.
    Units: all dates are relative to the site's clock.
    """
    bot = seed_empty(site)
    _add_people(site)
    site.add_project(
        "PAY",
        name="Payments",
        lead="Mei Tanaka",
        members=[],
        security_levels={"Finance only": ("Mei Tanaka", "Chargehand")},
        components=("Gateway", "Ledger", "Web shop"),
        versions=("2026.12", "2027.1"),
    )
    for name, bundle in _PAY_RIGHTS.items():
        site.grant("PAY", name, permissions=bundle)
    site.add_project(
        "HELP", name="Customer help", kind="service_desk", lead="Lena Novak", members=[]
    )
    for name, keys in _HELP_RIGHTS.items():
        site.grant("HELP", name, permissions=keys)
    now = site.clock.now()
    _add_plan(site, now)
    _add_work(site, now)
    _add_links(site)
    _add_past(site, now)
    _add_requests(site, now)
    return bot


_HELP_RIGHTS: Final[Mapping[str, str | tuple[str, ...]]] = {
    "Chargehand": (*rights.SERVICE_AGENT, rights.PROJECT_ADMIN),
    "Lena Novak": "agent",
    "Ana Ruiz": "agent",
}
_PAY_RIGHTS: Final[Mapping[str, str]] = {
    "Chargehand": "lead",
    "Mei Tanaka": "lead",
    "Ana Ruiz": "member",
    "Tom Berg": "member",
    "Lena Novak": "member",
    "Sam Okoro": "commenter",
}


def _add_people(site: Building) -> None:
    people = {
        "Ana Ruiz": ("Europe/Madrid", "payments-devs"),
        "Tom Berg": ("Europe/Berlin", "payments-devs"),
        "Mei Tanaka": ("Asia/Tokyo", "payments-leads"),
        "Lena Novak": ("Europe/Prague", "support"),
        "Sam Okoro": ("America/New_York", "sales"),
    }
    for number, (name, (zone, group)) in enumerate(people.items(), start=2):
        site.add_person(
            name,
            account_id=f"712020:5f3a91c0-0000-4000-8000-{number:012d}",
            time_zone=zone,
            groups=("staff", group),
        )
    site.add_person(
        "Priya Shah",
        account_id="qm:9d1c7a52-0000-4000-8000-000000000001",
        email="priya.shah@customer.example.com",
        time_zone="Asia/Kolkata",
        account_type="customer",
    )


def _add_plan(site: Building, now: datetime) -> None:
    site.add_sprint(
        "PAY Sprint 13",
        state="closed",
        starts_at=now - timedelta(days=22),
        ends_at=now - timedelta(days=8),
    )
    site.add_sprint(
        "PAY Sprint 14",
        starts_at=now - timedelta(days=8),
        ends_at=now + timedelta(days=6),
        goal="Refunds that work for split payments",
    )


@dataclass(frozen=True, slots=True)
class _Seed:
    """One issue of the demo; days count back from now, or on from it for `due_in`."""

    key: str
    kind: str
    summary: str
    status: str
    days_ago: int
    assignee: str | None = None
    reporter: str = "Mei Tanaka"
    priority: str = "Medium"
    due_in: int | None = None
    labels: tuple[str, ...] = ()
    parent: str | None = "PAY-1"
    security: str | None = None
    is_in_sprint: bool = True
    description: str = ""


_WORK: Final = (
    _Seed(
        "PAY-1",
        "Epic",
        "Split payments",
        "In Progress",
        40,
        assignee="Mei Tanaka",
        parent=None,
        is_in_sprint=False,
    ),
    _Seed(
        "PAY-3",
        "Story",
        "Show the payment plan at checkout",
        "Done",
        30,
        assignee="Ana Ruiz",
        labels=("checkout",),
    ),
    _Seed(
        "PAY-7",
        "Story",
        "Refund a split payment",
        "In Progress",
        14,
        assignee="Ana Ruiz",
        priority="High",
        due_in=2,
        labels=("refunds",),
        description="A customer who paid in parts gets each part back to the card it came from.\n\n"
        "* partial refunds are taken from the last part first\n"
        "* the ledger shows one entry for each part",
    ),
    _Seed(
        "PAY-8",
        "Sub-task",
        "Refund button for support staff",
        "To Do",
        10,
        assignee="Lena Novak",
        parent="PAY-7",
        is_in_sprint=False,
    ),
    _Seed(
        "PAY-12",
        "Task",
        "Ledger entries for partial refunds",
        "In Review",
        12,
        assignee="Tom Berg",
        priority="High",
        due_in=-1,
        labels=("ledger", "refunds"),
    ),
    _Seed(
        "PAY-15",
        "Bug",
        "Chargeback figures differ from the bank's",
        "To Do",
        6,
        priority="Highest",
        security="Finance only",
        parent=None,
        is_in_sprint=False,
    ),
    _Seed(
        "PAY-18",
        "Bug",
        "Settlement file misses the last day of a month",
        "To Do",
        9,
        reporter="Sam Okoro",
        priority="Highest",
        due_in=-3,
        labels=("settlement",),
        parent=None,
    ),
    _Seed(
        "PAY-21",
        "Task",
        "Tell customers when a refund is on its way",
        "To Do",
        3,
        reporter="Lena Novak",
        due_in=9,
        is_in_sprint=False,
    ),
)


def _add_work(site: Building, now: datetime) -> None:
    sprint = max(site.state.sprints)
    for seed in _WORK:
        due_on = None if seed.due_in is None else now.date() + timedelta(days=seed.due_in)
        site.add_issue(
            "PAY",
            seed.summary,
            key=seed.key,
            issue_type=seed.kind,
            status=seed.status,
            assignee=seed.assignee,
            reporter=seed.reporter,
            priority=seed.priority,
            due_on=due_on,
            labels=seed.labels,
            description=seed.description,
            parent=seed.parent,
            security=seed.security,
            sprints=(sprint,) if seed.is_in_sprint else (),
            at=now - timedelta(days=seed.days_ago),
        )


_ANA: Final = """\
I can refund single parts now. The rest needs the ledger entries of PAY-12, \
[~accountid:{tom}] when do you expect them?"""
_TOM: Final = """\
The ledger change is in review since this morning. Rounding of odd cents is the only open \
question, see the review."""
_MEI: Final = """\
Odd cents go to the last part, as in the payment plan. Support waits for this one, so please \
tell me if the date moves, [~accountid:{ana}]."""


def _add_links(site: Building) -> None:
    site.add_link("PAY-12", "PAY-7")
    site.add_link("PAY-7", "PAY-21")
    site.add_link("PAY-7", "PAY-15", kind="Relates")


def _moved(before: Status, after: Status) -> ChangeItem:
    return ChangeItem("status", "status", before.id, before.name, after.id, after.name)


def _assigned(site: Building, name: str) -> ChangeItem:
    account = site.person(name).account_id
    return ChangeItem("assignee", "assignee", None, None, account, name)


def _add_past(site: Building, now: datetime) -> None:
    changes = (
        ("PAY-3", "Ana Ruiz", 20.0, _moved(TO_DO, IN_PROGRESS)),
        ("PAY-3", "Ana Ruiz", 10.0, _moved(IN_PROGRESS, DONE)),
        ("PAY-7", "Mei Tanaka", 8.0, _assigned(site, "Ana Ruiz")),
        ("PAY-7", "Ana Ruiz", 5.0, _moved(TO_DO, IN_PROGRESS)),
        ("PAY-12", "Tom Berg", 7.0, _moved(TO_DO, IN_PROGRESS)),
        ("PAY-12", "Tom Berg", 1.2, _moved(IN_PROGRESS, IN_REVIEW)),
    )
    for key, author, days_ago, item in changes:
        at = now - timedelta(days=days_ago)
        site.add_past_change(key, author=author, items=[item], at=at)
    tom, ana = site.person("Tom Berg").account_id, site.person("Ana Ruiz").account_id
    comments = (
        ("Ana Ruiz", 3.1, _ANA.format(tom=tom)),
        ("Tom Berg", 1.1, _TOM),
        ("Mei Tanaka", 0.9, _MEI.format(ana=ana)),
    )
    for author, days_ago, body in comments:
        at = now - timedelta(days=days_ago)
        site.add_past_comment("PAY-7", author=author, body=body, at=at)


def _add_requests(site: Building, now: datetime) -> None:
    asked = now - timedelta(hours=20)
    site.add_issue(
        "HELP",
        "My refund has not arrived",
        key="HELP-1",
        assignee="Lena Novak",
        reporter="Priya Shah",
        description="I returned the shoes two weeks ago and paid in three parts.",
        at=asked,
    )
    site.add_past_comment(
        "HELP-1",
        author="Priya Shah",
        body="Is there any news? The order number is 48-2210.",
        at=asked + timedelta(hours=2),
    )
    site.add_past_comment(
        "HELP-1",
        author="Lena Novak",
        body="The payment was split, so this waits for PAY-7.",
        at=asked + timedelta(hours=3),
        public=False,
    )
