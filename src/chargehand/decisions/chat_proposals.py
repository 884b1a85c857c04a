"""What a chat is told of the changes a decision proposes, with buttons under those that wait.

In a ticket the change itself is the answer; in a chat nobody would see it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from chargehand.decisions import catalogue
from chargehand.decisions.markdown import code, escape_markdown
from chargehand.decisions.placement import POSTS, Privacy, place_answer
from chargehand.domain.action import Mode, ProposedAction
from chargehand.domain.ask import Ask
from chargehand.domain.control import Control, ControlStyle
from chargehand.domain.decision import Decision
from chargehand.domain.event import Place
from chargehand.domain.ids import ApprovalId, ConnectionId
from chargehand.domain.json import JSONObject
from chargehand.kit.ids import short_id

# As many changes as one ask can want; Discord shows five rows of buttons.
_MOST_CONTROLS: Final = 5
_DIGEST_SHOWN: Final = 16
_INTRODUCED_BY: Final = {
    Mode.SIMULATE: catalogue.CHANGE_SIMULATED,
    Mode.APPROVE: catalogue.CHANGE_WAITS,
    Mode.AUTO: catalogue.CHANGE_BEGINS,
}


@dataclass(frozen=True, slots=True)
class Change:
    """One proposed change as a chat is told of it.

    Shape: `approval_id` is None unless it waits for a person; `outcome` is empty until somebody
    decided; `is_editable` says that it has words which can be edited; `said` are lines of what
    people said about it so far, as Markdown.
    """

    preview: str
    mode: Mode
    digest: str
    approval_id: ApprovalId | None = None
    outcome: str = ""
    is_editable: bool = False
    said: tuple[str, ...] = ()


def with_message(
    decision: Decision, changes: Sequence[Change], ask: Ask, *, connector: str
) -> Decision:
    """The decision with a message that tells of its changes, behind the changes themselves."""
    if ask.place is None or not changes:
        return decision
    *_, last = decision.actions
    if "markdown" in last.params and last.connection_id == ask.connection_id:
        others, message = decision.actions[:-1], last
    else:
        others, message = decision.actions, message_at(ask, ask.place, connector)
    words = str(message.params["markdown"])
    lines = _lines_to_type(changes) if ask.place.is_discussion else ""
    markdown = "\n\n".join(part for part in (words, change_lines(changes), lines) if part)
    params = {**message.params, "markdown": markdown}
    if not ask.place.is_discussion:
        params["controls"] = controls_of(changes)
    response = decision.response or markdown
    actions = (*others, replace(message, params=params))
    return replace(decision, actions=actions, response=response)


def announcement(
    changes: Sequence[Change],
    *,
    connector: str,
    connection_id: ConnectionId,
    channel_id: str,
    ask: Ask,
    is_open: bool,
) -> ProposedAction:
    """A message in a channel about changes that wait, which were asked for on a work item.

    Shape: of a work item that not everybody may read nothing is told but that something waits, and
    its words can not be edited there.
    """
    kind = POSTS[connector]
    shown = changes if is_open else [restricted(one) for one in changes]
    title = catalogue.ANNOUNCEMENT.format(key=escape_markdown(ask.subject)) if is_open else ""
    words = "\n\n".join(part for part in (title, change_lines(shown)) if part)
    return ProposedAction(
        kind=kind,
        connection_id=connection_id,
        project=ask.project,
        target=channel_id,
        params={"markdown": words, "controls": controls_of(shown)},
        base={},
        preview="",
    )


def _lines_to_type(changes: Sequence[Change]) -> str:
    """What people type under changes that wait where there are no buttons, a line for each."""
    names = [short_id(one.approval_id) for one in changes if one.approval_id is not None]
    said = (
        catalogue.CHANGE_DECIDED_BY.format(
            approve=code(f"approve {name}"), reject=code(f"reject {name}")
        )
        for name in names
    )
    return "\n\n".join(said)


def restricted(change: Change) -> Change:
    """A change as people are told of it who may not all read its words."""
    return replace(change, preview=catalogue.RESTRICTED, is_editable=False, said=())


def tells_nothing(markdown: str) -> bool:
    """Whether a message says of its changes only that there are some."""
    return f"> {escape_markdown(catalogue.RESTRICTED)}" in markdown.splitlines()


def change_lines(changes: Sequence[Change]) -> str:
    """Every change with how it stands, each a paragraph."""
    return "\n\n".join(_paragraph(change) for change in changes)


def controls_of(changes: Sequence[Change]) -> list[JSONObject]:
    """The buttons under changes that still wait."""
    waiting = [
        (one.approval_id, one) for one in changes if one.approval_id is not None and not one.outcome
    ]
    is_only = len(waiting) == 1
    found: list[Control] = []
    for number, (approval_id, one) in enumerate(waiting[:_MOST_CONTROLS], start=1):
        ending = "" if is_only else f" {number}"
        found += approval_controls(approval_id, one.digest, ending=ending)
        if one.is_editable:
            found.append(edit_control(approval_id, one.digest, ending=ending))
    return controls_to_json(found)


def approval_controls(
    approval_id: ApprovalId, digest: str, *, ending: str = ""
) -> tuple[Control, ...]:
    """The buttons below an approval, bound to the words that are shown with them."""
    bound = bound_to(approval_id, digest)
    return (
        Control(catalogue.APPROVE + ending, f"approve {bound}", ControlStyle.PRIMARY),
        Control(catalogue.REJECT + ending, f"reject {bound}", ControlStyle.DANGER),
    )


def edit_control(approval_id: ApprovalId, digest: str, *, ending: str = "") -> Control:
    """The button that opens the form in which what waits is worded anew."""
    return Control(catalogue.EDIT + ending, f"edit {bound_to(approval_id, digest)}")


def bound_to(approval_id: ApprovalId, digest: str) -> str:
    """An approval with the beginning of its digest, as commands name what they decide."""
    return f"{approval_id} {digest[:_DIGEST_SHOWN]}"


def controls_to_json(controls: Sequence[Control]) -> list[JSONObject]:
    """Buttons as an action's params hold them."""
    return [
        {"label": one.label, "command": one.command, "style": one.style.value} for one in controls
    ]


def _paragraph(change: Change) -> str:
    introduction = change.outcome or _INTRODUCED_BY[change.mode]
    quoted = [f"> {escape_markdown(line)}" for line in change.preview.splitlines() if line.strip()]
    said = ("", *change.said) if change.said else ()
    return "\n".join((introduction, "", *quoted, *said))


def message_at(ask: Ask, place: Place, connector: str) -> ProposedAction:
    """A message where something was asked, still without words."""
    placement = place_answer(
        place, connector=connector, asker=ask.asker.account_id, privacy=Privacy.AS_ASKED
    )
    return ProposedAction(
        kind=placement.kind,
        connection_id=ask.connection_id,
        project=ask.project,
        target=placement.target,
        params={"markdown": "", **placement.params},
        base={},
        preview="",
    )
