"""What is known of the schema without the library that migrates it."""

import subprocess
import sys
from importlib.resources import files

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from chargehand.storage.schema import Branch, known_revisions


@pytest.mark.parametrize(
    "branch", [pytest.param("main", id="main"), pytest.param("inbox", id="inbox")]
)
def test_known_revisions_are_those_of_the_migrations(branch: Branch) -> None:
    config = Config()
    folder = files("chargehand.storage") / "migrations" / branch
    config.set_main_option("script_location", str(folder))
    config.set_main_option("path_separator", "os")

    found = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]

    assert known_revisions(branch) == found


MODELS = {"pydantic_ai", "anthropic", "openai", "genai_prices", "chargehand.agents"}


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        pytest.param(
            "chargehand.web.process", {"alembic", "holidays", "psycopg", *MODELS}, id="front"
        ),
        pytest.param("chargehand.bootstrap.worker", {"alembic", "holidays", *MODELS}, id="worker"),
        pytest.param(
            "chargehand.bootstrap.clock_process",
            {"alembic", "holidays", "dbos", "chargehand.web", *MODELS},
            id="clock",
        ),
        pytest.param(
            "chargehand.bootstrap.supervisor", {"sqlalchemy", "pydantic"}, id="supervisor"
        ),
    ],
)
def test_processes_load_only_what_they_need(module: str, unwanted: set[str]) -> None:
    program = f"import sys, {module}; print(*sys.modules)"

    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert unwanted.isdisjoint(told.stdout.split())
