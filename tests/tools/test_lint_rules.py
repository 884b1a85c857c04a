"""Each rule catches what it is for, and leaves alone what merely looks like it."""

import textwrap

import pytest

from tools.lint.checking import check
from tools.lint.source import Source

IN_STAGE = "src/chargehand/actions/execute.py"
IN_TEST = "tests/unit/test_execute.py"
GATE = "src/chargehand/approvals/gate.py"
WEBHOOK = "src/chargehand/connectors/jira/webhook.py"
READER = "src/chargehand/storage/inbox/reader.py"
IMPORT_ACTION = "from chargehand.domain.action import ApprovedAction\n"
IMPORT_DELIVERY = "from chargehand.domain.delivery import VerifiedDelivery\n"
# Put together here, so that the check does not find its own examples.
WORK = "/wo" + "rk/"
REGISTRY = "pypi" + ".org"
MARK = "TO" + "DO"


def found(path: str, code: str) -> list[tuple[str, int]]:
    source = Source(path, textwrap.dedent(code))
    return sorted((finding.rule, finding.line) for finding in check(source))


BROKEN = [
    ("proof-action", IN_STAGE, IMPORT_ACTION + "x = ApprovedAction(1)\n", 2),
    (
        "proof-action",
        IN_STAGE,
        "from chargehand.domain import action\nx = action.ApprovedAction(1)\n",
        2,
    ),
    (
        "proof-action",
        IN_STAGE,
        "from chargehand.domain.action import ApprovedAction as Go\nx = Go(1)\n",
        2,
    ),
    ("proof-action", IN_STAGE, IMPORT_ACTION + "make = ApprovedAction\n", 2),
    ("proof-action", IN_STAGE, IMPORT_ACTION + "x = TypeAdapter(ApprovedAction)\n", 2),
    ("proof-action", IN_STAGE, IMPORT_ACTION + "x = TypeAdapter[ApprovedAction](object)\n", 2),
    ("proof-action", IN_STAGE, IMPORT_ACTION + "x = msgspec.convert(d, type=ApprovedAction)\n", 2),
    ("proof-action", IN_STAGE, IMPORT_ACTION + "x = cast(ApprovedAction, d)\n", 2),
    ("proof-action", IN_STAGE, 'x = cast("ApprovedAction", d)\n', 1),
    ("proof-action", IN_STAGE, 'x = getattr(action, "ApprovedAction")(1)\n', 1),
    ("proof-action", IN_STAGE, IMPORT_ACTION + "x = object.__new__(ApprovedAction)\n", 2),
    ("proof-action", IN_STAGE, IMPORT_ACTION + "class Mine(ApprovedAction): ...\n", 2),
    ("proof-action", IN_STAGE, IMPORT_ACTION + "x = map(ApprovedAction, rows)\n", 2),
    (
        "proof-action",
        IN_STAGE,
        "from dataclasses import replace\n"
        + IMPORT_ACTION
        + "def f(a: ApprovedAction) -> None:\n    replace(a, kind=1)\n",
        4,
    ),
    (
        "proof-action",
        IN_STAGE,
        "import copy\n" + IMPORT_ACTION + "def f(a: ApprovedAction) -> None:\n    copy.copy(a)\n",
        4,
    ),
    ("proof-action", WEBHOOK, IMPORT_ACTION + "x = ApprovedAction(1)\n", 2),
    ("proof-delivery", IN_STAGE, IMPORT_DELIVERY + "x = VerifiedDelivery(1)\n", 2),
    ("proof-delivery", GATE, IMPORT_DELIVERY + "x = VerifiedDelivery(1)\n", 2),
    ("system-clock", IN_STAGE, "from datetime import UTC, datetime\nx = datetime.now(UTC)\n", 2),
    ("system-clock", IN_STAGE, "import datetime as dt\nx = dt.datetime.utcnow()\n", 2),
    ("system-clock", IN_STAGE, "from datetime import date\nx = date.today()\n", 2),
    ("system-clock", IN_STAGE, "import time\nread = time.time\n", 2),
    ("system-clock", IN_TEST, "from time import time\nx = time()\n", 2),
    ("commit", IN_STAGE, "connection.commit()\n", 1),
    ("commit", IN_STAGE, 'connection.execute(text("BEGIN IMMEDIATE"))\n', 1),
    ("broad-except", IN_STAGE, "try:\n    f()\nexcept Exception:\n    pass\n", 3),
    ("broad-except", IN_STAGE, "try:\n    f()\nexcept:\n    raise\n", 3),
    ("broad-except", IN_STAGE, "try:\n    f()\nexcept (OSError, BaseException):\n    pass\n", 3),
    (
        "broad-except",
        IN_TEST,
        "import contextlib\nwith contextlib.suppress(Exception):\n    f()\n",
        2,
    ),
    ("local-import", IN_STAGE, "def f():\n    import json\n", 2),
    ("local-import", IN_STAGE, "def f():\n    # lazy:\n    import json\n", 3),
    ("local-import", IN_STAGE, "def f():\n    import a\n    # lazy: an extra.\n    import b\n", 2),
    (
        "local-import",
        IN_STAGE,
        "def f():\n    # lazy: x.\n    import a\n\ndef g():\n    import b\n",
        6,
    ),
    ("local-import", IN_TEST, "async def f():\n    if a:\n        from a import b\n", 3),
    ("module-name", "src/chargehand/policy/utils.py", "", 1),
    ("module-name", "src/chargehand/common/policy.py", "", 1),
    ("module-size", IN_STAGE, "x = 1\n" * 501, 1),
    ("module-size", IN_TEST, "x = 1\n" * 801, 1),
    ("function-size", IN_STAGE, "def f():\n" + "    x = 1\n" * 60, 1),
    ("test-patch", IN_TEST, 'def test_x(monkeypatch):\n    monkeypatch.setattr("a", 1)\n', 2),
    ("test-patch", IN_TEST, "from unittest.mock import Mock\n", 1),
    ("test-patch", IN_TEST, "from unittest import mock\n", 1),
    ("test-sleep", IN_TEST, "import time\ntime.sleep(0.1)\n", 2),
    ("test-sleep", IN_TEST, "import asyncio\nasync def f():\n    await asyncio.sleep(1)\n", 3),
    ("machine-path", IN_STAGE, f'x = "{WORK}main"\n', 1),
    ("machine-path", "docs/howto/try.md", f"Open `{WORK}main`.\n", 1),
    ("registry-host", "docs/howto/try.md", f"From https://{REGISTRY}/simple\n", 1),
    ("loose-end", IN_STAGE, f"x = 1  # {MARK}: later\n", 1),
]


@pytest.mark.parametrize(
    ("rule", "path", "code", "line"),
    [pytest.param(*case, id=f"{case[0]}-{number}") for number, case in enumerate(BROKEN)],
)
def test_rule_finds_the_place_that_breaks_it(rule: str, path: str, code: str, line: int) -> None:
    assert (rule, line) in found(path, code)


SOUND = {
    "gate-makes-an-action": (GATE, IMPORT_ACTION + "x = ApprovedAction(1)\n"),
    "webhook-makes-a-delivery": (WEBHOOK, IMPORT_DELIVERY + "x = VerifiedDelivery(1)\n"),
    "poll-makes-a-delivery": (
        "src/chargehand/connectors/slack/poll.py",
        IMPORT_DELIVERY + "x = VerifiedDelivery(1)\n",
    ),
    "test-makes-an-action": (IN_TEST, IMPORT_ACTION + "x = ApprovedAction(1)\n"),
    "proof-in-annotations": (
        IN_STAGE,
        IMPORT_ACTION
        + "def f(a: ApprovedAction, *, b: list[ApprovedAction]) -> ApprovedAction | None: ...\n"
        + "x: ApprovedAction\n",
    ),
    "proof-in-aliases": (
        IN_STAGE,
        "from typing import TypeAlias\n"
        + IMPORT_ACTION
        + "Opened: TypeAlias = ApprovedAction | None\n"
        + "Send = Callable[[ApprovedAction], Awaitable[None]]\n",
    ),
    "proof-in-questions": (
        IN_STAGE,
        IMPORT_ACTION
        + "y = isinstance(x, ApprovedAction)\n"
        + "match x:\n    case ApprovedAction(kind=kind):\n        pass\n",
    ),
    "replace-of-something-else": (
        IN_STAGE,
        "from dataclasses import replace\n"
        + IMPORT_ACTION
        + "def f(a: ApprovedAction, ask: Ask) -> Ask:\n    return replace(ask, state=1)\n",
    ),
    "clock-in-its-place": (
        "src/chargehand/kit/clock.py",
        "from datetime import UTC, datetime\nx = datetime.now(UTC)\n",
    ),
    "monotonic-clock": (IN_STAGE, "import time\nx = time.monotonic()\n"),
    "somebody-elses-now": (IN_STAGE, "x = clock.now()\n"),
    "commit-in-storage": ("src/chargehand/storage/transaction.py", "connection.commit()\n"),
    "begin-in-prose": (IN_STAGE, '"""Begin at the beginning."""\n'),
    "everything-at-an-edge": (
        "src/chargehand/web/edge.py",
        "try:\n    f()\nexcept Exception:\n    pass\n",
    ),
    "named-error": (IN_STAGE, "try:\n    f()\nexcept OSError:\n    pass\n"),
    "reasoned-import-above": (
        IN_STAGE,
        "def f():\n    # lazy: an optional extra.\n    import boto3\n",
    ),
    "one-reason-for-a-function": (
        IN_STAGE,
        "def f():\n    # lazy: an extra.\n    import a\n    if a:\n        import b\n",
    ),
    "reasoned-import-beside": (IN_STAGE, "def f():\n    import boto3  # lazy: an extra.\n"),
    "import-for-types": (IN_STAGE, "if TYPE_CHECKING:\n    import json\n"),
    "migration-of-any-length": (
        "src/chargehand/storage/migrations/main/versions/m0001.py",
        "def upgrade():\n" + "    op.x()\n" * 70,
    ),
    "limits-are-allowed": (IN_STAGE, "def f():\n" + "    x = 1\n" * 59 + "y = 1\n" * 440),
    "environment-in-a-test": (
        IN_TEST,
        'def test_x(monkeypatch):\n    monkeypatch.setenv("A", "1")\n',
    ),
    "yield-in-a-test": (IN_TEST, "import asyncio\nasync def f():\n    await asyncio.sleep(0)\n"),
    "sleep-in-the-product": (
        IN_STAGE,
        "import asyncio\nasync def f():\n    await asyncio.sleep(1)\n",
    ),
    "path-of-a-url": (IN_STAGE, f'x = "https://example.com{WORK}1"\n'),
    "mark-with-its-issue": (IN_STAGE, f"x = 1  # {MARK}(#12): later\n"),
}


@pytest.mark.parametrize(
    ("path", "code"), [pytest.param(*case, id=name) for name, case in SOUND.items()]
)
def test_sound_code_is_left_alone(path: str, code: str) -> None:
    assert found(path, code) == []


def test_suppression_on_its_line_or_above_silences_one_rule() -> None:
    code = """\
        import time
        a = time.time()  # lint: allow system-clock — the bench measures the machine.
        # lint: allow system-clock — the bench measures the machine,
        # and this sentence needs a second line.
        b = time.time()
        c = time.time()
        """

    assert found(IN_STAGE, code) == [("system-clock", 6)]


def test_suppression_of_a_whole_file_stands_anywhere() -> None:
    code = "x = 1\n" * 501 + "# lint: allow module-size — one table, better unbroken.\n"

    assert found(IN_STAGE, code) == []


@pytest.mark.parametrize(
    "comment",
    [
        pytest.param("# lint: allow clock — because", id="unknown-rule"),
        pytest.param("# lint: allow system-clock", id="no-reason"),
        pytest.param("# lint: allow commit — because", id="wrong-rule"),
    ],
)
def test_suppression_that_is_wrong_silences_nothing_and_is_found(comment: str) -> None:
    code = f"import time\na = time.time()  {comment}\n"

    assert found(IN_STAGE, code) == [("suppression", 2), ("system-clock", 2)]


def test_suppression_that_suppresses_nothing_is_found() -> None:
    assert found(IN_STAGE, "a = 1  # lint: allow system-clock — it was here once.\n") == [
        ("suppression", 1)
    ]


def test_approved_action_can_be_suppressed_nowhere() -> None:
    code = IMPORT_ACTION + "x = ApprovedAction(1)  # lint: allow proof-action — just once.\n"

    assert found(IN_STAGE, code) == [("proof-action", 2), ("suppression", 2)]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param(READER, [], id="where-rows-are-read-back"),
        pytest.param(IN_STAGE, [("proof-delivery", 2), ("suppression", 2)], id="elsewhere"),
    ],
)
def test_stored_delivery_is_read_back_in_one_place(
    path: str, expected: list[tuple[str, int]]
) -> None:
    code = IMPORT_DELIVERY + "x = VerifiedDelivery(1)  # lint: allow proof-delivery — read back.\n"

    assert found(path, code) == expected
