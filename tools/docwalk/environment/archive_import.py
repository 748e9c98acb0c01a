"""Import: an archive's layers into the store, refused as a whole where anything about it is wrong."""

from __future__ import annotations

import json
import os
import re
import tarfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

import zstandard

from docwalk.bubblewrap import remove_tree
from docwalk.environment.archive import (
    DIGESTS_NAME,
    HEAD_NAME,
    ArchiveHead,
    ContentDigest,
    copy_hashed,
    layer_folder,
    overlay_marks,
    plain_mode,
)
from docwalk.environment.store import BUILDING_PREFIX, write_whole
from docwalk.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from docwalk.environment.store import Store

_LARGEST_TEXT_BYTES = 64 << 20
_RECIPE = re.compile(r"[0-9a-f]{64}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def import_environment(
    file: Path, store: Store, *, on_bytes: Callable[[int], None], on_wait: Callable[[], None]
) -> ArchiveHead:
    """Put the environment in `file` into `store`; what the archive says of itself.

    Args:
        file: what `export_environment` wrote.
        store: where its layers go; those that are there already are only checked.
        on_bytes: called with the number of bytes of content read since the last call.
        on_wait: called once when another process holds the store's lock.

    Raises:
        BackendError: it is damaged, hostile, or none of ours; nothing of it is kept.
    """
    store.make_folders()
    with ExitStack() as stack:
        stack.enter_context(store.locked(on_wait=on_wait))
        try:
            raw = stack.enter_context(file.open("rb"))
            reader = stack.enter_context(zstandard.ZstdDecompressor().stream_reader(raw))
            tar = stack.enter_context(tarfile.open(fileobj=reader, mode="r|"))
            return _Import(store=store, on_bytes=on_bytes).run(tar)
        except (OSError, EOFError, tarfile.TarError, zstandard.ZstdError) as error:
            raise BackendError(
                f"`{file}` is no complete archive of an environment: {error}", hint="fetch or export it again"
            ) from error


@dataclass(slots=True, kw_only=True)
class _Layer:
    """One layer while it is read."""

    recipe: str
    building: Path
    final: Path
    is_wanted: bool
    folders: dict[str, int] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    total: ContentDigest = field(default_factory=ContentDigest)


@dataclass(slots=True, kw_only=True)
class _Import:
    """The state of one import."""

    store: Store
    on_bytes: Callable[[int], None]
    layers: dict[str, _Layer] = field(default_factory=dict)
    is_root: bool = field(default_factory=lambda: os.geteuid() == 0)

    def run(self, tar: tarfile.TarFile) -> ArchiveHead:
        first = tar.next()
        if first is None or first.name != HEAD_NAME:
            raise BackendError(f"the archive does not begin with `{HEAD_NAME}`", hint="export it again")
        head = ArchiveHead.parse(self._text(tar, first))
        self._check_head(head)
        try:
            self._make_layers(head)
            digests: dict[str, str] | None = None
            while (member := tar.next()) is not None:
                if member.name == DIGESTS_NAME:
                    digests = json.loads(self._text(tar, member))
                    break
                self._take(tar, member)
            self._check_digests(digests)
            self._finish(head)
        finally:
            for layer in self.layers.values():
                remove_tree(layer.building)
        return head

    def _check_head(self, head: ArchiveHead) -> None:
        is_sound = head.layers and all(map(_RECIPE.fullmatch, head.layers)) and _DIGEST.fullmatch(head.digest)
        if not is_sound:
            raise BackendError("the archive's head names digests that are none", hint="export it again")
        made_for, here = head.manifest.get("architecture"), os.uname().machine
        if made_for != here:
            raise BackendError(
                f"environment `{head.name}` was built for {made_for}, this machine is {here}",
                hint="export it on a machine of this kind",
            )

    def _make_layers(self, head: ArchiveHead) -> None:
        for recipe in head.layers:
            final = self.store.layer_dir(recipe)
            building = final.parent / f"{BUILDING_PREFIX}{final.name}"
            remove_tree(building)
            layer = _Layer(
                recipe=recipe, building=building, final=final, is_wanted=not self.store.has_layer(recipe)
            )
            if layer.is_wanted:
                building.mkdir(mode=0o755)
            self.layers[layer_folder(recipe)] = layer

    def _take(self, tar: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        layer, inside = self._place(member.name)
        if inside == "layer.json":
            text = self._text(tar, member)
            if layer.is_wanted:
                (layer.building / "layer.json").write_bytes(text)
            return
        self._check(member, inside, layer)
        layer.names.add(inside)
        content_digest = ""
        if member.isreg():
            with ExitStack() as stack:
                source = tar.extractfile(member)
                target = stack.enter_context(self._create(layer, inside)) if layer.is_wanted else None
                content_digest = copy_hashed(_required(source), target, self.on_bytes)
        layer.total.add(member, content_digest)
        if member.isdir():
            layer.folders[inside] = plain_mode(member, keep_write=self.is_root)
        if layer.is_wanted:
            self._make(member, layer, inside)

    def _place(self, name: str) -> tuple[_Layer, str]:
        folder, inside = "/".join(name.split("/")[:2]), "/".join(name.split("/")[2:])
        layer = self.layers.get(folder)
        if layer is None or not (inside in {"fs", "layer.json"} or inside.startswith("fs/")):
            raise _hostile(name, "does not lie in one of its layers")
        if any(part in {"", ".", ".."} for part in inside.split("/")):
            raise _hostile(name, "leaves its layer")
        return layer, inside

    def _check(self, member: tarfile.TarInfo, inside: str, layer: _Layer) -> None:
        """Refuse what could write elsewhere: each folder must have been made by this import itself."""
        if inside in layer.names:
            raise _hostile(member.name, "occurs twice")
        parent = inside.rpartition("/")[0]
        if inside != "fs" and parent not in layer.folders:
            raise _hostile(member.name, "lies in something that is no folder of the archive")
        is_whiteout = member.ischr() and (member.devmajor, member.devminor) == (0, 0)
        if not (member.isreg() or member.isdir() or member.issym() or member.islnk() or is_whiteout):
            raise _hostile(member.name, "is a device or a pipe")
        if inside == "fs" and not member.isdir():
            raise _hostile(member.name, "is no folder")
        if member.islnk():
            target_layer, target = self._place(member.linkname)
            if target_layer is not layer or target not in layer.names or target in layer.folders:
                raise _hostile(member.name, f"is linked to `{member.linkname}`, which is no file before it")

    def _create(self, layer: _Layer, inside: str) -> IO[bytes]:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        return os.fdopen(os.open(layer.building / inside, flags, 0o600), "wb")

    def _make(self, member: tarfile.TarInfo, layer: _Layer, inside: str) -> None:
        path = layer.building / inside
        if member.isdir():
            path.mkdir(mode=0o755)
        elif member.issym():
            path.symlink_to(member.linkname)
        elif member.islnk():
            os.link(layer.building / self._place(member.linkname)[1], path, follow_symlinks=False)
            return
        elif member.ischr():
            os.mknod(path, 0o020000, os.makedev(0, 0))
            return
        for name, value in overlay_marks(member).items():
            os.setxattr(path, name, value, follow_symlinks=False)
        if member.isreg():
            path.chmod(plain_mode(member, keep_write=self.is_root))
        os.utime(path, (member.mtime, member.mtime), follow_symlinks=False)

    def _text(self, tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
        if not member.isreg() or member.size > _LARGEST_TEXT_BYTES:
            raise _hostile(member.name, "is no text")
        return _required(tar.extractfile(member)).read()

    def _check_digests(self, digests: dict[str, str] | None) -> None:
        if not isinstance(digests, dict):
            raise BackendError("the archive ends without its digests", hint="fetch or export it again")
        for layer in self.layers.values():
            if digests.get(layer.recipe) != str(layer.total):
                raise BackendError(
                    f"layer {layer.recipe[:16]} of the archive is not what its digest says",
                    hint="fetch or export it again",
                )

    def _finish(self, head: ArchiveHead) -> None:
        for layer in self.layers.values():
            if not layer.is_wanted:
                continue
            if not (layer.building / "layer.json").is_file():
                raise BackendError(f"layer {layer.recipe[:16]} of the archive lacks its facts")
            for folder, mode in layer.folders.items():
                (layer.building / folder).chmod(mode)
            layer.building.rename(layer.final)
        text = json.dumps(dict(head.manifest), indent=1, sort_keys=True) + "\n"
        write_whole(self.store.manifest_path(head.digest), text)


def _required(file: IO[bytes] | None) -> IO[bytes]:
    if file is None:
        raise tarfile.ReadError("a member without content")
    return file


def _hostile(name: str, reason: str) -> BackendError:
    return BackendError(
        f"the archive is refused: `{name}` {reason}", hint="import only what `docwalk env export` wrote"
    )
