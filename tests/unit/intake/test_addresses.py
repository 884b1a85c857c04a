import pytest

from chargehand.intake.addresses import TrustedProxies

PROXIES = ("10.0.0.0/8", "192.0.2.1", "2001:db8::/32")


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "found"),
    [
        pytest.param("203.0.113.7", [], "203.0.113.7", id="no proxy"),
        pytest.param("203.0.113.7", ["198.51.100.9"], "203.0.113.7", id="stranger's word"),
        pytest.param("10.0.0.1", ["198.51.100.9"], "198.51.100.9", id="one proxy"),
        pytest.param("10.0.0.1", ["1.1.1.1, 198.51.100.9"], "198.51.100.9", id="invented hop"),
        pytest.param("10.0.0.1", ["198.51.100.9, 10.0.0.2"], "198.51.100.9", id="two proxies"),
        pytest.param("10.0.0.1", ["1.1.1.1", "198.51.100.9"], "198.51.100.9", id="two headers"),
        pytest.param("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3", id="all trusted"),
        pytest.param("10.0.0.1", [], "10.0.0.1", id="proxy itself"),
        pytest.param("10.0.0.1", ["198.51.100.9, nonsense"], "10.0.0.1", id="nonsense"),
        pytest.param("10.0.0.1", [""], "10.0.0.1", id="empty"),
        pytest.param("10.0.0.1", ["198.51.100.9:5060"], "198.51.100.9", id="with port"),
        pytest.param("10.0.0.1", ["[2001:db9::1]:443"], "2001:db9::1", id="IPv6 with port"),
        pytest.param("2001:db8::1", ["2001:db9::1"], "2001:db9::1", id="IPv6"),
        pytest.param("::ffff:10.0.0.1", ["198.51.100.9"], "198.51.100.9", id="mapped IPv4"),
        pytest.param(None, ["198.51.100.9"], "unknown", id="no socket address"),
        pytest.param("testclient", ["198.51.100.9"], "testclient", id="no address at all"),
    ],
)
def test_the_nearest_untrusted_address_is_the_client(
    peer: str | None, forwarded_for: list[str], found: str
) -> None:
    assert TrustedProxies(PROXIES).client_address(peer, forwarded_for) == found


def test_nobody_is_trusted_by_default() -> None:
    assert TrustedProxies().client_address("127.0.0.1", ["198.51.100.9"]) == "127.0.0.1"


def test_a_network_that_is_none_is_named() -> None:
    with pytest.raises(ValueError, match=r"10\.0\.0\.0/99"):
        TrustedProxies(["10.0.0.0/99"])
