"""What was inside an environment, in a reader's words; whatever a manifest lacks is left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

from docwalk.results import has_simulated_gpu

if TYPE_CHECKING:
    from docwalk.sphinx_ext.pages import WalkSummary

_DIGEST_SHOWN = 19
"""`sha256:` and twelve digits."""


def facts_of(walk: WalkSummary) -> tuple[str, ...]:
    """Sentences of HTML about where a walk ran; the last one always says what kind of GPU there was."""
    manifest = walk.manifest
    facts: list[str] = []
    system = _text(manifest.get("os"))
    if system:
        facts.append(escape(system, quote=False))
    pythons = _python_names(manifest.get("pythons"))
    if pythons:
        facts.append(f"Python: {escape(', '.join(pythons), quote=False)}")
    modules = manifest.get("modules")
    if isinstance(modules, Sequence) and not isinstance(modules, str) and modules:
        by = _text(manifest.get("module_system"))
        facts.append(f"{len(modules)} modules" + (f" ({escape(by, quote=False)})" if by else ""))
    if walk.environment_digest:
        shown = f"{escape(walk.environment_digest[:_DIGEST_SHOWN], quote=False)}…"
        facts.append(f"environment <code>{shown}</code>, {escape(walk.mode, quote=False)}")
    facts.append(gpu_sentence(manifest))
    return tuple(facts)


def in_short(manifest: Mapping[str, object]) -> str:
    """Operating system, module system and Pythons: `Debian GNU/Linux 12, Lmod 8.6.19, Python 3.11.2`."""
    system = _text(manifest.get("os")).partition(" (")[0]
    pythons = manifest.get("pythons")
    versions = [
        str(content["version"])
        for content in (pythons.values() if isinstance(pythons, Mapping) else ())
        if isinstance(content, Mapping) and content.get("version")
    ]
    *before, last = sorted(set(versions), key=_version_key) or [""]
    python = f"{', '.join(before)} and {last}" if before else last
    said = (system, _text(manifest.get("module_system")), f"Python {python}" if python else "")
    return ", ".join(text for text in said if text)


def _version_key(version: str) -> tuple[tuple[int, str], ...]:
    """Versions in their order: 3.9 before 3.11."""
    pieces = version.split(".")
    return tuple((int(piece), "") if piece.isdigit() else (0, piece) for piece in pieces)


def gpu_sentence(manifest: Mapping[str, object]) -> str:
    """Whether there was a GPU, and if so whether it was a real one."""
    gpu = manifest.get("gpu")
    if not isinstance(gpu, Mapping):
        return "No GPU: nothing here ran on one"
    model = f"{gpu.get('count', 1)} of model {gpu.get('model', '')}, driver {gpu.get('driver', '')}"
    model = escape(model, quote=False)
    return f"Simulated GPU, not a real one: {model}" if has_simulated_gpu(manifest) else f"GPU: {model}"


def with_gpu(manifest: Mapping[str, object]) -> str:
    """What follows the name of an environment: ` with a simulated GPU`; empty where it has none."""
    gpu = manifest.get("gpu")
    if not isinstance(gpu, Mapping):
        return ""
    if has_simulated_gpu(manifest):
        return " with a <strong>simulated GPU</strong>"
    return f" with {escape(str(gpu.get('model', 'a GPU')), quote=False)}"


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _python_names(value: object) -> tuple[str, ...]:
    """`python/3.11 (3.11.2, pip 23.0.1)` for each of the manifest's `pythons`."""
    if not isinstance(value, Mapping):
        return ()
    return tuple(_python_name(str(name), content) for name, content in value.items())


def _python_name(name: str, content: object) -> str:
    if not isinstance(content, Mapping):
        return name
    packages = content.get("packages")
    pip = packages.get("pip") if isinstance(packages, Mapping) else None
    inside = [str(content["version"])] if content.get("version") else []
    if pip:
        inside.append(f"pip {pip}")
    return f"{name} ({', '.join(inside)})" if inside else name
