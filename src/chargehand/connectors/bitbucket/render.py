"""The text of a comment: every word shown, nobody called who was not meant, nothing cut."""

from chargehand.connectors.bitbucket.params import CommentParams
from chargehand.plugins.markdown_dialects import (
    bitbucket_markdown,
    bitbucket_mention,
    bitbucket_user_mention,
)


def render_comment(params: CommentParams, *, is_cloud: bool) -> str:
    """The text in Bitbucket's Markdown, the mention before its first words.

    Raises: TextTooLong, and ParamInvalid for an account Bitbucket can not have.
    """
    if params.mention is None:
        return bitbucket_markdown(params.markdown)
    called = bitbucket_mention if is_cloud else bitbucket_user_mention
    return bitbucket_markdown(params.markdown, mention=called(params.mention.account_id))
