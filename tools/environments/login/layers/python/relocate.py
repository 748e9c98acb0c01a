# ruff: noqa: INP001 - a program, run by path while the layer is built
"""Turn a copy of Debian's Python into one that behaves as if it had been installed from source.

Usage: python3 relocate.py PREFIX VERSION

Debian's standard library sends packages to `dist-packages` and to `/usr/local`, and forbids ensurepip.
A Python that a site installs below `/opt/apps` does none of that: it has one `site-packages` in its own
prefix. Each change is looked for, and its absence is an error: another Debian version shows at build time.
"""

import re
import sys
from pathlib import Path

PLAIN_SITE_PACKAGES = """\
            for libdir in libdirs:
                path = os.path.join(prefix, libdir,
                                    "python%d.%d" % sys.version_info[:2],
                                    "site-packages")
                sitepackages.append(path)
"""


def replace(path: Path, pattern: str, replacement: str) -> None:
    """Replace every match in `path`; none at all is an error."""
    text, count = re.subn(pattern, replacement.replace("\\", r"\\"), path.read_text("utf-8"), flags=re.DOTALL)
    if count == 0:
        raise SystemExit(f"{path}: nothing there matches {pattern}")
    path.write_text(text, "utf-8")


def relocate(prefix: Path, version: str) -> None:
    """Change the standard library in `prefix`."""
    library = prefix / "lib" / f"python{version}"
    # site.getsitepackages: one folder for each prefix, as upstream.
    replace(
        library / "site.py",
        r" {12}if (?:'VIRTUAL_ENV'|is_virtual_environment)[^\n]*\n.*?(?=        else:\n +sitepackages)",
        PLAIN_SITE_PACKAGES,
    )
    relocate_frozen_site(prefix / "bin" / f"python{version}")
    # distutils, which pip asks on Python 3.9: the default scheme is the prefix's own.
    replace(
        library / "distutils" / "command" / "install.py",
        r'select_scheme\("unix_local"\)',
        'select_scheme("unix_prefix")',
    )
    replace(
        library / "distutils" / "sysconfig.py", r"is_default_prefix = [^\n]*", "is_default_prefix = False"
    )
    if (library / "_distutils_system_mod.py").exists():
        (library / "_distutils_system_mod.py").unlink()  # the same once more, for setuptools
    # sysconfig, which pip asks from 3.10 on.
    if "posix_local" in (library / "sysconfig.py").read_text("utf-8"):
        replace(library / "sysconfig.py", r"    '(?:deb_system|posix_local)': \{.*?\n        \},\n", "")
        replace(library / "sysconfig.py", r", 'posix_local', 'deb_system'\)", ")")
        replace(library / "sysconfig.py", r"'DEB_PYTHON_INSTALL_LAYOUT', 'posix_local'", "'', 'posix_prefix'")
        replace(
            library / "sysconfig.py",
            r"prefix_scheme = '(?:deb_system|posix_local)'",
            "prefix_scheme = 'posix_prefix'",
        )
    relocate_configuration(library, prefix, version)
    replace(
        library / "ensurepip" / "__init__.py",
        r"\n    _ensurepip_is_disabled_in_debian_for_system\(\)\n",
        "\n",
    )


def relocate_frozen_site(binary: Path) -> None:
    """The copy of `site` that Python 3.11 has frozen into its binary, and uses instead of the file.

    Both words have 13 letters, so its constants can be changed in place. What remains of Debian there are
    two more folders in `site.getsitepackages()`; they do not exist, hence never come onto `sys.path`.
    """
    content = binary.read_bytes()
    binary.write_bytes(content.replace(b"dist-packages", b"site-packages"))


def relocate_configuration(library: Path, prefix: Path, version: str) -> None:
    """What `sysconfig` says about folders: this prefix instead of `/usr`."""
    for path in library.glob("_sysconfigdata_*.py"):
        if path.is_symlink():
            continue
        lines = []
        for line in path.read_text("utf-8").splitlines(keepends=True):
            named = re.match(r" '(\w*(?:DIR|DEST|PY|LIBPL|LIBPC|DESTSHARED|DESTLIB|prefix))': ", line)
            changed = re.sub(r"'/usr(?=[/'])", f"'{prefix}", line) if named else line
            lines.append(changed.replace("/lib/x86_64-linux-gnu", "/lib"))
        text = re.sub(r"\n 'WHEEL_PKG_DIR': '[^']*',", "", "".join(lines))
        bundled = prefix / "lib" / f"python{version}" / "ensurepip" / "_bundled"
        path.write_text(
            text.replace("build_time_vars = {", f"build_time_vars = {{'WHEEL_PKG_DIR': '{bundled}',\n ", 1),
            "utf-8",
        )


if __name__ == "__main__":
    relocate(Path(sys.argv[1]), sys.argv[2])
