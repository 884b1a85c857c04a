"""Certificates are read once, and anew when their file became another."""

import os
from pathlib import Path

import pytest
import trustme

from chargehand.kit.trust import shared_certificates


def test_everybody_gets_the_same_certificates():
    assert shared_certificates(None) is shared_certificates(None)


def test_a_file_that_changed_is_read_again(tmp_path: Path):
    file = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(file)
    before = shared_certificates(file)
    trustme.CA().cert_pem.write_to_path(file)
    os.utime(file, ns=(0, 1))

    after = shared_certificates(file)

    assert after is not before
    assert shared_certificates(file) is after


def test_a_file_that_is_missing_is_said_so_each_time(tmp_path: Path):
    for _ in range(2):
        with pytest.raises(OSError, match=r"ca\.pem"):
            shared_certificates(tmp_path / "ca.pem")
