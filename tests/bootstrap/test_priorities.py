"""Who stands back for whom when processes share a machine."""

import pytest

from chargehand.bootstrap.processes import ProcessOptions, niceness_of, stand_back


@pytest.mark.parametrize(
    ("role", "roles", "niceness"),
    [
        pytest.param("worker", ("front", "worker"), 10, id="a worker beside a front"),
        pytest.param("worker", ("worker",), 0, id="a worker on a machine of its own"),
        pytest.param("front", ("front", "worker"), 0, id="a front beside a worker"),
        pytest.param("front", ("front",), 0, id="a front alone"),
    ],
)
def test_only_a_worker_beside_a_front_stands_back(role, roles, niceness):
    assert niceness_of(role, roles) == niceness


def test_platform_that_refuses_is_told_of_and_changes_nothing():
    def refuse(_: int) -> int:
        raise PermissionError

    assert stand_back(ProcessOptions(niceness=10), refuse) is False


def test_process_that_stands_back_for_nobody_asks_the_platform_nothing():
    asked: list[int] = []

    assert stand_back(ProcessOptions(), lambda by: asked.append(by) or 0) is True
    assert asked == []
