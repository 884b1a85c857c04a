"""Whether a policy asks what a pull request changes."""

from typing import Final

from chargehand.domain.action import ActionKind
from chargehand.policy.compiled import CompiledPolicy
from chargehand.policy.conditions import kinds_of
from chargehand.policy.document import WrittenRule
from chargehand.policy.in_force import Policy

ABOUT_LINES: Final = "diff_lines_at_most"
ABOUT_DIFFS: Final = frozenset({ABOUT_LINES, "all_paths", "any_path"})


def asks_about_diffs(policy: Policy, kind: ActionKind) -> bool:
    """Whether some rule that can be about a kind asks how much, or what, a pull request changes."""
    if not isinstance(policy, CompiledPolicy):
        return False
    document = policy.document
    sections = (document.organization, *document.projects.values())
    return any(
        not ABOUT_DIFFS.isdisjoint(rule.when) and kind in _kinds_of(rule)
        for one in sections
        for rule in one.rules
    )


def _kinds_of(rule: WrittenRule) -> frozenset[ActionKind]:
    return kinds_of(rule.when["kind"]) if "kind" in rule.when else frozenset(ActionKind)
