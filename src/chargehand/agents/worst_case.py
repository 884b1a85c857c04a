"""How much one question can make a model read and write, all its turns together."""

import json
from dataclasses import dataclass
from typing import Final

from chargehand.agents.config import ProviderConfig, RunLimits
from chargehand.agents.prompts import SystemPrompt, user_prompt
from chargehand.domain.json import JSONObject

# The tools, their descriptions, and what the vendors' libraries write around all of it.
_AROUND_BYTES: Final = 6 * 1024
# What is looked up in a turn, beside what the model wrote in it.
_LOOKED_UP_BYTES: Final = 2 * 1024
_BYTES_A_TOKEN: Final = 4


@dataclass(frozen=True, slots=True)
class MostTokens:
    """The most one question uses; a byte counts as a token of input."""

    input_tokens: int
    output_tokens: int


def most_tokens(
    config: ProviderConfig, prompt: SystemPrompt, material: JSONObject, *, limits: RunLimits
) -> MostTokens:
    """What a question uses when every turn it may have is had, each longer than the one before."""
    turns = limits.requests
    shown = json.dumps([prompt.text, user_prompt(material)], ensure_ascii=False)
    first = len(shown.encode()) + _AROUND_BYTES
    longer = config.output_tokens * _BYTES_A_TOKEN + _LOOKED_UP_BYTES
    return MostTokens(
        input_tokens=turns * first + longer * (turns * (turns - 1) // 2),
        output_tokens=turns * config.output_tokens,
    )
