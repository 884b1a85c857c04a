"""What is said of an ask that begins like a command, or nearly, and is none."""

from chargehand.commands.courtesies import READ_FRAME
from chargehand.commands.nearest import nearest_command
from chargehand.commands.problems import Problem, describe, unclear
from chargehand.commands.questions import kind_with_foreign_key
from chargehand.commands.registry import BY_KIND, BY_WORD, COMMANDS, Argument, Command
from chargehand.commands.sentences import Sentence
from chargehand.commands.tokens import COMMA
from chargehand.domain.intent import Intent

# "Who broke the build on Friday" begins with a command and is a sentence all the same.
_WHO_MAX_EXTRA_WORDS = 1
# Whoever talks of these may believe to have said them.
_DECIDING = tuple(one for one in COMMANDS if one.decides and one.name != "wrong")


def complain(heard: str, command: Command, problem: Problem | None, *, found: str = "") -> Intent:
    """Unclear, with the command that was nearly heard and what is wrong with it."""
    sentence = "" if problem is None else describe(problem, command, found=found)
    return unclear(heard, command=command, problem=sentence)


def complain_about_question(sentence: Sentence, heard: str) -> Intent | None:
    """Why a sentence that begins like a question of ours is none; None when it does not."""
    foreign = kind_with_foreign_key(sentence)
    if foreign is not None:
        kind, key = foreign
        return complain(heard, BY_KIND[kind], Problem.KEY_NOT_OURS, found=key)
    command = nearest_command(sentence.words) if sentence.is_short_enough else None
    if command is not None:
        return _complain_about_command(command, sentence, heard)
    spoken_of = next((one for one in _DECIDING if one.name in sentence.words), None)
    return complain(heard, spoken_of, Problem.NOT_DECIDED) if spoken_of is not None else None


def _complain_about_command(command: Command, sentence: Sentence, heard: str) -> Intent:
    start = max(READ_FRAME.starts(sentence.words))
    is_exact = BY_WORD.get(sentence.words[start]) is command
    if not is_exact or command.argument is not Argument.NONE:
        return unclear(heard, command=command)
    if len(sentence.keys) > 1:
        return complain(heard, command, Problem.ONE_ITEM_ONLY)
    extra = sentence.tokens[_index_of_word(sentence, start) + 1 :]
    if command.name == "who" and len(extra) > _WHO_MAX_EXTRA_WORDS:
        return unclear(heard, command=command)
    found = " ".join(token.value for token in extra if token.value)
    return complain(heard, command, Problem.TOO_MUCH, found=found)


def _index_of_word(sentence: Sentence, at: int) -> int:
    """Where the word numbered `at` stands among the tokens, which hold pauses besides."""
    spoken = [i for i, token in enumerate(sentence.tokens) if token.word != COMMA]
    return spoken[at]
