"""Changes of issues: transitions, assignees, labels and other fields, each with its history."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final, TypeAlias

from chargehand.testing.jira import permissions as rights
from chargehand.testing.jira.adf import adf_to_wiki, is_document
from chargehand.testing.jira.permissions import may, may_on_issue
from chargehand.testing.jira.records import ChangeItem, Issue, Person, WorkflowMove
from chargehand.testing.jira.refusals import JiraRefused
from chargehand.testing.jira.site import Site
from chargehand.testing.jira.workflows import PRIORITIES, RESOLUTIONS

Edit: TypeAlias = tuple[Issue, list[ChangeItem]]

_NOT_ON_SCREEN: Final = "Field '{}' cannot be set. It is not on the appropriate screen, or unknown."


def available_moves(site: Site, issue: Issue, caller: Person) -> list[WorkflowMove]:
    """The transitions the caller could do now; none without the right."""
    project = site.project_of(issue)
    if not may_on_issue(caller, rights.TRANSITION, issue, project):
        return []
    moves = project.workflow.moves
    return [m for m in moves if not m.from_statuses or issue.status in m.from_statuses]


def transition_issue(
    site: Site, issue: Issue, *, caller: Person, move_id: str, fields: Mapping[str, Any]
) -> Issue:
    """Move an issue through its workflow."""
    move = next((m for m in available_moves(site, issue, caller) if m.id == move_id), None)
    if move is None:
        raise JiraRefused(400, f"Transition id '{move_id}' is not valid for this issue.")
    missing = [name for name in move.required_fields if not fields.get(name)]
    if missing:
        texts = {name: f"{name.capitalize()} is required." for name in missing}
        raise JiraRefused(400, errors=texts)
    foreign = [name for name in fields if name not in move.required_fields]
    if foreign:
        raise JiraRefused(400, errors={name: _NOT_ON_SCREEN.format(name) for name in foreign})
    return move_issue(site, issue, actor=caller, move=move, fields=fields)


def move_issue(
    site: Site, issue: Issue, *, actor: Person, move: WorkflowMove, fields: Mapping[str, Any]
) -> Issue:
    """Carry out a transition that is allowed."""
    workflow = site.project_of(issue).workflow
    before, after = workflow.status(issue.status), workflow.status(move.to_status)
    named = _resolution(fields["resolution"]) if "resolution" in fields else move.resolution
    resolution = (named or "Done") if after.category == "done" else None
    items = [
        ChangeItem("status", "status", before.id, before.name, after.id, after.name),
        *_resolution_change(issue.resolution, resolution),
    ]
    moved = replace(issue, status=after.id, resolution=resolution)
    return site.change_issue(moved, actor, items)


def _resolution(value: object) -> str:
    name = value.get("name") if isinstance(value, dict) else None
    by_id = {number: text for text, number in RESOLUTIONS.items()}
    found = name if isinstance(name, str) and name in RESOLUTIONS else None
    if found is None and isinstance(value, dict):
        found = by_id.get(str(value.get("id")))
    if found is None:
        raise JiraRefused(400, errors={"resolution": "The resolution selected is invalid."})
    return found


def _resolution_change(before: str | None, after: str | None) -> list[ChangeItem]:
    if before == after:
        return []
    old = RESOLUTIONS[before] if before else None
    new = RESOLUTIONS[after] if after else None
    return [ChangeItem("resolution", "resolution", old, before, new, after)]


def assign_issue(site: Site, issue: Issue, *, caller: Person, account_id: str | None) -> Issue:
    """Give an issue to somebody, or to nobody."""
    if not may_on_issue(caller, rights.ASSIGN, issue, site.project_of(issue)):
        raise JiraRefused(403, "You do not have permission to assign issues.")
    after, items = _set_assignee(site, issue, {"accountId": account_id})
    return site.change_issue(after, caller, items)


def edit_issue(
    site: Site,
    issue: Issue,
    *,
    caller: Person,
    fields: Mapping[str, Any],
    update: Mapping[str, Sequence[Mapping[str, Any]]],
) -> Issue:
    """Set fields and run update operations, all or nothing."""
    project = site.project_of(issue)
    if not may_on_issue(caller, rights.EDIT, issue, project):
        raise JiraRefused(403, "You do not have permission to edit issues in this project.")
    both = set(fields) & set(update)
    if both:
        texts = {name: f"Field '{name}' cannot be in both fields and update." for name in both}
        raise JiraRefused(400, errors=texts)
    wanted = {**fields, **_set_operations(issue, update)}
    after, items = edited_fields(site, issue, caller=caller, fields=wanted)
    return site.change_issue(after, caller, items)


def edited_fields(
    site: Site, issue: Issue, *, caller: Person, fields: Mapping[str, Any]
) -> tuple[Issue, list[ChangeItem]]:
    """The issue with fields set, not stored yet."""
    project = site.project_of(issue)
    after, items = issue, list[ChangeItem]()
    for name, value in fields.items():
        edit = _EDITS.get(_plain_name(site, name))
        held_by = HELD_BY.get(name)
        if edit is None or (held_by and not may(caller, held_by, project)):
            raise JiraRefused(400, errors={name: _NOT_ON_SCREEN.format(name)})
        after, more = edit(site, after, value)
        items.extend(more)
    return after, items


def _plain_name(site: Site, name: str) -> str:
    return "flagged" if name == site.state.flagged_field else name


def _set_operations(
    issue: Issue, update: Mapping[str, Sequence[Mapping[str, Any]]]
) -> dict[str, Any]:
    """The values that a series of set, add and remove operations leads to."""
    values: dict[str, Any] = {}
    for name, operations in update.items():
        labels = list(issue.labels) if name == "labels" else None
        for operation in operations:
            verb, value = _single_operation(name, operation)
            if verb == "set":
                values[name] = labels = value
            elif labels is not None and verb in {"add", "remove"}:
                rest = [label for label in labels if label != value]
                values[name] = labels = [*rest, value] if verb == "add" else rest
            else:
                text = f"Field '{name}' does not support operation '{verb}'."
                raise JiraRefused(400, errors={name: text})
    return values


def _single_operation(name: str, operation: Mapping[str, Any]) -> tuple[str, Any]:
    if len(operation) != 1:
        raise JiraRefused(400, errors={name: "Each operation must name exactly one verb."})
    return next(iter(operation.items()))


def _set_assignee(site: Site, issue: Issue, value: Any) -> Edit:
    account = value.get("accountId") if isinstance(value, dict) else None
    person = site.state.people.get(account or "")
    is_possible = person is not None and may(person, rights.ASSIGNABLE, site.project_of(issue))
    if account is not None and not is_possible:
        text = f"User '{account}' cannot be assigned issues."
        raise JiraRefused(400, errors={"assignee": text})
    if issue.assignee == account:
        return issue, []
    names = site.state.names()
    before = names.get(issue.assignee) if issue.assignee else None
    after = person.name if person else None
    item = ChangeItem("assignee", "assignee", issue.assignee, before, account, after)
    return replace(issue, assignee=account), [item]


def _set_labels(_site: Site, issue: Issue, value: Any) -> Edit:
    if not isinstance(value, list) or not all(isinstance(label, str) for label in value):
        raise JiraRefused(400, errors={"labels": "data was not an array"})
    for label in value:
        if any(character.isspace() for character in label) or not label:
            text = f"The label '{label}' contains spaces which is invalid."
            raise JiraRefused(400, errors={"labels": text})
        if len(label) > _LABEL_LIMIT:
            text = f"The label '{label}' exceeds the limit of {_LABEL_LIMIT} characters."
            raise JiraRefused(400, errors={"labels": text})
    labels = tuple(dict.fromkeys(value))
    if set(labels) == set(issue.labels):
        return issue, []
    item = ChangeItem("labels", "labels", None, " ".join(issue.labels), None, " ".join(labels))
    return replace(issue, labels=labels), [item]


_LABEL_LIMIT: Final = 255


def _set_summary(_site: Site, issue: Issue, value: Any) -> Edit:
    if not isinstance(value, str) or not value.strip():
        raise JiraRefused(400, errors={"summary": "You must specify a summary of the issue."})
    if value == issue.summary:
        return issue, []
    item = ChangeItem("summary", "summary", None, issue.summary, None, value)
    return replace(issue, summary=value), [item]


def _set_description(_site: Site, issue: Issue, value: Any) -> Edit:
    if value is not None and not is_document(value):
        text = "Operation value must be an Atlassian Document (see the Atlassian Document Format)"
        raise JiraRefused(400, errors={"description": text})
    if value == issue.description:
        return issue, []
    before = adf_to_wiki(issue.description) if issue.description else None
    after = adf_to_wiki(value) if value else None
    item = ChangeItem("description", "description", None, before, None, after)
    return replace(issue, description=value), [item]


def _set_due_date(_site: Site, issue: Issue, value: Any) -> Edit:
    try:
        due_on = date.fromisoformat(value) if value is not None else None
    except (TypeError, ValueError) as error:
        text = "Error parsing date string: " + str(value)
        raise JiraRefused(400, errors={"duedate": text}) from error
    if due_on == issue.due_on:
        return issue, []
    before = issue.due_on.isoformat() if issue.due_on else None
    after = due_on.isoformat() if due_on else None
    item = ChangeItem("duedate", "duedate", before, before, after, after)
    return replace(issue, due_on=due_on), [item]


def _set_priority(_site: Site, issue: Issue, value: Any) -> Edit:
    by_id = {number: name for name, number in PRIORITIES.items()}
    named = value if isinstance(value, dict) else {}
    name = named.get("name") or by_id.get(str(named.get("id")))
    if name not in PRIORITIES:
        raise JiraRefused(400, errors={"priority": "The priority selected is invalid."})
    if name == issue.priority:
        return issue, []
    item = ChangeItem(
        "priority", "priority", PRIORITIES[issue.priority], issue.priority, PRIORITIES[name], name
    )
    return replace(issue, priority=name), [item]


def _set_components(site: Site, issue: Issue, value: Any) -> Edit:
    names = _known_names(value, site.project_of(issue).components, "components")
    if set(names) == set(issue.components):
        return issue, []
    before, after = ", ".join(issue.components) or None, ", ".join(names) or None
    item = ChangeItem("Component", "components", None, before, None, after)
    return replace(issue, components=names), [item]


def _set_fix_versions(site: Site, issue: Issue, value: Any) -> Edit:
    names = _known_names(value, site.project_of(issue).versions, "fixVersions")
    if set(names) == set(issue.fix_versions):
        return issue, []
    before, after = ", ".join(issue.fix_versions) or None, ", ".join(names) or None
    item = ChangeItem("Fix Version", "fixVersions", None, before, None, after)
    return replace(issue, fix_versions=names), [item]


def _known_names(value: Any, known: Sequence[str], field: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise JiraRefused(400, errors={field: "data was not an array"})
    names = [one.get("name") if isinstance(one, dict) else None for one in value]
    for name in names:
        if name not in known:
            raise JiraRefused(400, errors={field: f"'{name}' is not valid"})
    # Jira keeps them in the project's order, whatever order they came in.
    return tuple(name for name in known if name in names)


def _set_flagged(site: Site, issue: Issue, value: Any) -> Edit:
    flagged = bool(value)
    if flagged == issue.flagged:
        return issue, []
    texts = {True: "Impediment", False: ""}
    item = ChangeItem(
        "Flagged",
        site.state.flagged_field,
        None,
        texts[issue.flagged],
        None,
        texts[flagged],
        kind="custom",
    )
    return replace(issue, flagged=flagged), [item]


_EDITS: Final[Mapping[str, Callable[[Site, Issue, Any], Edit]]] = {
    "assignee": _set_assignee,
    "labels": _set_labels,
    "summary": _set_summary,
    "description": _set_description,
    "duedate": _set_due_date,
    "priority": _set_priority,
    "flagged": _set_flagged,
    "components": _set_components,
    "fixVersions": _set_fix_versions,
}
# A person without the right does not have the field on the screen.
HELD_BY: Final[Mapping[str, str]] = {"duedate": rights.SCHEDULE, "fixVersions": rights.RESOLVE}
