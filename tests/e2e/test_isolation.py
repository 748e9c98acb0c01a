"""What a step can see and change: nothing of the host; what a walk leaves: nothing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from docwalk.results import StepResult, WalkResult

    Walk = Callable[..., WalkResult]
    Text = Callable[[StepResult], str]

pytestmark = pytest.mark.container


def run(walk_page: Walk, command: str) -> StepResult:
    return walk_page(f"# T\n\n```{{console}}\n:exit: 0\n\n$ {command}\n...\n```\n").steps[0]


def test_etc_refuses_writes_also_when_root_started_it(walk_page: Walk, text: Text) -> None:
    script = (
        "for f in /etc/passwd /etc/new /usr/bin/new /opt/new /root/new /new; do echo x >> $f; done; id -u"
    )
    shown = text(run(walk_page, script))
    assert shown.count("Permission denied") == 6
    assert shown.endswith("\n1000")


def test_becoming_root_fails(walk_page: Walk, text: Text) -> None:
    shown = text(run(walk_page, "su -c id </dev/null 2>&1; grep -E 'NoNewPrivs|CapEff' /proc/self/status"))
    assert "uid=0" not in shown
    assert "NoNewPrivs:     1" in shown
    assert "CapEff: 0000000000000000" in shown


def test_the_hosts_homes_are_not_there(walk_page: Walk, text: Text, tmp_path: Path) -> None:
    secret = tmp_path / "credentials"
    secret.write_text("token = 1234")
    secret.chmod(0o644)
    places = f"{secret} {Path.home()}/.netrc {Path.home()}/.ssh {Path.home()}/.config/pip/pip.conf"
    shown = text(run(walk_page, f"cat {places}; ls -A /home; true"))
    assert "1234" not in shown
    assert shown.count("No such file or directory") + shown.count("Permission denied") == 4
    assert shown.splitlines()[-1] == "reader"


def test_no_variable_of_the_host_is_inherited(
    walk_page: Walk, text: Text, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCWALK_TEST_TOKEN", "s3cret-of-the-host")
    shown = text(run(walk_page, "env; cat /proc/*/environ 2>/dev/null | tr '\\0' '\\n'"))
    assert "USER=reader" in shown
    assert "s3cret-of-the-host" not in shown
    assert "DOCWALK" not in shown


def test_the_hosts_processes_are_not_there(walk_page: Walk, text: Text) -> None:
    shown = text(run(walk_page, "ps -e -o pid= | wc -l; kill -0 1 && ps -o args= -p 1; echo $$"))
    count, init, own = shown.splitlines()
    assert int(count) < 10
    assert "init.py" in init
    assert int(own) < 100
    assert str(os.getpid()) != own


def test_what_process_1_holds_open_leads_nowhere(walk_page: Walk, text: Text) -> None:
    shown = text(run(walk_page, "ls /proc/1/fd; ls /proc/1/root/; ls /proc/1/cwd/; true"))
    assert shown.splitlines() == [
        "ls: cannot open directory '/proc/1/fd': Permission denied",
        "ls: cannot access '/proc/1/root/': Permission denied",
        "ls: cannot access '/proc/1/cwd/': Permission denied",
    ]


def test_other_instances_are_not_reachable_through_the_mount_table(walk_page: Walk, text: Text) -> None:
    command = "for d in $(grep -o 'upperdir=[^,]*' /proc/mounts | cut -d= -f2); do ls $d; done; true"
    assert "No such file or directory" in text(run(walk_page, command))
