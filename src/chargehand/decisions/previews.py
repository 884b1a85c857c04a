"""The exact texts people judge, filled in where a connector can render them."""

from collections.abc import Callable
from dataclasses import replace

from chargehand.domain.action import ProposedAction
from chargehand.domain.decision import Decision


def with_previews(decision: Decision, render: Callable[[ProposedAction], str]) -> Decision:
    """The same decision with its preview in every action."""
    return replace(
        decision,
        actions=tuple(replace(action, preview=render(action)) for action in decision.actions),
    )
