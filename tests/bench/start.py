"""Start of a shell in the sandbox, beside `podman run … bash` of the same file system in the same run.

The target speaks of the *start of a shell*: from nothing to an instance in which `bash --norc` has run its
first command. At most a tenth of podman's time, and at most 60 ms. What login files take (modules, prompt) is
the environment's own, and named separately. podman is timed as anybody starts it, with a network and a log of
its own, which the target is about, and stripped of all that can be left out. All take turns; medians.

With `--walks N` it walks a small page N times instead, and says what is left of memory, processes,
descriptors and folders.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from docwalk.backend.instance import InitInstance
from docwalk.backend.podman import PodmanBackend, why_no_podman
from docwalk.backend.sandbox import SandboxBackend
from docwalk.driver.shell import Shell
from docwalk.environment.store import Store
from docwalk.run import run_walk
from docwalk.testing_sandbox import find_built, plan_page

if TYPE_CHECKING:
    from docwalk.backend import Backend
    from docwalk.environment.store import BuiltEnvironment

ENVIRONMENTS = Path(__file__).parents[2] / "tools" / "environments"
MOST_RATIO = 0.1
MOST_S = 0.06
WALK = "# T\n\n```console\n$ echo hello\nhello\n```\n"
RUN_PODMAN = """
set -e
cd "$1"
mkdir -p upper work root
mount -t overlay docwalk -o "lowerdir=$2,upperdir=upper,workdir=work,userxattr" root
folder=$1
shift 2
exec podman run --rm --ulimit nofile=4096:4096 --ulimit nproc=4096:4096 "$@" \\
    --rootfs "$folder/root" /bin/bash --norc -c true
"""
"""What anybody would start: the same layers, mounted in the same way, and a shell that does nothing."""
STRIPPED = ("--pull", "never", "--log-driver", "none", "--network", "host", "--no-hosts")
"""Options that leave out what podman sets up and a shell does not need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Seconds since nothing was there."""

    open_s: float
    """Until the instance answers."""
    shell_s: float
    """Until a plain shell in it has run its first command."""
    login_s: float
    """From then on, what a login shell takes until it prompts."""


def start_once(backend: Backend, environment: BuiltEnvironment) -> Start:
    """Open an instance, then a plain shell, then a login shell."""
    begin_s = time.monotonic()
    instance = backend.open(environment)
    open_s = time.monotonic() - begin_s
    assert isinstance(instance, InitInstance)
    run_first_command(instance)
    shell_s = time.monotonic() - begin_s
    size = {"rows": 24, "columns": 100}
    terminal = instance.open_terminal(shell="bash", user=None, environ={"TERM": "xterm"}, **size)  # noqa: S604 - the name of a shell
    shell = Shell(terminal, instance.marks, spill=bytes.decode)
    shell.wait_until_ready(60)
    login_s = time.monotonic() - begin_s - shell_s
    shell.close()
    instance.close()
    return Start(open_s=open_s, shell_s=shell_s, login_s=login_s)


def run_first_command(instance: InitInstance) -> None:
    """Start a shell without start-up files on a pty, type a command, wait for what it prints."""
    _, terminal = instance._channel.ask_descriptor(  # noqa: SLF001 - walks open login shells only
        "open",
        path="/bin/bash",
        argv=["bash", "--norc"],
        environ={"TERM": "xterm", "PATH": "/usr/bin:/bin"},
        cwd="/",
        rows=24,
        columns=100,
        account=None,
    )
    os.write(terminal, b"echo $((6 * 7))\n")
    shown = b""
    while b"42\r\n" not in shown:
        shown += os.read(terminal, 4096)
    os.close(terminal)


def podman_run_s(environment: BuiltEnvironment, *options: str) -> float:
    """Seconds that `podman run … bash` takes over the same layers."""
    lower = ":".join(str(layer) for layer in reversed(environment.layers))
    with tempfile.TemporaryDirectory(prefix="docwalk-bench-") as folder:
        enter = () if os.geteuid() == 0 else ("podman", "unshare")
        argv = (*enter, "unshare", "--mount", "--propagation", "private", "sh", "-c", RUN_PODMAN, "sh")
        start_s = time.monotonic()
        subprocess.run([*argv, folder, lower, *options], check=True, stdin=subprocess.DEVNULL)
        return time.monotonic() - start_s


def compare(environment: BuiltEnvironment, rounds: int) -> None:
    """Print medians of both, taken in turns, and whether the target is met."""
    sandbox, podman = SandboxBackend(), PodmanBackend()
    reason, _ = why_no_podman()
    start_once(sandbox, environment)  # asks pip for its configuration, once per process
    ours, theirs, ran, stripped = [], [], [], []
    for _ in range(rounds):
        ours.append(start_once(sandbox, environment))
        if reason is None:
            ran.append(podman_run_s(environment))
            stripped.append(podman_run_s(environment, *STRIPPED))
            theirs.append(start_once(podman, environment))
    run_s = statistics.median(ran) if ran else None
    shell_s = statistics.median(each.shell_s for each in ours)
    print(f"medians of {rounds}, load average {os.getloadavg()[0]:.1f}")
    show("sandbox, instance open", statistics.median(each.open_s for each in ours), run_s)
    show("sandbox, START OF A SHELL", shell_s, run_s)
    show("sandbox, login files on top", statistics.median(each.login_s for each in ours), run_s)
    if run_s is None:
        print(f"podman: not measured, {reason}")
    else:
        show("podman run … bash", run_s, run_s)
        show("podman run, stripped", statistics.median(stripped), run_s)
        show("podman backend, start of a shell", statistics.median(each.shell_s for each in theirs), run_s)
    judge(f"at most {MOST_S * 1000:.0f} ms", is_met=shell_s <= MOST_S)
    if run_s is not None:
        judge(f"at most {MOST_RATIO:g} of podman run", is_met=shell_s <= MOST_RATIO * run_s)


def judge(target: str, *, is_met: bool) -> None:
    """Print what became of a target."""
    print(f"target for the start of a shell, {target}: {'met' if is_met else 'MISSED'}")


def show(what: str, seconds: float, run_s: float | None) -> None:
    """Print one line."""
    ratio = "" if run_s is None else f"  {seconds / run_s:6.3f} of podman run"
    print(f"{what:34}{seconds * 1000:7.1f} ms{ratio}")


def processes() -> int:
    """Processes on this machine."""
    return sum(path.name.isdigit() for path in Path("/proc").iterdir())


def repeat(environment: BuiltEnvironment, count: int) -> None:
    """Walk again and again; print what there was after the first tenth, and at the end."""
    instances = Store.default().folder / "instances"
    with tempfile.TemporaryDirectory() as name:
        walk = plan_page(WALK, folder=Path(name), environments_dir=ENVIRONMENTS)
        for number in range(1, count + 1):
            assert run_walk(walk, backend=SandboxBackend(), environment=environment).passed
            if number in {max(1, count // 10), count}:
                rss = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
                descriptors = len(list(Path("/proc/self/fd").iterdir()))
                left = len(list(instances.glob("i-*")))
                print(
                    f"after {number:4} walks: {rss / (1 << 20):6.1f} MiB, {descriptors} descriptors, "
                    f"{processes()} processes on the machine, {left} instances"
                )


def main() -> None:
    """Parse arguments, measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--walks", type=int, default=0)
    arguments = parser.parse_args()
    built = find_built(ENVIRONMENTS / "login")
    if built is None:
        parser.exit(1, "environment `login` is not built: docwalk env build login\n")
    if arguments.walks:
        repeat(built, arguments.walks)
    else:
        compare(built, arguments.rounds)


if __name__ == "__main__":
    main()
