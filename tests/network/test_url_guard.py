"""Nobody reaches by a named address what only this machine can reach, however it is written."""

import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from chargehand.plugins.errors import VendorAnswerUnreadable, VendorUnreachable
from chargehand.plugins.guarded_http import LARGEST_ANSWER, fetch_guarded
from chargehand.plugins.urls import AddressRefused, URLGuard, same_host

pytestmark = pytest.mark.anyio
PUBLIC = "93.184.216.34"


class Names:
    """A resolver whose answers change each time it is asked, as a rebinding one's do."""

    def __init__(self, **answers: Sequence[Sequence[str]]) -> None:
        self.answers = {name.replace("_", "."): list(each) for name, each in answers.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str, _port: int) -> Sequence[str]:
        self.asked.append(host)
        each = self.answers.get(host)
        if each is None:
            return [host]
        return each.pop(0) if len(each) > 1 else each[0]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.1/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://0/",
        "http://[::1]/",
        "http://[::]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[::127.0.0.1]/",
        "http://[64:ff9b::10.0.0.1]/",
        "http://[64:ff9b:1::a00:1]/",
        "http://[2002:7f00:1::]/",
        "http://[2001:0:53aa:64c:0:0:f5ff:fffe]/",
        "http://[fe80::1]/",
        "http://[fe80::1%25eth0]/",
        "http://[fc00::1]/",
        "http://[fec0::1]/",
        "http://[ff02::1]/",
        "http://10.0.0.1/",
        "http://172.16.0.1/",
        "http://192.168.1.1/",
        "http://100.64.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://0xA9FEA9FE/",
        "http://168.63.129.16/",
        "http://100.100.100.200/",
        "http://224.0.0.1/",
        "http://255.255.255.255/",
        "http://192.0.2.1/",
        "http://127.0.0.1./",
        "http://１２７.0.0.1/",
        "http://127。0。0。1/",
        "http://localhost/",
        "http://localhost./",
        "http://LOCALHOST/",
        "http://a.localhost/",
        "http://metadata.google.internal/",
        "http://jira.corp/",
        "http://db.local/",
        "http://intranet/",
        "http://999.1.1.1.1/",
        "http://1.2.3.08/",
        "http://example.com@127.0.0.1/",
        "http://user:secret@example.com/",
        "http://example.com:22/",
        "http://example.com:99999/",
        "http://exam ple.com/",
        "http://example.com\\@127.0.0.1/",
        "http://example.com\r\nHost: x/",
        "http:///",
        "http://-a.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "//example.com/",
        "",
        "http://[::1",
        "https://" + "a" * 2_100,
    ],
)
async def test_what_is_not_public_is_refused_before_anybody_is_asked(url: str) -> None:
    names = Names()

    with pytest.raises(AddressRefused) as refused:
        await URLGuard(resolve=names).admit(url)

    assert names.asked == []
    assert "secret" not in str(refused.value)
    with pytest.raises(AddressRefused):
        URLGuard().read(url)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://example.com/hook?a=1", "example.com"),
        ("https://EXAMPLE.com./hook", "example.com"),
        ("http://example.com:8080", "example.com"),
        ("https://bücher.example/", "xn--bcher-kva.example"),
        ("https://93.184.216.34/", "93.184.216.34"),
        ("https://[2606:2800:220:1::1]/", "2606:2800:220:1::1"),
        ("https://[64:ff9b::5db8:d822]/", "64:ff9b::5db8:d822"),
    ],
)
async def test_public_addresses_are_admitted(url: str, host: str) -> None:
    names = Names(example_com=[[PUBLIC]], **{"xn--bcher-kva_example": [[PUBLIC]]})

    admitted = await URLGuard(resolve=names).admit(url)

    assert admitted.host == host
    assert admitted.address in (PUBLIC, host)


@pytest.mark.parametrize(
    "answer",
    [["10.0.0.1"], [PUBLIC, "127.0.0.1"], ["::ffff:10.0.0.1"], ["fe80::1%eth0"], [], ["nonsense"]],
    ids=str,
)
async def test_a_name_that_leads_inside_is_refused(answer: list[str]) -> None:
    with pytest.raises(AddressRefused):
        await URLGuard(resolve=Names(evil_example=[answer])).admit("https://evil.example/")


async def test_hosts_of_configured_connections_may_lie_anywhere() -> None:
    guard = URLGuard(
        known_hosts=["jira.corp", "127.0.0.1:9"], resolve=Names(jira_corp=[["10.0.0.5"]])
    )

    assert (await guard.admit("https://jira.corp/x")).address == "10.0.0.5"
    assert (await guard.admit("http://127.0.0.1:9/")).address == "127.0.0.1"
    with pytest.raises(AddressRefused):
        await guard.admit("http://127.0.0.1:8080/")


def test_a_paging_link_stays_on_its_host() -> None:
    base = "https://api.bitbucket.org/2.0"

    assert same_host("https://API.bitbucket.org:443/2.0/x?page=2", base)
    for other in (
        "https://api.bitbucket.org.evil.example/2.0",
        "http://api.bitbucket.org/2.0",
        "https://api.bitbucket.org:8443/2.0",
        "https://api.bitbucket.org@evil.example/",
        "/2.0/x",
        "",
    ):
        assert not same_host(other, base)


@contextmanager
def serving(answers: Mapping[str, tuple[int, Mapping[str, str], bytes]]) -> Iterator[Any]:
    """A server on this machine; what it was asked is in `asked`."""
    asked: list[tuple[str, str]] = []

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.headers["Host"], self.path))
            status, headers, body = answers[self.path]
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1], asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


async def test_the_connection_goes_where_the_guard_resolved_it_once() -> None:
    with serving({"/hook": (200, {}, b"here")}) as (port, asked):
        host = f"team.example:{port}"
        names = Names(team_example=[["127.0.0.1"], ["10.9.9.9"]])
        guard = URLGuard(known_hosts=[host], resolve=names)

        answer = await fetch_guarded(
            f"http://{host}/hook", guard=guard, certificates=ssl.create_default_context()
        )

    assert (answer.status, answer.body) == (200, b"here")
    assert asked == [(host, "/hook")]
    assert names.asked == ["team.example"]


async def test_redirects_are_judged_like_the_first_address_and_end() -> None:
    answers: dict[str, tuple[int, dict[str, str], bytes]] = {
        "/in": (302, {"Location": "http://169.254.169.254/latest/meta-data/"}, b""),
        "/decimal": (307, {"Location": "//2130706433/"}, b""),
        "/round": (302, {"Location": "/round"}, b""),
        "/once": (301, {"Location": "/end"}, b""),
        "/end": (200, {}, b"end"),
        "/large": (200, {}, b"x" * (LARGEST_ANSWER + 1)),
    }
    with serving(answers) as (port, asked):
        guard = URLGuard(known_hosts=[f"127.0.0.1:{port}"])
        certificates = ssl.create_default_context()

        async def get(path: str) -> bytes:
            url = f"http://127.0.0.1:{port}{path}"
            return (await fetch_guarded(url, guard=guard, certificates=certificates)).body

        assert await get("/once") == b"end"
        for path in ("/in", "/decimal", "/round"):
            with pytest.raises(AddressRefused):
                await get(path)
        assert [path for _, path in asked].count("/round") == 4
        with pytest.raises(VendorAnswerUnreadable):
            await get("/large")
    with pytest.raises(VendorUnreachable):
        await get("/end")
