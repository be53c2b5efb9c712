"""Steps of the clock's long jobs: each is done, whatever the others do, and what fails is told."""

import logging

import pytest

from core import chores
from core.models import Pulse

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def test_one_that_fails_stops_none_behind_it_and_doctor_tells(caplog: pytest.LogCaptureFixture) -> None:
    done: list[str] = []
    broken = True

    def first() -> int:
        if broken:
            raise ValueError("an address of somebody")
        return 0

    def second() -> int:
        done.append("second")
        return len(done) < 3

    def third() -> None:
        done.append("third")

    with caplog.at_level(logging.ERROR):
        chores.run(first, second, third)
    assert done == ["second"] * 3 + ["third"]
    assert "first failed" in caplog.text
    [finding] = chores.findings()
    assert (finding.part, finding.level) == ("chores", "fail")
    assert "first: ValueError" in finding.says
    assert "somebody" not in finding.says
    chores.run(first, second)
    assert len(list(chores.findings())) == 1
    broken = False
    chores.run(first, second)
    assert list(chores.findings()) == []
    assert not Pulse.objects.exists()


def test_two_that_fail_are_told_one_by_one() -> None:
    def early() -> int:
        raise OSError

    def late() -> int:
        raise KeyError

    chores.run(early, late)
    assert [finding.says.partition(",")[0].rpartition(".")[2] for finding in chores.findings()] == [
        "early: OSError",
        "late: KeyError",
    ]
