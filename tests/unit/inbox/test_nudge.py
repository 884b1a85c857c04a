import os
from collections.abc import Iterator

import pytest

from chargehand.inbox.nudge import Nudge, NudgeListener
from tests.unit.inbox.deliveries import DEADLINE_S

pytestmark = pytest.mark.anyio


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        try:
            os.close(end)
        except OSError:  # A test closed it.
            continue


async def test_a_nudge_wakes_the_listener_once(pipe: tuple[int, int]) -> None:
    hearing, sending = pipe
    listener = NudgeListener(hearing)
    listener.start()

    Nudge(sending).send()
    Nudge(sending).send()

    assert await listener.wait(timeout_s=DEADLINE_S)
    assert not await listener.wait(timeout_s=0)
    listener.stop()


async def test_a_full_pipe_is_not_an_error(pipe: tuple[int, int]) -> None:
    nudge = Nudge(pipe[1])

    for _ in range(100_000):
        nudge.send()

    assert os.read(pipe[0], 1) == b"\0"


async def test_a_listener_that_is_gone_is_not_an_error(pipe: tuple[int, int]) -> None:
    nudge = Nudge(pipe[1])
    os.close(pipe[0])

    nudge.send()


async def test_a_sender_that_is_gone_leaves_the_listener_waiting(pipe: tuple[int, int]) -> None:
    listener = NudgeListener(pipe[0])
    listener.start()
    os.close(pipe[1])

    assert not await listener.wait(timeout_s=0.01)
    listener.stop()
