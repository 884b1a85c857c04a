"""One question to a policy of 200 rules that are all about its kind, and none of which holds."""

import statistics
import time
from datetime import UTC, datetime

from measuring import Plan, Row, below

from chargehand.domain.action import ActionKind
from chargehand.domain.ids import ProjectKey
from chargehand.domain.json import JSONValue
from chargehand.domain.policy import Cause, PolicyQuestion, Trust
from chargehand.policy.compiled import CompiledPolicy
from chargehand.policy.reading import read_document

_RULES = 200
_ROUNDS = 20_000
_BAR_US = 50.0


def measure(plan: Plan) -> list[Row]:
    """How long an answer takes when every rule has to be asked."""
    _ = plan
    document, problems = read_document(
        {"format": 2, "rules": [_rule(number) for number in range(_RULES)]}
    )
    assert not problems, problems
    policy = CompiledPolicy(1, document)
    question = PolicyQuestion(
        ActionKind.JIRA_ASSIGN_ISSUE,
        ProjectKey("PAY"),
        "PAY-7",
        datetime.now(UTC),
        cause=Cause(trust=Trust.TEAM),
        diff_lines=50,
        paths=("src/pay/ledger.py", "tests/test_ledger.py"),
    )
    took_us = []
    for _ in range(_ROUNDS):
        started_s = time.perf_counter()
        policy.rule_on(question)
        took_us.append((time.perf_counter() - started_s) * 1e6)
    took_us.sort()
    p99 = took_us[int(_ROUNDS * 0.99)]
    what = f"policy of {_RULES} rules, none of which holds, p50"
    p50 = statistics.median(took_us)
    return [below(what, p50, _BAR_US, unit="us", extra=f" (p99 {p99:.4g})")]


def _rule(number: int) -> JSONValue:
    """One of a document in which every kind of condition occurs."""
    conditions: list[dict[str, JSONValue]] = [
        {"target": [f"OPS-{number}*"]},
        {"requester_roles": ["project_manager"]},
        {"diff_lines_at_most": number % 40},
        {"any_path": [f"migrations/{number}/**"]},
    ]
    when = {"kind": ["jira.*"], "trust": ["team"], **conditions[number % len(conditions)]}
    return {"name": f"rule {number}", "when": when, "mode": "auto"}
