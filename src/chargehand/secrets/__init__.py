"""Places secrets are read from, and how those we keep ourselves are encrypted."""
