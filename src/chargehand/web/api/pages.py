"""Pages of lists, written as JSON once.

A page holds hundreds of values of records that have exactly the fields their shape names, which
the tests hold it to. Having the framework read all of it again by the shape and write it anew was
a quarter of what a page cost the front.
"""

from collections.abc import Callable

import msgspec
from starlette.responses import Response

from chargehand.pipeline.looking import View
from chargehand.pipeline.showing import to_json
from chargehand.web.api.asking import Asked, Caller


async def answer_page(caller: Caller, look: Callable[[Asked[View]], object]) -> Response:
    """The answer of what `look` finds in one transaction."""
    body = await caller.read(lambda asked: msgspec.json.encode(to_json(look(asked))))
    return Response(body, media_type="application/json")
