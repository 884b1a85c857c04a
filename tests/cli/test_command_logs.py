"""What happens inside a command is not told by log lines in the middle of its output."""

from pathlib import Path

from tests.cli.terminal import Terminal


def test_warning_inside_a_command_goes_into_the_log_file_or_nowhere(
    quiet_terminal: Terminal, config: Path
) -> None:
    saved = str(config.parent / "saved.tar.gz")
    quiet_terminal.done("backup", "--out", saved)
    plain = quiet_terminal.done("restore", saved)

    log = config.parent / "chargehand.log"
    log.touch()
    config.write_text(f'[log]\nfile = "{log}"\n' + config.read_text())
    filed = quiet_terminal.done("restore", saved)

    for ended in (plain, filed):
        assert "operator.notice_raised" not in ended.out + ended.err
        assert ended.out.startswith("Restored as of")
        assert ended.err == ""
    assert '"event": "operator.notice_raised"' in log.read_text()
    assert '"role": "cli"' in log.read_text()
