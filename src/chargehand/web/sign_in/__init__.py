"""How members sign in with a browser: by a password, or by their provider."""
