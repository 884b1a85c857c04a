"""How people ask each question: one table per intent, in the notation of `templates`."""

from chargehand.commands.tokens import KEY
from chargehand.domain.intent import IntentKind

# Several negated or past forms are read the same way; a question changes nothing.
CLASSES: dict[str, tuple[str, ...]] = {
    "NOUN": (
        "ticket / issue / item / work item / task / story / bug / epic / card / request / subtask",
    ),
    "THIS": (
        f"{KEY} / this / it / that / this one / that one / here",
        "this NOUN / the NOUN / that NOUN / my NOUN / our NOUN",
        f"NOUN {KEY} / this NOUN {KEY} / the NOUN {KEY} / the {KEY} NOUN / {KEY} NOUN",
    ),
    "ON_THIS": (
        "on THIS / for THIS / of THIS / with THIS / about THIS / in THIS / to THIS / at THIS",
        "THIS",
    ),
    "NOW": (
        "now / right now / currently / still / at the moment / at present / so far / actually",
        "exactly / presently / today / yet / already / again / even / really / ever",
    ),
    "IS": ("is / are / was / were",),
    "HAS": ("has / have / is",),
    "ANY": ("any / some / a / an / the / our / its / known / open / any known / any open / more",),
    "HOLDING": (
        "blocking / holding up / holding back / holding / stopping / delaying / preventing",
        "impeding / obstructing / hindering / stalling / slowing down / slowing / keeping back",
        "in the way of / getting in the way of / standing in the way of / in the way / gating",
        "getting in the way",
    ),
    "HELD": (
        "blocked / stuck / stalled / on hold / held up / held back / delayed / late / waiting",
        "not moving / not progressing / not done / not finished / not started / being blocked",
        "not ready / not done yet / not moving forward / not closed / not in progress / paused",
        "taking so long / taking this long / taking long / impeded / so slow / slow / parked",
    ),
    "BLOCKER": (
        "blocker / blockers / impediment / impediments / obstacle / obstacles / holdup / hold-up",
        "bottleneck / bottlenecks / dependency / dependencies / roadblock / roadblocks / holdups",
    ),
    "FINISHED": (
        "done / finished / ready / complete / completed / closed / delivered / released",
        "shipped / resolved / fixed / live / merged / deployed / available / started",
    ),
    "DEADLINE": (
        "deadline / due date / target date / end date / eta / delivery date / due-date",
        "finish date / completion date / release date / timeline / time line / target",
    ),
    "WORKING": (
        "working on / assigned to / assigned on / on / handling / doing / responsible for",
        "owning / in charge of / looking at / looking after / looking into / dealing with",
        "taking care of / taking / the owner of / the assignee of / the assignee for / on to",
        "the assignee on / the owner for / the person for / picking up / implementing / fixing",
        "the lead on / leading / developing / accountable for / busy with / the dev on",
    ),
    "ASSIGNEE": ("assignee / owner / person responsible / responsible person / developer / dev",),
    "STATE": ("status / state / progress / current status / current state / latest status",),
    "UPDATE": (
        "update / updates / news / progress / movement / status update / status updates / change",
        "latest / development / developments / word / status",
    ),
    "GOING": (
        "going / progressing / doing / coming along / coming on / looking / getting on / moving",
        "shaping up / getting along / moving along / proceeding / faring / coming / moving forward",
    ),
    "RECAP": (
        "summary / recap / overview / tldr / digest / rundown / run-down / short version",
        "outline / synopsis / summing up / quick version / executive summary / wrap-up",
        "short summary",
    ),
    "THREAD": (
        "THIS / this thread / the thread / the discussion / this discussion / the comments",
        "these comments / the conversation / this conversation / the history / the description",
        "everything / what happened / the whole thing / all this / all of this",
    ),
    "OF_THREAD": ("of THREAD / on THREAD / for THREAD / about THREAD",),
    "BRIEF": ("quick / short / brief / little / one line / one-line / concise",),
    "BRIEFLY": (
        "for me / for us / briefly / quickly / shortly / in short / in brief / in a few words",
        "in one sentence / in a sentence / in a nutshell / up / up for me / up for us",
    ),
    "ASKING": (
        "tell me / tell us / let me know / do you know / check / i wonder / i was wondering",
        "wondering / just wondering / can you tell me / could you tell me / i want to know",
        "i would like to know / can you check / could you check / does anyone know / say",
    ),
    "WE": ("we / i / you / they / the team / THIS / everyone",),
    "ACTING": ("assign / move / transition / label / close / update / change / edit / reassign",),
    "MANY": (
        "tickets / issues / work items / items / things / tasks / people / labels / statuses",
    ),
}

HELP = """
what can (i / we) do with you
help [me / us] [out] [please]
(commands / usage / instructions / manual / options / menu)
what (can / do / could) you do [NOW] [for me / for us / here / with THIS / all]
what (can / do) you (know / understand / offer / answer / support / help with / help me with)
what can you (tell / tell me / show me / help us with) [about THIS]
what (can / could / may / should) (i / we) (ask / ask you / ask for / tell you / say) [you]
    [here / about]
what (questions / things / kind of questions) can (i / we) ask [you]
what are you [for / able to do / capable of / good for]
what (are / is) (your / the / available) [available] (commands / capabilities / abilities /
    options / skills)
what (commands / options) (are there / do you know / do you have / do you support / do you
    understand)
what (commands / options) (can i use / are available / are supported / exist / can i give you)
which commands (are there / do you know / do you have / do you support / can i use / are
    available)
which commands do you understand
(list / show / show me / give me / list me) [all] [the / your / of your] [available] commands
how (do / can / should / could) (i / we / one) (use / talk to / work with / ask / command) (you
    / this bot / it)
how (do / does) (you / this bot / this thing / this) work
how can you help [me / us] [here / with THIS]
who are you
can you help [me / us] [here / out / with THIS / with something]
(i need / i could use / we need) [some] help [here / with THIS]
what is this bot [for]
what does this bot do
can you [also] ACTING [the / our / my] MANY [...]
are you (able / allowed) to ACTING [the / our / my] MANY [...]
do you know how to ACTING [the / our / my] MANY [...]
do you (assign / move / transition / label / close / update) [the / our / my] MANY
"""

STATUS = """
[the / its] STATE [ON_THIS] [NOW]
(give / send / get / post / share) [me / us] (an / a / the) [quick / short / brief] UPDATE on where
    (we / things / you) (are / stand) [ON_THIS] [NOW]
what is the (state of affairs / current state of affairs) [ON_THIS]
is THIS [NOW] (going / moving) (well / ok / okay / forward) [NOW]
status [update / report / check] [ON_THIS]
state [ON_THIS]
(what / how) is [the / its / our] STATE [ON_THIS] [NOW]
what [the / its] STATE [ON_THIS] is [NOW]
what [is] (status / state / stage / column / phase) (is / does) THIS [NOW] [in / have / at]
    [NOW]
what (status / state / stage / column) THIS is (in / at) [NOW]
(which / in which / in what) (status / state / stage / column / phase) is THIS [in / at] [NOW]
where (are / do) (we / you / they) [NOW] [stand / at] [NOW] [ON_THIS] [NOW]
where (is / does) THIS [NOW] [stand / at] [NOW]
where (we are / we stand / it stands / THIS stands / THIS is) [at] [ON_THIS] [NOW]
where do (things / we all) [NOW] stand [ON_THIS] [NOW]
where are things [NOW] [at / standing] [ON_THIS] [NOW]
(any / some / an / a / the / latest / any more / any other) UPDATE [NOW] [ON_THIS] [NOW]
(update / updates / progress / news) [ON_THIS] [NOW]
(is / are) there [any / an / some / a] [new] UPDATE [NOW] [ON_THIS] [NOW]
(do you have / have you got / have we got / do we have) [any / an / some] UPDATE [NOW] [ON_THIS]
(give / send / get / post / share) [me / us] (an / a / the / some) [quick / short / brief /
    latest] UPDATE [ON_THIS]
(give / send / tell / show) [me / us] [the / its] STATE [ON_THIS]
(i need / i would like / we need / i want) (an / a / the / some) [quick / short / brief] (update
    / status / status update) [ON_THIS]
(have / get / may i have) (an / a / the / some) [quick / short / brief] (update / status /
    status update) [ON_THIS]
what is [the / our] (latest / news / update / word / progress / situation / state of play)
    [ON_THIS] [NOW]
what is (going on / happening / up / new) [NOW] [ON_THIS] [NOW]
how is THIS [NOW] GOING [NOW]
how THIS is [NOW] GOING [NOW]
how (are / is) (we / things / work / the work / everything / it) [NOW] GOING [ON_THIS] [NOW]
how (far / far along / close) (are we / is THIS / are you / did we get / have we got / is work)
    [NOW] [along / to done] [ON_THIS] [NOW]
how far along is THIS
(is / are) (THIS / we) [NOW] FINISHED [ON_THIS] [NOW]
(is / are) (THIS / we) [NOW] (in progress / in review / open / under way / underway / on track)
    [ON_THIS] [NOW]
(is / are) (THIS / we) [NOW] (in testing / in qa / being worked on / being tested / moving /
    active / there) [NOW]
is not THIS FINISHED [NOW]
ASKING (if / whether) THIS is [NOW] FINISHED [NOW]
(has / have) (THIS / we / anyone / work / somebody / someone) [NOW] [been] (FINISHED / begun)
    [ON_THIS] [NOW]
(has / did) (THIS / it) [NOW] (moved / move / progress / progressed / change / changed) [at all]
    [NOW]
(what / which) sprint is THIS [NOW] [in / part of / planned for / planned in] [NOW]
is THIS in (a / the / the current / this / any) sprint
"""

BLOCKERS = """
(the / its / our) BLOCKER [ON_THIS] [NOW]
why (has / is / did / does) not (THIS / it / anything) [NOW] [been] (moved / move / progressed
    / progress / started / moving / FINISHED / done) [NOW]
what (am i / is everyone / is everybody) [NOW] waiting (for / on) [ON_THIS]
(any / ANY / list / list the / show / show the / which / what) BLOCKER [ON_THIS] [NOW]
(blockers / impediments / dependencies / obstacles) [ON_THIS] [NOW]
what IS [it] [NOW] HOLDING [ON_THIS / us / me / progress / the team / you / work] [up / back /
    down] [NOW]
what IS [it] [NOW] HOLDING (THIS / us / me / you / progress / the team) from (moving / moving
    forward / being done / progressing / being finished / getting done / closing) [NOW]
what IS (keeping / holding / slowing) (THIS / us / you / the team / progress) [up / back / down]
    [NOW]
what IS (keeping / stopping / preventing) (THIS / us) [from] ...
what (blocks / blocked / stops / delays / holds / prevents / impedes) (THIS / us / you /
    progress) [up / back] [NOW]
(which / what) (tickets / issues / ticket / issue / work items / tasks / items) (is / are) [NOW]
    HOLDING (THIS / us) [up / back]
(which / what) (tickets / issues / ticket / issue / work items / tasks / items) (block / blocks)
    (THIS / us)
who is [NOW] (blocking / holding up / holding / delaying / stopping) (THIS / us) [up] [NOW]
what (is / are) (THIS / we) [NOW] (blocked by / blocked on / stuck on / waiting for / waiting on
    / held up by / delayed by)
what (THIS is / we are) [NOW] (blocked by / blocked on / stuck on / waiting for / waiting on /
    held up by)
(blocked / stuck / waiting) (by / on / for) (what / whom / who)
who (is / are) (THIS / we) [NOW] (waiting for / waiting on / blocked by)
what (does / do) (THIS / we) [NOW] (depend on / wait for / wait on / need)
what (THIS depends / we depend) on
what (is / are) [the / our / its] [current / open / main / biggest / remaining] BLOCKER [ON_THIS
    / here] [NOW]
what [the / our / its] [current / open / main] BLOCKER [ON_THIS] (is / are) [NOW]
what (BLOCKER) (is / are) there [NOW] [ON_THIS] [NOW]
(which / what) BLOCKER (do we have / does THIS have / are there / are left / remain) [ON_THIS]
    [NOW]
(is / are) there [still] [any / ANY] [open / known] BLOCKER [left] [ON_THIS] [NOW]
(does / do) (THIS / we) [NOW] have [any / ANY] BLOCKER [ON_THIS] [NOW]
(has / have) (THIS / we) [NOW] got [any / ANY] BLOCKER [ON_THIS] [NOW]
why (is / are) (THIS / we) [NOW] HELD [NOW] [ON_THIS] [NOW]
why is not THIS [NOW] (FINISHED / moving / progressing / in progress) [NOW]
why (THIS is / it is) [NOW] HELD [NOW]
why (has / have / did / does) (THIS / we / it) not [NOW] (moved / been done / started /
    progressed / been finished / move / progress / been moved / been closed / finished) [NOW]
why (the / is there a) (delay / hold up / holdup) [ON_THIS]
why does THIS take so long
what is [the] (taking so long / the delay / the hold up / the holdup / the hold-up / delay /
    hold up / holdup) [ON_THIS]
(is / are) (anything / something / anyone / somebody / anybody / someone / any ticket / any
    issue / there anything / there something) [NOW] HOLDING [ON_THIS / us / me / progress] [up /
    back / down] [ON_THIS] [NOW]
(is / are) (THIS / we) [NOW] (HELD / dependent) [by / on / for] [anything / something / anyone /
    someone / somebody / others / another ticket / another team / other tickets] [NOW]
ASKING (if / whether) THIS is [NOW] HELD [by anything / by something / on anything / on
    something] [NOW]
ASKING (if / whether) (anything / something / there is anything / anyone) [is] [NOW] HOLDING
    [ON_THIS / us] [up / back]
(does / do) (anything / something / any ticket / any issue) (block / stop / delay / hold up)
    (THIS / us)
what (has / needs / still has / still needs) to (happen / be done) first [ON_THIS]
what (has / needs / still has / still needs) to (happen / be done) before ...
what (must / should) (happen / be done) first [ON_THIS]
what (must / should) (happen / be done) before ...
"""

SUMMARY = """
(what / which) changes (were made / happened / have been made / were there) [ON_THIS]
(what / which) changes (were made / happened / have been made / were there) [ON_THIS] since ...
(summarise / summarize / recap / sum up / sum / outline) [THREAD] [BRIEFLY]
(summarise / summarize) [the / this] [THREAD] [so far] [BRIEFLY]
[a / the] [BRIEF] RECAP [OF_THREAD / THREAD] [BRIEFLY]
(give / write / post / make / do / share / get / provide / have / send) [me / us] (a / the / an
    / your / one) [BRIEF] RECAP [OF_THREAD / THREAD] [BRIEFLY]
(i need / i would like / we need / i want) (a / the / an) [BRIEF] RECAP
    [OF_THREAD / THREAD] [BRIEFLY]
(what is / show / show me / give me) the [BRIEF] RECAP [OF_THREAD / THREAD]
what is (THIS / this all / all this) [all] about
what is this [NOUN] [all] about
what THIS is [all] about
what HAS [NOW] (changed / happened / been happening / been going on / been done / moved) [NOW]
    [ON_THIS] [NOW]
what HAS [NOW] (changed / happened / been happening / been going on / been done) [ON_THIS]
    (since / recently / lately / in / during / over / after / last / yesterday) [...]
what (changed / happened / was changed / was done) [NOW] [ON_THIS] [NOW]
what (changed / happened / was changed / was done) [ON_THIS] (since / recently / lately / in /
    during / over / after / last / yesterday) [...]
(any / were there any / are there any / have there been any) [recent / new / latest] changes
    [ON_THIS] [NOW]
(any / were there any / are there any / have there been any) [recent / new / latest] changes
    [ON_THIS] (since / in / lately / recently) [...]
has (anything / something) [NOW] (changed / happened / moved) [ON_THIS] [NOW]
has (anything / something) [NOW] (changed / happened) [ON_THIS] (since / in / lately / recently
    / during) [...]
(did / has) anything (change / happen / changed / happened) [ON_THIS] [since / in / lately /
    recently] [...]
what is new (since / in / from) ...
what (did i / have i / did we / have we / i have) (miss / missed) [here / ON_THIS] [NOW]
(catch me up / catch us up / bring me up to speed / get me up to speed / fill me in / bring us
    up to speed) [ON_THIS] [NOW]
(what is / what was) the (story / gist / background / history / context / tldr / short version)
    [here / behind THIS] [ON_THIS]
what (was / has been / did we / have we / did they / did you) (decided / discussed / said /
    agreed / decide / discuss / agree) [here / on / about] [ON_THIS] [NOW]
(explain / describe / walk me through / walk us through) [THREAD] [BRIEFLY]
(what are / show / show me / list) (the / its) (latest / recent / last) (changes / comments /
    events / activities) [ON_THIS]
"""

WHO = """
the (assignee / owner) [ON_THIS]
(assignee / owner) [ON_THIS] [NOW]
(who / who all / who else) (is / are) [NOW] WORKING [ON_THIS / on] [NOW]
(who / who else) (is / are) [NOW] (assigned / responsible / the assignee / the owner / working /
    in charge / on duty) [ON_THIS] [NOW]
who [is] [NOW] (owns / has / does / handles / took / picked up / got / works on / leads / is
    doing / gets / worked on / did) THIS [NOW]
who is THIS [NOW] (assigned to / with / owned by / handled by) [NOW]
(who / whom) (THIS is) [NOW] (assigned to / with / owned by) [NOW]
(to whom / to who) is THIS [NOW] assigned [NOW]
who [the] ASSIGNEE [ON_THIS] is [NOW]
(who / what) is [the / its / our / current] [current] ASSIGNEE [ON_THIS] [NOW]
whose (is THIS / NOUN is this / is this NOUN / work is this / job is this / plate is this on)
    [NOW]
(is / are) (anyone / anybody / someone / somebody / there anyone / there someone) [NOW] WORKING
    [THIS] [NOW]
(is / are) (anyone / anybody / someone / somebody) [NOW] (assigned / responsible) [ON_THIS]
    [NOW]
is THIS [NOW] (assigned / unassigned / taken) [to anyone / to someone / to anybody / to me / to
    somebody / to us] [NOW]
ASKING (if / whether) THIS is [NOW] (assigned / taken) [to anyone / to someone / to anybody]
    [NOW]
(is there / do we have / does THIS have / has THIS got) (an / any / already an) ASSIGNEE
    [ON_THIS] [NOW]
who (should / can / do / could / shall) (i / we) (ask / talk to / contact / speak to / ping /
    speak with / go to) [ON_THIS]
who (will / would / is going to / is gonna) (do / work on / handle / take / take care of / pick
    up / fix / implement) THIS [NOW]
(which / what) (person / developer / dev / engineer / colleague / team member / member) (is / is
    NOW) WORKING [THIS] [NOW]
who do (i / we) (ask / talk to / contact / ping) [ON_THIS]
"""

DUE = """
[the / its / our] DEADLINE [ON_THIS] [NOW]
(what / when) is [the / its / our] (expected / planned / current / new) DEADLINE [ON_THIS] [NOW]
(when / by when) THIS is [NOW] (supposed / expected / meant / scheduled / planned / going / due)
    to (be FINISHED / finish / ship / land / end)
(when / by when) THIS will be FINISHED
when (can / should / do / could) we expect THIS [FINISHED / to be FINISHED]
is THIS [NOW] (FINISHED / on track / on schedule) (by / for / before / in) ...
will THIS be (FINISHED / ready) (by / for / before / in / on / this / next / today / tomorrow) [...]
due [date / when / by when] [ON_THIS]
(when / by when / until when / what day / what date / which day / on which day / on what date)
    (is / was) [THIS / NOUN] [NOW] due [date / by / for / on] [NOW]
(when / by when / until when) THIS is [NOW] due [by / for]
when is [the / its / our] DEADLINE [ON_THIS] [NOW]
when [the / its / our] DEADLINE [ON_THIS] is
(what / how) is [the / its / our] DEADLINE [date] [ON_THIS] [NOW]
what [the / its / our] DEADLINE [ON_THIS] is [NOW]
(deadline / due date / eta / due-date / any eta / any deadline / any due date / target date)
    [ON_THIS] [NOW]
(when / by when) is THIS [NOW] (supposed / expected / meant / scheduled / planned / going / due)
    to (be FINISHED / finish / ship / land / end / go live)
(when / by when) is THIS [NOW] (scheduled / planned / expected / needed) [for / by]
(when / by when) (does / do / must / should / will / would / can) (THIS / we) [NOW] [have to /
    need to] [be] (FINISHED / due / finish / ship / deliver / done by / land) [THIS] [by]
(when / by when) (does / do) (you / WE) [NOW] (need / want / expect) THIS [FINISHED / by / to be
    FINISHED]
(is there / do we have / does THIS have / has THIS got / is there already) (a / an / any)
    DEADLINE [ON_THIS] [NOW]
is THIS [NOW] (overdue / late / due / past due / past its due date / on time / on schedule /
    behind schedule / due soon / due today / due tomorrow / due this week / due next week) [NOW]
(are / will) we [NOW] [be] (late / on time / on schedule / behind schedule / overdue) [ON_THIS]
ASKING (if / whether) THIS is [NOW] (overdue / late / past due / on time / due today / due soon)
how (long / much time) (do we / do i / have we / do you) [still] (have / got) [left] [ON_THIS]
how (much time / many days / long) (is left / are left / left / remains / until due / until THIS
    is due / until the deadline / till the deadline / before THIS is due) [ON_THIS] [NOW]
(due when / when due / till when / until when)
will THIS be (FINISHED / finished in time / done in time / on time / late) [on time / in time]
"""

QUESTIONS: tuple[tuple[IntentKind, str], ...] = (
    (IntentKind.HELP, HELP),
    (IntentKind.DUE, DUE),
    (IntentKind.BLOCKERS, BLOCKERS),
    (IntentKind.WHO, WHO),
    (IntentKind.SUMMARY, SUMMARY),
    (IntentKind.STATUS, STATUS),
)
