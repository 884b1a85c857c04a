import base64
from dataclasses import replace

import pytest

from chargehand.connectors.jira.config import ApiToken
from chargehand.connectors.jira.errors import JiraConfigWrong
from tests.connectors.jira.client.wire import TOKEN, make_config


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        pytest.param("https://acme.atlassian.net", "https://acme.atlassian.net", id="as it is"),
        pytest.param("https://ACME.atlassian.net/", "https://acme.atlassian.net", id="slash"),
        pytest.param(
            "https://acme.atlassian.net/jira/software/projects/PAY?x=1#y",
            "https://acme.atlassian.net",
            id="address of a page",
        ),
        pytest.param("acme.atlassian.net", "https://acme.atlassian.net", id="bare host"),
        pytest.param("http://127.0.0.1:8123/x", "http://127.0.0.1:8123", id="loopback"),
        pytest.param("http://localhost:8123", "http://localhost:8123", id="localhost"),
        pytest.param("http://[::1]:8123", "http://[::1]:8123", id="loopback of version 6"),
    ],
)
def test_site_is_reduced_to_scheme_and_host(given, kept):
    assert make_config(site=given).site == kept


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        pytest.param({"site": "http://acme.atlassian.net"}, "site", id="plain http"),
        pytest.param({"site": "http://127.0.0.1.example.com"}, "site", id="looks like loopback"),
        pytest.param({"site": "https://me:secret@acme.atlassian.net"}, "site", id="credentials"),
        pytest.param({"site": "ftp://acme.atlassian.net"}, "site", id="other scheme"),
        pytest.param({"site": "https://169.254.169.254"}, "site", id="keys of a cloud"),
        pytest.param({"site": "2852039166"}, "site", id="the same as one number"),
        pytest.param({"gateway": "https://127.1"}, "gateway", id="not in the usual way"),
        pytest.param({"site": ""}, "site", id="empty"),
        pytest.param({"site": "https://"}, "site", id="no host"),
        pytest.param({"site": "https://acme atlassian.net"}, "site", id="blank in host"),
        pytest.param({"site": "https://acme.atlassian.net:port"}, "site", id="bad port"),
        pytest.param({"gateway": "http://api.atlassian.com"}, "gateway", id="gateway"),
        pytest.param({"api_token": ApiToken("")}, "api_token", id="no token"),
        pytest.param({"api_token": ApiToken("one\ntwo")}, "api_token", id="line break in token"),
        pytest.param({"email": "nobody"}, "email", id="no e-mail"),
        pytest.param({"email": "a:b@example.com"}, "email", id="colon in e-mail"),
        pytest.param({"email": None}, "email", id="neither e-mail nor cloud id"),
        pytest.param({"cloud_id": "../other"}, "cloud_id", id="cloud id that climbs"),
        pytest.param({"projects": ("pay",)}, "projects", id="lower-case project"),
        pytest.param({"projects": ('PAY" OR "1',)}, "projects", id="project with a quote"),
        pytest.param({"request_timeout_s": 0}, "request_timeout_s", id="no time"),
        pytest.param({"request_timeout_s": float("nan")}, "request_timeout_s", id="no number"),
        pytest.param({"request_timeout_s": 1e9}, "request_timeout_s", id="for ever"),
    ],
)
def test_wrong_setting_is_refused_by_name(changes, field):
    with pytest.raises(JiraConfigWrong) as caught:
        make_config(**changes)

    assert caught.value.fields["field"] == field
    assert field in str(caught.value)
    assert "secret" not in str(caught.value)


def test_token_never_shows():
    config = make_config()

    shown = f"{config!r} {config} {config.api_token} {config.api_token!r}"

    assert TOKEN not in shown
    assert "********" in shown


def test_sign_in_by_email_is_basic():
    _, _, encoded = make_config().authorization().partition("Basic ")

    assert base64.b64decode(encoded).decode() == f"foreman@example.com:{TOKEN}"


def test_service_account_signs_in_by_bearer_at_the_gateway():
    config = make_config(email=None, cloud_id="11223344-a1b2-3b33-c444-def123456789")

    assert config.authorization() == f"Bearer {TOKEN}"
    assert config.api_url == (
        "https://api.atlassian.com/ex/jira/11223344-a1b2-3b33-c444-def123456789"
    )
    assert config.item_url("PAY-1") == "https://acme.atlassian.net/browse/PAY-1"


def test_copy_is_checked_as_well():
    with pytest.raises(JiraConfigWrong):
        replace(make_config(), site="http://acme.atlassian.net")
