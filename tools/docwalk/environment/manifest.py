"""Content manifests: what is inside a built environment, asked from the inside."""

from __future__ import annotations

import json
import platform
import re
import subprocess
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from docwalk.bubblewrap import SandboxSpec, start
from docwalk.environment.devices import simulated_gpu
from docwalk.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from docwalk.environment.definition import Environment

SCHEMA = 2
"""Counts up whenever a manifest says more; an older one is collected again by the next build."""

_SYSTEMS = {
    "Environment Modules": re.compile(r"Modules Release (\S+)"),
    "Lmod": re.compile(r"Modules based on Lua: Version (\S+)"),
}
"""What the answers of `module --version` begin with."""

_INQUIRY = r"""
say() { printf '\0%s\0' "$1"; }
say os; . /etc/os-release; printf '%s' "$PRETTY_NAME"
say packages; dpkg-query --show --showformat='${db:Status-Status} ${Package}=${Version}\n'
if ! type module >/dev/null 2>&1; then module() { :; }; fi
say system; module --version 2>&1
# Lmod lists with avail only what can be loaded at once.
say modules; if [ -n "${LMOD_CMD-}" ]; then module --terse spider 2>&1; else module --terse avail 2>&1; fi
python_facts() {
    say "python $1"
    python3 -c 'import platform; print(platform.python_version())'
    python3 -m pip --disable-pip-version-check list --format=freeze 2>/dev/null || true
}
if command -v python3 >/dev/null; then python_facts system; fi
for python in "$@"; do module purge; module load "$python"; python_facts "$python"; done
"""


def collect_manifest(
    environment: Environment, layers: tuple[Path, ...], *, sizes: Sequence[int]
) -> dict[str, Any]:
    """What `environment` holds: JSON values only.

    Args:
        environment: the definition.
        layers: roots of its layers, bottom first.
        sizes: bytes of each layer.

    Raises:
        BackendError: the inside does not answer.
    """
    spec = SandboxSpec(
        layers=layers,
        uid=environment.uid,
        gid=environment.gid,
        hostname=environment.hostname,
        environ={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8", "TERM": "dumb"},  # noqa: S108
        cwd=PurePosixPath("/"),
    )
    command = ("bash", "--login", "-c", _INQUIRY, "manifest", *environment.pythons)
    with start(spec, command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        answer, errors = process.communicate()
    if process.returncode != 0:
        raise BackendError(
            f"environment `{environment.name}` does not say what is inside: "
            + errors.decode(errors="replace").strip(),
            hint=f"mend its layers, or `expected.pythons` in {environment.folder / 'environment.toml'}",
        )
    gpu = simulated_gpu(environment.devices, layers=layers)
    return {
        **({} if gpu is None else {"gpu": gpu.as_manifest()}),
        "schema": SCHEMA,
        "architecture": platform.machine(),
        "bytes": dict(zip(("base", *(each.name for each in environment.layers)), sizes, strict=True)),
        **parse_answer(answer.decode(errors="replace")),
    }


def parse_answer(text: str) -> dict[str, Any]:
    """The inquiry's answer, NUL-separated titles and texts, as JSON values."""
    parts = text.split("\0")[1:]
    found: dict[str, Any] = {"os": "", "packages": {}, "module_system": "", "modules": [], "pythons": {}}
    for title, body in zip(parts[::2], parts[1::2], strict=True):
        lines = [line.strip() for line in body.splitlines() if line.strip()]
        match title.partition(" "):
            case ("os", _, _):
                found["os"] = body.strip()
            case ("packages", _, _):
                # dpkg remembers packages that were removed, too.
                installed = [line.split(" ", 1)[1] for line in lines if line.startswith("installed ")]
                found["packages"] = dict(line.split("=", 1) for line in installed)
            case ("system", _, _):
                found["module_system"] = _module_system(body)
            case ("modules", _, _):
                found["modules"] = _module_names(lines)
            case ("python", _, name):
                packages = dict(line.split("==", 1) for line in lines[1:] if "==" in line)
                found["pythons"][name] = {"version": lines[0] if lines else "", "packages": packages}
            case _:
                raise ValueError(f"unknown part `{title}` in a manifest's answer")
    return json.loads(json.dumps(found))  # type: ignore[no-any-return]


def _module_system(said: str) -> str:
    """Name and version of the module system, from what `module --version` said; empty for none."""
    for name, pattern in _SYSTEMS.items():
        version = pattern.search(said)
        if version is not None:
            return f"{name} {version[1]}"
    return ""


def _module_names(lines: list[str]) -> list[str]:
    """The modules among what `module --terse` listed: `MODULEPATH:` and, from Lmod, `NAME/` are titles."""
    names = [line.split("(")[0] for line in lines if not line.endswith(":")]
    return sorted(
        {
            name.removesuffix("/")
            for name in names
            if not (name.endswith("/") and any(each != name and each.startswith(name) for each in names))
        }
    )
