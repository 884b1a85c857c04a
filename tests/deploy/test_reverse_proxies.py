"""The examples for nginx and Caddy, run as they are but for TLS and ports, before a real front."""

import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from chargehand.cli.demo_folder import choose_port
from tests.conftest import ROOT
from tests.processes.service import wait_until
from tests.web.fronts import COMMENT, MEBIBYTE, Front, headers

pytestmark = pytest.mark.process
DEPLOY = ROOT / "deploy"


def replaced(text: str, *changes: tuple[str, str]) -> str:
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


def as_it_is(text: str) -> str:
    return text


def switched_on(text: str) -> str:
    """An example with its block for people, for whom this machine is their network."""
    begun, ours = text.split('Take the "# " away and name your network.\n')
    block, rest = ours.split("\n\n", 1)
    return f"{begun}\n" + replaced(block, ("# ", ""), ("10.0.0.0/8", "127.0.0.0/8")) + "\n\n" + rest


def of_another_network(text: str) -> str:
    return replaced(switched_on(text), ("127.0.0.0/8", "10.255.255.0/24"))


def nginx_command(
    program: str, folder: Path, port: int, front: int, change: Callable[[str], str]
) -> list[str]:
    site = replaced(
        change((DEPLOY / "nginx" / "chargehand.conf").read_text()),
        ("listen 443 ssl;", f"listen 127.0.0.1:{port};"),
        ("listen [::]:443 ssl;", ""),
        ("ssl_certificate     /etc/ssl/bot.example.com.pem;", ""),
        ("ssl_certificate_key /etc/ssl/bot.example.com.key;", ""),
        ("127.0.0.1:8000", f"127.0.0.1:{front}"),
    )
    (folder / "site.conf").write_text(site)
    user = "user root;" if os.geteuid() == 0 else ""
    places = "".join(
        f"{name}_temp_path {folder}/{name};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = folder / "nginx.conf"
    whole.write_text(
        f"{user}\ndaemon off;\npid {folder}/pid;\nerror_log stderr;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{places}include {folder}/site.conf;\n}}\n"
    )
    return [program, "-p", str(folder), "-e", "stderr", "-c", str(whole)]


def caddy_command(
    program: str, folder: Path, port: int, front: int, change: Callable[[str], str]
) -> list[str]:
    site = replaced(
        change((DEPLOY / "caddy" / "Caddyfile").read_text()),
        ("\nbot.example.com {", f"\nhttp://127.0.0.1:{port} {{"),
        ("127.0.0.1:8000", f"127.0.0.1:{front}"),
    )
    file = folder / "Caddyfile"
    file.write_text("{\n\tadmin off\n\tauto_https off\n}\n" + site)
    return [program, "run", "--adapter", "caddyfile", "--config", str(file)]


@contextmanager
def running(command: list[str], **how: object) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(command, text=True, **how)  # type: ignore[call-overload]
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)
        if process.stdout is not None:
            process.stdout.close()


def ask(url: str, body: bytes | None = None, sent: dict[str, str] | None = None) -> int:
    """The status of one request; 0 when there was no answer."""
    request = urllib.request.Request(url, data=body, headers=sent or {})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def is_of_the_front(url: str) -> bool:
    """Whether an answer is the front's, found or not, and not the proxy's own."""
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            told = answer.headers
    except urllib.error.HTTPError as error:
        told = error.headers
    return "x-content-type-options" in told


@pytest.fixture
def change() -> Callable[[str], str]:
    """What is changed in an example before it is run; a test names another by parametrising."""
    return as_it_is


@pytest.fixture(
    params=[
        pytest.param(("nginx", nginx_command), id="nginx"),
        pytest.param(("caddy", caddy_command), id="caddy"),
    ]
)
def proxy(
    request: pytest.FixtureRequest, change: Callable[[str], str], tmp_path: Path
) -> Iterator[str]:
    """Where the proxy answers; behind it is a front of `tmp_path / "front"`."""
    name, make = request.param
    program = shutil.which(name)
    if program is None:
        pytest.skip(f"this machine has no {name}, so its example was not run (Debian: {name})")
    (tmp_path / "front").mkdir()
    (tmp_path / "proxy").mkdir()
    serving = [sys.executable, "-m", "tests.web.front_process", str(tmp_path / "front")]
    environ = {**os.environ, "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data")}
    with running(serving, cwd=ROOT, stdout=subprocess.PIPE) as front:
        assert front.stdout is not None
        front_port, port = int(front.stdout.readline()), choose_port(None)
        command = make(program, tmp_path / "proxy", port, front_port, change)
        with (tmp_path / "proxy.log").open("w") as log, running(command, stderr=log, env=environ):
            url = f"http://127.0.0.1:{port}"
            wait_until(
                lambda: ask(f"{url}/nothing") == 404,
                f"{name} answers",
                on_failure=(tmp_path / "proxy.log").read_text,
            )
            yield url


def stored(folder: Path) -> list[bytes]:
    front = Front(folder)
    try:
        return front.bodies_stored()
    finally:
        front.close()


def test_webhooks_pass_at_the_root_and_below_a_path_and_nothing_else_does(
    proxy: str, tmp_path: Path
) -> None:
    big = b"x" * (4 * MEBIBYTE)
    too_big = b"x" * (7 * MEBIBYTE)

    def post(path: str, body: bytes) -> int:
        return ask(f"{proxy}{path}", body, headers(body))

    told = [
        post("/webhooks/jira/site", COMMENT),
        post("/chargehand/webhooks/jira/site", COMMENT + b" "),
        post("/webhooks/jira/site", big),
        post("/webhooks/jira/site", too_big),
        ask(f"{proxy}/webhooks/jira/site", COMMENT),
    ]
    closed = [
        ask(f"{proxy}{path}")
        for path in ("/", "/metrics", "/ready", "/v1/status", "/docs", "/chargehand/metrics")
    ]

    assert told == [202, 202, 202, 413, 401]
    assert closed == [404] * 6
    assert stored(tmp_path / "front") == [COMMENT, COMMENT + b" ", big]


PEOPLE = ("/sign-in", "/sign-in/oidc", "/sign-out", "/session", "/session/end", "/docs", "/v1/me")
INSIDE = ("/metrics", "/ready", "/v1x", "/session.bak", "/")


@pytest.mark.parametrize("change", [switched_on])
def test_people_of_the_network_reach_pages_and_api_where_the_block_is_switched_on(
    proxy: str,
) -> None:
    reached = [path for path in PEOPLE + INSIDE if is_of_the_front(f"{proxy}{path}")]

    assert reached == list(PEOPLE)


@pytest.mark.parametrize("change", [of_another_network])
def test_people_of_another_network_reach_nothing(proxy: str) -> None:
    reached = [path for path in PEOPLE + INSIDE if is_of_the_front(f"{proxy}{path}")]

    assert reached == []
