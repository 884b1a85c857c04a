"""Answers about pull requests themselves: where one stands, who reviews it, what waits."""

from typing import Final

from chargehand.decisions import catalogue, code_catalogue
from chargehand.decisions.answers.approve_pull_request import approval_section
from chargehand.decisions.answers.code import pull_request_line, waits_for_review
from chargehand.decisions.dates import DateWording
from chargehand.decisions.markdown import escape_markdown, link, shown
from chargehand.decisions.section import Section
from chargehand.decisions.told_code import AskedCode, ReadQueue
from chargehand.domain.code import PullRequest, ReviewState
from chargehand.domain.decision import Reason, Source
from chargehand.domain.fact import Fact, Unknown
from chargehand.domain.intent import Intent, IntentKind

_MOST_SHOWN: Final = 20


def pull_request_section(intent: Intent, asked: AskedCode, wording: DateWording) -> Section:
    """What was asked about pull requests, from what may be told of them."""
    if intent.kind is IntentKind.REVIEW_QUEUE:
        return _queue_section(asked, wording)
    request = asked.request
    if request is None:
        return _unknown(intent, asked)
    known = request.known
    if intent.kind is IntentKind.APPROVE_PULL_REQUEST and isinstance(known, Fact):
        return approval_section(known.value, asked)
    if intent.kind is IntentKind.PULL_REQUEST or isinstance(known, Unknown):
        lines: tuple[str, ...] = (pull_request_line(request, wording),)
    else:
        lines = _reviewer_lines(known.value)
    sources = (Source(str(request.ref), request.url),) if isinstance(known, Fact) else ()
    return Section(reason=Reason.ANSWERED_FROM_FACTS, lines=lines, sources=sources)


def _unknown(intent: Intent, asked: AskedCode) -> Section:
    named = intent.arguments.get("pull_request", "")
    if named and len(asked.repositories) > 1:
        names = catalogue.listed_with_or([shown(one) for one in asked.repositories[:_MOST_SHOWN]])
        example = f"{shown(asked.repositories[0])}#{named.rpartition('#')[2]}"
        text = code_catalogue.WHICH_REPOSITORY.format(
            names=names, ref=shown(named), example=example
        )
        return Section(reason=Reason.CLARIFICATION_ASKED, lines=(text,))
    if named:
        text = catalogue.OTHER_ITEM_UNKNOWN.format(key=shown(named))
        return Section(reason=Reason.WITHHELD_FOR_AUDIENCE, lines=(text,))
    return Section(reason=Reason.ITEM_NOT_NAMED, lines=(code_catalogue.WHICH_PULL_REQUEST,))


def _reviewer_lines(request: PullRequest) -> tuple[str, ...]:
    if not request.reviews:
        return (code_catalogue.NO_REVIEWER.format(ref=_link_of(request)),)
    lines = [
        catalogue.BULLET.format(
            text=code_catalogue.REVIEWER.format(
                name=shown(one.reviewer.name), said=code_catalogue.REVIEWER_SAID[one.state]
            )
        )
        for one in request.reviews[:_MOST_SHOWN]
    ]
    return (code_catalogue.REVIEWERS.format(ref=_link_of(request)), *lines)


def _queue_section(asked: AskedCode, wording: DateWording) -> Section:
    if not asked.queues:
        lines: tuple[str, ...] = (code_catalogue.NO_REPOSITORY,)
        return Section(reason=Reason.WITHHELD_FOR_AUDIENCE, lines=lines)
    read = [one for one in asked.queues if isinstance(one.known, Fact)]
    waiting = sorted(
        (request for one in read for request in _waiting_in(one)),
        key=lambda request: request.created_at,
    )
    unread = tuple(_unread(one) for one in asked.queues if isinstance(one.known, Unknown))
    names = catalogue.listed_with_and([shown(one.repository) for one in read])
    head: tuple[str, ...]
    if waiting:
        head = (code_catalogue.QUEUE.of(len(waiting), repositories=names),)
    else:
        head = (code_catalogue.NOTHING_WAITS.format(repositories=names),) if read else ()
    lines = (*head, *(_waiting_line(one, wording) for one in waiting[:_MOST_SHOWN]), *unread)
    sources = tuple(
        Source(one.repository, one.known.source_url) for one in read if isinstance(one.known, Fact)
    )
    return Section(reason=Reason.ANSWERED_FROM_FACTS, lines=lines, sources=sources)


def _waiting_in(queue: ReadQueue) -> tuple[PullRequest, ...]:
    known = queue.known.value if isinstance(queue.known, Fact) else ()
    return tuple(one for one in known if waits_for_review(one))


def _waiting_line(request: PullRequest, wording: DateWording) -> str:
    names = [
        shown(one.reviewer.name) for one in request.reviews if one.state is ReviewState.WAITING
    ]
    waits = (
        code_catalogue.WAITS_FOR_REVIEW.format(names=catalogue.listed_with_and(names))
        if names
        else code_catalogue.WAITS_FOR_NOBODY
    )
    opened = request.created_at.astimezone(wording.zone).date()
    state = code_catalogue.OPENED.format(state="open", day=wording.near(opened))
    text = code_catalogue.PULL_REQUEST.format(
        ref=_link_of(request), title=shown(request.title), state=f"{waits}; {state}"
    )
    return catalogue.BULLET.format(text=text)


def _unread(queue: ReadQueue) -> str:
    reason = queue.known.reason if isinstance(queue.known, Unknown) else None
    why = code_catalogue.WHY_CODE_UNKNOWN[reason] if reason is not None else ""
    return code_catalogue.QUEUE_UNKNOWN.format(repository=shown(queue.repository), why=why)


def _link_of(request: PullRequest) -> str:
    return link(escape_markdown(str(request.ref)), request.url)
