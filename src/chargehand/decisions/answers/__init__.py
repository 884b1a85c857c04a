"""One file for each intent: what it says of the facts it may tell."""
