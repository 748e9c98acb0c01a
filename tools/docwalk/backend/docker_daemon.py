"""The docker daemon: which one this account uses, and whether ids inside are others outside."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from docwalk.backend.container import WhyNot
from docwalk.environment.owner import cannot_own, owner_fix
from docwalk.errors import last_line

_INFO_S: Final = 20.0
PODMAN_HINT: Final = "docwalk run --backend podman"
_INSTALL_HINT: Final = (
    "install docker and start it rootless; or use another one: docwalk run --backend sandbox"
)
_REMAP_HINT: Final = (
    'dockerd-rootless-setuptool.sh install; or write {"userns-remap": "default"} to /etc/docker/daemon.json '
    "and restart docker"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Daemon:
    """What docker says of its daemon."""

    root: Path
    """Where its containers' files are."""
    is_rootless: bool
    """Whether root inside is the account that runs it."""


def find_docker() -> Daemon | WhyNot:
    """The daemon that this account uses, or why it cannot use one."""
    # What the client asks, by its variables, is part of the question.
    return _find_docker(os.environ.get("PATH", os.defpath), os.environ.get("DOCKER_HOST"))


@functools.cache
def _find_docker(search_path: str, host: str | None) -> Daemon | WhyNot:
    del host
    docker = shutil.which("docker", path=search_path)
    if docker is None:
        return WhyNot(reason="it is not on PATH", hint=_INSTALL_HINT)
    try:
        done = subprocess.run(
            [docker, "info", "--format", "{{json .}}"],
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            timeout=_INFO_S,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return WhyNot(reason=f"`docker info` fails: {error}", hint="docker info")
    if done.returncode != 0:
        said = last_line(done.stderr) or "nothing was said"
        return WhyNot(reason=f"`docker info` fails: {said}", hint="docker info")
    found = read_info(done.stdout)
    reason = cannot_own()
    if isinstance(found, Daemon) and reason is not None:
        return WhyNot(reason=reason, hint=owner_fix())
    return found


def read_info(text: str) -> Daemon | WhyNot:
    """The daemon, from what `docker info` says of it as JSON."""
    try:
        info: dict[str, Any] = json.loads(text)
        options = {part.removeprefix("name=") for each in info["SecurityOptions"] for part in each.split(",")}
        daemon = Daemon(root=Path(info["DockerRootDir"]), is_rootless="rootless" in options)
    except (ValueError, KeyError, TypeError, AttributeError):
        return WhyNot(reason="`docker info` does not describe a daemon of docker's", hint=PODMAN_HINT)
    if not options & {"rootless", "userns"}:
        return WhyNot(
            reason="its daemon runs containers with this machine's own user ids: root inside is root outside",
            hint=_REMAP_HINT,
        )
    return daemon
