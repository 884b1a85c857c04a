"""Tables of words as they are written in this room: plain text, one entry a line or a word."""

Phrase = tuple[str, ...]


def word_set(table: str) -> frozenset[str]:
    """The words of a table, parted by spaces and line ends."""
    return frozenset(table.split())


def phrases(table: str) -> frozenset[Phrase]:
    """The phrases of a table with one on each line."""
    return frozenset(tuple(line.split()) for line in table.strip().splitlines())


def entries(table: str) -> tuple[str, ...]:
    """The lines of a table in their order; an indented line continues the one above it."""
    found: list[str] = []
    for line in table.strip().splitlines():
        if line.startswith(" "):
            found[-1] = f"{found[-1]} {line.strip()}"
        else:
            found.append(line)
    return tuple(found)
