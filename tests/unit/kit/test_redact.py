import pytest

from chargehand.kit.redact import MASK, redact_fields, redact_text


@pytest.mark.parametrize(
    "secret",
    [
        pytest.param("Bearer abcdefgh12345678", id="bearer"),
        pytest.param("Basic dXNlcjpwYXNzd29yZA==", id="basic"),
        pytest.param("ATATT3xFfGF0abcdefghijklmnop", id="atlassian"),
        pytest.param("ghp_abcdefghijklmnopqrstuvwx", id="github"),
        pytest.param("xoxb-1234567890-abcdef", id="slack"),
        pytest.param("sk-" + "abcdefghijklmnopqrst", id="model-key"),
        pytest.param("AKIAABCDEFGHIJKLMNOP", id="aws"),
        pytest.param("chk_abcdefghijklmnopqrstuvwxyz", id="our-own-key"),
    ],
)
def test_credentials_are_known_by_their_shape(secret: str) -> None:
    masked = redact_text(f"before {secret} after")

    assert secret not in masked
    assert masked.startswith("before ")
    assert masked.endswith(" after")


def test_password_in_a_url_is_masked() -> None:
    assert redact_text("postgresql://me:hunter2@db/x") == f"postgresql://{MASK}@db/x"


def test_fields_are_masked_by_name_at_every_depth() -> None:
    masked = redact_fields({"api_token": "abc", "outer": {"webhook_secret": "def", "id": "kept"}})

    assert masked == {"api_token": MASK, "outer": {"webhook_secret": MASK, "id": "kept"}}
