"""Limits: what init does to keep an instance within them; a part of `init.py`, which runs inside.

Every program is started with hard limits of the kernel. Memory of all together, and a number of processes
that does not go down again, are looked at ten times a second; what uses most is killed, and that is noted.
"""

# As in init.py, pathlib, contextlib and signal would cost too much.
# ruff: noqa: PTH115, PTH116, PTH123, PTH208
from __future__ import annotations

import _signal as signal  # type: ignore[import-not-found]
import os
import resource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

LOOK_MS = 100
PATIENCE = 10
"""Looks during which there may be as many processes as are allowed, before they are killed."""
PR_SET_DUMPABLE = 4
IPC_RMID = 0
CPU_GRACE_S = 5
PAGE_BYTES = resource.getpagesize()
MOST_CHARACTERS = 80


class suppress:  # noqa: N801 - as contextlib names it
    """Pass over exceptions, as contextlib's does."""

    def __init__(self, *kinds: type[BaseException]) -> None:
        self.kinds = kinds

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        return kind is not None and issubclass(kind, self.kinds)


class Watch:
    """The limits of an instance, and what was killed for them."""

    def __init__(self, memory_bytes: int, processes: int, cpu_s: int, disk_bytes: int, files: int) -> None:
        self.memory_bytes = memory_bytes
        self.processes = processes
        self.hard = (
            # Twice, so that many small allocations are seen by `look` first, which can say what happened.
            (resource.RLIMIT_DATA, 2 * memory_bytes),
            (resource.RLIMIT_NPROC, processes),
            (resource.RLIMIT_CPU, cpu_s),
            (resource.RLIMIT_FSIZE, disk_bytes),
            (resource.RLIMIT_NOFILE, files),
            (resource.RLIMIT_CORE, 0),
        )
        self.is_closed = False
        self.shared_bytes = shared_memory()
        self.crowded = 0
        self.cleared: set[str] = set()
        self.killed: set[int] = set()
        self.exceeded: list[dict[str, str]] = []

    def close(self) -> None:
        """Let nobody attach to us or open what we have open, who is the same account as we."""
        if not self.is_closed:
            self.is_closed = True
            import ctypes  # noqa: PLC0415 - 10 ms, which the first shell spends on its start-up files

            ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)

    def restrain(self, *, is_service: bool) -> None:
        """Give this process, just forked, and all it starts the hard limits; services may take their time."""
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # Python ignores it
        for number, value in self.hard:
            if is_service and number == resource.RLIMIT_CPU:
                continue
            hard = resource.getrlimit(number)[1]
            allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
            # At the soft limit of processor time comes a signal that tells so, at the hard one SIGKILL.
            extra = CPU_GRACE_S if number == resource.RLIMIT_CPU and hard == resource.RLIM_INFINITY else 0
            resource.setrlimit(number, (allowed, allowed + extra))

    def look(self, shells: Collection[int]) -> None:
        """Kill what is too much; `shells` are spared where others can be blamed."""
        sizes = dict(resident())
        # Of the machine, and all there is to see of what processes share or hold without mapping it. Where it
        # has grown by so much that the limit might be exceeded, `shrink` finds out whose it is.
        shared_bytes = shared_memory()
        self.shared_bytes = min(self.shared_bytes, shared_bytes)
        if sum(sizes.values()) + shared_bytes - self.shared_bytes > self.memory_bytes:
            self.shrink()
        # A fork bomb at the limit loses processes and makes new ones: looks at fewer are no end of it, as
        # long as a third of all see the limit reached.
        self.crowded = max(0, self.crowded + (2 if len(sizes) >= self.processes - 1 else -1))
        if self.crowded > 2 * PATIENCE:
            self.crowded = 0
            self.note("processes", "")
            self.clear(shells)

    def shrink(self) -> None:
        """Kill the largest processes until the others fit; pages that several share are counted once."""
        seen: set[tuple[int, int]] = set()
        sizes = {pid: proportional(pid, seen) for pid, _ in resident()}
        # What was killed may take a moment to give its memory back; it is no reason to kill another.
        self.killed &= sizes.keys()
        sizes = {pid: size for pid, size in sizes.items() if pid not in self.killed}
        total = sum(sizes.values())
        if total + sum(unattached().values()) > self.memory_bytes and unattached():
            # They are nobody's: no process to kill gives this memory back.
            self.note("memory", "")
            remove_segments(unattached())
        for pid in sorted(sizes, key=lambda each: -sizes[each]):
            if total <= self.memory_bytes:
                return
            self.note("memory", command_of(pid))
            total -= sizes[pid]
            self.killed.add(pid)
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def end_all(self, limit: str, shells: Collection[int]) -> None:
        """Kill what exceeds `limit`: every process but `shells`; when that was in vain, those too."""
        self.clear(() if limit in self.cleared else shells)
        self.cleared.add(limit)
        self.note(limit, "")

    def clear(self, shells: Collection[int]) -> None:
        """Kill every process but `shells`."""
        with suppress(ProcessLookupError):
            os.kill(-1, signal.SIGSTOP)  # all at once: nothing forks while the others are killed
        for pid, _ in resident():
            if pid not in shells:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        with suppress(ProcessLookupError):
            os.kill(-1, signal.SIGCONT)

    def note(self, limit: str, command: str) -> None:
        """Remember that `limit` was exceeded, by `command`; empty for nobody in particular."""
        self.exceeded.append({"limit": limit, "command": command})

    def take(self) -> list[dict[str, str]]:
        """What was exceeded since this was asked last."""
        taken, self.exceeded = self.exceeded, []
        return taken


def resident() -> Iterator[tuple[int, int]]:
    """Every process but the first and ourselves (who may be two), and the bytes of memory of its own."""
    spared = ("1", str(os.getpid()))
    for name in os.listdir("/proc"):
        if name.isdigit() and name not in spared:
            with suppress(OSError, ValueError):
                with open(f"/proc/{name}/statm", "rb") as file:
                    fields = file.read().split()
                yield int(name), (int(fields[1]) - int(fields[2])) * PAGE_BYTES


def proportional(pid: int, seen: set[tuple[int, int]]) -> int:
    """Bytes of a process's own memory, its part of what it shares, and files in memory not yet `seen`."""
    anonymous = shared = 0
    with suppress(OSError), open(f"/proc/{pid}/smaps_rollup", "rb") as file:
        for line in file:
            if line.startswith(b"Pss_Anon:"):
                anonymous = int(line.split()[1]) * 1024
            elif line.startswith(b"Pss_Shmem:"):
                shared = int(line.split()[1]) * 1024
    # What is mapped of such a file is counted above.
    return anonymous + max(shared, memory_files(pid, seen))


def memory_files(pid: int, seen: set[tuple[int, int]]) -> int:
    """Bytes of the nameless files in memory that a process has open; those `seen` are another's."""
    total = 0
    with suppress(OSError):
        for name in os.listdir(f"/proc/{pid}/fd"):
            with suppress(OSError):
                path = f"/proc/{pid}/fd/{name}"
                if os.readlink(path).startswith("/memfd:"):
                    found = os.stat(path)
                    if (found.st_dev, found.st_ino) not in seen:
                        seen.add((found.st_dev, found.st_ino))
                        total += found.st_blocks * 512
    return total


def unattached() -> dict[tuple[int, int], int]:
    """Bytes in memory of each System V segment that no process has attached, by id and owner."""
    with suppress(OSError, ValueError), open("/proc/sysvipc/shm", "rb") as file:
        names = file.readline().split()
        columns = [names.index(name) for name in (b"shmid", b"uid", b"nattch", b"rss")]
        rows = ([int(line.split()[column]) for column in columns] for line in file)
        return {(segment, owner): size for segment, owner, attached, size in rows if not attached and size}
    return {}


def remove_segments(segments: Collection[tuple[int, int]]) -> None:
    """Give back what these System V segments hold, each as its owner."""
    import ctypes  # noqa: PLC0415 - rarely needed, and 10 ms

    own = os.geteuid()
    for segment, owner in segments:
        os.seteuid(owner)
        ctypes.CDLL(None).shmctl(segment, IPC_RMID, None)
        os.seteuid(own)


def shared_memory() -> int:
    """Bytes of memory that is shared, or of files in memory, on this machine."""
    with suppress(OSError), open("/proc/meminfo", "rb") as file:
        for line in file:
            if line.startswith(b"Shmem:"):
                return int(line.split()[1]) * 1024
    return 0


def command_of(pid: int) -> str:
    """Command line of a process, shortened."""
    with suppress(OSError), open(f"/proc/{pid}/cmdline", "rb") as file:
        text = file.read(4 * MOST_CHARACTERS).decode("utf-8", "replace").rstrip("\0").replace("\0", " ")
        return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 2]} …"
    return ""
