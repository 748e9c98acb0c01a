"""What the doctor says of backends; nothing but small probes is started."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from docwalk.backend import docker_daemon
from docwalk.backend.doctor import diagnose_backends
from docwalk.environment.doctor import Level

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from docwalk.environment.doctor import Finding


def test_a_missing_podman_is_a_limit_with_a_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = {each.what: each for each in diagnose_backends()}
    assert (found["podman"].level, found["podman"].why) == (Level.LIMITED, "it is not on PATH")
    assert found["podman"].fix == (
        "sudo apt-get install podman; or use another one: docwalk run --backend sandbox"
    )
    assert "docker" not in found


def test_a_missing_apptainer_is_a_limit_with_a_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = {each.what: each for each in diagnose_backends()}["apptainer"]
    assert (found.level, found.why) == (Level.LIMITED, "it is not on PATH")
    assert found.fix == (
        "install apptainer (Fedora, EPEL: sudo dnf install apptainer); "
        "or use another one: docwalk run --backend sandbox"
    )


def answer(folder: Path, options: list[str], monkeypatch: pytest.MonkeyPatch) -> Finding:
    """What is said of a docker whose daemon has these security options."""
    info = json.dumps({"SecurityOptions": options, "DockerRootDir": "/var/lib/docker"})
    (folder / "docker").write_text(f"#!/bin/sh\necho '{info}'\n")
    (folder / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(docker_daemon, "cannot_own", lambda: None)
    return next(each for each in diagnose_backends() if each.what == "docker")


def test_a_docker_that_keeps_ids_apart_is_fine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    docker = answer(tmp_path, ["name=userns"], monkeypatch)
    assert (docker.level, docker.fix) == (Level.FINE, None)
    assert docker.why == "docwalk run --backend docker works, with images imported from the layers"


def test_a_docker_that_does_not_is_a_limit_with_a_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker = answer(tmp_path, ["name=seccomp,profile=default"], monkeypatch)
    assert docker.level is Level.LIMITED
    assert docker.why == (
        "its daemon runs containers with this machine's own user ids: root inside is root outside"
    )
    assert docker.fix is not None
    assert '"userns-remap": "default"' in docker.fix


def test_the_host_is_said_to_isolate_nothing() -> None:
    host = next(each for each in diagnose_backends() if each.what == "host")
    assert host.why.endswith("it isolates nothing")
