"""apptainer, the program: where it is, and whether it starts containers here, found out by starting one.

Every container of ours, the one of this probe included, is started in a user namespace of one id and a mount
namespace. In those apptainer sees a configuration and an account that are ours, so that what it does depends
on neither this machine's settings nor on who has that id outside.
"""

from __future__ import annotations

import functools
import os
import re
import shlex
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from docwalk.backend.container import WhyNot
from docwalk.bubblewrap import sandbox_identity
from docwalk.environment.probe import blocked_namespaces
from docwalk.errors import BackendError, last_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import IO

    from docwalk.environment.probe import Probe

_PROBE_S: Final = 60.0
_PROBE_ID: Final = 1000
_OTHER_HINT: Final = "docwalk run --backend sandbox"
_INSTALL_HINT: Final = (
    f"install apptainer (Fedora, EPEL: sudo dnf install apptainer); or use another one: {_OTHER_HINT}"
)
_SESSION: Final = re.compile(r"failed to resolve session directory (?P<folder>/[^\s:]+)")
_HARMLESS: Final = re.compile(r"Skipping mount \S+/etc/hostname \[files\]")
"""What it says of an environment without that file, to which `--hostname` would be written."""
_PROGRAMS: Final = (Path("/usr"), Path("/bin"), Path("/lib"), Path("/lib64"))
_CONFIGURATION: Final = """\
allow user ns = yes
allow pid ns = yes
allow container dir = yes
user bind control = yes
config passwd = no
config group = no
config resolv_conf = no
mount proc = yes
mount sys = no
mount home = no
mount tmp = no
mount hostfs = no
mount slave = no
enable overlay = no
enable underlay = no
"""
"""What apptainer mounts by itself: `/proc`, and nothing of the host."""
_GIVE_UP: Final = 'cd /; exec setpriv --ambient-caps=-all --inh-caps=-all -- "$@"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Apptainer:
    """apptainer as it is installed here."""

    configuration: Path
    """Its configuration file."""


def find_apptainer() -> Apptainer | WhyNot:
    """apptainer, or why this account cannot use it."""
    return _find_apptainer(os.environ.get("PATH", os.defpath))


@functools.cache
def _find_apptainer(search_path: str) -> Apptainer | WhyNot:
    if shutil.which("apptainer", path=search_path) is None:
        return WhyNot(reason="it is not on PATH", hint=_INSTALL_HINT)
    with tempfile.TemporaryDirectory(prefix="docwalk-probe-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        write_host_files(folder, user="reader", uid=_PROBE_ID, gid=_PROBE_ID)
        try:
            status, said = _try(host_view(folder), ("buildcfg", "APPTAINER_CONF_FILE"))
            if status != 0:
                return explain(said, blocked_namespaces())
            found = Apptainer(configuration=Path(last_line(said)))
            binds = _make_image(folder / "image")
            options = ("--userns", "--containall", "--no-init", "--writable", "--no-mount", "bind-paths")
            command = ("exec", *options, *binds, str(folder / "image"), "/bin/true")
            status, said = _try(host_view(folder, found), command)
        except (OSError, subprocess.TimeoutExpired) as error:
            return WhyNot(reason=f"it does not start: {error}", hint=_OTHER_HINT)
    return found if status == 0 else explain(said, blocked_namespaces())


def _try(commands: Iterable[tuple[str, ...]], arguments: tuple[str, ...]) -> tuple[int, str]:
    """Status of apptainer with these arguments, and all that it says."""
    argv = namespaced(commands, ("apptainer", "--nocolor", *arguments), uid=_PROBE_ID, gid=_PROBE_ID)
    with tempfile.TemporaryFile() as messages:
        process = start(argv, messages=messages)
        try:
            status = process.wait(_PROBE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
        messages.seek(0)
        return status, messages.read().decode("utf-8", "replace")


def _make_image(folder: Path) -> tuple[str, ...]:
    """Make an image of this machine's programs, which is nothing but points; options that bind them."""
    for name in ("dev", "proc"):
        (folder / name).mkdir(parents=True)
    folder.chmod(0o755)
    binds: list[str] = []
    for path in _PROGRAMS:
        point = folder / path.name
        if path.is_symlink():
            point.symlink_to(path.readlink())
        elif path.is_dir():
            point.mkdir()
            binds += ("--bind", f"{path}:{path}:ro")
    return tuple(binds)


def explain(said: str, blocked: Probe | None) -> WhyNot:
    """Why no container starts and what mends it; pure.

    Args:
        said: what apptainer said.
        blocked: the setting that keeps this account from user namespaces; None without one.
    """
    message = last_line(said) or "nothing was said"
    session = _SESSION.search(said)
    if session is not None:
        folder = session["folder"]
        return WhyNot(reason=f"its folder {folder} is missing", hint=f"sudo mkdir -p {folder}")
    if blocked is not None:
        return WhyNot(reason=f"{blocked.reason}: {message}", hint=blocked.fix or _OTHER_HINT)
    return WhyNot(reason=f"it starts no container: {message}", hint=_OTHER_HINT)


def refuse_warnings(messages: IO[bytes]) -> None:
    """Refuse a container of which apptainer warns: what it leaves out is something that isolates.

    Raises:
        BackendError: with the warnings.
    """
    messages.seek(0)
    lines = messages.read().decode("utf-8", "replace").splitlines()
    warnings = [line for line in lines if "WARNING" in line and not _HARMLESS.search(line)]
    if warnings:
        raise BackendError("; ".join(warnings), hint=_OTHER_HINT)


def write_host_files(folder: Path, *, user: str, uid: int, gid: int) -> None:
    """Write what `host_view` lets apptainer see instead of this machine's files."""
    for name, text in (
        ("apptainer.conf", _CONFIGURATION),
        # Its starter asks who root is, and gives up where nobody answers.
        ("passwd", f"root:x:0:0::/:/bin/sh\n{user}:x:{uid}:{gid}::/:/bin/sh\n"),
    ):
        (folder / name).write_text(text, "ascii")
        (folder / name).chmod(0o444)


def host_view(folder: Path, apptainer: Apptainer | None = None) -> Iterator[tuple[str, ...]]:
    """Commands that put the files of `write_host_files` in their places; pure.

    Args:
        folder: where they were written.
        apptainer: whose configuration is replaced; None where that is not known yet.
    """
    # Our id inside may be somebody's outside, or nobody's, whom apptainer refuses.
    yield ("mount", "--bind", str(folder / "passwd"), "/etc/passwd")
    if apptainer is not None:
        yield ("mount", "--bind", str(folder / "apptainer.conf"), str(apptainer.configuration))


def namespaced(
    commands: Iterable[tuple[str, ...]], argv: Sequence[str], *, uid: int, gid: int
) -> tuple[str, ...]:
    """The command line that runs `argv` in a user and a mount namespace; pure.

    Args:
        commands: run in them before, with all capabilities there, which `argv` has not.
        argv: a program and its arguments.
        uid: the one user id there, which is the caller.
        gid: the one group id there.
    """
    script = "\n".join(("set -e", *map(shlex.join, commands), _GIVE_UP))
    return (
        *("unshare", "--user", f"--map-user={uid}", f"--map-group={gid}", "--keep-caps"),
        *("--cgroup", "--mount", "--propagation", "private"),
        *("--", "bash", "-c", script, "docwalk-apptainer"),
        *argv,
    )


def start(
    argv: Sequence[str], *, messages: IO[bytes], pass_fds: Sequence[int] = ()
) -> subprocess.Popen[bytes]:
    """Start what `namespaced` says in a session of its own; root becomes the account of sandboxes before.

    Of the caller's environment it inherits `PATH` alone, so none of apptainer's variables.
    """
    identity = sandbox_identity()
    return subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=messages,
        stderr=messages,
        pass_fds=pass_fds,
        env={"PATH": os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin", "HOME": "/"},
        cwd="/",
        start_new_session=True,
        user=identity.uid if identity.is_switched else None,
        group=identity.gid if identity.is_switched else None,
        extra_groups=() if identity.is_switched else None,
    )
