"""Makes the API from the settings."""

from chargehand import __version__
from chargehand.bootstrap.commands import command_deps
from chargehand.bootstrap.configured import (
    budget_rules,
    connections_by_settings,
    known_connections,
    pipeline_rules,
    served_projects,
)
from chargehand.bootstrap.receiving import previewers
from chargehand.bootstrap.stores import Stores
from chargehand.config.settings import Settings
from chargehand.kit.clock import Clock
from chargehand.web.api.app import API, build_api
from chargehand.web.api.deps import APIDeps
from chargehand.web.api.request_rate import RequestRate
from chargehand.web.sign_in.routes import SignInDoor


def open_api(settings: Settings, stores: Stores, clock: Clock, sign_in: SignInDoor) -> API:
    """The API of one installation."""
    return build_api(
        APIDeps(
            database=stores.database,
            queue=stores.queue,
            checkpoint=stores.checkpoint,
            previewers=previewers(settings),
            connectors=known_connections(settings),
            served_projects=served_projects(settings),
            commands=command_deps(settings),
            rules=pipeline_rules(settings),
            budget_rules=budget_rules(settings),
            clock=clock,
            version=__version__,
            known=connections_by_settings(settings),
            session_rules=sign_in.rules,
            cookie=sign_in.cookie,
            own=sign_in.own,
            rate=RequestRate(settings.server.requests_per_minute),
        )
    )
