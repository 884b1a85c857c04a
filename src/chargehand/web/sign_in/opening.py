"""Makes the door of signing in from the settings."""

from typing import Final
from urllib.parse import urlsplit

from chargehand.bootstrap.configured import session_rules
from chargehand.bootstrap.trust import read_certificates
from chargehand.config.addresses import web_origin
from chargehand.config.settings import Settings
from chargehand.intake.addresses import TrustedProxies
from chargehand.kit.clock import Clock
from chargehand.pipeline.looking import Database
from chargehand.plugins.vendor_http import open_wire
from chargehand.web.body import BodyReader
from chargehand.web.own_page import OwnOrigin
from chargehand.web.session_cookie import SessionCookie
from chargehand.web.sign_in.checking import PasswordDesk
from chargehand.web.sign_in.oidc import OIDCDoor
from chargehand.web.sign_in.pages import Ways
from chargehand.web.sign_in.provider import Provider, ProviderRules, read_role
from chargehand.web.sign_in.routes import SignInDoor

_CONNECTIONS: Final = 4


def open_sign_in(settings: Settings, database: Database, clock: Clock) -> SignInDoor:
    """The door as the settings describe it."""
    public = urlsplit(settings.server.public_url or "")
    # Whatever the operator wrote, browsers write the host small and leave out the usual port.
    own = web_origin(f"{public.scheme}://{public.netloc}") if public.netloc else ""
    proxies = TrustedProxies(settings.server.trusted_proxies)
    return SignInDoor(
        database=database,
        clock=clock,
        rules=session_rules(settings),
        cookie=SessionCookie(is_secure=public.scheme == "https"),
        own=OwnOrigin(own),
        ways=Ways(
            has_passwords=settings.sign_in.password,
            provider=settings.oidc.name if settings.oidc.issuer is not None else "",
        ),
        passwords=PasswordDesk(database, proxies),
        bodies=BodyReader(),
    )


def open_oidc(settings: Settings, door: SignInDoor) -> OIDCDoor | None:
    """The way by a provider; None where none is set up."""
    oidc = settings.oidc
    if oidc.issuer is None:
        return None
    secret = oidc.client_secret
    rules = ProviderRules(
        issuer=oidc.issuer,
        client_id=oidc.client_id,
        client_secret=secret.get_secret_value() if secret is not None else "",
        scopes=oidc.scopes,
        roles_claim=oidc.roles_claim,
        roles={
            value: tuple(one for text in roles for one in read_role(text))
            for value, roles in oidc.roles.items()
        },
        timeout_s=oidc.timeout.total_seconds(),
    )
    certificates = read_certificates(settings.network.ca_file)
    wire = open_wire(certificates, oidc.issuer, connections=_CONNECTIONS)
    provider = Provider(rules, wire, door.clock)
    return OIDCDoor(door, provider, settings.server.public_url or "")
