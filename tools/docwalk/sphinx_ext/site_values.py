"""`[tool.docwalk.site]` for Sphinx: the site's name, its logo, and the values that prose and its code name.

conf.py wins wherever it says something itself. Values are plain text: MyST, which reads what it puts in as
Markdown, gets them escaped, and addresses as links.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from docutils import nodes
from sphinx.errors import ExtensionError

from docwalk.config import load_project
from docwalk.errors import SourceError
from docwalk.markup.substitutions import fill_code
from docwalk.sphinx_ext.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sphinx.application import Sphinx
    from sphinx.config import Config

    from docwalk.sphinx_ext.extension import Extension

_OWN: Final = {"project": "name", "html_title": "name", "html_logo": "logo", "html_favicon": "favicon"}
"""Values of conf.py, and the site value each has where conf.py has none."""
_MAIL: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_LINK: Final = re.compile(r"https?://[^\s<>]+")
_MAIL_SCHEME: Final = "mailto:"
_PUNCTUATION: Final = re.compile(r"([!-/:-@\[-`{-~])")


_BEFORE_COLLECTORS: Final = 100
"""Priority of a handler that changes what Sphinx' own, at 500, collect: titles, for one."""


def add_site_values(app: Sphinx, extension: Extension) -> None:
    """Register what puts values in."""

    def fill_literals(_app: Sphinx, document: nodes.document) -> None:
        for literal in document.findall(nodes.literal):
            written = literal.astext()
            filled = fill_code(written, extension.site.project.site_values)
            if filled != written:
                literal.children = [nodes.Text(filled)]
                literal.setup_child(literal.children[0])

    app.connect("config-inited", use_site_values)
    app.connect("doctree-read", fill_literals, priority=_BEFORE_COLLECTORS)


def use_site_values(app: Sphinx, config: Config) -> None:
    """Give Sphinx and MyST what the project's configuration says of the site."""
    settings = Settings.of(config)
    try:
        values = load_project(settings.project_dir(Path(app.confdir))).site_values
    except SourceError as error:
        raise ExtensionError(f"docwalk cannot read the configuration:\n\n{error}") from error
    # Sphinx does not say otherwise which values conf.py has set.
    said = {*config._raw_config, *config.overrides}  # noqa: SLF001
    for setting, name in _OWN.items():
        if name in values and setting not in said:
            config[setting] = values[name]
    if values and "myst_substitutions" in config:
        config["myst_enable_extensions"] = {*config["myst_enable_extensions"], "substitution"}
        config["myst_substitutions"] = {**substitutions(values), **config["myst_substitutions"]}


def substitutions(values: Mapping[str, str]) -> Mapping[str, str]:
    """Each value as Markdown that shows exactly its text; addresses of mail and web as links."""
    return {name: _markdown(value) for name, value in values.items()}


def _markdown(value: str) -> str:
    address = value.removeprefix(_MAIL_SCHEME)
    if _LINK.fullmatch(value) or _MAIL.fullmatch(address):
        return f"<{address}>"
    return _PUNCTUATION.sub(r"\\\1", value)
