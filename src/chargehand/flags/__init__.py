"""Switches that work while everything runs: which there are, and how they stand at first."""
