"""Sections put together: at most six lines, a fold for the rest, one line of sources."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from chargehand.decisions import catalogue, reason_catalogue
from chargehand.decisions.audience_rules import ReplyRule, Told
from chargehand.decisions.markdown import bounded, escape_markdown, link
from chargehand.decisions.placement import Placement
from chargehand.decisions.section import Part, Section
from chargehand.domain.action import ActionKind, ProposedAction
from chargehand.domain.ask import Ask
from chargehand.domain.decision import Source
from chargehand.domain.event import EVERYONE, Actor
from chargehand.domain.fact import Fact
from chargehand.domain.ids import ConnectionId, WorkItemKey
from chargehand.domain.json import JSONObject
from chargehand.domain.keys import keys_in
from chargehand.kit.clock import to_micros

LINE_LIMIT: Final = 6
_BULLET: Final = "- "
_WITHHELD_PARTS: Final = {
    reason_catalogue.WITHHELD_COMMENTS: Part.COMMENTS,
    reason_catalogue.WITHHELD_CHANGES: Part.HISTORY,
    reason_catalogue.WITHHELD_LINKS: Part.LINKS,
    reason_catalogue.WITHHELD_PULL_REQUESTS: Part.CODE,
    reason_catalogue.WITHHELD_REFERENCES: Part.CODE,
}


@dataclass(frozen=True, slots=True)
class Reply:
    """The text of an answer: what everybody sees, and what waits under the fold."""

    markdown: str
    more: str
    more_title: str
    sources: tuple[Source, ...]


def compose(
    sections: Sequence[Section], *, notes: Sequence[str], own_key: WorkItemKey | None
) -> Reply:
    """One reply from all sections, in order.

    Shape: every section shows at least its first line; `notes` become one closing line. The
    Markdown is empty when no section has anything to say.
    """
    talking = [one for one in sections if one.lines]
    sources = sources_of(sections)
    if not talking:
        return Reply(markdown="", more="", more_title="", sources=sources)
    note = " ".join(notes)
    room = LINE_LIMIT - bool(note)
    visible: list[str] = []
    folded: list[str] = []
    spare = max(room - len(talking), 0)
    for section in talking:
        taken = 1 + min(len(section.lines) - 1, spare)
        spare -= taken - 1
        visible.extend(section.lines[:taken])
        folded.extend((*section.lines[taken:], *section.more))
    closing = (*((note,) if note else ()), *_sources_line(sources_of(talking)))
    titles = [one.more_title for one in talking if one.more_title]
    default_title = (
        catalogue.MORE_TITLE.format(key=own_key) if own_key else catalogue.MORE_TITLE_OF_NOTHING
    )
    return Reply(
        markdown="\n\n".join((join_lines(visible), *closing)),
        more=join_lines(folded),
        more_title=(titles[0] if titles and len(talking) == 1 else default_title) if folded else "",
        sources=sources,
    )


def items_named(
    sections: Sequence[Section], reply: Reply, *, own_key: WorkItemKey
) -> tuple[WorkItemKey, ...]:
    """The work items besides the asked one of which a reply tells, by key."""
    # Markdown escapes one sign of a key, the underscore of a project's name.
    text = f"{reply.markdown}\n{reply.more}".replace("\\", "")
    told = [one.told for one in sections if one.told is not None]
    keys = {one.item.key for one in told}
    keys |= {linked.key for one in told for linked in one.item.links}
    return tuple(sorted(keys_in(text) & keys - {own_key}))


def comment_action(
    ask: Ask,
    reply: Reply,
    *,
    rule: ReplyRule,
    connection_id: ConnectionId,
    named: Sequence[WorkItemKey] = (),
) -> ProposedAction:
    """The comment that carries a reply, restricted as the question was.

    Internal comments and replies to customers are restricted by their kind; a role or a group
    travels in the parameters. `named` are other work items it tells of: they belong to what the
    reply is based on, since an approval can take days and they may be closed off meanwhile.
    """
    by_kind = rule.comment_kind is not ActionKind.JIRA_ADD_COMMENT
    visibility = EVERYONE if by_kind else rule.visibility
    return ProposedAction(
        kind=rule.comment_kind,
        connection_id=connection_id,
        project=ask.project,
        target=ask.item,
        params={
            "markdown": reply.markdown,
            "more": reply.more,
            "more_title": reply.more_title,
            "mention": _mention(ask.asker),
            "visibility": {
                "kind": visibility.kind.value,
                "value": visibility.value,
                "identifier": visibility.identifier,
            },
        },
        base={
            "comment_id": ask.comment_id,
            "asked_at_ms": to_micros(ask.asked_at) // 1000,
            **({"named": list(named)} if named else {}),
        },
        preview="",
    )


def message_action(
    ask: Ask, reply: Reply, placement: Placement, *, connection_id: ConnectionId
) -> ProposedAction:
    """The message that carries a reply in a chat, where nothing can be folded away."""
    words = [reply.markdown]
    if reply.more:
        words += [f"**{reply.more_title}**", reply.more]
    return ProposedAction(
        kind=placement.kind,
        connection_id=connection_id,
        project=ask.project,
        target=placement.target,
        params={"markdown": "\n\n".join(words), **placement.params},
        base={},
        preview="",
    )


def _mention(asker: Actor) -> JSONObject | None:
    name = bounded(asker.name)
    if asker.account_id is None or not name:
        return None
    return {"account_id": asker.account_id, "name": name}


def join_lines(lines: Sequence[str]) -> str:
    """Lines as Markdown: list entries stand together, every other line is its own paragraph."""
    text = ""
    before = ""
    for line in lines:
        if text:
            is_same_list = before.startswith(_BULLET) and line.startswith(_BULLET)
            text += "\n" if is_same_list else "\n\n"
        text += line
        before = line
    return text


def sources_of(sections: Sequence[Section]) -> tuple[Source, ...]:
    """Where the statements of these sections can be checked, each place once."""
    by_key: dict[WorkItemKey, Section] = {}
    for section in sections:
        if section.told is None:
            continue
        key = section.told.item.key
        earlier = by_key.get(key)
        by_key[key] = section if earlier is None else _with_both(earlier, section)
    of_items = [source for section in by_key.values() for source in _sources_of_item(section)]
    return tuple(dict.fromkeys([*of_items, *(one for own in sections for one in own.sources)]))


def withheld_of(sections: Sequence[Section]) -> tuple[str, ...]:
    """What was left out of these sections for the audience's sake, each entry once."""
    entries: list[str] = []
    for section in sections:
        entries.extend(section.withheld)
        told = section.told.withheld if section.told else ()
        entries.extend(entry for entry in told if _concerns(entry, section))
    return tuple(dict.fromkeys(entries))


def _concerns(entry: str, section: Section) -> bool:
    part = _WITHHELD_PARTS.get(entry.partition(":")[0])
    return part is None or part in section.looked_at


def _with_both(left: Section, right: Section) -> Section:
    comments = {one.id: one for one in (*left.comments, *right.comments)}
    return replace(
        left,
        looked_at=left.looked_at | right.looked_at,
        comments=tuple(comments.values()),
    )


def _sources_of_item(section: Section) -> list[Source]:
    told = section.told
    if told is None:
        return []
    sources = [Source(label=told.item.key, url=told.item_url)]
    comments = section.comments
    if comments and isinstance(told.comments, Fact):
        url = comments[0].url if len(comments) == 1 else told.comments.source_url
        label = catalogue.SOURCE_COMMENTS.of(len(comments))
        sources.append(_source(told, label, url or told.comments.source_url))
    if Part.HISTORY in section.looked_at and isinstance(told.history, Fact):
        sources.append(_source(told, catalogue.SOURCE_HISTORY, told.history.source_url))
    sprint = told.sprint
    if Part.SPRINT in section.looked_at and isinstance(sprint, Fact) and sprint.value is not None:
        sources.append(_source(told, catalogue.SOURCE_SPRINT, sprint.source_url))
    if Part.CODE in section.looked_at:
        read = (one for one in told.code.pull_requests if isinstance(one.known, Fact))
        sources.extend(Source(label=str(one.ref), url=one.url) for one in read)
    return sources


def _source(told: Told, label: str, url: str) -> Source:
    if not told.is_own:
        label = catalogue.SOURCE_OF_OTHER.format(key=told.item.key, source=label)
    return Source(label=label, url=url)


def _sources_line(sources: Sequence[Source]) -> tuple[str, ...]:
    links = [link(escape_markdown(one.label), one.url) for one in sources]
    if not links:
        return ()
    return (catalogue.SOURCES.format(sources=catalogue.SOURCE_SEPARATOR.join(links)),)
