"""How the fake says no, in Confluence's shape.

Rejected
└── ConfluenceRefused     an answer of 400 to 499
"""

from chargehand.domain.errors import Rejected


class ConfluenceRefused(Rejected):
    """A refusal with Confluence's status and texts."""

    code = "fake_confluence_refused"
    template = "Confluence answers {status}: {name}, {text}"

    def __init__(self, status: int, name: str, text: str) -> None:
        self.status = status
        self.name = name
        self.text = text
        super().__init__(status=status, name=name, text=text)

    def __reduce__(self) -> tuple[object, ...]:
        """Rebuild from the parts the constructor takes."""
        return (ConfluenceRefused, (self.status, self.name, self.text))
