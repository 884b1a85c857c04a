"""The words around an ask: greetings, thanks, "please", "could you tell me"."""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from chargehand.commands.tokens import COMMA, MENTION
from chargehand.commands.word_lists import Phrase, phrases


class Courtesy(StrEnum):
    """What a stretch of words is when nothing but courtesy is in it."""

    NONE = "none"
    GREETING = "greeting"
    THANKS = "thanks"


GREETINGS = phrases(
    """
    hi
    hi there
    hi all
    hi team
    hello
    hello there
    hey
    hey there
    hiya
    yo
    dear
    greetings
    good morning
    good afternoon
    good evening
    good day
    morning
    excuse me
    sorry to bother you
    sorry
    are you there
    you there
    ping
    cc
    fyi
    👋
    """
)

PLEASES = phrases(
    """
    please
    kindly
    🙏
    🙂
    😊
    """
)

THANKS = phrases(
    """
    thanks
    thanks a lot
    thanks so much
    thanks again
    thanks in advance
    thanks very much
    many thanks
    thank you
    thank you so much
    thank you very much
    thank you again
    thank you in advance
    thx
    thx in advance
    tx
    ty
    cheers
    appreciated
    much appreciated
    it is appreciated
    ❤
    """
)

# Said to somebody who has answered; each of them alone asks for nothing.
ACKNOWLEDGEMENTS = THANKS | phrases(
    """
    great
    great job
    great work
    perfect
    awesome
    excellent
    brilliant
    nice
    nice one
    nice work
    cool
    good
    good bot
    good job
    good work
    good to know
    well done
    got it
    ok
    okay
    alright
    all good
    understood
    noted
    will do
    sounds good
    makes sense
    that helps
    that is helpful
    very helpful
    helpful
    never mind
    nevermind
    no worries
    you are welcome
    you are the best
    love it
    lovely
    👍
    👌
    🎉
    +1
    """
)

# "Thanks for the quick update" names what was done; up to this many words may follow.
_THANKS_FOR = (("thanks", "for"), ("thank", "you", "for"), ("thx", "for"))
_THANKS_FOR_MAX_WORDS = 5
_COURTESY_MAX_WORDS = 20

READ_LEADS = phrases(
    """
    so
    and
    but
    also
    then
    just
    well
    now
    again
    btw
    by the way
    ok
    okay
    alright
    quick question
    a quick question
    one quick question
    question
    one question
    can you
    could you
    would you
    will you
    can i
    could i
    can we
    could we
    can you tell me
    can you tell us
    could you tell me
    could you tell us
    would you tell me
    can you let me know
    could you let me know
    can you remind me
    could you remind me
    can you show me
    could you show me
    can you say
    could you say
    can you check
    could you check
    can you find out
    could you find out
    can you look up
    could you look up
    can somebody tell me
    could somebody tell me
    could someone tell me
    could anyone tell me
    tell me please
    can someone tell me
    can anyone tell me
    do you know
    does anyone know
    does anybody know
    does someone know
    do we know
    any idea
    any ideas
    any clue
    i would like to know
    i want to know
    i would love to know
    i need to know
    we need to know
    i was wondering
    i am wondering
    i wonder
    just wondering
    wondering
    curious
    tell me
    tell us
    let me know
    let us know
    remind me
    remind us
    show me
    show us
    check
    look up
    find out
    would you mind telling me
    may i ask
    can i ask
    could i ask
    """
)

WRITE_LEADS = phrases(
    """
    can you
    could you
    would you
    will you
    just
    so
    ok
    okay
    i would like you to
    i need you to
    i want you to
    go ahead and
    """
)

TRAILS = phrases(
    """
    for me
    for us
    when you can
    when you get a chance
    if you can
    if possible
    if you do not mind
    asap
    right away
    immediately
    """
)

READ_TRAILS = TRAILS | phrases(
    """
    now
    right now
    currently
    at the moment
    at this point
    at present
    these days
    today
    so far
    exactly
    actually
    precisely
    really
    yet
    already
    again
    then
    here
    anyway
    by the way
    btw
    guys
    folks
    team
    everyone
    all
    do you know
    any idea
    """
)

# "Done now" and "to me now" hurry the bot; they are no part of a name.
WRITE_TRAILS = TRAILS | phrases(
    """
    now
    right now
    """
)


class Frame:
    """Finds where an ask begins and ends inside its courtesies."""

    def __init__(self, leads: Iterable[Phrase], trails: Iterable[Phrase]) -> None:
        self._leads = _by_word(leads, edge=0)
        self._trails = _by_word(trails, edge=-1)

    def starts(self, words: Sequence[str]) -> frozenset[int]:
        """Every position the ask may begin at, the very first included."""
        found, waiting = {0}, [0]
        while waiting:
            at = waiting.pop()
            if at >= len(words):
                continue
            for phrase in self._leads.get(words[at], ()):
                after = at + len(phrase)
                if tuple(words[at:after]) == phrase and after not in found:
                    found.add(after)
                    waiting.append(after)
        return frozenset(found)

    def ends(self, words: Sequence[str]) -> frozenset[int]:
        """Every position the ask may end before, the very last included."""
        found, waiting = {len(words)}, [len(words)]
        while waiting:
            at = waiting.pop()
            if at == 0:
                continue
            for phrase in self._trails.get(words[at - 1], ()):
                before = at - len(phrase)
                if before >= 0 and tuple(words[before:at]) == phrase and before not in found:
                    found.add(before)
                    waiting.append(before)
        return frozenset(found)


def _by_word(listed: Iterable[Phrase], *, edge: int) -> dict[str, tuple[Phrase, ...]]:
    table: dict[str, tuple[Phrase, ...]] = {}
    for phrase in listed:
        table[phrase[edge]] = (*table.get(phrase[edge], ()), phrase)
    return table


_PAUSES = frozenset({(COMMA,)})
_OTHERS = frozenset({(MENTION,)})
READ_FRAME = Frame(
    GREETINGS | PLEASES | ACKNOWLEDGEMENTS | READ_LEADS | _OTHERS,
    PLEASES | THANKS | READ_TRAILS | _OTHERS,
)
WRITE_FRAME = Frame(
    GREETINGS | PLEASES | THANKS | WRITE_LEADS | _PAUSES,
    PLEASES | THANKS | WRITE_TRAILS | _PAUSES,
)
_FILLERS = _PAUSES | _OTHERS | frozenset({("so",), ("and",)})
_GREETING_ONLY = Frame(GREETINGS | PLEASES | _FILLERS, ())
_COURTESY_ONLY = Frame(GREETINGS | PLEASES | ACKNOWLEDGEMENTS | _FILLERS, ())


def courtesy_of(words: Sequence[str]) -> Courtesy:
    """What the words are if they are courtesy and nothing else; greeting when there are none."""
    if len(words) > _COURTESY_MAX_WORDS:
        return Courtesy.NONE
    if len(words) in _GREETING_ONLY.starts(words):
        return Courtesy.GREETING
    starts = _COURTESY_ONLY.starts(words)
    is_thanks = len(words) in starts or any(_is_thanks_for(words[start:]) for start in starts)
    return Courtesy.THANKS if is_thanks else Courtesy.NONE


def _is_thanks_for(words: Sequence[str]) -> bool:
    for phrase in _THANKS_FOR:
        rest = words[len(phrase) :]
        if tuple(words[: len(phrase)]) == phrase:
            return 0 < len(rest) <= _THANKS_FOR_MAX_WORDS and COMMA not in rest
    return False
