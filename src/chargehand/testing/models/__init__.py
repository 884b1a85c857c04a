"""Scripted models: a server on 127.0.0.1 that speaks as Anthropic and OpenAI do, by a script.

    script = ModelScript([CallTool("look_up_work_item", {"key": "PAY-12"}), decide(...)])
    async with serving(script) as url:      # real sockets; POST /v1/messages, /v1/chat/completions
        ...
    script.received                         # every request as it came, oldest first

With a contract every request, answer and stream event is checked against the vendor's description;
what breaks it is kept in `contract.broken`. The bad turns break it on purpose and are not checked.
"""

from chargehand.testing.models.contract import ModelContract, load_model_contract
from chargehand.testing.models.script import (
    CallTool,
    Cut,
    Endless,
    Fail,
    Hang,
    Junk,
    ModelScript,
    Received,
    Say,
    Turn,
    decide,
)
from chargehand.testing.models.server import serving

__all__ = [
    "CallTool",
    "Cut",
    "Endless",
    "Fail",
    "Hang",
    "Junk",
    "ModelContract",
    "ModelScript",
    "Received",
    "Say",
    "Turn",
    "decide",
    "load_model_contract",
    "serving",
]
