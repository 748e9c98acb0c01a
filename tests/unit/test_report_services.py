"""What a failed walk's report says of services."""

from __future__ import annotations

from docwalk.report.services import service_lines
from docwalk.results import ServiceState


def shown(*services: ServiceState) -> list[str]:
    return [line.plain for line in service_lines(services)]


def test_nothing_is_said_without_services() -> None:
    assert shown() == []


def test_one_that_ended_comes_first_with_all_that_was_kept_of_its_log() -> None:
    runs = ServiceState(name="munged", ended="", log_lines=tuple(map(str, range(8))))
    ended = ServiceState(
        name="slurmd", ended="ended by signal 9", log_lines=tuple(f"line {n}" for n in range(7))
    )
    assert shown(runs, ended) == [
        "",
        "  service `slurmd` ended by signal 9; the last of its log:",
        *(f"  │ line {n}" for n in range(7)),
        "",
        "  service `munged` runs; the last of its log:",
        *(f"  │ {n}" for n in range(3, 8)),
    ]


def test_an_empty_log_is_said_to_be() -> None:
    assert shown(ServiceState(name="munged", ended="", log_lines=())) == [
        "",
        "  service `munged` runs; the last of its log:",
        "  (empty)",
    ]
