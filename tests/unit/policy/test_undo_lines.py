"""What can not be undone says so before it is approved: every kind has its line and its inverse."""

from importlib import import_module

import pytest

from chargehand.domain.action import ActionKind, ProposedAction
from chargehand.domain.errors import ChargehandError
from chargehand.domain.ids import ActionId, ConnectionId, ProjectKey
from chargehand.plugins.connector import DoneAction, NoWayBack

# Of what was really sent more is known than here.
_UNKNOWN = "not known"


def _table(kind: ActionKind, name: str) -> object:
    module = import_module(f"chargehand.connectors.{kind.connector}.undo")
    return vars(module)[name][kind]


@pytest.mark.parametrize("kind", ActionKind)
def test_line_says_that_nothing_undoes_it_where_nothing_does(kind: ActionKind) -> None:
    proposal = ProposedAction(
        kind, ConnectionId("a"), ProjectKey("PAY"), "PAY-7", params={}, base={}, preview=""
    )
    done = DoneAction(ActionId("act_1"), proposal, result={})
    line, inverse = _table(kind, "_LINES"), _table(kind, "_INVERSES")

    try:
        way = inverse(done)  # type: ignore[operator]
    except (KeyError, ValueError, ChargehandError):
        # It reads what the action said, so it knows a way back.
        way = None
    is_for_good = isinstance(way, NoWayBack) and _UNKNOWN not in way.reason
    told = line(proposal) if is_for_good and callable(line) else line
    assert not is_for_good or str(told).startswith("can not be undone: ")
