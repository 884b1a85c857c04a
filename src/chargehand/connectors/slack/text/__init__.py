"""How Slack writes text: rich text as blocks, and mrkdwn."""
