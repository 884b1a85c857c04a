"""What happened on one work item, newest first, with what was decided and done about it."""

from collections import defaultdict
from dataclasses import dataclass

from chargehand.domain.records import ActionRecord, DecisionRecord, EventRecord, Page
from chargehand.pipeline.looking import PER_PAGE, Projects, View, list_events


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One event with its decisions and the actions they proposed, oldest first."""

    event: EventRecord
    decisions: tuple[DecisionRecord, ...]
    actions: tuple[ActionRecord, ...]


def read_timeline(
    tx: View,
    work_item: str,
    *,
    cursor: str | None = None,
    limit: int = PER_PAGE,
    projects: Projects = None,
) -> Page[TimelineEntry]:
    """The events on a work item, newest first; the cursor is the id of an event.

    Shape: with `projects` what belongs to none of them is left out.

    Raises: ArgumentInvalid.
    """
    page = list_events(tx, cursor=cursor, limit=limit, work_item=work_item, projects=projects)
    decided: defaultdict[str, list[DecisionRecord]] = defaultdict(list)
    done: defaultdict[str, list[ActionRecord]] = defaultdict(list)
    decisions = tx.decisions.of_events([event.id for event in page.items])
    for decision in decisions:
        if projects is not None and decision.project not in projects:
            continue
        decided[decision.event_id].append(decision)
    about = {decision.id: decision.event_id for decision in decisions}
    for action in tx.actions.of_decisions(about):
        if projects is None or action.project in projects:
            done[about[action.decision_id]].append(action)
    entries = tuple(
        TimelineEntry(event, tuple(decided[event.id]), tuple(done[event.id]))
        for event in page.items
    )
    return Page(items=entries, next_cursor=page.next_cursor)
