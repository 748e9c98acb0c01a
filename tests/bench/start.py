"""Start: an instance and its first prompt in the sandbox, beside `podman run` of the same file system.

Prints medians. With `--walks N` it walks a small page N times instead, and says what is left of
memory, processes, descriptors and folders.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

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
WALK = "# T\n\n```console\n$ echo hello\nhello\n```\n"
RUN_PODMAN = """
set -e
cd "$1"
mkdir -p upper work root
mount -t overlay docwalk -o "lowerdir=$2,upperdir=upper,workdir=work,userxattr" root
exec podman run --rm --pull never --log-driver none --network host --no-hosts --ulimit nofile=4096:4096 \
    --ulimit nproc=4096:4096 --rootfs "$1/root" /bin/true
"""
"""What anybody would start: the same layers, mounted in the same way, and no shell at all."""


def first_prompt_s(backend: Backend, environment: BuiltEnvironment) -> tuple[float, float]:
    """Seconds until the instance is open, and until its login shell prompts."""
    start_s = time.monotonic()
    instance = backend.open(environment)
    open_s = time.monotonic() - start_s
    size = {"rows": 24, "columns": 100}
    terminal = instance.open_terminal(shell="bash", user=None, environ={"TERM": "xterm"}, **size)  # noqa: S604 - the name of a shell
    shell = Shell(terminal, instance.marks, spill=bytes.decode)
    shell.wait_until_ready(60)
    prompt_s = time.monotonic() - start_s
    shell.close()
    instance.close()
    return open_s, prompt_s


def podman_run_s(environment: BuiltEnvironment) -> float:
    """Seconds that `podman run … true` takes over the same layers."""
    lower = ":".join(str(layer) for layer in reversed(environment.layers))
    with tempfile.TemporaryDirectory(prefix="docwalk-bench-") as folder:
        enter = () if os.geteuid() == 0 else ("podman", "unshare")
        argv = (*enter, "unshare", "--mount", "--propagation", "private", "sh", "-c", RUN_PODMAN, "sh")
        start_s = time.monotonic()
        subprocess.run([*argv, folder, lower], check=True, stdin=subprocess.DEVNULL)
        return time.monotonic() - start_s


def compare(environment: BuiltEnvironment, rounds: int) -> None:
    """Print medians of both, taken in turns."""
    sandbox, podman = SandboxBackend(), PodmanBackend()
    reason, _ = why_no_podman()
    first_prompt_s(sandbox, environment)  # asks pip for its configuration, once per process
    opened, prompted, ran, in_podman = [], [], [], []
    for _ in range(rounds):
        open_s, prompt_s = first_prompt_s(sandbox, environment)
        opened.append(open_s)
        prompted.append(prompt_s)
        if reason is None:
            ran.append(podman_run_s(environment))
            in_podman.append(first_prompt_s(podman, environment)[1])
    print(f"sandbox, instance open      {statistics.median(opened) * 1000:6.0f} ms")
    print(f"sandbox, first prompt       {statistics.median(prompted) * 1000:6.0f} ms")
    if reason is not None:
        print(f"podman: not measured, {reason}")
        return
    print(f"podman run true             {statistics.median(ran) * 1000:6.0f} ms")
    print(f"podman backend, first prompt{statistics.median(in_podman) * 1000:6.0f} ms")


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
