"""What happened on one work item, newest first, with what was decided and done about it."""

from collections import defaultdict
from dataclasses import dataclass

from chargehand.domain.records import ActionRecord, DecisionRecord, EventRecord, Page
from chargehand.pipeline.looking import PER_PAGE, View, list_events


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One event with its decisions and the actions they proposed, oldest first."""

    event: EventRecord
    decisions: tuple[DecisionRecord, ...]
    actions: tuple[ActionRecord, ...]


def read_timeline(
    tx: View, work_item: str, *, cursor: str | None = None, limit: int = PER_PAGE
) -> Page[TimelineEntry]:
    """The events on a work item, newest first; the cursor is the id of an event.

    Raises: ArgumentInvalid.
    """
    page = list_events(tx, cursor=cursor, limit=limit, work_item=work_item)
    decided: defaultdict[str, list[DecisionRecord]] = defaultdict(list)
    done: defaultdict[str, list[ActionRecord]] = defaultdict(list)
    decisions = tx.decisions.of_events([event.id for event in page.items])
    for decision in decisions:
        decided[decision.event_id].append(decision)
    about = {decision.id: decision.event_id for decision in decisions}
    for action in tx.actions.of_decisions(about):
        done[about[action.decision_id]].append(action)
    entries = tuple(
        TimelineEntry(event, tuple(decided[event.id]), tuple(done[event.id]))
        for event in page.items
    )
    return Page(items=entries, next_cursor=page.next_cursor)
