from collections.abc import Iterator
from pathlib import Path

import pytest

from chargehand.testing.contracts import load_contract
from chargehand.testing.vault import FakeVault, running_vault
from tests.conftest import COUNTS, OVERLAYS, contracts_folder


@pytest.fixture
def vault(pytestconfig: pytest.Config) -> Iterator[FakeVault]:
    """A Vault with one secret; held to its description where that is at hand."""
    contract = None
    if contracts_folder().is_dir():
        contract = load_contract(contracts_folder(), OVERLAYS / "vault.json")
    vault = FakeVault(contract=contract)
    vault.secrets["secret/chargehand/jira"] = {"api_token": "the-token-in-vault", "other": "x"}
    yield vault
    if contract is not None:
        pytestconfig.stash[COUNTS].update(run=contract.tally.run, own=contract.tally.own)
        assert [str(error) for error in contract.broken] == []


@pytest.fixture
def vault_address(vault: FakeVault) -> Iterator[str]:
    with running_vault(vault) as address:
        yield address


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "chargehand.toml"
