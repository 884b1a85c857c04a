"""Moving a work item to another status."""

from typing import Final

from chargehand.decisions import catalogue
from chargehand.decisions.answers.parts import could_not_read
from chargehand.decisions.answers.wish import Wish, proposed, refusal, said
from chargehand.decisions.markdown import one_line, shown
from chargehand.decisions.section import Section
from chargehand.domain.action import ActionKind
from chargehand.domain.decision import Reason
from chargehand.domain.fact import Unknown
from chargehand.domain.work_item import StatusCategory, Transition

_CATEGORY_WORDS: Final = {
    "to do": StatusCategory.TO_DO,
    "todo": StatusCategory.TO_DO,
    "open": StatusCategory.TO_DO,
    "in progress": StatusCategory.IN_PROGRESS,
    "progress": StatusCategory.IN_PROGRESS,
    "started": StatusCategory.IN_PROGRESS,
    "done": StatusCategory.DONE,
    "closed": StatusCategory.DONE,
    "finished": StatusCategory.DONE,
    "complete": StatusCategory.DONE,
    "completed": StatusCategory.DONE,
    "resolved": StatusCategory.DONE,
}


def transition_section(wish: Wish) -> Section:
    """The move as an action, or one sentence why there is none and what is possible."""
    refused = refusal(wish)
    if refused is not None:
        return refused
    transitions = wish.facts.transitions
    if isinstance(transitions, Unknown):
        text = could_not_read(catalogue.PART_TRANSITIONS, transitions)[0]
        return said(Reason.WRITE_REFUSED_NOT_POSSIBLE, text)
    if _folded(wish.wanted) == _folded(wish.item.status):
        return _already(wish)
    match matching_transitions(wish.wanted, transitions.value, present=wish.item.category):
        case (move,):
            return _move(wish, move)
        case ():
            return _impossible(wish, transitions.value)
        case several:
            return _ambiguous(wish, several)


def matching_transitions(
    wanted: str, transitions: tuple[Transition, ...], *, present: StatusCategory
) -> tuple[Transition, ...]:
    """The moves a word can mean: by target status, else by their own name, else by category.

    A category word never means a move within the present category: "in progress" said of an item
    in development is no wish to send it to review.
    """
    word = _folded(wanted)
    category = _CATEGORY_WORDS.get(word)
    by_status = tuple(one for one in transitions if _folded(one.to_status) == word)
    by_name = tuple(one for one in transitions if _folded(one.name) == word)
    # Two moves can lead to one status; the one that also bears the name is the one meant.
    both = tuple(one for one in by_status if one in by_name)
    for found in (both, by_status, by_name):
        if found:
            return found
    if category is present:
        return ()
    return tuple(one for one in transitions if one.to_category is category)


def _already(wish: Wish) -> Section:
    text = catalogue.ALREADY_IN_STATUS.format(key=wish.item.key, status=shown(wish.item.status))
    return said(Reason.WRITE_ALREADY_SO, text)


def _move(wish: Wish, move: Transition) -> Section:
    if _folded(move.to_status) == _folded(wish.item.status):
        return _already(wish)
    if move.is_conditional:
        # The conditions were tried for the bot, whose rights are not the asker's.
        text = catalogue.TRANSITION_CONDITIONAL.format(
            key=wish.item.key, status=shown(move.to_status)
        )
        return said(Reason.WRITE_REFUSED_NOT_POSSIBLE, text)
    if move.required_fields:
        text = catalogue.TRANSITION_NEEDS_FIELDS.of(
            len(move.required_fields),
            key=wish.item.key,
            status=shown(move.to_status),
            fields=catalogue.listed_with_and([shown(one) for one in move.required_fields]),
        )
        return said(Reason.WRITE_REFUSED_NOT_POSSIBLE, text)
    return proposed(
        wish,
        ActionKind.JIRA_TRANSITION_ISSUE,
        params={
            "transition_id": move.id,
            "transition_name": move.name,
            "to_status": move.to_status,
        },
        base={"status": wish.item.status},
    )


def _impossible(wish: Wish, transitions: tuple[Transition, ...]) -> Section:
    item = wish.item
    is_done_wanted = _CATEGORY_WORDS.get(_folded(wish.wanted)) is StatusCategory.DONE
    if is_done_wanted and item.category is StatusCategory.DONE:
        return _already(wish)
    if not transitions:
        text = catalogue.NO_TRANSITION_AT_ALL.format(key=item.key, status=shown(item.status))
    else:
        text = catalogue.NO_TRANSITION.format(
            key=item.key,
            status=shown(item.status),
            wanted=catalogue.EXCERPT.format(text=shown(wish.wanted)),
            moves=catalogue.COMMA.join(_names(transitions)),
        )
    return said(Reason.WRITE_REFUSED_NOT_POSSIBLE, text)


def _ambiguous(wish: Wish, several: tuple[Transition, ...]) -> Section:
    text = catalogue.SEVERAL_TRANSITIONS.format(
        wanted=catalogue.EXCERPT.format(text=shown(wish.wanted)),
        moves=catalogue.listed_with_or(_names(several)),
    )
    return said(Reason.CLARIFICATION_ASKED, text)


def _names(transitions: tuple[Transition, ...]) -> tuple[str, ...]:
    targets = [_folded(one.to_status) for one in transitions]
    # The name of the move is told only where the status alone would not tell two moves apart.
    return tuple(
        (
            catalogue.MOVE_NAMED if targets.count(_folded(one.to_status)) > 1 else catalogue.MOVE
        ).format(status=shown(one.to_status), name=shown(one.name))
        for one in transitions
    )


def _folded(name: str) -> str:
    return one_line(name).casefold()
