"""A certificate of one's own authority: refused with the setting to fill, trusted once it is."""

import asyncio
import ssl
from pathlib import Path

import pytest
import trustme
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from chargehand.agents.deciding import Models
from chargehand.bootstrap.channels import notice_channels
from chargehand.bootstrap.errors import CertificatesUnusable
from chargehand.bootstrap.jira import open_client
from chargehand.bootstrap.reading_settings import read_settings
from chargehand.config.notice_settings import NoticeSettings
from chargehand.domain.errors import ChargehandError
from chargehand.kit.clock import SystemClock
from chargehand.pipeline.telling import sample_notice
from chargehand.plugins.model import ModelFailure
from chargehand.plugins.vendor_line import Surroundings
from chargehand.testing.budget import PettyCash
from chargehand.testing.clock import FakeClock
from chargehand.testing.jira import FakeJira, seed_demo
from chargehand.testing.models import ModelScript, decide
from chargehand.testing.models.app import build_app
from chargehand.testing.vault import FakeVault, running_vault
from tests.agents.models import provider, question
from tests.house import START, house_settings
from tests.network.serving import serving

pytestmark = pytest.mark.anyio
KEY = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"


class Authority:
    """A certificate authority nobody knows, with a certificate for this machine."""

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        issued = authority.issue_cert("127.0.0.1", "localhost")
        self.file, self.certificate = folder / "ca.pem", folder / "server.pem"
        authority.cert_pem.write_to_path(self.file)
        issued.private_key_and_cert_chain_pem.write_to_path(self.certificate)
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        issued.configure_cert(self.server)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


async def refusal_of_jira(authority: Authority, ca_file: Path | None, folder: Path) -> str:
    fake = FakeJira(clock=FakeClock(START))
    seed_demo(fake)
    async with serving(fake.app, certificate=authority.certificate) as site:
        (connection,) = house_settings(folder, connection={"site": site}).trackers
        client = open_client(connection, Surroundings(SystemClock()), ca_file=ca_file)
        try:
            await client.identify_bot()
        except ChargehandError as error:
            return str(error)
        finally:
            await client.aclose()
            await fake.aclose()
    return ""


async def refusal_of_notice(authority: Authority, ca_file: Path | None) -> str:
    async def take(_request: Request) -> JSONResponse:
        return JSONResponse({})

    app = Starlette(routes=[Route("/", take, methods=["POST"])])
    async with serving(app, certificate=authority.certificate) as url:
        settings = NoticeSettings.model_validate({"webhook_url": f"{url}/", "webhook_secret": KEY})
        (channel,) = notice_channels(settings, ca_file=ca_file)
        try:
            await asyncio.to_thread(channel.send, sample_notice(START), now=START)
        except ChargehandError as error:
            return str(error)
    return ""


def refusal_of_vault(authority: Authority, ca_file: Path | None, folder: Path) -> str:
    vault = FakeVault(secrets={"secret/jira": {"token": "a-token"}})
    with running_vault(vault, tls=authority.server) as address:
        config = folder / "chargehand.toml"
        config.write_text(
            f'[vault]\naddress = "{address}"\ntoken = "{vault.token}"\n'
            '[notices]\nwebhook_secret = "vault:secret/jira#token"\n'
        )
        environ = {"CHARGEHAND_CA_FILE": str(ca_file)} if ca_file is not None else {}
        try:
            read_settings(config, environ)
        except ChargehandError as error:
            return "" if error.code == "config_invalid" else str(error)
    return ""


async def failure_of_model(authority: Authority, ca_file: Path | None) -> object:
    script = ModelScript([decide()])
    async with serving(build_app(script), certificate=authority.certificate) as url:
        config = provider("openai", url, ca_file=ca_file)
        models = Models([config], PettyCash("10"), clock=FakeClock(START))
        run = await models.decide(question())
        await models.aclose()
    return run.outcome


async def test_unknown_authority_is_refused_by_everyone_with_the_setting_to_fill(
    authority: Authority, tmp_path: Path
) -> None:
    jira = await refusal_of_jira(authority, None, tmp_path)
    notice = await refusal_of_notice(authority, None)
    vault = refusal_of_vault(authority, None, tmp_path)

    assert "network.ca_file" in jira
    assert "network.ca_file" in notice
    assert "network.ca_file" in vault
    assert await failure_of_model(authority, None) is ModelFailure.UNAVAILABLE


async def test_named_authority_is_trusted_by_everyone(authority: Authority, tmp_path: Path) -> None:
    ca_file = authority.file

    assert await refusal_of_jira(authority, ca_file, tmp_path) == ""
    assert await refusal_of_notice(authority, ca_file) == ""
    assert refusal_of_vault(authority, ca_file, tmp_path) == ""
    assert not isinstance(await failure_of_model(authority, ca_file), ModelFailure)


async def test_file_without_a_certificate_is_refused_by_its_setting(tmp_path: Path) -> None:
    settings = NoticeSettings.model_validate(
        {"webhook_url": "https://hooks.example.com/", "webhook_secret": KEY}
    )

    with pytest.raises(CertificatesUnusable, match=r"network\.ca_file"):
        notice_channels(settings, ca_file=tmp_path / "missing.pem")
