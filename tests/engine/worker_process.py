"""A worker to be killed: `python -m tests.engine.worker_process ENGINE URL JOURNAL [TASKS]`.

`EXECUTORS` in its environment names it, and those whose work it takes over. It starts the tasks it
is told to, works until each of them has an outcome, and prints how each
ended. What its steps do goes to the journal, one line per run of a step, written before the step
returns: the journal tells what happened even when the process could not.
"""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

from chargehand.domain.json import JSONObject, JSONValue
from chargehand.engine.port import StepRunner, Task, TaskEngine
from tests.engine.engines import OPENERS, until_ended

STEPS = 5
POISON = "poison"


class Bodies:
    def __init__(self, journal: Path) -> None:
        self._journal = journal

    def note(self, line: str) -> None:
        with self._journal.open("a") as file:
            file.write(line + "\n")

    async def sound(self, steps: StepRunner, arguments: JSONObject) -> JSONValue:
        for number in range(STEPS):

            async def work(number: int = number) -> JSONValue:
                self.note(f"{arguments['name']} {number}")
                return number

            await steps.step(f"step {number}", work)
        return None

    async def poison(self, steps: StepRunner, arguments: JSONObject) -> JSONValue:
        async def work() -> JSONValue:
            self.note(f"{arguments['name']} 0")
            os.kill(os.getpid(), signal.SIGKILL)
            return None

        return await steps.step("kill", work)


async def run(kind: str, url: str, journal: Path, names: list[str]) -> None:
    name, *dead = os.environ["EXECUTORS"].split() or ["worker-1"]
    engine, database = OPENERS[kind](url, executor_id=name, max_recovery_attempts=2)
    bodies = Bodies(journal)
    engine.register({"sound": bodies.sound, POISON: bodies.poison})
    await engine.launch()
    await engine.take_over([one for one in dead if one != name])
    started = [name for name in names if await engine.start(_task(name))]
    await until_ended(engine, *names)
    print(json.dumps({"started": started, "states": await _states(engine, names)}))  # noqa: T201 -- the parent reads it.
    await engine.close()
    database.dispose()


def _task(name: str) -> Task:
    return Task(name, POISON if name == POISON else "sound", {"name": name})


async def _states(engine: TaskEngine, names: list[str]) -> dict[str, list[JSONValue]]:
    states = [(name, await engine.state_of(name)) for name in names]
    return {name: [state.status, state.recovery_attempts] for name, state in states if state}


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], sys.argv[2], Path(sys.argv[3]), sys.argv[4:]))
