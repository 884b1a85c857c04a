"""Requests prepared whole, because what proves them depends on the moment and on every byte.

A file has a line for each: path, headers and body, a tab between them.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path


def write_requests(path: Path, lines: Iterable[str]) -> None:
    """Keep lines of `request_line`."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)


def request_line(path: str, headers: Mapping[str, str], body: bytes) -> str:
    """One request; neither JSON nor a form holds a tab or a line's end."""
    return "\t".join(
        [path, *(f"{name}: {value}" for name, value in headers.items()), body.decode()]
    )


def whole_request(line: str) -> bytes:
    """The bytes of a POST."""
    path, *headers, body = line.split("\t")
    content = body.encode()
    head = [f"POST {path} HTTP/1.1", "Host: bench", *headers, f"Content-Length: {len(content)}"]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + content
