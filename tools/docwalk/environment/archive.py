"""Archives: a built environment as one `.tar.zst`, for machines and accounts that cannot build it.

    archive = head (name, digest, manifest, layers) ; layer* ; digests
    layer   = layers/HEX/layer.json ; layers/HEX/fs ; layers/HEX/fs/… (parents before children)

Owners are left out: whoever imports owns the files, and where that is not root they lose their write
bits, so that the reader is refused as on a cluster. Nothing an archive says is trusted: names, kinds and
digests are checked before a layer gets its final name.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import stat
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import zstandard

from docwalk.environment.digest import layer_digests
from docwalk.environment.owner import cannot_own, layer_owner, outside_first_id
from docwalk.errors import BackendError, last_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from docwalk.environment.store import BuiltEnvironment

HEAD_NAME = "docwalk-environment.json"
DIGESTS_NAME = "digests.json"
SCHEMA = 1
XATTR_PREFIX = "user.overlay."

_HOST_XATTRS = ("origin", "impure", "nlink", "uuid", "upper")
"""Overlay marks that only mean something on the file system they were written on."""
_PAX_XATTR = "SCHILY.xattr."
_LEVEL = 3
_THREADS = 2
_CHUNK_BYTES = 1 << 20
_MODE_BITS = 0o7777


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveHead:
    """The first member: what the archive holds."""

    name: str
    """Name of the environment."""
    digest: str
    """`sha256:…` of its definition."""
    manifest: Mapping[str, Any]
    """Its content manifest."""
    layers: tuple[str, ...]
    """Recipe digests of its layers, bottom first."""

    @classmethod
    def parse(cls, content: bytes) -> ArchiveHead:
        """From the member's JSON.

        Raises:
            BackendError: it is none of ours, or of a newer schema.
        """
        try:
            value = json.loads(content)
            if value["schema"] != SCHEMA:
                raise BackendError(
                    f"the archive has schema {value['schema']}, this docwalk reads {SCHEMA}",
                    hint="upgrade docwalk, or export the environment again",
                )
            return cls(
                name=value["name"],
                digest=value["digest"],
                manifest=value["manifest"],
                layers=tuple(value["layers"]),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise BackendError(f"`{HEAD_NAME}` in the archive is none of docwalk's: {error}") from error

    def __str__(self) -> str:
        """The member's JSON."""
        return json.dumps(
            {
                "digest": self.digest,
                "layers": list(self.layers),
                "manifest": dict(self.manifest),
                "name": self.name,
                "schema": SCHEMA,
            },
            sort_keys=True,
            indent=1,
        )


@dataclass(slots=True)
class ContentDigest:
    """Running digest of a layer's tree: names, kinds, modes, links, overlay marks and contents."""

    _total: Any = field(default_factory=hashlib.sha256)

    def add(self, member: tarfile.TarInfo, content_digest: str) -> None:
        """One entry; `content_digest` is empty for all but regular files."""
        marks = {name: value for name, value in member.pax_headers.items() if name.startswith(_PAX_XATTR)}
        entry = [
            member.name,
            member.type.decode(),
            member.mode & _MODE_BITS,
            member.linkname,
            sorted(marks.items()),
        ]
        self._total.update(json.dumps([*entry, content_digest], ensure_ascii=True).encode() + b"\n")

    def __str__(self) -> str:
        """64 hexadecimal digits."""
        return str(self._total.hexdigest())


class HashingReader(io.RawIOBase):
    """Reads through to another file, and digests what passes."""

    def __init__(self, file: IO[bytes], on_bytes: Callable[[int], None]) -> None:
        self._file = file
        self._on_bytes = on_bytes
        self._digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        content = self._file.read(size)
        self._digest.update(content)
        self._on_bytes(len(content))
        return content

    @property
    def digest(self) -> str:
        """Digest of what was read so far."""
        return self._digest.hexdigest()


def export_environment(built: BuiltEnvironment, file: Path, *, on_bytes: Callable[[int], None]) -> None:
    """Write `built` into `file`, which appears when it is complete.

    Args:
        built: the environment.
        file: the archive; by convention `NAME.tar.zst`.
        on_bytes: called with the number of bytes of content read since the last call.

    Raises:
        BackendError: a file cannot be read or the archive not be written.
    """
    head = ArchiveHead(
        name=built.environment.name,
        digest=built.digest,
        manifest=built.manifest,
        layers=layer_digests(built.environment),
    )
    partial = file.with_name(f".{file.name}.{os.getpid()}")
    write = _write_as_owner if _belongs_to_our_ids(built.layers) else write_archive
    try:
        with partial.open("wb") as raw:
            write(raw, head, built.layers, on_bytes)
        partial.replace(file)
    except OSError as error:
        raise BackendError(
            f"`{file}` cannot be written: {error}", hint="check the path, and the space left: df -h"
        ) from error
    finally:
        partial.unlink(missing_ok=True)


def write_archive(
    raw: IO[bytes], head: ArchiveHead, layers: Sequence[Path], on_bytes: Callable[[int], None]
) -> None:
    """Write the archive of the layers with these roots, bottom first, all of which we can read."""
    compressor = zstandard.ZstdCompressor(level=_LEVEL, threads=_THREADS)
    with (
        compressor.stream_writer(raw) as compressed,
        tarfile.open(fileobj=compressed, mode="w|", format=tarfile.PAX_FORMAT) as tar,
    ):
        _add_text(tar, HEAD_NAME, str(head))
        digests = {
            recipe: _add_layer(tar, recipe, root, on_bytes)
            for recipe, root in zip(head.layers, layers, strict=True)
        }
        _add_text(tar, DIGESTS_NAME, json.dumps(digests, sort_keys=True, indent=1))


def _belongs_to_our_ids(layers: Sequence[Path]) -> bool:
    """Whether the layers' files are our subordinate ids', some of them closed to ourselves."""
    if cannot_own() is not None or os.geteuid() == 0:
        return False
    return any(layer.stat().st_uid == outside_first_id() for layer in layers)


def _write_as_owner(
    raw: IO[bytes], head: ArchiveHead, layers: Sequence[Path], on_bytes: Callable[[int], None]
) -> None:
    """The same by a process in the namespace of the layers' owner, into the file that we have opened.

    Raises:
        OSError: with the last that process said.
    """
    order = json.dumps({"head": str(head), "layers": [str(layer) for layer in layers]})
    with layer_owner() as owner, tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        command = [*owner.prefix, sys.executable, "-m", __name__, str(raw.fileno())]
        with subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            pass_fds=(raw.fileno(),),
        ) as child:
            if child.stdin is not None:
                child.stdin.write(order)
                child.stdin.close()
            for line in child.stdout or ():
                on_bytes(int(line))
        if child.returncode != 0:
            said.seek(0)
            raise OSError(last_line(said.read()) or "the layers' owner wrote nothing")


def main(descriptor: int) -> None:
    """Write the archive that standard input asks for, and the bytes read so far, a line each time."""
    order = json.load(sys.stdin)

    def tell(count: int) -> None:
        sys.stdout.write(f"{count}\n")

    with os.fdopen(descriptor, "wb") as raw:
        head = ArchiveHead.parse(order["head"].encode())
        write_archive(raw, head, [Path(layer) for layer in order["layers"]], tell)


def read_head(file: Path) -> ArchiveHead:
    """What the archive in `file` says of itself; its layers are not read.

    Raises:
        BackendError: it is no archive of an environment.
    """
    try:
        with (
            file.open("rb") as raw,
            zstandard.ZstdDecompressor().stream_reader(raw) as reader,
            tarfile.open(fileobj=reader, mode="r|") as tar,
        ):
            first = tar.next()
            content = tar.extractfile(first) if first is not None and first.name == HEAD_NAME else None
            if content is None:
                raise BackendError(
                    f"`{file}` is no archive of an environment", hint="docwalk env export NAME FILE"
                )
            return ArchiveHead.parse(content.read())
    except (OSError, EOFError, tarfile.TarError, zstandard.ZstdError) as error:
        raise BackendError(
            f"`{file}` is no archive of an environment: {error}", hint="docwalk env export NAME FILE"
        ) from error


def _add_text(tar: tarfile.TarFile, name: str, text: str) -> None:
    content = text.encode()
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


def _add_layer(tar: tarfile.TarFile, recipe: str, root: Path, on_bytes: Callable[[int], None]) -> str:
    """Add one layer; its content digest."""
    folder = layer_folder(recipe)
    _add_text(tar, f"{folder}/layer.json", (root.parent / "layer.json").read_text("utf-8"))
    total = ContentDigest()
    for path, name in _entries(root, f"{folder}/fs"):
        member = tar.gettarinfo(path, arcname=name)
        member.uid = member.gid = 0
        member.uname = member.gname = ""
        member.mtime = int(member.mtime)
        member.pax_headers = _overlay_marks(path)
        if member.isreg():
            with open(path, "rb") as file:  # noqa: PTH123 - 60,000 files: strings, not paths
                reader = HashingReader(file, on_bytes)
                tar.addfile(member, reader)
            total.add(member, reader.digest)
        else:
            tar.addfile(member)
            total.add(member, "")
    return str(total)


def _entries(root: Path, name: str) -> Iterator[tuple[str, str]]:
    """Every entry below `root`, itself included, as path and member name; folders before their content."""
    stack = [(str(root), name)]
    while stack:
        path, arcname = stack.pop()
        yield path, arcname
        if stat.S_ISDIR(os.lstat(path).st_mode):
            names = sorted(os.listdir(path), reverse=True)  # noqa: PTH208
            stack.extend((f"{path}/{each}", f"{arcname}/{each}") for each in names)


def _overlay_marks(path: str) -> dict[str, str]:
    marks = {}
    for name in os.listxattr(path, follow_symlinks=False):
        kind = name.removeprefix(XATTR_PREFIX)
        if name.startswith(XATTR_PREFIX) and kind not in _HOST_XATTRS:
            value = os.getxattr(path, name, follow_symlinks=False)
            marks[_PAX_XATTR + name] = value.decode("utf-8", "surrogateescape")
    return marks


def overlay_marks(member: tarfile.TarInfo) -> dict[str, bytes]:
    """The overlay's extended attributes that a member carries; all others are ignored."""
    return {
        name.removeprefix(_PAX_XATTR): value.encode("utf-8", "surrogateescape")
        for name, value in member.pax_headers.items()
        if name.startswith(_PAX_XATTR + XATTR_PREFIX)
    }


def layer_folder(recipe: str) -> str:
    """Where the members of a layer lie."""
    return f"layers/{recipe[:16]}"


def copy_hashed(source: IO[bytes], target: IO[bytes] | None, on_bytes: Callable[[int], None]) -> str:
    """Copy a file's content, or only read it where there is no target; its digest."""
    reader = HashingReader(source, on_bytes)
    while content := reader.read(_CHUNK_BYTES):
        if target is not None:
            target.write(content)
    return reader.digest


def plain_mode(member: tarfile.TarInfo, *, keep_write: bool) -> int:
    """Mode of an imported entry: no set-id bits, and write bits only where root owns it."""
    mode = member.mode & _MODE_BITS & ~(stat.S_ISUID | stat.S_ISGID)
    return mode if keep_write else mode & ~0o222


if __name__ == "__main__":
    main(int(sys.argv[1]))
