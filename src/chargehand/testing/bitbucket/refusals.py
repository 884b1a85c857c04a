"""How the fake says no."""

from chargehand.domain.errors import Rejected


class BitbucketRefused(Rejected):
    """A refusal with a status; each fake words it as its vendor does."""

    code = "fake_bitbucket_refused"
    template = "Bitbucket answers {status}: {message}"

    def __init__(
        self,
        status: int,
        message: str,
        *,
        required: tuple[str, ...] = (),
        moved_to: str = "",
        leads_to: str = "",
    ) -> None:
        super().__init__(status=status, message=message)
        self.status = status
        self.message = message
        self.required = required
        self.moved_to = moved_to
        self.leads_to = leads_to
