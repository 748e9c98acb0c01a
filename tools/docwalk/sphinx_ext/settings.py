"""The extension's configuration, declared once: name, default and help; registered with Sphinx here."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from sphinx.application import Sphinx
    from sphinx.config import Config


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Values of `conf.py`, each under its name with `docwalk_` before it."""

    project: str = "."
    """Folder with the pyproject.toml, relative to conf.py."""
    records: str = ""
    """Folder of the records, relative to conf.py; empty is the project's own."""
    now: str = ""
    """ISO 8601 time at which ages are computed; empty is the time of the build."""
    verification_page: str = ""
    """Document that holds `{docwalk-verification}`, which banners link to; empty links nowhere."""

    @classmethod
    def of(cls, config: Config) -> Settings:
        """The values of one build."""
        return cls(**{field.name: getattr(config, f"docwalk_{field.name}") for field in fields(cls)})

    def project_dir(self, confdir: Path) -> Path:
        """Folder of the project."""
        return (confdir / self.project).resolve()

    def records_dir(self, confdir: Path) -> Path | None:
        """Folder of the records; None is the project's own."""
        return (confdir / self.records).resolve() if self.records else None


def add_settings(app: Sphinx) -> None:
    """Register every setting; a change of one rewrites pages, and re-reads none."""
    for field in fields(Settings):
        app.add_config_value(f"docwalk_{field.name}", field.default, "html", types=(str,))
