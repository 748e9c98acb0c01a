"""Progress of a build, as data: which layer, what is done, since when."""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class BuildPhase(Enum):
    """What a build is doing; the value is what people are shown."""

    WAITING = "waiting for another build"
    """Another process builds in the same store."""
    PRESENT = "present"
    """The layer was built before."""
    DOWNLOADING = "downloading"
    """Packages of the layer's own are fetched."""
    RUNNING = "building"
    """mmdebstrap or the layer's script runs."""
    LISTING = "listing what is inside"
    """The manifest is collected."""
    BUILT = "built"
    """The layer, or the environment, is complete."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildEvent:
    """One piece of progress."""

    environment: str
    """Name of the environment."""
    layer: str
    """Name of the layer; `base` is the bottom one, empty for the environment as a whole."""
    number: int
    """The layer's place, from 1; 0 for the environment as a whole."""
    total: int
    """How many layers there are."""
    phase: BuildPhase
    """What is done."""
    detail: str
    """Last line the program said; empty where there is none."""
    elapsed_s: float
    """Seconds since the layer was begun."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What all events of one layer have in common."""

    environment: str
    """Name of the environment."""
    layer: str
    """Name of the layer; empty for the environment as a whole."""
    number: int
    """The layer's place, from 1; 0 for the environment as a whole."""
    total: int
    """How many layers there are."""
    started_s: float
    """When it was begun, on the clock of `time.monotonic`."""
    on_event: Callable[[BuildEvent], None]
    """Called with each event."""

    def say(self, phase: BuildPhase, detail: str = "") -> None:
        """Tell one piece of progress."""
        self.on_event(
            BuildEvent(
                environment=self.environment,
                layer=self.layer,
                number=self.number,
                total=self.total,
                phase=phase,
                detail=detail,
                elapsed_s=time.monotonic() - self.started_s,
            )
        )
