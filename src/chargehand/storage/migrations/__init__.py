"""How the databases of one release become those of the next."""
