# ruff: noqa: INP001 - a program, run by path while the layer is built
"""Turn a copy of Debian's Python 3.11 or 3.13 into one that behaves as if installed from source.

Usage: python3 relocate.py PREFIX VERSION

It gets one `site-packages` in its own prefix, where packages are looked for and installed, and its ensurepip
works. Each change is looked for, and its absence is an error: another release shows when it is built.
"""

import re
import sys
from pathlib import Path

DEBIAN_FOLDERS = r" {12}if is_virtual_environment:\n.*?(?=        else:\n +sitepackages)"
PLAIN_FOLDERS = """\
            for libdir in libdirs:
                sitepackages.append(
                    os.path.join(prefix, libdir, "python%d.%d" % sys.version_info[:2], "site-packages")
                )
"""


def replace(path: Path, pattern: str, replacement: str) -> None:
    """Replace every match in `path`; none at all is an error."""
    text, count = re.subn(pattern, lambda _: replacement, path.read_text("utf-8"), flags=re.DOTALL)
    if count == 0:
        raise SystemExit(f"{path}: nothing there matches {pattern}")
    path.write_text(text, "utf-8")


def relocate(prefix: Path, version: str) -> None:
    """Change the standard library in `prefix`, and the copy of `site` that is frozen into the binary."""
    library = prefix / "lib" / f"python{version}"
    replace(library / "site.py", DEBIAN_FOLDERS, PLAIN_FOLDERS)
    # Both words have 13 letters, so the frozen constants can be changed in place; its two further folders do
    # not exist.
    binary = prefix / "bin" / f"python{version}"
    binary.write_bytes(binary.read_bytes().replace(b"dist-packages", b"site-packages"))
    schemes = library / "sysconfig.py"
    if not schemes.exists():
        schemes = library / "sysconfig" / "__init__.py"  # a package since 3.13
    replace(schemes, r"    '(?:deb_system|posix_local)': \{.*?\n        \},\n", "")
    replace(schemes, r", 'posix_local', 'deb_system'\)", ")")
    replace(schemes, r"'DEB_PYTHON_INSTALL_LAYOUT', 'posix_local'", "'', 'posix_prefix'")
    replace(schemes, r"prefix_scheme = '(?:deb_system|posix_local)'", "prefix_scheme = 'posix_prefix'")
    (library / "_distutils_system_mod.py").unlink()  # the same once more, for setuptools
    if (library / "distutils").is_dir():  # gone since 3.12
        replace(
            library / "distutils" / "command" / "install.py",
            r'select_scheme\("unix_local"\)',
            'select_scheme("unix_prefix")',
        )
        replace(
            library / "distutils" / "sysconfig.py", r"is_default_prefix = [^\n]*", "is_default_prefix = False"
        )
    name_prefix(library, prefix)
    replace(
        library / "ensurepip" / "__init__.py",
        r"\n    _ensurepip_is_disabled_in_debian_for_system\(\)\n",
        "\n",
    )


def name_prefix(library: Path, prefix: Path) -> None:
    """What `sysconfig` says about folders: this prefix instead of `/usr`."""
    bundled = library / "ensurepip" / "_bundled"
    for path in library.glob("_sysconfigdata_*.py"):
        if path.is_symlink():
            continue
        text = re.sub(
            r"(?m)^ '(\w*(?:DIR|DEST|PY|LIBPL|LIBPC|prefix))': [^\n]*",
            lambda line: line[0].replace("'/usr/", f"'{prefix}/").replace("'/usr'", f"'{prefix}'"),
            path.read_text("utf-8"),
        ).replace("/lib/x86_64-linux-gnu", "/lib")
        text = re.sub(r"\n 'WHEEL_PKG_DIR': '[^']*',", "", text)
        beginning = f"build_time_vars = {{'WHEEL_PKG_DIR': '{bundled}',\n "
        path.write_text(text.replace("build_time_vars = {", beginning, 1), "utf-8")


if __name__ == "__main__":
    relocate(Path(sys.argv[1]), sys.argv[2])
