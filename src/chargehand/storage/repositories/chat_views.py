"""Which messages in chats show how an approval stands, and which of them are outdated."""

from dataclasses import dataclass

from chargehand.domain.ids import ActionId, ApprovalId
from chargehand.storage.repositories.rows import AnyRow, Repository
from chargehand.storage.tables_chats import chat_views


@dataclass(frozen=True, slots=True)
class ChatView:
    """One approval that a message shows.

    Shape: `action_id` is the change it is about, `message_id` the action that posted the message.
    """

    approval_id: ApprovalId
    action_id: ActionId
    message_id: ActionId


class ChatViewReader(Repository):
    """Looks views up."""

    def outdated(self, *, limit: int) -> tuple[ActionId, ...]:
        """The messages that show an approval as open though it was decided."""
        query = self._select(chat_views).where(chat_views.c.is_outdated == 1).limit(limit)
        return tuple(dict.fromkeys(ActionId(row.message_id) for row in self._rows(query)))

    def of_action(self, action_id: str) -> tuple[ChatView, ...]:
        """Every message that shows or showed an approval of one action."""
        query = self._select(chat_views).where(chat_views.c.action_id == action_id)
        return tuple(_view(row) for row in self._rows(query.order_by(chat_views.c.approval_id)))

    def of_message(self, message_id: str) -> tuple[ChatView, ...]:
        """Everything one message shows, in the order it was proposed."""
        query = self._select(chat_views).where(chat_views.c.message_id == message_id)
        return tuple(_view(row) for row in self._rows(query.order_by(chat_views.c.action_id)))


class ChatViewWriter(ChatViewReader):
    """Records what messages show."""

    def add(self, approval_id: ApprovalId, action_id: ActionId, message_id: ActionId) -> None:
        """Record that a message shows an approval."""
        self._insert(
            chat_views,
            {
                "approval_id": approval_id,
                "action_id": action_id,
                "message_id": message_id,
                "is_outdated": 0,
            },
        )

    def outdate(self, approval_id: ApprovalId) -> None:
        """Note that what is shown of an approval is no longer so."""
        self._change(chat_views.c.approval_id, approval_id, {"is_outdated": 1})

    def renewed(self, message_id: ActionId) -> None:
        """Note that a message is about to show how everything in it stands."""
        self._connection.execute(
            self._update(chat_views)
            .where(chat_views.c.message_id == message_id)
            .values(is_outdated=0)
        )


def _view(row: AnyRow) -> ChatView:
    return ChatView(
        approval_id=ApprovalId(row.approval_id),
        action_id=ActionId(row.action_id),
        message_id=ActionId(row.message_id),
    )
