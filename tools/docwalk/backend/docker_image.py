"""Images: the layers of an environment as one docker image, made once without running anything.

Input is a built environment, output the image's name. The layers are read merged, in the namespace of the ids
that own them, so that owners are those inside; the reader's home is added, since docker makes none.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import subprocess
import tempfile
from typing import TYPE_CHECKING, Final

from docwalk.backend.container import choose_stage, link_layers
from docwalk.environment.owner import layer_owner, outside_first_id
from docwalk.errors import BackendError, last_line

if TYPE_CHECKING:
    from pathlib import Path

    from docwalk.environment.store import BuiltEnvironment

LABEL: Final = "docwalk.environment"
"""Label of our images; its value is the environment's name."""

_PACK: Final = r"""
set -e
folder=$1 lower=$2 user=$3 uid=$4 gid=$5 stage=$6
# Only the archive may reach standard output.
exec 3>&1 1>&2
mount -t tmpfs -o mode=755 docwalk "$stage"
mkdir -m 755 "$stage/root" "$stage/top" "$stage/top/home" "$stage/top/home/$user"
chown "$uid:$gid" "$stage/top/home/$user"
cd "$folder/lower"
mount -t overlay docwalk -o "ro,lowerdir=$stage/top:$lower,userxattr" "$stage/root"
shift 6
exec tar --create --directory "$stage/root" --numeric-owner --sparse "$@" . >&3
"""
"""Writes the merged layers as an archive to standard output."""

_OTHERS: Final = "+65534 root:0\n+65536 root:0\n"
"""Where layers are not of our subordinate ids: what we see as nobody's, or our own, is root's."""


def image_name(environment: BuiltEnvironment, *, is_whole: bool = True) -> str:
    """What the image of `environment` is called: by content, so that another one has another name.

    Args:
        environment: with its layers.
        is_whole: whether files that only root reads are in it.
    """
    definition = environment.environment
    content = [
        environment.digest,
        [layer.parent.name for layer in environment.layers],
        [definition.user, definition.uid, definition.gid],
        is_whole,
    ]
    return f"docwalk:{hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]}"


def image_of(environment: BuiltEnvironment, folder: Path) -> str:
    """The name of the image of `environment`, which is imported where docker has none.

    Args:
        environment: what to import; of layers that are not this account's, what it can read.
        folder: the instance's, for links to the layers.

    Raises:
        BackendError: docker does not take it.
    """
    first_id = outside_first_id()
    is_own = all(layer.stat().st_uid == first_id for layer in environment.layers)
    name = image_name(environment, is_whole=is_own)
    # One at a time, since two would each take gigabytes.
    with (folder.parent / "docker.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _has(name):
            _import(environment, folder, name, is_own=is_own)
    return name


def _has(name: str) -> bool:
    done = subprocess.run(
        ("docker", "image", "inspect", "--format", "{{.Id}}", name),
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return done.returncode == 0


def _import(environment: BuiltEnvironment, folder: Path, name: str, *, is_own: bool) -> None:
    """Stream the merged layers into docker.

    Without a name at first: of an archive that breaks off, docker makes an image as well.
    """
    definition = environment.environment
    stage = choose_stage([folder, *environment.layers])
    lower = link_layers(folder, environment)
    arguments = [folder, lower, definition.user, definition.uid, definition.gid, stage]
    if not is_own:
        owners = folder / "owners"
        owners.write_text(_OTHERS, "ascii")
        arguments += [f"--owner-map={owners}", f"--group-map={owners}", "--ignore-failed-read"]
    with layer_owner() as owner, tempfile.TemporaryFile() as messages:
        packing = subprocess.Popen(
            (
                *(*owner.prefix, "unshare", "--mount", "--propagation", "private"),
                *("bash", "-c", _PACK, "docwalk-docker", *map(str, arguments)),
            ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=messages,
            cwd="/",
        )
        with packing:
            imported = subprocess.run(
                ("docker", "import", "--change", f"LABEL {LABEL}={definition.name}", "-"),
                stdin=packing.stdout,
                capture_output=True,
                text=True,
                check=False,
            )
            if imported.returncode != 0:
                packing.kill()
        made = imported.stdout.strip()
        reason: str | None
        if imported.returncode != 0:
            reason = _why(imported.stderr)
        elif packing.returncode != 0:
            messages.seek(0)
            reason = _why(messages.read())
            _docker("image", "rm", made)
        else:
            reason = _docker("image", "tag", made, name)
    if reason is not None:
        raise BackendError(f"docker takes no image of `{definition.name}`: {reason}", hint="docwalk doctor")


def _docker(*arguments: str) -> str | None:
    """What docker said where it failed; None where it did not."""
    done = subprocess.run(
        ("docker", *arguments), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    return None if done.returncode == 0 else _why(done.stderr)


def _why(said: str | bytes) -> str:
    return last_line(said) or "nothing was said"
