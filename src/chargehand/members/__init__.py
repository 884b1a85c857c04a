"""Who people are: reading rosters, matching accounts, codes, owners; no input or output here."""
