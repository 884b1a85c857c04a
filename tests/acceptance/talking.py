"""A house beside scripted models, as an operator would configure them."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from chargehand.testing.budget import PettyCash
from chargehand.testing.models import ModelScript, Turn, serving
from tests.house import Doubles, House

QUESTION = "@bot is the thing we spoke about on Monday anywhere near ready?"
FREE = {"input_usd": "3", "output_usd": "15"}
KEY = "sk-scripted-0123456789abcdef"
OpenHouse = Callable[..., Any]


def provider(url: str, kind: str = "anthropic", **changes: Any) -> dict[str, Any]:
    base = url if kind == "anthropic" else f"{url}/v1"
    model = "claude-haiku-5-5" if kind == "anthropic" else "gpt-4o-mini"
    return {
        "id": kind,
        "kind": kind,
        "model": model,
        "base_url": base,
        "api_key": KEY,
        **FREE,
        **changes,
    }


@asynccontextmanager
async def house_with_models(
    open_another: OpenHouse,
    *scripts: ModelScript,
    consent: dict[str, str] | None = None,
    cap_usd: str = "10",
    threshold: float = 0.7,
    mode: str | None = "auto",
    **changes: Any,
) -> AsyncIterator[House]:
    """A house whose project PAY consents to models on this machine, everything sent at once.

    What is named beside, such as `idle_timeout=1`, is a setting of the first provider alone.
    """
    kinds = ("anthropic", "openai")
    async with AsyncExitStack() as stack:
        urls = [await stack.enter_async_context(serving(one)) for one in scripts]
        providers = [provider(url, kind) for url, kind in zip(urls, kinds, strict=False)]
        if providers:
            providers[0].update(changes)
        model = {
            "consent": {"PAY": "local"} if consent is None else consent,
            "confidence_threshold": threshold,
        }
        house = await stack.enter_async_context(
            open_another(doubles=Doubles(cash=PettyCash(cap_usd)), providers=providers, model=model)
        )
        if mode is not None:
            house.mode(mode)
        yield house


def script(*turns: Turn, **how: Any) -> ModelScript:
    return ModelScript(turns, **how)
