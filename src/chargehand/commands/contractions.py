"""One spelling for the many ways people write the same words."""

import unicodedata

from chargehand.commands.word_lists import word_set

_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'", "＇": "'"})
_EMPHASIS = "*_`"

# Only these words carry "is" in "'s"; after a name it marks possession ("Tom's ticket").
_IS_BASES = word_set("what who where when how why it that there here this he she everything")
_ENDINGS = {"'re": "are", "'ve": "have", "'ll": "will", "'d": "would", "'m": "am"}
_IRREGULAR = {
    "won't": ("will", "not"),
    "can't": ("can", "not"),
    "shan't": ("shall", "not"),
    "cannot": ("can", "not"),
    "let's": ("let", "us"),
    "lets": ("let", "us"),
    "whats": ("what", "is"),
    "whos": ("who", "is"),
    "wheres": ("where", "is"),
    "hows": ("how", "is"),
    "whens": ("when", "is"),
    "dont": ("do", "not"),
    "doesnt": ("does", "not"),
    "didnt": ("did", "not"),
    "isnt": ("is", "not"),
    "wont": ("will", "not"),
    "cant": ("can", "not"),
    "shouldnt": ("should", "not"),
    "im": ("i", "am"),
    "u": ("you",),
    "pls": ("please",),
    "plz": ("please",),
    "tl;dr": ("tldr",),
    "tl:dr": ("tldr",),
    "tl/dr": ("tldr",),
    "tl-dr": ("tldr",),
    "e-mail": ("email",),
}


def fold(written: str) -> tuple[str, ...]:
    """The word in lower case, apostrophes straightened, contractions written out.

    Shape: empty when nothing is left of it, such as a lone asterisk.
    """
    word = unicodedata.normalize("NFKC", written).translate(_APOSTROPHES).lower()
    word = word.strip(_EMPHASIS).rstrip("'")
    if not word:
        return ()
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith("n't"):
        return (word[:-3], "not")
    if word.endswith("'s") and word[:-2] in _IS_BASES:
        return (word[:-2], "is")
    for ending, full in _ENDINGS.items():
        if word.endswith(ending) and len(word) > len(ending):
            return (word[: -len(ending)], full)
    return (word,)
