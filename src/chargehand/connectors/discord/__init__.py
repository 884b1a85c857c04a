"""Discord: slash commands, buttons and messages in; messages, replies and reactions out."""
