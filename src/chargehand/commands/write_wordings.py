"""How people tell the bot to change something: imperatives only, in the notation of `templates`.

A change is never read out of a question, a wish, a report or a plan, so these tables hold bare
imperatives; what may stand around one is in `courtesies.WRITE_FRAME`, and nothing else may.
"""

from dataclasses import dataclass

from chargehand.commands.question_wordings import CLASSES
from chargehand.commands.tokens import KEY
from chargehand.domain.intent import IntentKind
from chargehand.domain.work_item import FieldName

NOBODY = "nobody"
DONE = "done"

# Narrower than for questions: "that", "here" and "the epic" may mean something else.
WRITE_CLASSES: dict[str, tuple[str, ...]] = {
    "NOUN": CLASSES["NOUN"],
    "THIS": (
        f"{KEY} / this / it / this one / this NOUN",
        "the ticket / the issue / the item / the work item",
        f"NOUN {KEY} / this NOUN {KEY} / the NOUN {KEY}",
    ),
    "MOVE": ("move / transition / set / put / switch",),
    "TAGS": ("label / labels / tag / tags",),
    "EDIT": ("set / change",),
    "CREATE": ("create / open / file / raise",),
    "DUE_DATE": ("due / due date / deadline",),
    "TITLE": ("summary / title",),
    "PARTS": ("component / components",),
    "VERSIONS": ("fix version / fix versions",),
}


@dataclass(frozen=True, slots=True)
class Wording:
    """One imperative.

    Shape: `value` is what it says where the template has no slot; `argument` names what the value
    or the slot is for, empty where the kind has one argument only.
    """

    kind: IntentKind
    source: str
    value: str = ""
    argument: str = ""


_ASSIGN = IntentKind.ASSIGN
_TRANSITION = IntentKind.TRANSITION
_LABEL = IntentKind.LABEL
_LINK = IntentKind.LINK
_SET = IntentKind.SET
_CREATE = IntentKind.CREATE
TYPES = ("story", "bug", "task", "epic")

BLOCKS = "blocks"
BLOCKED_BY = "is blocked by"
RELATES = "relates to"
DUPLICATES = "duplicates"
DUPLICATED_BY = "is duplicated by"
NONE = "none"

WORDINGS: tuple[Wording, ...] = (
    Wording(_ASSIGN, "(assign / reassign) [THIS] [back] [to] <person>"),
    Wording(_ASSIGN, "(assign / reassign) <person> (to / on) THIS"),
    Wording(_ASSIGN, "(give / hand) THIS [over] to <person>"),
    Wording(_ASSIGN, "make <person> the (assignee / owner) [of THIS]"),
    Wording(_ASSIGN, "(set / change) [the] (assignee / owner) [of THIS] to <person>"),
    Wording(_ASSIGN, "unassign [THIS]", NOBODY),
    Wording(_ASSIGN, "unassign me [from THIS]", NOBODY),
    Wording(_ASSIGN, "take (THIS off me / me off THIS / me off of THIS)", NOBODY),
    Wording(_ASSIGN, "remove (me / me from THIS / me as assignee / me as the assignee)", NOBODY),
    Wording(_ASSIGN, "(remove / clear) [the] assignee [of THIS / from THIS]", NOBODY),
    Wording(_TRANSITION, "(move / transition) [THIS] [back] (to / into / in) <status>"),
    Wording(_TRANSITION, f"(move / transition) [{KEY}] <status>"),
    Wording(_TRANSITION, "MOVE THIS [back] (to / into / in / as) <status>"),
    Wording(_TRANSITION, "(set / change / move) [the] status [of THIS] to <status>"),
    Wording(_TRANSITION, "mark [THIS] as <status>"),
    Wording(_TRANSITION, "mark THIS <status>"),
    Wording(_TRANSITION, "put THIS on hold", "on hold"),
    Wording(_TRANSITION, "(close / resolve / complete) THIS", DONE),
    Wording(_TRANSITION, "reopen THIS", "reopen"),
    Wording(_LABEL, "label [THIS] [add / as / with] <labels>"),
    Wording(_LABEL, "tag THIS [as / with] <labels>"),
    Wording(_LABEL, "(add / apply) [the / a] TAGS <labels> [to THIS]"),
    Wording(_LABEL, "(add / apply) [the] <labels> (label / labels / tag) [to THIS]"),
    Wording(_LABEL, "put [the] TAGS <labels> on THIS"),
    Wording(_LINK, "link [THIS] (blocks / as blocking) <item>", argument=BLOCKS),
    Wording(
        _LINK,
        "link [THIS] (is blocked by / blocked by / as blocked by) <item>",
        argument=BLOCKED_BY,
    ),
    Wording(
        _LINK,
        "link [THIS] (relates to / as related to / as relating to / to / with / and) <item>",
        argument=RELATES,
    ),
    Wording(
        _LINK,
        "link [THIS] (duplicates / as duplicate of / as a duplicate of) <item>",
        argument=DUPLICATES,
    ),
    Wording(
        _LINK,
        "link [THIS] (is duplicated by / duplicated by / as duplicated by) <item>",
        argument=DUPLICATED_BY,
    ),
    Wording(_LINK, "mark THIS as blocking <item>", argument=BLOCKS),
    Wording(_LINK, "mark THIS as blocked by <item>", argument=BLOCKED_BY),
    Wording(_LINK, "mark THIS as related to <item>", argument=RELATES),
    Wording(_LINK, "mark THIS as [a / the] duplicate of <item>", argument=DUPLICATES),
    Wording(_SET, "EDIT [the] priority [of THIS] [to] <choice>", argument=FieldName.PRIORITY),
    Wording(_SET, "EDIT THIS priority [to] <choice>", argument=FieldName.PRIORITY),
    Wording(_SET, "make THIS [a] <choice> priority", argument=FieldName.PRIORITY),
    Wording(_SET, "EDIT [the] DUE_DATE [of THIS] [to / on] <day>", argument=FieldName.DUE),
    Wording(_SET, "EDIT THIS DUE_DATE [to / on] <day>", argument=FieldName.DUE),
    Wording(_SET, "make THIS due [on] <day>", argument=FieldName.DUE),
    Wording(
        _SET,
        "(remove / clear) [the] DUE_DATE [of THIS / from THIS]",
        NONE,
        argument=FieldName.DUE,
    ),
    Wording(_SET, "EDIT [the] TITLE [of THIS] [to] <title>", argument=FieldName.SUMMARY),
    Wording(_SET, "EDIT THIS TITLE [to] <title>", argument=FieldName.SUMMARY),
    Wording(_SET, "rename THIS [to / as] <title>", argument=FieldName.SUMMARY),
    Wording(_SET, "EDIT [the] PARTS [of THIS] [to] <names>", argument=FieldName.COMPONENTS),
    Wording(_SET, "EDIT THIS PARTS [to] <names>", argument=FieldName.COMPONENTS),
    Wording(_SET, "EDIT [the] VERSIONS [of THIS] [to] <names>", argument=FieldName.FIX_VERSIONS),
    Wording(_SET, "EDIT THIS VERSIONS [to] <names>", argument=FieldName.FIX_VERSIONS),
    *(
        Wording(_CREATE, f"CREATE [a / an / a new / new] {one} <draft>", argument=one)
        for one in TYPES
    ),
)
