"""Characters that make a text read otherwise than it is stored."""

import re

# Bidirectional embeddings, overrides and isolates, zero-width characters that stand alone in no
# script of ours, and tags. Joiners and variation selectors stay: emoji are made of them.
DISGUISE = re.compile("[\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")

# Everything that is not seen, what emoji and scripts are joined by and halves of pairs included.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\U000e0000-\U000e0fff\ud800-\udfff]"
)
JOINERS = frozenset("\u200c\u200d\ufe0e\ufe0f")


def is_disguised(text: str) -> bool:
    """Whether a text holds characters that hide or reorder what a reader sees."""
    return DISGUISE.search(text) is not None


def unseen_in(text: str) -> frozenset[str]:
    """Every character of a text that a reader does not see, joiners of emoji included."""
    return frozenset(_UNSEEN.findall(text))
