"""The bottom layer: Debian, made by mmdebstrap from the host's apt, unpacked by the layers' owner.

mmdebstrap runs as root, or in its own namespace of subordinate ids; where it is not installed it is
downloaded and run from a folder. All apt packages are in this layer.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from docwalk.environment import apt
from docwalk.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from docwalk.environment.layer_definition import DebianPackages
    from docwalk.environment.owner import LayerOwner

_LEFT_OUT = (
    "/usr/share/doc/*",
    "/usr/share/info/*",
    "/usr/share/lintian/*",
    "/usr/share/locale/*",
    "/usr/share/man/??/*",
    "/usr/share/man/??_*/*",
)
"""Paths dpkg leaves out; English manual pages stay, tutorials read them."""
_KEPT = ("/usr/share/doc/*/copyright",)

_CUSTOMIZE = r"""
set -eu
root="$1"
# Mount points, which bubblewrap could not make in folders of root's.
mkdir -p "$root/dev" "$root/proc" "$root/sys" "$root/tmp" "$root/run" "$root/srv/build" "$root/srv/pip-cache"
for number in 0 1 2 3 4 5 6 7 8 9; do
    mkdir -p "$root/srv/packages/$number"
    : > "$root/srv/packages/constraints-$number.txt"
done
rm -f "$root/etc/resolv.conf" "$root/etc/hostname"
: > "$root/etc/resolv.conf"
: > "$root/etc/pip.conf"
[ -e "$root/etc/hosts" ] || : > "$root/etc/hosts"
# In a namespace of one user, files of root outside show as uid 65534, which Debian calls nobody. They
# are root's, and that is what `ls -l` shall say; getpwnam("root") still finds uid 0, which comes first.
sed -i 's|^nobody:x:65534:.*|root:x:65534:65534:system:/nonexistent:/usr/sbin/nologin|' "$root/etc/passwd"
sed -i 's|^nogroup:x:65534:.*|root:x:65534:|' "$root/etc/group"
# Where a walk's terminal integration comes from, for each shell; absent outside of walks.
cat >> "$root/etc/bash.bashrc" <<'END'

if [ -r /run/docwalk/bashrc ]; then . /run/docwalk/bashrc; fi
END
cat >> "$root/etc/profile" <<'END'

# dash and its like; bash and zsh have files of their own.
if [ -z "${BASH_VERSION-}${ZSH_VERSION-}" ] && [ -r /run/docwalk/shrc ]; then ENV=/run/docwalk/shrc; fi
END
if [ -d "$root/etc/zsh" ]; then
    cat >> "$root/etc/zsh/zshrc" <<'END'

if [[ -r /run/docwalk/zshrc ]]; then source /run/docwalk/zshrc; fi
END
    # Without one, zsh asks a new reader questions instead of taking a command.
    echo '# Your settings for zsh.' > "$root/etc/skel/.zshrc"
fi
if [ -e "$root/etc/csh.cshrc" ]; then
    printf '\nif ( -r /run/docwalk/cshrc ) source /run/docwalk/cshrc\n' >> "$root/etc/csh.cshrc"
fi
if [ -d "$root/etc/fish" ]; then
    mkdir -p "$root/etc/fish/conf.d"
    cat > "$root/etc/fish/conf.d/zz-docwalk.fish" <<'END'
if test -r /run/docwalk/config.fish
    source /run/docwalk/config.fish
end
END
fi
rm -rf "$root"/usr/share/man/?? "$root"/usr/share/man/??_* "$root"/var/cache/man/*
chroot "$root" mandb --quiet --create || true
# How this host reaches its archives is nobody's business inside.
rm -rf "$root"/etc/apt/sources.list "$root"/etc/apt/sources.list.d/* "$root"/etc/apt/apt.conf.d/99mmdebstrap
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/* "$root"/var/log/* "$root"/var/cache/debconf/*-old
# Nothing in here is secret, and an ordinary account must be able to use and export the layer.
chmod -R a+rX "$root/etc" "$root/usr" "$root/var" "$root/root"
"""


_ENDS_WITH_US = """
exec 3<&0 </dev/null
folder=$1 signal=$2
shift 2
setsid "$@" 3<&- &
program=$!
{ read -r _ <&3; kill -s "$signal" "$program"; } 2>/dev/null &
watcher=$!
trap '' PIPE
wait "$program"
status=$?
kill "$watcher" 2>/dev/null
[ "$status" = 0 ] || rm -rf --one-file-system -- "$folder" || {
    sleep 1  # the last of its processes is just going
    rm -rf --one-file-system -- "$folder"
}
exit "$status"
"""
"""Run a program until it ends, or our standard input does because whoever started us was killed.

It has a session of its own since mmdebstrap, when it fails, hangs up its whole process group.
"""
_OWN_NAMESPACES = (
    "unshare",
    "--mount",
    "--propagation=private",
    "--pid",
    "--fork",
    "--mount-proc",
    "--kill-child",
)
"""Root's mmdebstrap mounts /proc and more into the tree: nowhere but in here, and gone when it is killed."""


def build_base(
    base: DebianPackages,
    target: Path,
    *,
    owner: LayerOwner,
    log: Path,
    on_line: Callable[[str], None],
    preferences: str | None = None,
) -> None:
    """Make the bottom layer in the new folder `target`.

    Args:
        base: suite and packages.
        target: the layer's root, made here.
        owner: whom its files belong to.
        log: file that everything mmdebstrap says is written to.
        on_line: called with each line of it.
        preferences: apt's, while this is made; None for none.

    Raises:
        BackendError: no apt here, or mmdebstrap failed.
    """
    apt.require_apt()
    with tempfile.TemporaryDirectory(prefix="docwalk-base-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        # mmdebstrap's own namespace works in here as a subordinate id.
        folder.chmod(0o755)
        temporary = folder / "work"
        temporary.mkdir()
        temporary.chmod(0o1777)
        argv = _mmdebstrap_argv(base, folder, owner=owner, preferences=preferences)
        environ = {**os.environ, "PATH": _search_path(folder), "LC_ALL": "C.UTF-8", "TMPDIR": str(temporary)}
        # The archive comes without /dev, whose mount point an environment of this layer alone needs.
        subprocess.run([*owner.prefix, "mkdir", target, target / "dev"], check=True)
        _run(argv, target, folder=folder, owner=owner, environ=environ, log=log, on_line=on_line)


def _search_path(folder: Path) -> str:
    """PATH with mmdebstrap and its filter program, downloaded if need be."""
    search_path = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"
    if shutil.which("mmdebstrap", path=search_path) is None:
        program = folder / "mmdebstrap"
        program.mkdir()
        apt.download(("mmdebstrap",), program, sources=None)
        apt.unpack(program, program)
        search_path = f"{program / 'usr/bin'}:{search_path}"
    return search_path


def _mmdebstrap_argv(
    base: DebianPackages, folder: Path, *, owner: LayerOwner, preferences: str | None
) -> list[str]:
    hook = folder / "customize.sh"
    hook.write_text(f"#!/bin/sh\n{_CUSTOMIZE}", "utf-8")
    hook.chmod(0o755)
    argv = list(_OWN_NAMESPACES) if owner.is_root else []
    argv += ["mmdebstrap", f"--mode={'root' if owner.is_root else 'unshare'}", "--variant=minbase"]
    argv += ["--format=tar", "--skip=output/dev,output/mknod", f"--customize-hook={hook}"]
    if preferences is not None:
        (folder / "preferences").write_text(preferences, "utf-8")
        place = '"$1/etc/apt/preferences.d/docwalk"'
        argv.append(f'--setup-hook=mkdir -p "$1/etc/apt/preferences.d" && cp {folder}/preferences {place}')
        argv.append(f"--customize-hook=rm {place}")
    argv += [f"--dpkgopt=path-exclude={pattern}" for pattern in _LEFT_OUT]
    argv += [f"--dpkgopt=path-include={pattern}" for pattern in _KEPT]
    argv += [f"--aptopt={option}" for option in apt.carried_options()]
    if base.packages:
        argv.append(f"--include={','.join(base.packages)}")
    sources = apt.debian_sources(base.suite, apt.host_sources())
    if not sources:
        argv.append(f"--keyring={apt.archive_keyring(folder)}")
    argv += [base.suite, "-"]
    for number, source in enumerate(sources):
        path = folder / f"given-{number}.sources"
        path.write_text(str(source), "utf-8")
        argv.append(str(path))
    return argv


def _run(
    argv: list[str],
    target: Path,
    *,
    folder: Path,
    owner: LayerOwner,
    environ: Mapping[str, str],
    log: Path,
    on_line: Callable[[str], None],
) -> None:
    unpacking = [*owner.prefix, "tar", "--numeric-owner", "--xattrs", "--xattrs-include=*"]
    unpacking += ["--exclude=./dev/*", "-C", str(target), "-xf", "-"]
    with (
        log.open("w", encoding="utf-8") as log_file,
        subprocess.Popen(
            [
                "sh",
                "-c",
                _ENDS_WITH_US,
                "docwalk-base",
                str(folder),
                "KILL" if owner.is_root else "TERM",
                *argv,
            ],
            env=environ,
            cwd="/",
            start_new_session=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        ) as making,
        subprocess.Popen(unpacking, stdin=making.stdout, stderr=log_file) as unpacker,
    ):
        if making.stdout is not None:
            making.stdout.close()
        last_lines: list[str] = []
        for line in making.stderr or ():
            log_file.write(line)
            log_file.flush()
            on_line(line.strip())
            last_lines = [*last_lines[-4:], line.strip()]
    if making.returncode != 0 or unpacker.returncode != 0:
        raise BackendError(
            f"mmdebstrap failed; the last it said: {' / '.join(last_lines)}", hint=f"read the log: less {log}"
        )
