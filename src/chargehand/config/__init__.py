"""One typed settings object, read once, from one file and the environment."""
