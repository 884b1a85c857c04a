"""Models are put together only where one may be asked, and what is wrong is found at once."""

from pathlib import Path
from typing import Any

import pytest

from chargehand.bootstrap.models import open_models
from chargehand.bootstrap.stores import migrate_stores, open_stores
from chargehand.budgets.errors import PriceMissing
from chargehand.config.shown import secret_values
from chargehand.plugins.model import Consent
from chargehand.testing.budget import PettyCash
from chargehand.testing.clock import FakeClock
from tests.house import START, house_settings

LOCAL = {
    "id": "ours",
    "kind": "openai",
    "model": "qwen3",
    "base_url": "http://127.0.0.1:9/v1",
    "api_key": "the-key-of-ours",
}
FREE = {**LOCAL, "input_usd": 0, "output_usd": 0}
ALLOWED = {"consent": {"PAY": "local"}}


def opened(folder: Path, **changes: Any) -> Any:
    settings, clock = house_settings(folder, **changes), FakeClock(START)
    migrate_stores(settings, clock=clock)
    stores = open_stores(settings)
    try:
        return open_models(settings, stores.database, PettyCash(), clock=clock)
    finally:
        stores.close()


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="nothing configured"),
        pytest.param({"model": ALLOWED}, id="consent alone"),
        pytest.param({"providers": [FREE]}, id="provider alone"),
        pytest.param(
            {"providers": [FREE], "model": {"consent": {"PAY": "off"}}}, id="consent taken back"
        ),
    ],
)
def test_nothing_is_put_together_where_no_model_may_be_asked(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    assert opened(tmp_path, **changes) is None


def test_door_serves_what_its_providers_may(tmp_path: Path) -> None:
    found = opened(tmp_path, providers=[FREE], model=ALLOWED)

    assert found is not None
    door = found[1]
    assert [door.can_serve(one) for one in Consent] == [False, True, True]


def test_server_without_a_known_price_is_refused_with_the_setting_to_fill(tmp_path: Path) -> None:
    with pytest.raises(PriceMissing, match=r"providers\.ours\.input_usd"):
        opened(tmp_path, providers=[LOCAL], model=ALLOWED)


def test_every_configured_secret_is_known_to_the_mask(tmp_path: Path) -> None:
    settings = house_settings(
        tmp_path,
        providers=[FREE],
        connection={"path_token": "an-unguessable-token-of-a-path"},
    )

    assert set(secret_values(settings)) == {
        "fake-api-token-of-chargehand",
        "the-signing-secret-of-the-tests",
        "an-unguessable-token-of-a-path",
        "the-key-of-ours",
    }
