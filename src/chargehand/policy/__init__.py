"""The rules that give every action its mode."""
