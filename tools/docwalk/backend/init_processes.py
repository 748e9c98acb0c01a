"""Processes: what init tells of those in the foreground of a terminal; a part of `init.py`, runs inside.

A program that hands the terminal on to another one (`script`, `srun --pty`) is looked through: whoever reads
that one reads what the reader types.
"""

# As in init.py, pathlib would cost too much.
# ruff: noqa: PTH115, PTH116, PTH123, PTH208
from __future__ import annotations

import contextlib
import errno
import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

TERMINAL_MAJORS = range(136, 144)
OWN_TERMINAL = (5, 0)
# Numbers of read(2) and readv(2), by machine (asm/unistd_64.h; asm-generic/unistd.h for the others).
READS = {"x86_64": ("0", "19")}.get(os.uname().machine, ("63", "65"))
READ_FUNCTIONS = ("wait_woken", "n_tty_read")
# What a reply says of processes must fit in one message, each character of it maybe spelt `\ufffd`.
MOST_PROCESSES = 32
MOST_CHARACTERS = 400
RELAYS = ("script", "srun")
"""Programs that do nothing but hand a terminal on; others that hold one may have reasons of their own."""
STEP_DAEMON = "slurmstepd"
"""Holds the terminals of jobs, for each `srun --pty`."""
STEP_VARIABLE = "SLURM_SRUN_COMM_PORT="
"""Where a job's processes are told which `srun` they belong to."""
TERMINALS_MAJOR = 136
LISTENING = "0A"


def foreground(pid: int) -> list[dict[str, object]]:
    """What the processes in the foreground of the terminal whose session `pid` leads are, and wait in."""
    group = innermost(foreground_group(pid))
    processes = [describe(each) for each in members(group)] if group else []
    # Of very many, those that wait for the reader are the ones that matter.
    processes.sort(key=lambda each: not each["reads_terminal"])
    return processes[:MOST_PROCESSES]


def working_folder(pid: int) -> str:
    """Working folder of the shell that has the terminal, nested ones included."""
    link = f"/proc/{innermost(foreground_group(pid)) or pid}/cwd"
    if os.stat(link).st_nlink == 0:
        raise FileNotFoundError(errno.ENOENT, "the working folder was removed")
    return os.readlink(link)


def innermost(group: int) -> int:
    """The foreground group behind all relays that `group` and those behind it are."""
    seen = {0}
    while group not in seen:
        seen.add(group)
        group = next(behind(group), group)
    return group


def behind(group: int) -> Iterator[int]:
    """Foreground groups of the terminals that relays among the processes of `group` hand on."""
    for pid in members(group):
        name = read_text(f"/proc/{pid}/comm").strip()
        if name in RELAYS:
            for number in held_terminals(pid):
                yield from groups_on(number)
        if name == "srun":
            ports = listening_ports(pid)
            for daemon in all_processes():
                if read_text(f"/proc/{daemon}/comm").startswith(STEP_DAEMON):
                    for number in held_terminals(daemon):
                        yield from (each for each in groups_on(number) if job_port(each) in ports)


def held_terminals(pid: int) -> Iterator[int]:
    """Numbers of the ptys whose masters a process has open."""
    with contextlib.suppress(OSError):
        for name in os.listdir(f"/proc/{pid}/fdinfo"):
            for line in read_text(f"/proc/{pid}/fdinfo/{name}").splitlines():
                if line.startswith("tty-index:"):
                    yield int(line.split()[1])


def groups_on(number: int) -> Iterator[int]:
    """The foreground group of the terminal /dev/pts/NUMBER, where a session has it."""
    # proc(5): the minor number's bits 0 to 7 and 20 to 31, the major one's 8 to 15.
    device = (number & 0xFF) | TERMINALS_MAJOR << 8 | (number & ~0xFF) << 12
    for pid in all_processes():
        with contextlib.suppress(OSError):
            if int(fields(pid)[4]) == device:
                yield max(0, int(fields(pid)[5]))
                return


def listening_ports(pid: int) -> set[int]:
    """TCP ports that a process listens on."""
    sockets = set()
    with contextlib.suppress(OSError):
        for name in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                sockets.add(os.readlink(f"/proc/{pid}/fd/{name}"))
    ports = set()
    for kind in ("tcp", "tcp6"):
        for line in read_text(f"/proc/{pid}/net/{kind}").splitlines()[1:]:
            words = line.split()
            if words[3] == LISTENING and f"socket:[{words[9]}]" in sockets:
                ports.add(int(words[1].rpartition(":")[2], 16))
    return ports


def job_port(pid: int) -> int:
    """The port of the `srun` that a process of a job belongs to; 0 for one that is of none."""
    for variable in read_text(f"/proc/{pid}/environ").split("\0"):
        if variable.startswith(STEP_VARIABLE):
            return int(variable[len(STEP_VARIABLE) :])
    return 0


def all_processes() -> list[int]:
    """Every process there is."""
    return sorted(int(name) for name in os.listdir("/proc") if name.isdigit())


def fields(pid: int) -> list[bytes]:
    """Fields of /proc/PID/stat from the state on: state, parent, group, session, terminal, its group."""
    with open(f"/proc/{pid}/stat", "rb") as file:
        return file.read().rpartition(b")")[2].split()


def foreground_group(pid: int) -> int:
    """Foreground process group of the terminal of `pid`; 0 where there is none."""
    try:
        return max(0, int(fields(pid)[5]))
    except OSError:
        return 0


def members(group: int) -> list[int]:
    """Processes of a group, zombies excluded."""
    found = []
    for pid in all_processes():
        with contextlib.suppress(OSError):
            state, _, of_group = fields(pid)[:3]
            if int(of_group) == group and state not in (b"Z", b"X"):
                found.append(pid)
    return found


def describe(pid: int) -> dict[str, object]:
    """What one process is, and what it waits in."""
    command = read_text(f"/proc/{pid}/cmdline").rstrip("\0").replace("\0", " ")
    if len(command) > MOST_CHARACTERS:
        command = f"{command[: MOST_CHARACTERS - 2]} …"
    return {
        "pid": pid,
        "command": command or read_text(f"/proc/{pid}/comm").strip(),
        "reads_terminal": any(reads_terminal(pid, thread) for thread in threads(pid)),
        "waits_in": read_text(f"/proc/{pid}/wchan").strip("0"),
    }


def threads(pid: int) -> list[str]:
    """Thread numbers of a process; none once it is gone."""
    try:
        return os.listdir(f"/proc/{pid}/task")
    except OSError:
        return []


def reads_terminal(pid: int, thread: str) -> bool:
    """Whether a thread is inside read(2) on a terminal."""
    words = read_text(f"/proc/{pid}/task/{thread}/syscall").split()
    if not words:
        return read_text(f"/proc/{pid}/task/{thread}/wchan") in READ_FUNCTIONS
    if words[0] not in READS:
        return False
    try:
        device = os.stat(f"/proc/{pid}/fd/{int(words[1], 16)}")
    except OSError:
        return False
    number = (os.major(device.st_rdev), os.minor(device.st_rdev))
    return stat.S_ISCHR(device.st_mode) and (number[0] in TERMINAL_MAJORS or number == OWN_TERMINAL)


def read_text(path: str) -> str:
    """Content of a small file of /proc; empty where it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""
