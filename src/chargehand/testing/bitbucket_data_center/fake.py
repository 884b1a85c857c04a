"""The fake Data Center's front for Python."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request

from chargehand.testing.bitbucket.app import API
from chargehand.testing.bitbucket.fake import FakeBitbucket
from chargehand.testing.bitbucket.host import Host, Voice
from chargehand.testing.bitbucket.records import Person
from chargehand.testing.bitbucket.refusals import BitbucketRefused
from chargehand.testing.bitbucket_data_center import rest
from chargehand.testing.bitbucket_data_center.shapes import DataCenterShapes

REPOSITORY: Final = "PAY/payments"
_SITE: Final = "https://git.example.com"


class DataCenterAPI:
    """Keeps `app.API` for Bitbucket Data Center."""

    routes = rest.ENDPOINTS

    def __init__(self, host: Host, shapes: DataCenterShapes) -> None:
        self._host = host
        self._shapes = shapes

    def answer(
        self, handler: Any, request: Request, caller: Person | None, body: bytes
    ) -> tuple[int, Any]:
        """What an endpoint answers.

        Raises: BitbucketRefused.
        """
        if caller is None:
            raise BitbucketRefused(401, "Authentication failed.")
        call = rest.Call(
            host=self._host,
            shapes=self._shapes,
            caller=caller,
            path={name: str(value) for name, value in request.path_params.items()},
            query=dict(request.query_params),
            body=body,
        )
        found: tuple[int, Any] = handler(call)
        return found

    def refusal(self, refusal: BitbucketRefused) -> object:
        """The body of a refusal."""
        return {"errors": [{"context": None, "message": refusal.message, "exceptionName": None}]}

    def headers(self, caller: Person | None) -> Mapping[str, str]:
        """The name of the user; behind the token of a project stands none."""
        is_user = caller is not None and not caller.is_app
        return {"x-ausername": caller.slug} if caller is not None and is_user else {}


class FakeBitbucketDataCenter(FakeBitbucket):
    """A stateful Bitbucket Data Center; see the package's docstring."""

    id_header = "X-Request-Id"

    def _vendor(self) -> tuple[Voice, API]:
        shapes = DataCenterShapes(self.host, site=_SITE)
        return shapes, DataCenterAPI(self.host, shapes)

    def __init__(self, **how: Any) -> None:
        super().__init__(**how)
        self.desk.takes_any = True

    @property
    def api_url(self) -> str:
        """The address the connection is set to."""
        return self.desk.base_url
