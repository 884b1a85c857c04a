"""Lets a person change a text in the editor of their choice."""

import os
import shlex
import subprocess
import tempfile
from pathlib import Path

from chargehand.domain.errors import Rejected


class EditorMissing(Rejected):
    """There is no editor to open."""

    code = "editor_missing"
    template = "No editor is set: give --text, or set EDITOR, such as EDITOR=nano."


class EditorFailed(Rejected):
    """The editor could not be started, or ended in failure."""

    code = "editor_failed"
    template = "The editor {editor} did not end well ({detail}); nothing was changed."


def edit_text(text: str) -> str | None:
    """What a person made of the text; None when they left it as it was, or empty.

    Raises: EditorMissing, EditorFailed.
    """
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not editor:
        raise EditorMissing
    with tempfile.TemporaryDirectory(prefix="chargehand-") as folder:
        draft = Path(folder) / "comment.md"
        draft.write_text(text + "\n", encoding="utf-8")
        _open_editor(editor, draft)
        edited = draft.read_text(encoding="utf-8").rstrip("\n")
    return edited if edited.strip() and edited != text.rstrip("\n") else None


def _open_editor(editor: str, draft: Path) -> None:
    try:
        # The person's own editor, which may carry options of its own.
        ended = subprocess.run([*shlex.split(editor), str(draft)], check=False)  # noqa: S603
    except (OSError, ValueError) as error:
        raise EditorFailed(editor=editor, detail=str(error)) from error
    if ended.returncode != 0:
        raise EditorFailed(editor=editor, detail=f"exit code {ended.returncode}")
