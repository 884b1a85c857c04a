"""A plain webhook has no actions, so there is nothing to put into words."""

from chargehand.domain.action import ProposedAction
from chargehand.plugins.connector import DoneAction, NoWayBack


class NothingToPreview:
    """Keeps the contract of a previewer for a connector without actions."""

    def preview(self, action: ProposedAction) -> str:
        """Never asked for.

        Raises: AssertionError.
        """
        message = f"a plain webhook has no {action.kind.value}"
        raise AssertionError(message)

    def inverse(self, _done: DoneAction) -> NoWayBack:
        """Nothing was done."""
        return NoWayBack("a plain webhook goes one way")
