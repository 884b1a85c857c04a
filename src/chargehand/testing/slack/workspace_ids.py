"""The ids every workspace of the fake has."""

from typing import Final

TEAM: Final = "T0ACME00"
APP: Final = "A0CHARGE"
BOT: Final = "U0CHARGEHAND"
BOT_ID: Final = "B0CHARGE"
BOT_TOKEN: Final = "xoxb-fake-bot-token-of-chargehand"
APP_TOKEN: Final = "xapp-fake-app-token-of-chargehand"
SIGNING_SECRET: Final = "fake-signing-secret-of-chargehand"
