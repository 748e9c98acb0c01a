"""Content manifests: what is inside a built environment, asked from the inside."""

from __future__ import annotations

import json
import platform
import subprocess
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from docwalk.bubblewrap import SandboxSpec, start
from docwalk.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from docwalk.environment.definition import Environment

_INQUIRY = r"""
say() { printf '\0%s\0' "$1"; }
say os; . /etc/os-release; printf '%s' "$PRETTY_NAME"
say packages; dpkg-query --show --showformat='${Package}=${Version}\n'
say modules; if type module >/dev/null 2>&1; then module --terse avail 2>&1; fi
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
    return {
        "architecture": platform.machine(),
        "bytes": dict(zip(("base", *(each.name for each in environment.layers)), sizes, strict=True)),
        **parse_answer(answer.decode(errors="replace")),
    }


def parse_answer(text: str) -> dict[str, Any]:
    """The inquiry's answer, NUL-separated titles and texts, as JSON values."""
    parts = text.split("\0")[1:]
    found: dict[str, Any] = {"os": "", "packages": {}, "modules": [], "pythons": {}}
    for title, body in zip(parts[::2], parts[1::2], strict=True):
        lines = [line.strip() for line in body.splitlines() if line.strip()]
        match title.partition(" "):
            case ("os", _, _):
                found["os"] = body.strip()
            case ("packages", _, _):
                found["packages"] = dict(line.split("=", 1) for line in lines)
            case ("modules", _, _):
                # `module --terse avail` prints each folder of MODULEPATH as a line that ends in a colon.
                found["modules"] = sorted(
                    line.removesuffix("/").split("(")[0] for line in lines if not line.endswith(":")
                )
            case ("python", _, name):
                packages = dict(line.split("==", 1) for line in lines[1:] if "==" in line)
                found["pythons"][name] = {"version": lines[0] if lines else "", "packages": packages}
            case _:
                raise ValueError(f"unknown part `{title}` in a manifest's answer")
    return json.loads(json.dumps(found))  # type: ignore[no-any-return]
