"""Makes the door of signing in from the settings."""

from urllib.parse import urlsplit

from chargehand.bootstrap.configured import session_rules
from chargehand.config.addresses import web_origin
from chargehand.config.settings import Settings
from chargehand.intake.addresses import TrustedProxies
from chargehand.kit.clock import Clock
from chargehand.pipeline.looking import Database
from chargehand.web.body import BodyReader
from chargehand.web.own_page import OwnOrigin
from chargehand.web.session_cookie import SessionCookie
from chargehand.web.sign_in.checking import PasswordDesk
from chargehand.web.sign_in.pages import Ways
from chargehand.web.sign_in.routes import SignInDoor


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
        address=(settings.server.public_url or "").rstrip("/"),
    )
