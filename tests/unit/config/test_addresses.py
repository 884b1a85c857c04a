"""An operator's address means one thing, and never where a cloud keeps its keys."""

from collections.abc import Callable

import pytest

from chargehand.config.addresses import address_with_path
from chargehand.config.model_settings import model_url
from chargehand.config.notice_settings import NoticeSettings
from chargehand.config.secret_settings import VaultSettings
from chargehand.config.telling_settings import TracingSettings

SECRET = "whsec_" + "a2" * 22


def notice(url: str) -> object:
    return NoticeSettings(webhook_url=url, webhook_secret=SECRET)


def vault(url: str) -> object:
    return VaultSettings(address=url, token="a-token-that-reads")


def tracing(url: str) -> object:
    return TracingSettings(otlp_url=url)


READERS = [address_with_path, model_url, notice, vault, tracing]


@pytest.mark.parametrize("read", READERS, ids=lambda one: one.__name__)
@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://169.254.169.254/latest", "a cloud tells its machines"),
        ("https://2852039166", "a cloud tells its machines"),
        ("https://0xa9fea9fe", "a cloud tells its machines"),
        ("https://0251.0376.0251.0376", "a cloud tells its machines"),
        ("https://[::ffff:169.254.169.254]", "a cloud tells its machines"),
        ("https://[64:ff9b::a9fe:a9fe]", "a cloud tells its machines"),
        ("https://[fd00:ec2::254]", "a cloud tells its machines"),
        ("https://[fe80::1%25eth0]", "a cloud tells its machines"),
        ("https://169。254。169。254", "in plain letters"),
        ("https://metadata.google.internal.", "a cloud tells its machines"),
        ("https://100.100.100.200", "a cloud tells its machines"),
        ("https://2130706433", "usual way, which is 127.0.0.1"),
        ("https://127.1", "usual way, which is 127.0.0.1"),
        ("https://①②⑦.0.0.1", "in plain letters"),
        ("https://0.0.0.0", "must name one host"),
        ("https://[::]", "must name one host"),
        ("https://@host.example", "user name or password"),
        ("https://host.example\\evil.example", "other characters"),
        ("https://evil\t.example", "other characters"),
        ("https://exa mple.com", "other characters"),
        ("https://exam\u202eple.com", "other characters"),
        ("https://host.example:99999", "port below 65536"),
        ("https://host.example:0x50", "port below 65536"),
        ("https://..", "port below 65536"),
    ],
)
def test_an_address_that_hides_where_it_leads_is_refused(
    read: Callable[[str], object], url: str, why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        read(url)


@pytest.mark.parametrize("read", READERS, ids=lambda one: one.__name__)
@pytest.mark.parametrize(
    "url",
    [
        "https://jira.acme.example:8443/jira",
        "https://bücher.example",
        "https://10.0.0.7",
        "https://[fd12:3456::7]:8443",
        "http://127.0.0.1:8080",
        "http://[::1]:8080",
        "http://localhost:8080",
        "https://git_server",
    ],
)
def test_an_address_inside_the_network_is_fine(read: Callable[[str], object], url: str) -> None:
    read(url)
