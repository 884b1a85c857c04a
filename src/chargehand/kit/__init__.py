"""Words of no glossary: clocks, ids, digests, signatures, redaction, calendars."""
