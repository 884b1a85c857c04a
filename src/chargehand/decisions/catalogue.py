"""Every text a person can read because of a decision, in one place, with its placeholders.

Placeholders are filled with text that is already safe in Markdown; `{key}` is a work item key.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chargehand.domain.decision import Reason
from chargehand.domain.fact import UnknownReason
from chargehand.domain.work_item import FieldName, Right


@dataclass(frozen=True, slots=True)
class Counted:
    """One text for one thing, another for more."""

    one: str
    many: str

    def of(self, count: int, **values: str) -> str:
        """The text for this many."""
        return (self.one if count == 1 else self.many).format(count=count, **values)


# Dates
WEEKDAYS: Final = (
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
)
MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
DAY: Final = "{weekday} {day} {month} {year}"
MOMENT: Final = "{day} at {time}"
TIME_IN_ZONE: Final = "{time} ({zone})"
DAY_WITH_DISTANCE: Final = "{day} ({distance})"
TODAY: Final = "today"
TOMORROW: Final = "tomorrow"
DAYS_AHEAD: Final = Counted("in {count} day", "in {count} days")
DAYS_AGO: Final = Counted("yesterday", "{count} days ago")
DAYS_OVERDUE: Final = Counted("{count} day overdue", "{count} days overdue")

# The frame of a reply
SOURCES: Final = "Sources: {sources}"
SOURCE_SEPARATOR: Final = " · "
SOURCE_COMMENTS: Final = Counted("{count} comment", "{count} comments")
SOURCE_HISTORY: Final = "history"
SOURCE_SPRINT: Final = "sprint"
SOURCE_OF_OTHER: Final = "{key} {source}"
MORE_TITLE: Final = "More about {key}"
MORE_TITLE_OF_NOTHING: Final = "More"
BULLET: Final = "- {text}"
ABOUT: Final = "{key}: "
EXCERPT: Final = "“{text}”"
UPDATED_ON: Final = "Updated on {moment}."
ASKED_ON: Final = "You asked this on {moment}."
FIRST_FEW: Final = "You asked {count} things at once; these are the first {taken}."
NOTHING_CHANGED: Final = "Nothing has changed since {answer}."
MY_ANSWER: Final = "my answer of {time}"
AND: Final = "{first} and {last}"
OR: Final = "{first} or {last}"
COMMA: Final = ", "
SEMICOLON: Final = "; "

# Status, who, due
STATUS_ASSIGNED: Final = "**{status}**, assigned to {name}{since}."
STATUS_UNASSIGNED: Final = "**{status}**, not assigned to anyone."
ASSIGNED: Final = "Assigned to {name}{since}."
UNASSIGNED: Final = "Not assigned to anyone."
SINCE: Final = " since {day}"
DUE: Final = "Due {day}."
DUE_DONE: Final = "It was due {day} and is **{status}**."
NO_DUE_DATE: Final = "{key} has no due date."
SPRINT_ENDS: Final = "In {sprint}, which ends {day}."
SPRINT_ENDED: Final = "In {sprint}, which ended {day}."
SPRINT_PLANNED: Final = "Planned for {sprint}."
SPRINT_OPEN: Final = "In {sprint}."
SPRINT_ENDED_OPEN: Final = "In {sprint}, which is closed."
REPORTED: Final = "Reported by {name} on {day}."
REPORTER_UNKNOWN: Final = "Created on {day}, without a reporter."
LAST_COMMENT: Final = "Last comment by {name} on {moment}: {excerpt}"
LAST_ACTIVE_COMMENT: Final = "Last active: {name}, who commented on {moment}."
LAST_ACTIVE_CHANGE: Final = "Last active: {name}, who changed the {field} on {moment}."

# Blockers
BLOCKED: Final = Counted(
    "{key} is blocked by {count} open item:", "{key} is blocked by {count} open items:"
)
LINKED_ITEM: Final = "{key} {title} ({status})"
HIDDEN_BLOCKERS: Final = Counted(
    "{key} is also recorded as blocked by one linked item elsewhere, "
    "whose state I can not tell here.",
    "{key} is also recorded as blocked by {count} linked items elsewhere, "
    "whose state I can not tell here.",
)
HIDDEN_BLOCKERS_ONLY: Final = Counted(
    "{key} is recorded as blocked by one linked item elsewhere, whose state I can not tell here.",
    "{key} is recorded as blocked by {count} linked items elsewhere, "
    "whose state I can not tell here.",
)
FLAGGED: Final = "{key} is flagged as an impediment."
NOT_BLOCKED: Final = 'Nothing is recorded as blocking {key}: no open "is blocked by" link, no flag.'
MORE_BLOCKERS: Final = Counted("{count} more open item", "{count} more open items")
BLOCKER_WORDS: Final = "{name} wrote on {moment}: {excerpt}"

# Summary
SUMMARY_WHAT: Final = "**{title}** ({facts})"
SUMMARY_BLOCKED: Final = "Blocked by {blockers}."
SUMMARY_BLOCKER: Final = "{key} ({status})"
SUMMARY_NOT_BLOCKED: Final = "Nothing is recorded as blocking it."
SUMMARY_CHANGES: Final = "Last 7 days: {changes}."
SUMMARY_UNCHANGED: Final = "Nothing changed in the last 7 days."
SUMMARY_MORE_CHANGES: Final = Counted("{count} more change", "{count} more changes")
CHANGE_FROM_TO: Final = "{field} from {before} to {after} by {name} on {day}"
CHANGE_TO: Final = "{field} set to {after} by {name} on {day}"
CHANGE_CLEARED: Final = "{field} {before} removed by {name} on {day}"
CHANGE_EDITED: Final = "{field} edited by {name} on {day}"
COMMENT_LINE: Final = "{name} on {moment}: {excerpt}"
PRIORITY: Final = "priority {priority}"
FIELD_NAMES: Final = {
    "duedate": "due date",
    "issuetype": "type",
    "summary": "title",
    "storypoints": "story points",
    "storypointestimate": "story point estimate",
}

# Help and questions back
HELP: Final = "Mention {bot} with one of these commands, or ask in your own words:"
HELP_COMMAND: Final = "{usage}: {what}"
HELP_MORE_TITLE: Final = "What each command does"
BARE: Final = "What would you like to know about {key}: {commands}?"
BARE_IN_CHAT: Final = "Name a work item and ask me for {commands}, as in `status PAY-3`."
EXAMPLE_KEY: Final = "PAY-3"
CREATE_EXAMPLE: Final = 'create {type} "..." in {project}'
CREATE_WHERE: Final = "In which project, {projects}? Say it again with the project: {example}."
CREATE_RIGHT_UNKNOWN: Final = (
    'I could not check whether you have the "{right}" permission in {project}, so nothing is '
    "proposed."
)
CHAT_OF: Final = "{chat}, a chat"
WHICH_ITEM: Final = "Which work item do you mean? Name its key, as in `{command} {example}`."
UNKNOWN_IN_TRACKER: Final = (
    "I propose changes only for people whose account in the tracker I know for sure. Say `whoami` "
    "to see what I know of you, and how to tell me."
)
CHANNEL_NOT_BOUND: Final = (
    "This channel serves no project, so I tell nothing of any here. The operator binds channels to "
    "projects in `chargehand.toml`, under `channels`."
)
ASKER_UNKNOWN: Final = (
    "I do not know for sure who you are in the team, so I tell nothing of its projects here. Say "
    "`whoami` to see what I know of you, and how to tell me."
)
OUTSIDE_AUDIENCE: Final = (
    "People from outside the team can read along here, so I tell nothing of its projects."
)
PUBLIC_AUDIENCE: Final = (
    "Everybody can read along here, so I tell nothing of the team's work items. The operator can "
    "allow it with `tell_in_public`."
)
HINTS: Final = {
    Reason.CHANNEL_NOT_BOUND: CHANNEL_NOT_BOUND,
    Reason.OUTSIDE_AUDIENCE: OUTSIDE_AUDIENCE,
    Reason.ASKER_UNKNOWN: ASKER_UNKNOWN,
}
CHANGE_SIMULATED: Final = "Simulated, so nothing is sent:"
CHANGE_WAITS: Final = "This waits for somebody who may approve it:"
CHANGE_BEGINS: Final = "I do this now:"
CHANGE_APPROVED: Final = "Approved by {who}, {when}:"
CHANGE_REJECTED: Final = "Rejected by {who}, {when}:"
CHANGE_DECIDED_BY: Final = "Who may decide says {approve} or {reject} here."
CHANGE_EXPIRED: Final = "Nobody decided in time, so this is not done:"
CHANGE_VOIDED: Final = "No longer proposed:"
ANNOUNCEMENT: Final = "On {key}:"
RESTRICTED: Final = "Something on a work item that not everybody may read"
APPROVE: Final = "Approve"
REJECT: Final = "Reject"
EDIT: Final = "Edit"
EDIT_TITLE: Final = "Edit what waits"
EDIT_LABEL: Final = "The new words, as Markdown"
REJECT_TITLE: Final = "Reject what waits"
REJECT_LABEL: Final = "Why? You may leave it empty"
FORM_TOO_LATE: Final = (
    "The form could not be opened in time. If it does not stand open, press the button again."
)
ASKED_BESIDE_COMMANDS: Final = "I ran the commands alone; ask the rest in words of its own."
REMINDER: Final = "Reminder: {text}"

# What subscribers are told
SOMEBODY: Final = "somebody"
NEWS_FIELD: Final = "{field}: {before} → {after}, by {who}"
NEWS_BACK: Final = "{field}: changed, and now {value} again, by {who}"
NEWS_NONE: Final = "none"
NEWS_COMMENTS: Final = Counted("A comment by {who}:", "{count} comments by {who}, the last:")
NEWS_OTHERS: Final = Counted("one other", "{count} others")
NEWS_MORE: Final = Counted("and {count} more change", "and {count} more changes")
NEWS_OF_OTHERS: Final = "Changed too: {items}."
NEWS_APPROVAL: Final = "An approval waits, {approval}: {kind} on {target}"
NEWS_LATE: Final = "A question on {subject} waits for a person: {ask}"
NEWS_FAILED: Final = "{kind} on {target} failed: {problem} ({trace})"
NEWS_ENDING: Final = "You subscribed to this. {unsubscribe} ends it, {all} lists what you hear of."
UNCLEAR: Final = "I did not understand {heard}. You can ask me for {commands}."
UNCLEAR_NEAREST: Final = "I did not understand {heard}. Did you mean {nearest}?"
UNCLEAR_WORDLESS: Final = "I did not understand that. You can ask me for {commands}."
FACT_COMMANDS: Final = ("status", "blockers", "summary", "who", "due")
OTHER_ITEM_UNKNOWN: Final = "I can not find {key}, or it is not for this conversation."

# Service projects
CUSTOMER_STATUS: Final = "**{status}**."
CUSTOMER_LIMIT: Final = "A reply that customers read tells the title, status and due date only."
CUSTOMER_WHAT: Final = "{title}: **{status}**."
CUSTOMER_NO_CHANGE: Final = (
    "I did not do that. An internal comment asking for it would get the reason."
)

# Unknowns
PART_COMMENTS: Final = "comments"
PART_HISTORY: Final = "history"
PART_SPRINT: Final = "sprint"
PART_TRANSITIONS: Final = "possible status changes"
PART_FIELDS: Final = "fields that can be set"
PART_CREATION: Final = "types of work items"
PART_LINK_TYPES: Final = "kinds of links"
PART_PEOPLE: Final = "people who can be assigned"
COULD_NOT_READ: Final = "I could not read the {part}: {why}."
WHY_UNKNOWN: Final = {
    UnknownReason.NOT_FOUND: "Jira says there is no such thing",
    UnknownReason.NO_ACCESS: "I have no access",
    UnknownReason.SIGN_IN_REFUSED: "Jira does not accept my sign-in",
    UnknownReason.NOT_CONFIGURED: "it is not set up",
    UnknownReason.UNREACHABLE: "Jira does not answer",
    UnknownReason.RATE_LIMITED: "Jira asks me to wait",
    UnknownReason.UNREADABLE: "Jira answered in a form I can not read",
}

# Writes
RIGHT_NAMES: Final = {
    Right.COMMENT: "Add comments",
    Right.TRANSITION: "Transition issues",
    Right.ASSIGN: "Assign issues",
    Right.EDIT: "Edit issues",
    Right.LINK: "Link issues",
    Right.SCHEDULE: "Schedule issues",
    Right.RESOLVE: "Resolve issues",
    Right.CREATE: "Create issues",
    Right.READ: "Browse projects",
}
NO_RIGHT: Final = (
    'You need the "{right}" permission in {project} to do that, and Jira says you do not have it.'
)
RIGHT_UNKNOWN: Final = (
    'I could not check whether you have the "{right}" permission in {project}, '
    "so I left {key} as it is."
)
READ_ONLY_ASKER: Final = (
    "I can answer your questions, but only project members can ask me for changes."
)
TWO_WISHES: Final = "You asked for different changes of the {what} of {key}. Which one do you want?"
WHAT_ASSIGNEE: Final = "assignee"
WHAT_STATUS: Final = "status"
ALREADY_ASSIGNED: Final = "{key} is already assigned to {name}."
ALREADY_UNASSIGNED: Final = "{key} is not assigned to anyone already."
NOBODY_FOUND: Final = (
    "I found nobody called {name} who can be assigned to {key}. Please mention the person you mean."
)
ACCOUNT_NOT_ASSIGNABLE: Final = "Jira does not let {key} be assigned to that person."
ASKER_NOT_ASSIGNABLE: Final = "Jira does not let {key} be assigned to you."
SEVERAL_PEOPLE: Final = "{name} could be {candidates}. Please mention the person you mean."
SEVERAL_PEOPLE_AND_MORE: Final = (
    "{name} could be {candidates}, or others. Please mention the person you mean."
)
ALREADY_IN_STATUS: Final = "{key} is already in **{status}**."
NO_TRANSITION: Final = "{key} can not move from **{status}** to {wanted}. Possible now: {moves}."
NO_TRANSITION_AT_ALL: Final = "{key} can not move out of **{status}** now."
SEVERAL_TRANSITIONS: Final = "{wanted} could mean {moves}. Which one do you want?"
MOVE: Final = "**{status}**"
MOVE_NAMED: Final = "**{status}** ({name})"
TRANSITION_CONDITIONAL: Final = (
    "Moving {key} to **{status}** has conditions in Jira's workflow that I can check only for "
    "myself; please do it in Jira."
)
TRANSITION_NEEDS_FIELDS: Final = Counted(
    "Moving {key} to **{status}** needs the field {fields}, which I can not fill; "
    "please do it in Jira.",
    "Moving {key} to **{status}** needs the fields {fields}, which I can not fill; "
    "please do it in Jira.",
)
ALREADY_LABELLED: Final = Counted(
    "{key} already has the label {labels}.", "{key} already has the labels {labels}."
)
NO_LABEL_NAMED: Final = "Which label should {key} get?"
LABELS_NOT_POSSIBLE: Final = (
    "I can add up to {count} labels at once, each of at most {limit} visible characters."
)
WISH_INCOMPLETE: Final = "I did not understand which change of {key} you want."
CREATE_ELSEWHERE: Final = "Here I create work items in {project} only, not in {other}."
CREATE_NO_TYPE: Final = "{project} has no type of work item called {wanted}. It has: {types}."
CREATE_NEEDS_FIELDS: Final = Counted(
    "Creating a {type} in {project} needs the field {fields}, which I can not fill; "
    "please do it in Jira.",
    "Creating a {type} in {project} needs the fields {fields}, which I can not fill; "
    "please do it in Jira.",
)
CREATED_FOR: Final = "Asked for by {name} on {item}."
LINK_TO_ITSELF: Final = "{key} can not be linked to itself."
LINK_ELSEWHERE: Final = "I link {key} to work items of {project} only, and {other} is not one."
ALREADY_LINKED: Final = "{key} already {relation} {other}."
NO_SUCH_LINK: Final = "This Jira has no link that reads {wanted}. It has: {relations}."
FIELD_WORDS: Final = {
    FieldName.SUMMARY: "summary",
    FieldName.PRIORITY: "priority",
    FieldName.DUE: "due date",
    FieldName.COMPONENTS: "components",
    FieldName.FIX_VERSIONS: "fix versions",
}
FIELD_NOT_THERE: Final = "Jira does not let me set the {field} of {key}."
FIELD_CLOSED: Final = "I may not set the {field} here. What I may set: {fields}."
FIELD_ALL_CLOSED: Final = "I may not set fields of work items here."
FIELD_ALREADY: Final = "The {field} of {key} is already {value}."
FIELD_ALREADY_EMPTY: Final = "{key} has no {field} already."
FIELD_REQUIRED: Final = "The {field} of {key} can not be empty."
FIELD_NO_SUCH_VALUE: Final = (
    "{wanted} is not possible for the {field} of {key}. Possible: {choices}."
)
FIELD_NO_VALUES: Final = "Jira offers no {field} for {key}."

# Answers of a model.
MODEL_BUDGET_USED: Final = (
    "No model was asked: the budget for models is used up. An operator can raise it, or it begins "
    "anew with its next day or month."
)
MODEL_AWAY: Final = "No model was asked: none answers now. Rules answer meanwhile."
MODEL_NO_ANSWER: Final = "A model was asked and gave no answer that can be used."
MODEL_NOTE: Final = "Written by a model from these sources; please check what matters."

# A change a model suggested
LABELS_ADDED: Final = "labels +"


def listed_with_and(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return _listed(names, AND)


def listed_with_or(names: Sequence[str]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    return _listed(names, OR)


def _listed(names: Sequence[str], joint: str) -> str:
    if len(names) <= 1:
        return "".join(names)
    return joint.format(first=COMMA.join(names[:-1]), last=names[-1])
