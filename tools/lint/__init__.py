"""Rules of this house that ruff can not know, as small checks on the syntax tree.

A finding is mended, or named and reasoned on its line or the line above it:
`# lint: allow <rule> — <reason>`. A suppression that suppresses nothing is a finding too.
"""
