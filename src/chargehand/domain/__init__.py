"""Frozen values and enums of the glossary; no input, no output, no clock."""
