"""Characters that make a text read otherwise than it is stored."""

import re

# Bidirectional embeddings, overrides and isolates, zero-width characters that stand alone in no
# script of ours, and tags. Joiners and variation selectors stay: emoji are made of them.
DISGUISE = re.compile("[\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")


def is_disguised(text: str) -> bool:
    """Whether a text holds characters that hide or reorder what a reader sees."""
    return DISGUISE.search(text) is not None
