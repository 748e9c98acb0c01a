"""Both module systems in each shell: one script, and what each of its parts says."""

from __future__ import annotations

import functools
import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from docwalk.bubblewrap import SandboxSpec, start
from docwalk.testing_sandbox import find_built

from .conftest import ENVIRONMENTS, open_home

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = pytest.mark.container

SYSTEMS = ("login", "lmod")
SHELLS: Mapping[str, tuple[str, ...]] = {
    "bash": ("bash", "-c", "exec -a -bash bash"),
    "zsh": ("zsh", "-l", "-i", "-c", "source =(cat)"),
    "tcsh": ("bash", "-c", "exec -a -tcsh tcsh"),
    "fish": ("fish", "-l", "-i", "-c", "source -"),
}
"""Login shells that read their commands from standard input; zsh and fish know modules when interactive."""
ENVIRON: Mapping[str, str] = {"LANG": "C.UTF-8", "TERM": "dumb", "PATH": "/usr/local/bin:/usr/bin:/bin"}

SCRIPT: Mapping[str, str] = {
    "avail": "module avail python",
    "default": "module load python\nprintenv LOADEDMODULES",
    "list": "module list",
    "swap": "module swap python/3.11 python/3.9\nprintenv LOADEDMODULES\npython3 --version",
    "purge": "module purge\nmodule list",
    "load": "module load python/3.11\nmodule load libs/python3.11/pandas\nprintenv LOADEDMODULES",
    "works": "python3 -c 'print(__import__(\"pandas\").__version__)'",
    "unload": "module unload libs/python3.11/pandas\nmodule list",
    "show": "module show python/3.9",
    "save": "module save mine\nmodule purge\nmodule restore mine\nprintenv LOADEDMODULES",
    "saved": "module savelist",
    "use": "mkdir -p own/tool\necho '#%Module' > own/tool/1.0\nmodule use $HOME/own\nmodule avail tool",
    "spider": "module spider pandas",
    "unknown": "module load nosuch",
    "order": "module purge\nmodule load libs/python3.11/pandas",
}
EXPECTED: Mapping[str, Mapping[str, str]] = {
    "avail": {
        "login": r"/opt/apps/modulefiles -+\s+python/3\.9\s+python/3\.11",
        "lmod": r"/opt/apps/lmod/Core -+\s+python/3\.9\s+python/3\.11 \(D\)",
    },
    "default": {"login": r"^python/3\.11$", "lmod": r"^python/3\.11$"},
    "list": {
        "login": r"Currently Loaded Modulefiles:\s+1\) python/3\.11",
        "lmod": r"Currently Loaded Modules:\s+1\) python/3\.11",
    },
    "swap": {
        "login": r"^python/3\.9\s+Python 3\.9\.2$",
        "lmod": r"1\) python/3\.11 => python/3\.9\s.*^Python 3\.9\.2$",
    },
    "purge": {"login": r"No Modulefiles Currently Loaded", "lmod": r"No modules loaded"},
    "load": {
        "login": r"^python/3\.11:libs/python3\.11/numpy/1\.26\.4:libs/python3\.11/pandas/2\.2\.3$",
        "lmod": r"^python/3\.11:libs/python3\.11/numpy/1\.26\.4:libs/python3\.11/pandas/2\.2\.3$",
    },
    "works": {"login": r"^2\.2\.3$", "lmod": r"^2\.2\.3$"},
    "unload": {
        "login": r"Currently Loaded Modulefiles:\s+1\) python/3\.11\s*(?!.*pandas)",
        "lmod": r"Currently Loaded Modules:\s+1\) python/3\.11\s*(?!.*pandas)",
    },
    "show": {
        "login": r"prepend-path\s+PATH /opt/apps/python/3\.9/bin",
        "lmod": r'prepend_path\("PATH","/opt/apps/python/3\.9/bin"\)',
    },
    "save": {"login": r"python/3\.11", "lmod": r"python/3\.11"},
    "saved": {"login": r"mine", "lmod": r"1\) mine"},
    "use": {"login": r"own -+\s+tool/1\.0", "lmod": r"own -+\s+tool/1\.0"},
    "spider": {
        "login": r"ERROR: Invalid command 'spider'",
        "lmod": r"libs/python3\.11/pandas: libs/python3\.11/pandas/2\.2\.3",
    },
    "unknown": {
        "login": r"ERROR: Unable to locate a modulefile for 'nosuch'",
        "lmod": r'The following module\(s\) are unknown:\s+"nosuch"',
    },
    "order": {
        "login": r"HINT: the following module must be loaded first: python/3\.11",
        "lmod": r'exist\s+but cannot be loaded as requested: "libs/python3\.11/pandas"',
    },
}


def said(system: str, shell: str, script: str) -> str:
    """What a script says, read by a login shell of the reader's."""
    built = find_built(ENVIRONMENTS / system)
    assert built is not None, f"`{system}` is not built: docwalk env build {system}"
    with open_home(built) as home:
        spec = SandboxSpec(
            layers=built.layers,
            upper=home.upper,
            work=home.work,
            hostname=built.environment.hostname,
            environ={"HOME": "/home/reader", "USER": "reader", "LOGNAME": "reader", **ENVIRON},
            cwd=home.path,
        )
        started = start(
            spec,
            SHELLS[shell],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        with started as process:
            output, _ = process.communicate(script.encode())
    return output.decode()


@functools.cache
def answers(system: str, shell: str) -> Mapping[str, str]:
    """What each part of the script said, run once for each shell."""
    script = "".join(f"echo @{name}@\n{text}\n" for name, text in SCRIPT.items())
    parts = re.split(r"^.*@(\w+)@\n", said(system, shell, script), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("part", SCRIPT)
@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("system", SYSTEMS)
def test_modules(system: str, shell: str, part: str) -> None:
    answer = answers(system, shell)[part].strip()
    assert re.search(EXPECTED[part][system], answer, re.DOTALL | re.MULTILINE), answer


@pytest.mark.parametrize("shell", SHELLS)
def test_the_next_system_has_its_default_python(shell: str) -> None:
    answer = said("next", shell, "module load python\nprintenv LOADEDMODULES\npython3 --version\n")
    assert re.search(r"^python/3\.13\s+Python 3\.13\.", answer, re.MULTILINE), answer
