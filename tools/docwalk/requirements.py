"""Requirements: what a block needs of its environment, as text and as a claim about what is there.

    requirement = word [ version ] | kind ":" name [ version ]
    word        = "gpu" | "gpu-monitoring" | "network" | "users" | "slurm" | "python" | "pip"
    kind        = "module" | "package" | "service"
    version     = comparison { "," comparison }     as of Python packages: `>=3.11`, `~=2.1`, `>=3.9,<3.12`

Only what has versions may be followed by one. Nothing is read here: whoever asks brings the facts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

WORDS: Final = ("gpu", "gpu-monitoring", "network", "users", "slurm", "python", "pip")
"""What stands alone."""
KINDS: Final = ("module", "package", "service")
"""What is followed by a name."""
_VERSIONED: Final = frozenset({"python", "pip", "module", "package"})

_REQUIREMENT = re.compile(r"(?P<kind>[a-z][a-z-]*)(?::(?P<name>[^\s<>=!~,:]+))?(?P<version>[<>=!~].*)?")
_OPERATOR = re.compile(r"\s*(===?|>=|<=|!=|~=|<|>)\s*")
_BETWEEN = re.compile(r"[,\s]+(?![<>=!~,\s])")
_NUMBERS = re.compile(r"(?:\d+:)?v?(\d+(?:\.\d+)*)")


class RequirementError(ValueError):
    """Text that is no requirement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of an environment."""

    environment: str
    """Its name."""
    manifest: Mapping[str, object]
    """What is inside."""
    has_network: bool
    """Whether it sees the world's network."""
    has_users: bool
    """Whether it has several accounts."""
    services: tuple[str, ...]
    """Names of what runs in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One thing that must be there."""

    kind: str
    """A word or a kind."""
    name: str = ""
    """What of that kind; empty for words."""
    version: str = ""
    """Which versions will do; empty for any."""

    @classmethod
    def parse(cls, text: str) -> Requirement:
        """The requirement that is written so.

        Raises:
            RequirementError: it is none; the message says why, where more is known.
        """
        found = _REQUIREMENT.fullmatch(text)
        if found is None or found["kind"] not in (KINDS if found["name"] else WORDS):
            raise RequirementError(f"`{text}` is no requirement")
        version = found["version"] or ""
        if version and found["kind"] not in _VERSIONED:
            raise RequirementError(f"`{found['kind']}` has no version to compare")
        try:
            SpecifierSet(version)
        except InvalidSpecifier as error:
            raise RequirementError(f"`{version}` in `{text}` compares no version") from error
        return cls(kind=found["kind"], name=found["name"] or "", version=version)

    def __str__(self) -> str:
        """As it was written, without blanks."""
        return f"{self.kind}:{self.name}{self.version}" if self.name else f"{self.kind}{self.version}"

    def unmet(self, facts: Facts) -> str | None:
        """Why an environment does not do, for readers; None where it does."""
        where = f"environment `{facts.environment}` has"
        if self.kind == "gpu" and _gpu_kind(facts.manifest) == "simulated":
            return f"{where} a simulated GPU only, and this needs a real one"
        there = tuple(_found(self, facts))
        if not there:
            return f"{where} no `{self._bare()}`"
        wanted = SpecifierSet(self.version, prereleases=True)
        if not self.version or any(number is not None and number in wanted for number in map(_number, there)):
            return None
        return f"{where} `{self._bare()}` {', '.join(dict.fromkeys(there))}, not `{self}`"

    def _bare(self) -> str:
        return str(self).removesuffix(self.version) if self.version else str(self)


def split_requirements(text: str) -> tuple[str, ...]:
    """Words of a list, commas or blanks between them; `>=3.9,<3.12` and `python >= 3.9` hold together."""
    joined = _OPERATOR.sub(r"\1", text.strip())
    return tuple(word for word in _BETWEEN.split(joined) if word)


def _found(requirement: Requirement, facts: Facts) -> Iterable[str]:
    """Versions of what fits by name; an empty text for what has none."""
    match requirement.kind:
        case "module":
            return _module_versions(requirement.name, facts.manifest.get("modules"))
        case "package":
            packages = _mapping(facts.manifest.get("packages"))
            return (str(packages[requirement.name]),) if requirement.name in packages else ()
        case "python" | "pip":
            return _python_versions(requirement.kind, _mapping(facts.manifest.get("pythons")))
        case _:
            return ("",) if _is_there(requirement, facts) else ()


def _is_there(requirement: Requirement, facts: Facts) -> bool:
    """Whether there is what has no versions."""
    return {
        "network": facts.has_network,
        "users": facts.has_users,
        "service": requirement.name in facts.services,
        "slurm": any(name.startswith("slurm") for name in facts.services),
        "gpu": bool(_gpu_kind(facts.manifest)),
        "gpu-monitoring": bool(_gpu_kind(facts.manifest)),
    }[requirement.kind]


def _gpu_kind(manifest: Mapping[str, object]) -> str:
    return str(_mapping(manifest.get("gpu")).get("kind", ""))


def _module_versions(name: str, modules: object) -> Iterable[str]:
    """`2.13` for `libs/pytorch` where there is `libs/pytorch/2.13`; an empty text for the very name."""
    for module in modules if isinstance(modules, list | tuple) else ():
        if module == name:
            yield str(module).rpartition("/")[2]
        elif str(module).startswith(f"{name}/"):
            yield str(module)[len(name) + 1 :].partition("/")[0]


def _python_versions(kind: str, pythons: Mapping[str, object]) -> Iterable[str]:
    """Versions of each Python, or of the pip of each that has one."""
    for python in map(_mapping, pythons.values()):
        version = python.get("version") if kind == "python" else _mapping(python.get("packages")).get("pip")
        if version:
            yield str(version)


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _number(text: str) -> Version | None:
    """What can be compared of a version: of `1:2.34-1+deb12u1` it is 2.34; None where there is no number."""
    try:
        return Version(text)
    except InvalidVersion:
        found = _NUMBERS.match(text)
        return Version(found[1]) if found is not None else None
