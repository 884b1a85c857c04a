"""Makes the way by a provider from the settings; loaded only where one is set up.

What proves the provider's tokens takes longer to load than a start may be made to wait for.
"""

from typing import Final

from starlette.routing import Route

from chargehand.bootstrap.trust import read_certificates
from chargehand.config.settings import Settings
from chargehand.plugins.vendor_http import open_wire
from chargehand.web.sign_in.oidc import OIDCDoor, oidc_routes
from chargehand.web.sign_in.provider import Provider, ProviderRules, read_role
from chargehand.web.sign_in.routes import SignInDoor

_CONNECTIONS: Final = 4


def open_oidc_routes(settings: Settings, issuer: str, door: SignInDoor) -> list[Route]:
    """The routes of the way by the provider that vouches under an issuer's name."""
    oidc = settings.oidc
    secret = oidc.client_secret
    rules = ProviderRules(
        issuer=issuer,
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
    wire = open_wire(certificates, issuer, connections=_CONNECTIONS)
    provider = Provider(rules, wire, door.clock)
    return oidc_routes(OIDCDoor(door, provider, settings.server.public_url or ""))
