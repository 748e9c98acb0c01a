"""`verification.json`: every page, walk and block with its status, for programs. `schema/` says its form."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from docwalk.sphinx_ext.pages import count_statuses

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from docwalk.environment.transport import TransportRule
    from docwalk.sphinx_ext.pages import PageFacts

SCHEMA = 1
"""Version of `verification.json`: a larger one takes something away, or gives it another meaning."""

JSON_NAME = "verification.json"
"""Its name in the folder of the site."""

SCHEMA_NAME = "verification.schema.json"
"""Name of its JSON Schema, beside it."""

RECORDS_NAME = "records"
"""Folder of the site with the records that it is made from."""


def schema_text() -> str:
    """The JSON Schema of `verification.json`."""
    return (Path(__file__).parent / "schema" / SCHEMA_NAME).read_text("utf-8")


def verification_json(
    pages: Sequence[PageFacts],
    rules: Sequence[TransportRule],
    *,
    built_at: str,
    version: str,
    url_of: Callable[[str], str],
) -> Mapping[str, object]:
    """Everything that is known, as JSON values; `$schema` says where their form is told.

    Args:
        pages: every page.
        rules: lines left out or rewritten in all output.
        built_at: time of the build, ISO 8601.
        version: of docwalk.
        url_of: URL of a document, relative to the file.
    """
    return {
        "$schema": SCHEMA_NAME,
        "schema": SCHEMA,
        "docwalk": version,
        "built_at": built_at,
        "counts": {status.value: count for status, count in count_statuses(pages).items()},
        "removed_lines": [
            {
                "name": rule.name,
                "pattern": rule.pattern,
                "replacement": rule.replacement,
                "reason": rule.reason,
            }
            for rule in rules
        ],
        "pages": [_page_json(page, url_of(page.docname)) for page in pages],
    }


def _page_json(page: PageFacts, url: str) -> Mapping[str, object]:
    return {
        "page": page.page,
        "title": page.title,
        "url": url,
        "walks": [
            {
                "name": walk.name,
                "labels": list(walk.labels),
                "environment": walk.environment,
                "environment_digest": walk.environment_digest or None,
                "gpu": walk.manifest.get("gpu"),
                "mode": walk.mode or None,
                "steps": walk.step_count,
                "started_at": walk.started_at,
                "fresh_days": walk.fresh_days or None,
                "elapsed_s": walk.elapsed_s,
                "record": f"{RECORDS_NAME}/{walk.record_name}" if walk.record_name else None,
                "passed": walk.passed if walk.started_at is not None else None,
            }
            for walk in page.walks
        ],
        "blocks": [
            {
                "id": block.id,
                "line": block.line,
                "url": f"{url}#{block.anchor}",
                "status": block.status.value,
                "reason": block.reason or None,
                "recorded_at": block.recorded_at,
                "walks": {
                    walk.name: {
                        "status": walk.status.value,
                        "reason": walk.reason or None,
                        "recorded_at": walk.recorded_at,
                    }
                    for walk in block.walks
                },
            }
            for block in page.blocks
        ],
    }
