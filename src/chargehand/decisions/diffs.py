"""The diffs of pull requests in the actions that are judged by them."""

from collections.abc import Mapping
from dataclasses import replace

from chargehand.domain.action import ProposedAction
from chargehand.domain.decision import Decision
from chargehand.domain.diff import ON_PULL_REQUESTS, Diff, with_diff
from chargehand.domain.fact import Known


def diff_key(action: ProposedAction) -> str:
    """By what the diff that an action is judged by is found.

    Shape: its kind is part of it, since not every action on a pull request is judged by its diff.
    """
    return f"{action.kind.value} {action.connection_id} {action.target}".casefold()


def with_diffs(decision: Decision, diffs: Mapping[str, Known[Diff]]) -> Decision:
    """The decision, each of whose actions on a pull request carries the diff that was read."""
    if not diffs:
        return decision
    actions = tuple(
        replace(one, base=with_diff(one.base, diffs[diff_key(one)]))
        if one.kind in ON_PULL_REQUESTS and diff_key(one) in diffs
        else one
        for one in decision.actions
    )
    return replace(decision, actions=actions)
