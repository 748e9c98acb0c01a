"""Plans as JSON data, and the digest of what a walk runs."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Final

PLACES: Final = frozenset({"line", "span", "expected_span", "source_line"})
"""Fields that say where something is written: moved by every edit of prose above it."""


def as_data(value: object) -> object:
    """What JSON can hold: a dataclass as its fields and the name of its type, an enum as its value."""
    match value:
        case Enum():
            return value.value
        case Path():
            return value.as_posix()
        case bytes():
            return f"sha256:{hashlib.sha256(value).hexdigest()}"
        case tuple() | list():
            return [as_data(item) for item in value]
        case _ if is_dataclass(value) and not isinstance(value, type):
            return {
                "type": type(value).__name__,
                **{f.name: as_data(getattr(value, f.name)) for f in fields(value)},
            }
        case _:
            return value


def digest(value: object) -> str:
    """`sha256:…` of a value, the places of its parts in the source left out."""
    text = json.dumps(_without_places(as_data(value)), sort_keys=True)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _without_places(data: object) -> object:
    if isinstance(data, dict):
        return {key: _without_places(value) for key, value in data.items() if key not in PLACES}
    if isinstance(data, list):
        return [_without_places(item) for item in data]
    return data
