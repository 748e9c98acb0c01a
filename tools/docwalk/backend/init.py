r"""Init: the first process of an instance; opens terminals and files on request and hands out descriptors.

Run by the *environment's* Python (3.9 or newer) with `-I -S`, so it knows the standard library only and
nothing of docwalk. It has one end of a SOCK_SEQPACKET connection; requests (marshal) and replies (JSON)
are messages, descriptors travel beside it. When the other end closes, it exits, and all else with it.

    request  {"op": "open", …}  ──▶  reply {"pid": 7} + master of a new pty
             {"op": …}          ──▶  reply {…} | {"errno": 13, "message": "Permission denied"}
"""

# Of the start of an instance, imports cost most: pathlib 10 ms; json, socket, signal, contextlib and array,
# which import re, enum and collections, another 10. What is imported here is written in C, or frozen.
# ruff: noqa: PTH103, PTH118, PTH120, PTH122, PTH123, SIM105
from __future__ import annotations

import _signal as signal  # type: ignore[import-not-found]
import _socket as socket
import _struct as struct
import errno
import fcntl
import marshal
import os
import select
import stat
import sys
import termios

TYPE_CHECKING = False  # typing itself would cost 8 ms at the start of each instance
if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from types import ModuleType
    from typing import NoReturn

    from init_limits import Watch  # type: ignore[import-not-found]

    Reply = tuple[dict[str, object], tuple[int, ...]]

MESSAGE_BYTES = 1 << 17
# Signals that the shells must find at their defaults, whatever this process does with them.
HANDLED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGPIPE, signal.SIGCHLD)


def main(address: str) -> None:
    """Serve requests until the socket closes: an inherited descriptor's number, or a path to connect to."""
    if address.isdecimal():
        requests = socket.socket(fileno=int(address))
    else:
        requests = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        requests.connect(address)
    os.set_inheritable(requests.fileno(), False)
    for number in HANDLED[:-1]:
        signal.signal(number, signal.SIG_IGN)
    woken, wake = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    init = Init()
    poll = select.poll()
    poll.register(requests, select.POLLIN)
    poll.register(woken, select.POLLIN)
    while True:
        ready = dict(poll.poll(init.look_ms))
        init.look()
        if woken in ready:
            os.read(woken, 4096)
            init.reap()
        if requests.fileno() in ready:
            message = requests.recv(MESSAGE_BYTES)
            if not message:
                return
            answer(requests, init, marshal.loads(message))  # noqa: S302 - from outside, which has all rights here
            init.settle()


def answer(requests: socket.socket, init: Init, request: dict[str, object]) -> None:
    """Do what `request` asks and send the reply; a failed system call is a reply too."""
    descriptors: tuple[int, ...] = ()
    try:
        reply, descriptors = getattr(init, f"do_{request.pop('op')}")(**request)
    except OSError as error:
        reply = {"errno": error.errno or errno.EIO, "message": os.strerror(error.errno or errno.EIO)}
    packed = struct.pack(f"{len(descriptors)}i", *descriptors)
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, packed)] if descriptors else []
    try:
        requests.sendmsg([to_json(reply).encode()], rights)
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


class Init:
    """What init knows: the exit statuses of the shells it started."""

    def __init__(self) -> None:
        self.statuses: dict[int, int | None] = {}
        self.parts: dict[str, ModuleType] = {}
        self.watch: Watch | None = None
        self.look_ms: int | None = None

    def reap(self) -> None:
        """Collect every process that ended; orphans of the instance are children of ours."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid in self.statuses:
                self.statuses[pid] = os.waitstatus_to_exitcode(status)

    def do_open(
        self,
        *,
        path: str,
        argv: list[str],
        environ: dict[str, str],
        cwd: str,
        rows: int,
        columns: int,
        account: str | None,
    ) -> Reply:
        """Start a shell as leader of a session of its own on a new pty; None is our own account."""
        master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        if account is not None:
            self.accounts().give_terminal(slave, account)
        pid = os.fork()
        if pid == 0:
            try:
                self.restrain()
                if account is not None:
                    self.accounts().become(account)
                become_shell(slave, path, argv, environ, cwd)
            finally:
                os._exit(127)
        os.close(slave)
        self.statuses[pid] = None
        return {"pid": pid}, (master,)

    def do_programs(self, *, paths: list[str]) -> Reply:
        """Which of these programs there are."""
        return {"found": [path for path in paths if os.access(path, os.X_OK)]}, ()

    def do_side(self, *, rows: int, columns: int) -> Reply:
        """Open a pty that any account inside may write to; nothing runs on it."""
        master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        os.fchmod(slave, 0o666)
        return {"path": os.ttyname(slave)}, (master, slave)

    @staticmethod
    def do_synchronise() -> Reply:
        """Nothing: what was asked before is done, and its descriptors are closed."""
        return {}, ()

    def do_status(self, *, pid: int) -> Reply:
        """Exit status of a shell, negative for a signal; None while it runs."""
        self.reap()
        return {"status": self.statuses[pid]}, ()

    def do_foreground(self, *, pid: int) -> Reply:
        """Processes in the foreground of the terminal whose session `pid` leads."""
        return {"processes": self.part("init_processes").foreground(pid)}, ()

    def do_signal(self, *, pid: int, number: int) -> Reply:
        """Send a signal to the foreground group, if that is not the shell's own."""
        group = self.part("init_processes").foreground_group(pid)
        if group and group != pid:
            kill_group(group, number)
        return {}, ()

    def do_cwd(self, *, pid: int) -> Reply:
        """Working folder of the shell that has the terminal, nested ones included."""
        return {"cwd": self.part("init_processes").working_folder(pid)}, ()

    def do_begin(self, *, skel: str, home: str, keep: int | None) -> Reply:
        """Keep the folder's lock, if we have it, from the shells; copy skeleton files into a new home."""
        if keep is not None:
            os.set_inheritable(keep, False)
        copy_skeleton(skel, home)
        return {}, ()

    def do_begin_many(
        self,
        *,
        accounts: list[dict[str, object]],
        skel: str,
        keep: int | None,
        address: str | None,
        system_calls: str | None,
    ) -> Reply:
        """As `begin`, where we are root: make accounts and homes, then give up what sessions may not have."""
        if keep is not None:
            os.set_inheritable(keep, False)
        module = self.accounts()
        module.add_accounts(accounts)
        for account in accounts:
            with module.home_of(account["name"]) as home:
                copy_skeleton(skel, home)
        module.settle(address, system_calls)
        return {}, ()

    def accounts(self) -> ModuleType:
        """What is only needed, and only there, where an instance has many user ids."""
        return self.part("init_accounts")

    def part(self, name: str) -> ModuleType:
        """Another file of ours, run from its source; from bytecode where that is what we are given.

        Nothing is imported from our folder: sessions can write to it, and a compiled file or a folder of
        the same name would be taken instead.
        """
        if name not in self.parts:
            suffix = os.path.splitext(__file__)[1]
            path = os.path.join(os.path.dirname(__file__), f"{name}{suffix}")
            module = type(sys)(name)
            with open(path, "rb") as file:
                content = file.read()
            is_compiled = suffix == ".pyc"
            code = marshal.loads(content[16:]) if is_compiled else compile(content, path, "exec")  # noqa: S302
            exec(code, module.__dict__)  # noqa: S102 - docwalk's own file, mounted read-only
            self.parts[name] = module
        return self.parts[name]

    def acting_as(self, account: str | None) -> AbstractContextManager[None]:
        """Open files with the rights of an account; None is our own."""
        if account is None:
            import contextlib  # noqa: PLC0415 - files are for later

            return contextlib.nullcontext()
        return self.accounts().acting_as(account)  # type: ignore[no-any-return]

    def do_spawn(self, *, argv: list[str], environ: dict[str, str], log: str, account: str | None) -> Reply:
        """Start a program without terminal as leader of a session of its own; it writes to the file `log`."""
        os.makedirs(os.path.dirname(log), mode=0o700, exist_ok=True)
        descriptor = open_regular(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        pid = os.fork()
        if pid == 0:
            try:
                self.restrain(is_service=True)
                if account is not None:
                    self.accounts().become(account)
                become_program(descriptor, argv, environ)
            finally:
                os._exit(127)
        os.close(descriptor)
        self.statuses[pid] = None
        return {"pid": pid}, ()

    def do_kill(self, *, pid: int, number: int) -> Reply:
        """Send a signal to the group that a program of `spawn` leads."""
        kill_group(pid, number)
        return {}, ()

    def do_limit(self, **limits: int) -> Reply:
        """Keep limits from now on."""
        self.watch = self.part("init_limits").Watch(**limits)
        self.look_ms = self.part("init_limits").LOOK_MS
        return {}, ()

    def do_exceeded(self) -> Reply:
        """What was killed for which limit since this was asked last."""
        self.look()
        return {"exceeded": self.watch.take() if self.watch is not None else []}, ()

    def do_clear(self, *, limit: str) -> Reply:
        """End what sessions run, since `limit` is exceeded; a second time, the shells as well."""
        if self.watch is not None:
            self.watch.end_all(limit, self.statuses)
        return {}, ()

    def restrain(self, *, is_service: bool = False) -> None:
        """Give this process, just forked, its limits."""
        if self.watch is not None:
            self.watch.restrain(is_service=is_service)

    def settle(self) -> None:
        """Close ourselves to the shells, once there is one: it has not read its start-up files yet."""
        if self.watch is not None and self.statuses:
            self.watch.close()

    def look(self) -> None:
        """See whether limits are kept."""
        if self.watch is not None:
            self.watch.look(self.statuses)

    def do_listen(self, *, port: int) -> Reply:
        """Hand out a socket that listens on the loopback of our own network."""
        server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", port))
        server.listen(64)
        return {}, (server.detach(),)

    @staticmethod
    def do_compile(*, path: str) -> Reply:
        """A file of ours as bytecode of this Python, in memory."""
        from importlib.util import MAGIC_NUMBER, source_hash  # noqa: PLC0415 - once per environment

        with open(path, "rb") as file:
            source = file.read()
        descriptor = os.memfd_create("docwalk")
        # The header of "unchecked hash-based" bytecode (PEP 552).
        header = MAGIC_NUMBER + (1).to_bytes(4, "little") + source_hash(source)
        with open(descriptor, "wb", closefd=False) as code:
            code.write(header + marshal.dumps(compile(source, path, "exec", dont_inherit=True)))
        return {}, (descriptor,)

    def do_read(self, *, path: str, account: str | None) -> Reply:
        """Open a regular file for reading."""
        with self.acting_as(account):
            return {}, (open_regular(path, os.O_RDONLY),)

    def do_write(
        self,
        *,
        path: str,
        append: bool,
        make_parents_below: str,
        account: str | None,
        permissions: int | None = None,
    ) -> Reply:
        """Open a regular file for writing; missing folders are made below one folder only."""
        parent = os.path.dirname(path)
        change = os.O_APPEND if append else os.O_TRUNC
        with self.acting_as(account):
            if os.path.commonpath((make_parents_below, os.path.normpath(parent))) == make_parents_below:
                os.makedirs(parent, exist_ok=True)
            descriptor = open_regular(path, os.O_WRONLY | os.O_CREAT | change)
            if permissions is not None:
                try:
                    os.fchmod(descriptor, permissions)
                except OSError:
                    os.close(descriptor)
                    raise
            return {}, (descriptor,)


def to_json(value: object) -> str:
    """JSON of dictionaries, sequences, texts, whole numbers, truth values and None."""
    if isinstance(value, dict):
        return f"{{{','.join(f'{quoted(name)}:{to_json(each)}' for name, each in value.items())}}}"
    if isinstance(value, (list, tuple)):
        return f"[{','.join(map(to_json, value))}]"
    if isinstance(value, str):
        return quoted(value)
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def quoted(text: str) -> str:
    """A JSON string in ASCII; what is beyond 16 bits, and lone surrogates, as UTF-16 has them."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    units = struct.iter_unpack("<H", text.encode("utf-16-le", "surrogatepass"))
    return '"' + "".join(f"\\u{unit:04x}" for (unit,) in units) + '"'


def kill_group(group: int, number: int) -> None:
    """Send a signal to a process group, if there still is one."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        pass


def become_shell(slave: int, path: str, argv: list[str], environ: dict[str, str], cwd: str) -> NoReturn:
    """Turn this forked process into the shell; does not return."""
    lead_session()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for descriptor in (0, 1, 2):
        os.dup2(slave, descriptor)
    os.closerange(3, 1024)
    os.umask(0o022)
    os.chdir(cwd)
    os.execve(path, argv, environ)  # noqa: S606 - the shell is what we start


def become_program(log: int, argv: list[str], environ: dict[str, str]) -> NoReturn:
    """Turn this forked process into a program without terminal; does not return."""
    lead_session()
    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
    for descriptor in (1, 2):
        os.dup2(log, descriptor)
    os.closerange(3, 1024)
    os.umask(0o022)
    os.chdir("/")
    os.execve(argv[0], argv, environ)  # noqa: S606 - a service of the environment


def lead_session() -> None:
    """Forget what this process inherited of ours, and lead a session of its own."""
    signal.set_wakeup_fd(-1)
    for number in HANDLED:
        signal.signal(number, signal.SIG_DFL)
    os.setsid()


def copy_skeleton(skel: str, home: str) -> None:
    """Copy a folder's files and folders into another, which need not exist."""
    for name, folders, files in os.walk(skel):
        target = os.path.normpath(os.path.join(home, os.path.relpath(name, skel)))
        for folder in folders:
            os.makedirs(os.path.join(target, folder), mode=0o755, exist_ok=True)
        for file in files:
            copy_file(os.path.join(name, file), os.path.join(target, file))


def open_regular(path: str, flags: int) -> int:
    """Open `path` if it is a regular file; a pipe or a device must not make us wait."""
    descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC, 0o644)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, path)
    return descriptor


def copy_file(source: str, target: str) -> None:
    """Copy content and permission bits; the owner may write, though an imported layer lost that bit."""
    with open(source, "rb") as reader, open(target, "wb") as writer:
        writer.write(reader.read())
        os.fchmod(writer.fileno(), stat.S_IMODE(os.fstat(reader.fileno()).st_mode) | stat.S_IWUSR)


if __name__ == "__main__":
    main(sys.argv[1])
