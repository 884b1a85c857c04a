"""What stops or turns off the processes of one data folder, by its settings."""

from chargehand.config.settings import Settings
from chargehand.flags.registry import Flag
from chargehand.storage.local_switches import LocalSwitches

__all__ = ["LocalSwitches", "local_switches"]


def local_switches(settings: Settings) -> LocalSwitches:
    """The switches that need no database."""
    chosen = settings.flags
    stands = {
        Flag.AGENTS: chosen.agents,
        Flag.MODEL_DECISIONS: chosen.model_decisions,
        Flag.SENDING: chosen.sending,
        Flag.UNASKED_MESSAGES: chosen.unasked_messages,
    }
    return LocalSwitches(
        folder=settings.storage.data_dir,
        settings_text=chosen.stop.strip(),
        flags_off=frozenset(flag.value for flag, is_on in stands.items() if not is_on),
    )
