"""What a new site and a new page begin with: files of this package, with a few names put in.

Pure but for reading those files and `write_new`, which writes all of them or none.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from importlib.resources import files
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from importlib.resources.abc import Traversable
    from pathlib import Path

CI_KINDS: Final = ("github", "gitlab", "cron")
"""Where a nightly run can be started."""
_CI_FILES: Final = {
    "github": {".github/workflows/tutorials.yml": "ci/github.yml"},
    "gitlab": {".gitlab-ci.yml": "ci/gitlab.yml"},
    "cron": {"ci/cron": "ci/cron"},
}
_CI_SHARED: Final = {"ci/nightly": "ci/nightly", "ci/environments": "ci/environments"}
CI_SHARED: Final = frozenset(_CI_SHARED)
"""Files that every kind calls: those of an earlier kind serve the next, too."""
_REQUIREMENT: Final = "docwalk[lint,pytest,sphinx]"
_NAME_LINE: Final = 'name = "Cluster tutorials"'
_SLUG_CHARACTERS: Final = 60
_NUMBERED: Final = re.compile(r"(?P<number>\d+)-(?P<slug>.+)\.md")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFile:
    """One file to write."""

    path: str
    """Below the project's folder, posix."""
    content: bytes
    """All of it."""
    is_program: bool = False
    """Whether it may be executed."""


class StarterError(Exception):
    """What was asked for cannot be begun; nothing was written."""


def site_files(*, name: str, ci: Iterable[str]) -> tuple[NewFile, ...]:
    """A site that works at once: configuration, a walked page, an environment, and what CI is asked for.

    Args:
        name: title of the site; empty leaves what the files say.
        ci: of `CI_KINDS`.
    """
    found = [_named(path, content) for path, content in _files_below(files("docwalk") / "templates" / "site")]
    texts = {each.path: each for each in found}
    configuration = texts["pyproject.toml"].content.decode()
    if name:
        configuration = _replaced(configuration, _NAME_LINE, f"name = {json.dumps(name, ensure_ascii=False)}")
    configuration = _replaced(configuration, f'"{_REQUIREMENT}"', json.dumps(own_requirement()))
    texts["pyproject.toml"] = NewFile(path="pyproject.toml", content=configuration.encode())
    return (*texts.values(), *ci_files(ci))


def ci_files(kinds: Iterable[str]) -> tuple[NewFile, ...]:
    """What a nightly run needs."""
    wanted = {target: source for kind in kinds for target, source in _CI_FILES[kind].items()}
    wanted |= _CI_SHARED if wanted else {}
    templates = files("docwalk") / "templates"
    return tuple(
        NewFile(path=target, content=(templates / source).read_bytes(), is_program=target.startswith("ci/"))
        for target, source in wanted.items()
    )


def tutorial_file(title: str, *, existing: Iterable[str], site_values: Mapping[str, str]) -> NewFile:
    """A page to fill in, numbered after the last.

    Args:
        title: its heading, without a number.
        existing: names of the files beside it.
        site_values: whether there is a `support` decides what its last sentence says.

    Raises:
        StarterError: nothing of the title can be in a file's name, or a page has that name.
    """
    slug = slug_of(title)
    if not slug:
        raise StarterError(f"`{title}` has no letters or digits to name a file after")
    numbered = {name: found for name in existing if (found := _NUMBERED.fullmatch(name)) is not None}
    same = next((name for name, found in numbered.items() if found["slug"] == slug), None)
    if same is not None:
        raise StarterError(f"nothing was written, for there is `{same}` already")
    number = max((int(found["number"]) for found in numbered.values()), default=0) + 1
    text = (files("docwalk") / "templates" / "tutorial.md").read_text("utf-8")
    text = text.replace("NUMBER", str(number), 1).replace("TITLE", title, 1)
    if "support" not in site_values:
        text = text.replace(", and whom to ask: {{ support }}.", ", and whom to ask.")
    return NewFile(path=f"{number}-{slug}.md", content=text.encode())


def slug_of(title: str) -> str:
    """A title as it can be part of a file's name: lower-case letters, digits and `-`."""
    plain = unicodedata.normalize("NFKD", title.casefold()).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "-", plain.replace("'", "")).strip("-")
    return (
        words
        if len(words) <= _SLUG_CHARACTERS
        else words[:_SLUG_CHARACTERS].rpartition("-")[0] or words[:_SLUG_CHARACTERS]
    )


def own_requirement() -> str:
    """How pip gets the docwalk that runs here: by its name, or from where it was installed (PEP 610)."""
    try:
        origin = json.loads(distribution("docwalk").read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError):
        origin = {}
    url = str(origin.get("url", ""))
    if not url:
        return _REQUIREMENT
    if "vcs_info" in origin:
        url = f"{origin['vcs_info']['vcs']}+{url}@{origin['vcs_info']['commit_id']}"
    return f"{_REQUIREMENT} @ {url}"


def write_new(new: Sequence[NewFile], folder: Path) -> tuple[Path, ...]:
    """Write files that are not there yet: all of them, or none.

    Returns:
        What was written, in order.

    Raises:
        StarterError: one of them is there, or cannot be written; nothing of them is left.
    """
    targets = [folder / each.path for each in new]
    there = [path for path in targets if path.exists() or path.is_symlink()]
    if there:
        listed = "\n".join(f"  {path}" for path in there)
        raise StarterError(f"nothing was written, for these are there already:\n{listed}")
    made: list[Path] = []
    try:
        for each, path in zip(new, targets, strict=True):
            for parent in reversed([path.parent, *path.parent.parents]):
                if not parent.exists():
                    parent.mkdir()
                    made.append(parent)
            with path.open("xb") as file:
                made.append(path)
                file.write(each.content)
            if each.is_program:
                path.chmod(0o755)
    except BaseException as error:
        for path in reversed(made):
            path.rmdir() if path.is_dir() else path.unlink()
        if isinstance(error, OSError):
            raise StarterError(f"{error.filename} cannot be written: {error.strerror}") from error
        raise
    return tuple(targets)


def _files_below(folder: Traversable, prefix: str = "") -> Iterable[tuple[str, bytes]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            if entry.name != "__pycache__":
                yield from _files_below(entry, f"{prefix}{entry.name}/")
        else:
            yield f"{prefix}{entry.name}", entry.read_bytes()


def _named(path: str, content: bytes) -> NewFile:
    return NewFile(path=".gitignore" if path == "gitignore" else path, content=content)


def _replaced(text: str, before: str, after: str) -> str:
    if text.count(before) != 1:
        msg = f"the template has `{before}` {text.count(before)} times"
        raise ValueError(msg)
    return text.replace(before, after)
