"""What every suite gets: no network but this machine, an event loop, and the vendors' contracts."""

import gc
import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import pytest_socket

from chargehand.testing.contracts import Contract, load_contract
from chargehand.testing.models.contract import ModelContract, load_model_contract
from tests import variants
from tests.compiled_statements import share_compiled_statements
from tests.postgres import PostgresServer, running_postgres

ROOT = Path(__file__).resolve().parent.parent
OVERLAYS = ROOT / "tests" / "contracts" / "overlays"
COUNTS = pytest.StashKey[Counter[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    variants.add_option(parser)


def pytest_configure(config: pytest.Config) -> None:
    config.stash[COUNTS] = Counter()
    # Until everything is collected nothing becomes garbage; looking for it is a third of that time.
    gc.disable()
    share_compiled_statements()
    if threading.current_thread() is threading.main_thread():
        # Who is asked to end takes down what it started, a database server above all, as at Ctrl-C.
        signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    variants.leave_out_needless(config, items)


def pytest_collection_finish() -> None:
    # What was collected stays to the end, and is not to be looked through for garbage ever again.
    gc.enable()
    gc.collect()
    gc.freeze()


def pytest_runtest_setup() -> None:
    pytest_socket.socket_allow_hosts(["127.0.0.1", "::1"], allow_unix_socket=True)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The one PostgreSQL server of this session; started by the first test that asks."""
    with running_postgres() as server:
        yield server


def contracts_folder() -> Path:
    default = ROOT.parent / "shared" / "contracts"
    return Path(os.environ.get("CHARGEHAND_CONTRACTS", default))


@pytest.fixture(scope="session")
def contracts(request: pytest.FixtureRequest) -> Path:
    """The folder with the vendors' descriptions; tests that need it are skipped without it."""
    folder = contracts_folder()
    if not folder.is_dir():
        pytest.skip(f"the vendors' contracts are missing: there is no folder {folder}")
    return folder


@pytest.fixture(scope="session")
def loaded_jira_contract(contracts: Path, pytestconfig: pytest.Config) -> Iterator[Contract]:
    contract = load_contract(contracts, OVERLAYS / "jira.json")
    yield contract
    tally = contract.tally
    pytestconfig.stash[COUNTS].update(run=tally.run, own=tally.own)


@pytest.fixture
def jira_contract(loaded_jira_contract: Contract) -> Iterator[Contract]:
    """Jira's contract; a test during which it was broken fails, whoever caught the error."""
    yield loaded_jira_contract
    broken = [str(error) for error in loaded_jira_contract.broken]
    loaded_jira_contract.broken.clear()
    assert broken == []


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    """Take over what a worker process of pytest-xdist counted."""
    output = getattr(node, "workeroutput", {})
    config: pytest.Config = node.config  # type: ignore[attr-defined]
    config.stash[COUNTS].update(output.get("contract_counts", {}))


def pytest_sessionfinish(session: pytest.Session) -> None:
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["contract_counts"] = dict(session.config.stash[COUNTS])


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    counts = config.stash[COUNTS]
    skipped = [
        report
        for report in terminalreporter.stats.get("skipped", [])
        if "contracts are missing" in str(report.longrepr)
    ]
    if skipped:
        terminalreporter.write_sep(
            "!",
            f"{len(skipped)} tests did not check the vendors' contracts: {contracts_folder()} "
            "is missing (CHARGEHAND_CONTRACTS names another folder)",
            yellow=True,
        )
    if counts["run"] or skipped:
        terminalreporter.write_line(
            f"contract checks: {counts['run']} run, {len(skipped)} skipped "
            f"({counts['own']} answers checked by descriptions of our own)"
        )
    if counts["slack"]:
        terminalreporter.write_line(f"contract checks of Slack: {counts['slack']} calls, 0 skipped")
    if counts["slack_unchecked"]:
        terminalreporter.write_line(
            f"Slack: {counts['slack_unchecked']} tests did not check the vendor's contract, since "
            "the folder is missing"
        )
    if counts["confluence"]:
        terminalreporter.write_line(
            f"contract checks of Confluence: {counts['confluence']} run, 0 skipped"
        )
    if counts["confluence_unchecked"]:
        terminalreporter.write_line(
            f"Confluence: {counts['confluence_unchecked']} tests did not check the vendor's "
            "contract, since the folder is missing"
        )
    if counts["data_center"]:
        terminalreporter.write_line(
            f"Jira Data Center: {counts['data_center']} tests, not checked against a vendor "
            "contract, since there is none"
        )
    if counts["confluence_data_center"]:
        terminalreporter.write_line(
            f"Confluence Data Center: {counts['confluence_data_center']} tests, not checked "
            "against a vendor contract, since there is none"
        )
    if counts["bitbucket_data_center"]:
        terminalreporter.write_line(
            f"Bitbucket Data Center: {counts['bitbucket_data_center']} tests, not checked against "
            "a vendor contract, since there is none"
        )


@pytest.fixture(scope="session")
def loaded_model_contract(contracts: Path, pytestconfig: pytest.Config) -> Iterator[ModelContract]:
    contract = load_model_contract(contracts, OVERLAYS)
    yield contract
    pytestconfig.stash[COUNTS].update(run=contract.run)


@pytest.fixture
def model_contract(loaded_model_contract: ModelContract) -> Iterator[ModelContract]:
    """Both vendors' contracts; the test fails when anything that passed broke them."""
    yield loaded_model_contract
    broken, loaded_model_contract.broken = loaded_model_contract.broken, []
    assert broken == []
