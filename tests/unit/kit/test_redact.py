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
        pytest.param("AIzaSyA0123456789abcdefghijklmnopqrstuv", id="google"),
        pytest.param("glpat-0123456789abcdefghij", id="gitlab"),
        pytest.param("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3", id="web-token"),
        pytest.param(
            "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----", id="private-key"
        ),
        pytest.param("chk_abcdefghijklmnopqrstuvwxyz", id="our-own-key"),
    ],
)
def test_credentials_are_known_by_their_shape(secret: str) -> None:
    masked = redact_text(f"before {secret} after")

    assert secret not in masked
    assert masked.startswith("before ")
    assert masked.endswith(" after")


@pytest.mark.parametrize(
    "text",
    [
        *("Password: hunter2", "passwd=hunter2", "client_secret: hunter2", "the API key = hunter2"),
        # Letters that are others only to the eye.
        *("pa\u017f\u017fword: hunter2", "to\u212aen: hunter2", "AP\u0130 key: hunter2"),
        "BAS\u0131C hunter2hunter2",
    ],
)
def test_what_is_written_behind_the_word_for_a_secret_is_masked(text: str) -> None:
    assert "hunter2" not in redact_text(text)


def test_talk_about_secrets_stays_readable() -> None:
    talk = "Is the password wrong, or the token expired? The secret is in the vault."

    assert redact_text(talk) == talk


def test_key_cut_off_before_its_end_is_masked_to_the_end() -> None:
    assert "MIIE" not in redact_text("see -----BEGIN RSA PRIVATE KEY-----\nMIIEow01\nabc")


def test_password_in_a_url_is_masked() -> None:
    assert redact_text("postgresql://me:hunter2@db/x") == f"postgresql://{MASK}@db/x"


def test_fields_are_masked_by_name_at_every_depth() -> None:
    masked = redact_fields({"api_token": "abc", "outer": {"webhook_secret": "def", "id": "kept"}})

    assert masked == {"api_token": MASK, "outer": {"webhook_secret": MASK, "id": "kept"}}
