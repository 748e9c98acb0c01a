"""Archives: there and back, and what is refused with the exact reason."""

from __future__ import annotations

import io
import json
import os
import platform
import subprocess
import sys
import tarfile
from typing import TYPE_CHECKING

import pytest
import zstandard

from docwalk.environment.archive import DIGESTS_NAME, HEAD_NAME, export_environment, read_head
from docwalk.environment.archive_import import import_environment
from docwalk.environment.definition import Environment, load_environment
from docwalk.environment.digest import environment_digest, layer_digests
from docwalk.environment.store import BuiltEnvironment, Store
from docwalk.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

MANIFEST = {"os": "made up", "architecture": platform.machine(), "bytes": {"base": 1}}


class OpenStore(Store):
    """A store in pytest's folders, which no account that root becomes could enter."""

    def make_folders(self) -> None:
        (self.folder / "layers").mkdir(parents=True, exist_ok=True)
        (self.folder / "environments").mkdir(exist_ok=True)


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    folder = tmp_path / "small"
    folder.mkdir()
    text = 'title = "Small"\n[base]\nsuite = "bookworm"\npackages = []\n'
    (folder / "environment.toml").write_text(text, encoding="utf-8")
    return load_environment(folder)


@pytest.fixture
def built(tmp_path: Path, environment: Environment) -> BuiltEnvironment:
    """One layer with a file, links of both kinds, a program and an opaque folder."""
    store = OpenStore(folder=tmp_path / "from", fallback=None)
    store.make_folders()
    layer = store.layer_dir(layer_digests(environment)[0])
    root = layer / "fs"
    (root / "etc" / "empty").mkdir(parents=True)
    (root / "etc" / "file").write_text("text\n", encoding="utf-8")
    os.link(root / "etc" / "file", root / "etc" / "same")
    (root / "link").symlink_to("etc/file")
    (root / "program").write_text("#!/bin/sh\n", encoding="utf-8")
    (root / "program").chmod(0o4755)
    os.setxattr(root / "etc", "user.overlay.opaque", b"y")
    os.setxattr(root / "etc", "user.overlay.origin", b"\x00\xff")
    (layer / "layer.json").write_text('{"bytes": 1}', encoding="utf-8")
    store.manifest_path(environment_digest(environment)).write_text(json.dumps(MANIFEST), encoding="utf-8")
    found = store.find(environment)
    assert found is not None
    return found


def take(file: Path, folder: Path) -> Store:
    """Import `file` into a new store."""
    store = OpenStore(folder=folder, fallback=None)
    import_environment(file, store, on_bytes=lambda _: None, on_wait=lambda: None)
    return store


def test_what_is_exported_is_imported_as_it_was(
    built: BuiltEnvironment, environment: Environment, tmp_path: Path
) -> None:
    seen: list[int] = []
    export_environment(built, tmp_path / "a.tar.zst", on_bytes=seen.append)
    assert sum(seen) == len("text\n#!/bin/sh\n")
    found = take(tmp_path / "a.tar.zst", tmp_path / "to").find(environment)
    assert found is not None
    assert (found.digest, found.manifest) == (built.digest, MANIFEST)
    root = found.layers[0]
    assert (root / "etc" / "file").read_text(encoding="utf-8") == "text\n"
    assert (root / "etc" / "file").stat().st_ino == (root / "etc" / "same").stat().st_ino
    assert (root / "link").readlink().as_posix() == "etc/file"
    assert (root / "etc" / "empty").is_dir()
    assert os.listxattr(root / "etc") == ["user.overlay.opaque"]
    assert (root / "program").stat().st_mode & 0o7111 == 0o0111, "runs, and is set-id no more"


def test_the_process_of_the_layers_owner_writes_the_same(built: BuiltEnvironment, tmp_path: Path) -> None:
    export_environment(built, tmp_path / "a.tar.zst", on_bytes=lambda _: None)
    head = read_head(tmp_path / "a.tar.zst")
    order = json.dumps({"head": str(head), "layers": [str(layer) for layer in built.layers]})
    with (tmp_path / "b.tar.zst").open("wb") as raw:
        done = subprocess.run(
            [sys.executable, "-m", "docwalk.environment.archive", str(raw.fileno())],
            input=order,
            pass_fds=(raw.fileno(),),
            capture_output=True,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, "")
    assert sum(map(int, done.stdout.split())) == len("text\n#!/bin/sh\n")
    assert (tmp_path / "a.tar.zst").read_bytes() == (tmp_path / "b.tar.zst").read_bytes()


def test_files_of_an_ordinary_account_lose_their_write_bits(
    built: BuiltEnvironment, environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export_environment(built, tmp_path / "a.tar.zst", on_bytes=lambda _: None)
    monkeypatch.setattr(os, "geteuid", lambda: 1234)
    found = take(tmp_path / "a.tar.zst", tmp_path / "to").find(environment)
    assert found is not None
    modes = [(found.layers[0] / name).stat().st_mode & 0o777 for name in ("", "etc", "etc/file", "program")]
    assert modes == [0o555, 0o555, 0o444, 0o555]


def test_an_export_that_fails_leaves_no_file(built: BuiltEnvironment, tmp_path: Path) -> None:
    with pytest.raises(BackendError, match=r"cannot be written: .*No such file or directory"):
        export_environment(built, tmp_path / "nowhere" / "a.tar.zst", on_bytes=lambda _: None)
    (built.layers[0].parent / "layer.json").unlink()
    with pytest.raises(BackendError, match="cannot be written"):
        export_environment(built, tmp_path / "a.tar.zst", on_bytes=lambda _: None)
    assert list(tmp_path.glob("*a.tar.zst*")) == []


Member = tuple[tarfile.TarInfo, bytes]


def rewrite(file: Path, change: Callable[[list[Member]], Iterable[Member]]) -> None:
    """Write an archive anew with other members."""
    members: list[Member] = []
    with (
        file.open("rb") as raw,
        zstandard.ZstdDecompressor().stream_reader(raw) as stream,
        tarfile.open(fileobj=stream, mode="r|") as tar,
    ):
        for member in tar:
            packed = tar.extractfile(member) if member.isreg() else None
            members.append((member, packed.read() if packed is not None else b""))
    with (
        file.open("wb") as target,
        zstandard.ZstdCompressor().stream_writer(target) as written,
        tarfile.open(fileobj=written, mode="w|", format=tarfile.PAX_FORMAT) as tar,
    ):
        for member, content in change(members):
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


def entry(name: str, kind: bytes = tarfile.REGTYPE, linkname: str = "") -> Member:
    member = tarfile.TarInfo(name)
    member.type = kind
    member.linkname = linkname
    return member, b""


HOSTILE = [
    (("/etc/passwd", tarfile.REGTYPE, ""), "`/etc/passwd` does not lie in one of its layers"),
    (("{layer}/../x", tarfile.REGTYPE, ""), "`{layer}/../x` does not lie in one of its layers"),
    (("{layer}/fs/../../x", tarfile.REGTYPE, ""), "`{layer}/fs/../../x` leaves its layer"),
    (("{layer}/fs/link/x", tarfile.REGTYPE, ""), "`{layer}/fs/link/x` lies in something that is no folder"),
    (("{layer}/fs/etc/file", tarfile.REGTYPE, ""), "`{layer}/fs/etc/file` occurs twice"),
    (("{layer}/fs/pipe", tarfile.FIFOTYPE, ""), "`{layer}/fs/pipe` is a device or a pipe"),
    (("{layer}/fs/null", tarfile.CHRTYPE, ""), "`{layer}/fs/null` is a device or a pipe"),
    (
        ("{layer}/fs/hard", tarfile.LNKTYPE, "/etc/shadow"),
        "`/etc/shadow` does not lie in one of its layers",
    ),
    (
        ("{layer}/fs/hard", tarfile.LNKTYPE, "{layer}/fs/later"),
        "`{layer}/fs/hard` is linked to `{layer}/fs/later`, which is no file before it",
    ),
    (("layers/0123456789abcdef/fs", tarfile.DIRTYPE, ""), "does not lie in one of its layers"),
]


@pytest.mark.parametrize(("added", "reason"), HOSTILE)
def test_members_that_could_write_elsewhere_are_refused(
    built: BuiltEnvironment, tmp_path: Path, added: tuple[str, bytes, str], reason: str
) -> None:
    file = tmp_path / "a.tar.zst"
    export_environment(built, file, on_bytes=lambda _: None)
    layer = f"layers/{layer_digests(built.environment)[0][:16]}"
    name, kind, linkname = added
    member = entry(name.format(layer=layer), kind, linkname.format(layer=layer))
    member[0].devmajor = 1
    rewrite(file, lambda members: [*members[:-1], member, members[-1]])
    with pytest.raises(BackendError) as caught:
        take(file, tmp_path / "to")
    assert str(caught.value).startswith("the archive is refused: ")
    assert reason.format(layer=layer) in str(caught.value)
    assert caught.value.hint == "import only what `docwalk env export` wrote"
    assert [path.name for path in (tmp_path / "to" / "layers").iterdir()] == []


def change_content(members: list[Member]) -> list[Member]:
    return [(m, c.replace(b"text", b"next") if m.name.endswith("/etc/file") else c) for m, c in members]


def change_mode(members: list[Member]) -> list[Member]:
    for member, _ in members:
        if member.name.endswith("/etc/file"):
            member.mode = 0o666
    return members


def change_architecture(members: list[Member]) -> list[Member]:
    head = json.loads(members[0][1])
    head["manifest"]["architecture"] = "pdp11"
    return [(members[0][0], json.dumps(head).encode()), *members[1:]]


def change_schema(members: list[Member]) -> list[Member]:
    head = json.loads(members[0][1]) | {"schema": 2}
    return [(members[0][0], json.dumps(head).encode()), *members[1:]]


def change_digest(members: list[Member]) -> list[Member]:
    head = json.loads(members[0][1]) | {"layers": ["../../../etc"]}
    return [(members[0][0], json.dumps(head).encode()), *members[1:]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (change_content, "of the archive is not what its digest says"),
        (change_mode, "of the archive is not what its digest says"),
        (lambda members: members[:-1], "the archive ends without its digests"),
        (lambda members: members[1:], f"the archive does not begin with `{HEAD_NAME}`"),
        (
            lambda members: [m for m in members if not m[0].name.endswith("/layer.json")],
            "of the archive lacks its facts",
        ),
        (
            lambda members: [m for m in members if not m[0].name.endswith("/program")],
            "of the archive is not what its digest says",
        ),
        (change_architecture, "environment `small` was built for pdp11, this machine is "),
        (change_schema, "the archive has schema 2, this docwalk reads 1"),
        (change_digest, "the archive's head names digests that are none"),
    ],
)
def test_damaged_archives_are_refused_and_nothing_is_kept(
    built: BuiltEnvironment,
    environment: Environment,
    tmp_path: Path,
    change: Callable[[list[Member]], list[Member]],
    message: str,
) -> None:
    file = tmp_path / "a.tar.zst"
    export_environment(built, file, on_bytes=lambda _: None)
    rewrite(file, change)
    with pytest.raises(BackendError) as caught:
        take(file, tmp_path / "to")
    assert message in str(caught.value)
    assert list((tmp_path / "to" / "layers").iterdir()) == []
    assert Store(folder=tmp_path / "to", fallback=None).find(environment) is None


@pytest.mark.parametrize("kept", [0, 40, -40])
def test_a_file_that_is_cut_short_is_refused(built: BuiltEnvironment, tmp_path: Path, kept: int) -> None:
    file = tmp_path / "a.tar.zst"
    export_environment(built, file, on_bytes=lambda _: None)
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(BackendError, match=r"no complete archive|begin with|ends without"):
        take(file, tmp_path / "to")


def test_the_digests_are_the_last_member(built: BuiltEnvironment, tmp_path: Path) -> None:
    names: list[str] = []

    def see(members: list[Member]) -> list[Member]:
        names.extend(member.name for member, _ in members)
        return members

    export_environment(built, tmp_path / "a.tar.zst", on_bytes=lambda _: None)
    rewrite(tmp_path / "a.tar.zst", see)
    assert (names[0], names[-1]) == (HEAD_NAME, DIGESTS_NAME)
