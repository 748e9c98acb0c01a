"""What the doctor says of backends; nothing but small probes is started."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docwalk.backend.doctor import diagnose_backends
from docwalk.environment.doctor import Level

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_missing_podman_is_a_limit_with_a_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = {each.what: each for each in diagnose_backends()}
    assert (found["podman"].level, found["podman"].why) == (Level.LIMITED, "it is not on PATH")
    assert found["podman"].fix == (
        "sudo apt-get install podman; or use another one: docwalk run --backend sandbox"
    )
    assert "docker" not in found


def test_docker_is_named_where_it_is_and_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "docker").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    docker = next(each for each in diagnose_backends() if each.what == "docker")
    assert docker.level is Level.LIMITED
    assert docker.why.startswith("is installed, and docwalk does not use it")


def test_the_host_is_said_to_isolate_nothing() -> None:
    host = next(each for each in diagnose_backends() if each.what == "host")
    assert host.why.endswith("it isolates nothing")
