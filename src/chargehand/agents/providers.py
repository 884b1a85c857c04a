"""Opens the model of one provider: through our client, without retries of its own."""

from typing import Any, Final
from urllib.parse import urlsplit

from pydantic_ai.models import Model

from chargehand.agents.config import ProviderConfig
from chargehand.agents.transport import PaidClient

# The libraries refuse to start without a key; servers nearby often want none.
_NO_KEY: Final = "none"
_OPENAI: Final = "api.openai.com"


def open_model(config: ProviderConfig, client: PaidClient) -> Model:
    """The library's model; a retry is ours to make and to pay, so it makes none."""
    # What the libraries wait for by default is ten minutes, whatever the client says.
    how: dict[str, Any] = {
        "api_key": config.api_key or _NO_KEY,
        "base_url": config.base_url,
        "http_client": client,
        "timeout": client.timeout,
        "max_retries": 0,
    }
    if config.kind == "anthropic":
        return _open_anthropic(config, how)
    return _open_openai(config, how)


def _open_anthropic(config: ProviderConfig, how: dict[str, Any]) -> Model:
    # lazy: each vendor's library is tens of megabytes, and most installations use one.
    from anthropic import AsyncAnthropic
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.providers.anthropic import AnthropicProvider

    provider = AnthropicProvider(anthropic_client=AsyncAnthropic(**how))
    return AnthropicModel(config.model, provider=provider)


def _open_openai(config: ProviderConfig, how: dict[str, Any]) -> Model:
    # lazy: each vendor's library is tens of megabytes, and most installations use one.
    from openai import AsyncOpenAI
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.profiles.openai import OpenAIModelProfile
    from pydantic_ai.providers.openai import OpenAIProvider
    from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

    client = AsyncOpenAI(**how)
    # OpenAI's own newest models want other names for some settings than everybody else's.
    if urlsplit(config.base_url).hostname == _OPENAI:
        return OpenAIChatModel(config.model, provider=OpenAIProvider(openai_client=client))
    profile = OpenAIModelProfile(openai_chat_supports_max_completion_tokens=False)
    compatible = OpenAICompatibleProvider(config.id, openai_client=client, profile=profile)
    return OpenAIChatModel(config.model, provider=compatible)
