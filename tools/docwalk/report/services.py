"""What a failed walk's report says of the environment's services: which ended, and the end of each log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from docwalk.results import ServiceState

_SHOWN: Final = 5
"""Lines of the log of a service that runs; one that ended shows all that was kept."""


def service_lines(services: Sequence[ServiceState]) -> Iterator[Text]:
    """The services, those that ended before their time first."""
    for service in sorted(services, key=lambda each: not each.ended):
        yield Text()
        if service.ended:
            yield Text(f"  service `{service.name}` {service.ended}; the last of its log:", style="bold red")
            shown = service.log_lines
        else:
            yield Text(f"  service `{service.name}` runs; the last of its log:", style="dim")
            shown = service.log_lines[-_SHOWN:]
        if not shown:
            yield Text("  (empty)", style="dim")
        for line in shown:
            yield Text(f"  │ {line}".rstrip())
