"""Doctor of backends: which of them, which policies and limits work here, and what mends the rest."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Final

from docwalk.backend.apptainer_program import find_apptainer
from docwalk.backend.container import WhyNot
from docwalk.backend.docker_daemon import find_docker
from docwalk.backend.podman import why_no_podman
from docwalk.bubblewrap import sandbox_identity
from docwalk.environment.doctor import Finding, Level
from docwalk.environment.probe import run_bwrap
from docwalk.environment.transport import detect_transport
from docwalk.errors import BackendError
from docwalk.seccomp import filter_program

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docwalk.backend.apptainer_program import Apptainer
    from docwalk.backend.docker_daemon import Daemon

_COUNTS_PROCESSES: Final = (5, 14)
"""Kernel that counts an account's processes for each user namespace by itself."""


def diagnose_backends() -> tuple[Finding, ...]:
    """Look at everything instances need; changes nothing."""
    return (*_others(), *_networks(), *_limits())


def _others() -> Iterator[Finding]:
    reason, hint = why_no_podman()
    yield Finding(
        what="podman",
        level=Level.FINE if reason is None else Level.LIMITED,
        why="docwalk run --backend podman works over the same layers, with several accounts too"
        if reason is None
        else reason,
        fix=None if reason is None else hint,
    )
    if shutil.which("docker") is not None:
        works = "docwalk run --backend docker works, with images imported from the layers"
        yield _program("docker", find_docker(), works=works)
    works = "docwalk run --backend apptainer works over the same layers, without root and nothing setuid"
    yield _program("apptainer", find_apptainer(), works=works)
    yield Finding(
        what="host",
        level=Level.FINE,
        why="docwalk run --backend host --on-this-host runs pages on this machine; it isolates nothing",
        fix=None,
    )


def _program(name: str, found: Daemon | Apptainer | WhyNot, *, works: str) -> Finding:
    """What was found of a program that starts containers; `works` is said where it does."""
    if isinstance(found, WhyNot):
        return Finding(what=name, level=Level.LIMITED, why=found.reason, fix=found.hint)
    return Finding(what=name, level=Level.FINE, why=works, fix=None)


def _networks() -> Iterator[Finding]:
    reason = _why_no_network_namespace()
    yield Finding(
        what='network = "none"',
        level=Level.FINE if reason is None else Level.BROKEN,
        why="instances get a loopback of their own" if reason is None else reason,
        fix=None,
    )
    try:
        transport = detect_transport()
    except BackendError:
        return  # said elsewhere
    what = 'network = "packages"'
    if not transport.has_remote_index:
        yield Finding(what=what, level=Level.FINE, why="the index is a folder, bound read-only", fix=None)
    elif transport.can_be_proxied:
        yield Finding(what=what, level=Level.FINE, why="instances reach the package index alone", fix=None)
    else:
        yield Finding(
            what=what,
            level=Level.LIMITED,
            why="pip does not check its index's certificate, and nothing stands in for such an index",
            fix="pip config unset global.trusted-host",
        )


def _why_no_network_namespace() -> str | None:
    arguments = ("--unshare-user", "--unshare-net", "--ro-bind", "/", "/", "--", "/bin/true")
    try:
        done = run_bwrap(arguments, identity=sandbox_identity())
    except (BackendError, OSError, subprocess.TimeoutExpired) as error:
        return f"bwrap does not start: {error}"
    return None if done.returncode == 0 else f"no network of an instance's own: {done.stderr.strip()}"


def _limits() -> Iterator[Finding]:
    release = os.uname().release
    version = tuple(int(part) for part in release.split("-")[0].split(".")[:2] if part.isdigit())
    counts = version >= _COUNTS_PROCESSES
    yield Finding(
        what="limits",
        level=Level.FINE if counts else Level.LIMITED,
        why="memory, processes, processor time, disk and open files, without root"
        if counts
        else f"Linux {release} counts the processes of all your instances together; the others are kept",
        fix=None,
    )
    has_filter = filter_program() is not None
    machine = os.uname().machine
    yield Finding(
        what="system calls",
        level=Level.FINE if has_filter else Level.LIMITED,
        why="keyrings, mounts, the kernel's log and typing into terminals are refused"
        if has_filter
        else f"docwalk has no filter for {machine}; namespaces alone keep a sandbox",
        fix=None,
    )
