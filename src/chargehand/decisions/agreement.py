"""Whether what a person did is what an action would have done, by what the vendor told of it.

Words are never compared: that two texts say the same can not be told from the texts alone.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

from chargehand.decisions.catalogue import LABELS_ADDED
from chargehand.domain.action import ActionKind
from chargehand.domain.event import EventKind
from chargehand.domain.json import JSONObject, JSONValue

# The changes of one update, by the field they are of.
_Changes: TypeAlias = Mapping[str, Sequence[Mapping[str, JSONValue]]]
# What an update calls a field, by what an action calls it.
_FIELDS: Final = {
    "summary": "summary",
    "priority": "priority",
    "due": "duedate",
    "components": "component",
    "fix_versions": "fix version",
}
# What a code host says a person did, for each kind that has such a word.
_REVIEWERS_CHANGED: Final = frozenset({"review_requested", "review_request_removed", None})
_LABELS_CHANGED: Final = frozenset({"labeled", "unlabeled"})
_ASSIGNEES_CHANGED: Final = frozenset({"assigned", "unassigned"})
_MOST_SHOWN: Final = 80


class Compared(NamedTuple):
    """How one event compares: the same was done, or something else, which `did` names.

    Shape: `is_same` is None where the vendor does not tell enough to say. None instead of a
    comparison means that the event is about something else.
    """

    is_same: bool | None
    did: str


def changes_items(kind: ActionKind) -> bool:
    """Whether a kind changes a work item in a way its updates tell of."""
    return kind in _BY_CHANGELOG


def changes_code(kind: ActionKind) -> bool:
    """Whether a kind changes a pull request or an issue of a code host in a way events tell of."""
    return kind in _BY_CODE_EVENT


def proposed_words(kind: ActionKind, params: JSONObject) -> str:
    """What an action would have done, in a few words; empty where only its text would say it."""
    say = _WORDS.get(kind)
    return say(params)[:_MOST_SHOWN] if say is not None else ""


def compare_item_change(kind: ActionKind, params: JSONObject, data: JSONObject) -> Compared | None:
    """What the update of a work item by a person says about an action on it."""
    log = data.get("changelog")
    changes: dict[str, list[Mapping[str, JSONValue]]] = {}
    for one in log if isinstance(log, list) else ():
        if isinstance(one, dict):
            changes.setdefault(str(one.get("field", "")).casefold(), []).append(one)
    return _BY_CHANGELOG[kind](params, changes) if changes else None


def compare_code_event(
    kind: ActionKind, params: JSONObject, event_kind: EventKind, data: JSONObject
) -> Compared | None:
    """What an event on a code host by a person says about an action on the same thing."""
    return _BY_CODE_EVENT[kind](params, event_kind, data)


def _transition(params: JSONObject, changes: _Changes) -> Compared | None:
    found = changes.get("status", ())
    if not found:
        return None
    wanted = _text(params.get("to_status")).casefold()
    statuses = [_text(one.get("to_text")) for one in found]
    is_same = any(status.casefold() == wanted for status in statuses)
    return Compared(is_same, f"status {statuses[-1]}")


def _assign(params: JSONObject, changes: _Changes) -> Compared | None:
    found = changes.get("assignee", ())
    if not found:
        return None
    wanted = _text(params.get("account_id"))
    last = found[-1]
    is_same = any(_text(one.get("to")) == wanted for one in found)
    return Compared(is_same, f"assignee {_text(last.get('to_text')) or 'nobody'}")


def _add_labels(params: JSONObject, changes: _Changes) -> Compared | None:
    return _labels(params, changes, adds=True)


def _remove_labels(params: JSONObject, changes: _Changes) -> Compared | None:
    return _labels(params, changes, adds=False)


def _labels(params: JSONObject, changes: _Changes, *, adds: bool) -> Compared | None:
    found = changes.get("labels", ())
    if not found:
        return None
    before = {word for one in found for word in _text(one.get("from_text")).split()}
    after = {word for one in found for word in _text(one.get("to_text")).split()}
    wanted = set(_texts(params.get("labels")))
    moved = after - before if adds else before - after
    shown = [f"+{one}" for one in sorted(after - before)]
    shown += [f"-{one}" for one in sorted(before - after)]
    return Compared(wanted <= moved, f"labels {' '.join(shown)}"[:_MOST_SHOWN])


def _link(params: JSONObject, changes: _Changes) -> Compared | None:
    return _linked(params, changes, end="to")


def _unlink(params: JSONObject, changes: _Changes) -> Compared | None:
    return _linked(params, changes, end="from")


def _linked(params: JSONObject, changes: _Changes, *, end: str) -> Compared | None:
    found = [one for one in changes.get("link", ()) if _text(one.get(end))]
    if not found:
        return None
    wanted, relation = _text(params.get("to")), _text(params.get("relation")).casefold()
    texts = [_text(one.get(f"{end}_text")) for one in found]
    is_same = any(
        _text(one.get(end)) == wanted and relation in text.casefold()
        for one, text in zip(found, texts, strict=True)
    )
    return Compared(is_same, texts[-1][:_MOST_SHOWN])


def _fields(params: JSONObject, changes: _Changes) -> Compared | None:
    wanted = params.get("fields")
    if not isinstance(wanted, dict):
        return None
    names = {name: _FIELDS.get(str(name), str(name)) for name in wanted}
    found = {name: changes.get(told, ()) for name, told in names.items()}
    changed = {name: one for name, one in found.items() if one}
    if not changed:
        return None
    is_same = all(_is_set(found[name], value) for name, value in wanted.items())
    shown = [f"{name} {_text(one[-1].get('to_text')) or 'empty'}" for name, one in changed.items()]
    return Compared(is_same, ", ".join(shown)[:_MOST_SHOWN])


def _is_set(found: Sequence[Mapping[str, JSONValue]], value: JSONValue) -> bool:
    told = {_text(one.get("to_text")).casefold() for one in found}
    told |= {_text(one.get("to")).casefold() for one in found}
    if isinstance(value, list):
        return all(_text(one).casefold() in told for one in value)
    return _text(value).casefold() in told


def _request_reviewers(
    params: JSONObject, event_kind: EventKind, data: JSONObject
) -> Compared | None:
    return _reviewers(params, event_kind, data, adds=True)


def _remove_reviewers(
    params: JSONObject, event_kind: EventKind, data: JSONObject
) -> Compared | None:
    return _reviewers(params, event_kind, data, adds=False)


def _reviewers(
    params: JSONObject, event_kind: EventKind, data: JSONObject, *, adds: bool
) -> Compared | None:
    is_update = event_kind is EventKind.PULL_REQUEST_UPDATED
    if not is_update or data.get("change") not in _REVIEWERS_CHANGED:
        return None
    wanted = _folded(params.get("reviewers") or params.get("account_ids"))
    there = _folded(_ids(data.get("reviewers")))
    is_same = wanted <= there if adds else wanted.isdisjoint(there)
    if data.get("change") is None and not is_same:
        # Bitbucket tells of every change alike; only one that has the reviewers is about them.
        return None
    return Compared(is_same, f"reviewers {', '.join(sorted(there)) or 'none'}"[:_MOST_SHOWN])


def _code_labels(params: JSONObject, event_kind: EventKind, data: JSONObject) -> Compared | None:
    return _on_issue("labels", params, event_kind, data, _LABELS_CHANGED, adds=True)


def _code_unlabel(params: JSONObject, event_kind: EventKind, data: JSONObject) -> Compared | None:
    return _on_issue("labels", params, event_kind, data, _LABELS_CHANGED, adds=False)


def _code_assign(params: JSONObject, event_kind: EventKind, data: JSONObject) -> Compared | None:
    return _on_issue("assignees", params, event_kind, data, _ASSIGNEES_CHANGED, adds=True)


def _code_unassign(params: JSONObject, event_kind: EventKind, data: JSONObject) -> Compared | None:
    return _on_issue("assignees", params, event_kind, data, _ASSIGNEES_CHANGED, adds=False)


def _on_issue(
    name: str,
    params: JSONObject,
    event_kind: EventKind,
    data: JSONObject,
    words: frozenset[str],
    *,
    adds: bool,
) -> Compared | None:
    if data.get("change") not in words:
        return None
    if event_kind is not EventKind.WORK_ITEM_UPDATED:
        # Of a pull request it is told that they changed, and not to what.
        return Compared(is_same=None, did=f"{name} changed")
    value = data.get(name)
    there = _folded(_ids(value) if name == "assignees" else value)
    wanted = _folded(params.get(name))
    is_same = wanted <= there if adds else wanted.isdisjoint(there)
    return Compared(is_same, f"{name} {', '.join(sorted(there)) or 'none'}"[:_MOST_SHOWN])


def _approve(_params: JSONObject, event_kind: EventKind, data: JSONObject) -> Compared | None:
    state = data.get("review_state")
    if event_kind is EventKind.PULL_REQUEST_APPROVED or state == "approved":
        return Compared(is_same=True, did="approved")
    if event_kind is EventKind.PULL_REQUEST_DECLINED or state == "changes_requested":
        return Compared(is_same=False, did=_text(state) or "declined")
    return None


_BY_CHANGELOG: Final[Mapping[ActionKind, Callable[[JSONObject, _Changes], Compared | None]]] = {
    ActionKind.JIRA_TRANSITION_ISSUE: _transition,
    ActionKind.JIRA_ASSIGN_ISSUE: _assign,
    ActionKind.JIRA_ADD_LABELS: _add_labels,
    ActionKind.JIRA_REMOVE_LABELS: _remove_labels,
    ActionKind.JIRA_LINK_ISSUES: _link,
    ActionKind.JIRA_UNLINK_ISSUES: _unlink,
    ActionKind.JIRA_UPDATE_FIELDS: _fields,
}
_BY_CODE_EVENT: Final[
    Mapping[ActionKind, Callable[[JSONObject, EventKind, JSONObject], Compared | None]]
] = {
    ActionKind.BITBUCKET_ADD_REVIEWERS: _request_reviewers,
    ActionKind.BITBUCKET_REMOVE_REVIEWERS: _remove_reviewers,
    ActionKind.BITBUCKET_APPROVE: _approve,
    ActionKind.GITHUB_REQUEST_REVIEWERS: _request_reviewers,
    ActionKind.GITHUB_REMOVE_REVIEWERS: _remove_reviewers,
    ActionKind.GITHUB_APPROVE: _approve,
    ActionKind.GITHUB_ADD_LABELS: _code_labels,
    ActionKind.GITHUB_REMOVE_LABELS: _code_unlabel,
    ActionKind.GITHUB_ASSIGN: _code_assign,
    ActionKind.GITHUB_UNASSIGN: _code_unassign,
}
_WORDS: Final[Mapping[ActionKind, Callable[[JSONObject], str]]] = {
    ActionKind.JIRA_TRANSITION_ISSUE: lambda params: f"status {_text(params.get('to_status'))}",
    ActionKind.JIRA_ASSIGN_ISSUE: lambda params: (
        f"assignee {_text(params.get('name')) or _text(params.get('account_id')) or 'nobody'}"
    ),
    ActionKind.JIRA_ADD_LABELS: lambda params: (
        f"{LABELS_ADDED}{' +'.join(_texts(params.get('labels')))}"
    ),
    ActionKind.JIRA_LINK_ISSUES: lambda params: (
        f"{_text(params.get('relation'))} {_text(params.get('to'))}"
    ),
    ActionKind.JIRA_UPDATE_FIELDS: lambda params: ", ".join(
        f"{name} {', '.join(_texts(value)) or 'empty'}" for name, value in _items(params, "fields")
    ),
    ActionKind.GITHUB_ADD_LABELS: lambda params: f"labels {' '.join(_texts(params.get('labels')))}",
    ActionKind.GITHUB_ASSIGN: lambda params: f"assignees {_listed(params.get('assignees'))}",
    ActionKind.GITHUB_REQUEST_REVIEWERS: lambda params: (
        f"reviewers {_listed(params.get('reviewers'))}"
    ),
    ActionKind.BITBUCKET_ADD_REVIEWERS: lambda params: (
        f"reviewers {_listed(params.get('account_ids'))}"
    ),
    ActionKind.GITHUB_APPROVE: lambda _: "approved",
    ActionKind.BITBUCKET_APPROVE: lambda _: "approved",
}


def _items(params: JSONObject, name: str) -> Iterable[tuple[str, JSONValue]]:
    value = params.get(name)
    return value.items() if isinstance(value, dict) else ()


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _listed(value: object) -> str:
    return ", ".join(_texts(value))


def _ids(value: object) -> list[str]:
    """The ids of people as a code host's event lists them."""
    found = value if isinstance(value, list) else ()
    return [_text(one.get("id")) for one in found if isinstance(one, dict)]


def _folded(value: object) -> set[str]:
    return {one.casefold() for one in _texts(value)}
