"""What `github.update_comment` must be told; else see `params`.

Every reader raises ParamInvalid or ParamUnknown, both Rejected, naming the field.
"""

from chargehand.connectors.github.params import MARKDOWN_LIMIT_CHARS, read_comment_id
from chargehand.domain.json import JSONObject
from chargehand.plugins.update_fields import (
    UpdateBase,
    UpdateParams,
    read_update_base,
    read_update_params,
)


def read_params(params: JSONObject) -> UpdateParams:
    """The parameters of `github.update_comment`."""
    return read_update_params(params, read_id=read_comment_id, limit_chars=MARKDOWN_LIMIT_CHARS)


def read_base(base: JSONObject) -> UpdateBase:
    """The base of `github.update_comment`."""
    return read_update_base(base, read_id=read_comment_id, limit_chars=MARKDOWN_LIMIT_CHARS)
