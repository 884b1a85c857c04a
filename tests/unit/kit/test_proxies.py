"""The environment belongs to a process, so each case asks in one of its own."""

import os
import subprocess
import sys

import pytest

JIRA = "https://acme.atlassian.net/rest/api/3"
ASK = "import sys; from chargehand.kit.proxies import proxy_for; print(proxy_for(sys.argv[1]))"


@pytest.mark.parametrize(
    ("environment", "url", "proxy"),
    [
        pytest.param({}, JIRA, "None", id="none named"),
        pytest.param({"HTTPS_PROXY": "http://p:3128"}, JIRA, "http://p:3128", id="upper case"),
        pytest.param({"https_proxy": "http://p:3128"}, JIRA, "http://p:3128", id="lower case"),
        pytest.param({"HTTPS_PROXY": "p:3128"}, JIRA, "http://p:3128", id="without a scheme"),
        pytest.param({"ALL_PROXY": "http://p:1"}, JIRA, "http://p:1", id="for everything"),
        pytest.param({"HTTP_PROXY": "http://p:1"}, JIRA, "None", id="for another scheme"),
        pytest.param(
            {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "atlassian.net"}, JIRA, "None", id="excepted"
        ),
        pytest.param(
            {"HTTP_PROXY": "http://p:1", "NO_PROXY": "127.0.0.1:8080"},
            "http://127.0.0.1:8080/x",
            "None",
            id="excepted with its port",
        ),
        pytest.param(
            {"HTTP_PROXY": "http://p:1", "NO_PROXY": "127.0.0.1:8080"},
            "http://127.0.0.1:9090/x",
            "http://p:1",
            id="another port",
        ),
    ],
)
def test_proxy_is_the_one_the_environment_names(
    environment: dict[str, str], url: str, proxy: str
) -> None:
    clean = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}

    told = subprocess.run(
        [sys.executable, "-c", ASK, url],
        env={**clean, **environment},
        check=True,
        capture_output=True,
        text=True,
    ).stdout

    assert told.strip() == proxy
