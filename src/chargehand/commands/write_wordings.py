"""How people tell the bot to change something: imperatives only, in the notation of `templates`.

A change is never read out of a question, a wish, a report or a plan, so these tables hold bare
imperatives; what may stand around one is in `courtesies.WRITE_FRAME`, and nothing else may.
"""

from dataclasses import dataclass

from chargehand.commands.question_wordings import CLASSES
from chargehand.commands.tokens import KEY
from chargehand.domain.intent import IntentKind

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
}


@dataclass(frozen=True, slots=True)
class Wording:
    """One imperative; `value` is what it says where the template has no slot."""

    kind: IntentKind
    source: str
    value: str = ""


_ASSIGN = IntentKind.ASSIGN
_TRANSITION = IntentKind.TRANSITION
_LABEL = IntentKind.LABEL

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
)
