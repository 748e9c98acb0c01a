"""Devices: the CDI names of an environment to what is bound into its instances.

Real GPUs bring their device nodes and the driver's libraries, found on this machine. A simulated one is a
node that programs can open and nothing else; the library that reports it lies in a layer. Which of the
two an environment has is part of its manifest, of every record, and of every page that rests on it.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from docwalk.bubblewrap import Bind
from docwalk.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from docwalk.environment.store import BuiltEnvironment

SIMULATED: Final = "docwalk.sim/gpu"
"""CDI kind of simulated GPUs."""
NVIDIA: Final = "nvidia.com/gpu"
"""CDI kind of real ones."""
DRIVER_FOLDER: Final = PurePosixPath("/run/docwalk/driver")
"""Where the driver's libraries of this machine are inside."""

_CONFIGURATION: Final = "etc/docwalk/gpu.conf"
_LIBRARY = re.compile(r"\s*(?P<name>lib(?:cuda|nvidia-[a-z0-9-]+)\.so\S*) .*=> (?P<path>/\S+)")
_SHARED_NODES: Final = ("nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", "nvidia-modeset")
_QUERY_S: Final = 20.0


class GpuKind(Enum):
    """What stands behind the GPUs of an environment; the value is what manifests say."""

    REAL = "real"
    """Silicon of this machine."""
    SIMULATED = "simulated"
    """A library that reports cards which do not exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """The GPUs of an instance."""

    kind: GpuKind
    """Real or simulated."""
    model: str
    """Model of the first, as its driver names it."""
    driver: str
    """Version of the driver."""
    count: int
    """How many."""

    def as_manifest(self) -> Mapping[str, str | int]:
        """As JSON values, for manifest and record."""
        return {"kind": self.kind.value, "model": self.model, "driver": self.driver, "count": self.count}


def gpu_kind(devices: Iterable[str]) -> GpuKind | None:
    """What stands behind the GPUs among `devices`, CDI names; None where none is a GPU."""
    kinds = {name.partition("=")[0] for name in devices}
    if SIMULATED in kinds:
        return GpuKind.SIMULATED
    return GpuKind.REAL if NVIDIA in kinds else None


def simulated_gpu(devices: Sequence[str], *, layers: Sequence[Path]) -> Gpu | None:
    """The simulated GPUs among `devices`, CDI names, known once they are built; None where there is none.

    Args:
        devices: CDI names.
        layers: roots of the environment's layers, bottom first; the uppermost configuration counts.
    """
    if gpu_kind(devices) is not GpuKind.SIMULATED:
        return None
    found = [layer / _CONFIGURATION for layer in layers if (layer / _CONFIGURATION).is_file()]
    text = found[-1].read_text("utf-8") if found else ""
    return configured_gpu(text, count=sum(name.startswith(f"{SIMULATED}=") for name in devices))


def device_binds(devices: Sequence[str], *, dev: Path = Path("/dev")) -> tuple[Bind, ...]:
    """What the sandbox binds for `devices`: nodes, and for real GPUs the driver's libraries.

    Args:
        devices: CDI names.
        dev: the machine's folder of devices.

    Raises:
        BackendError: the machine has no such device, or we do not know the kind.
    """
    nodes = device_nodes(devices, backend="the sandbox", dev=dev)
    if not _has_real(devices):
        return nodes
    libraries = driver_libraries().items()
    return (*nodes, *(Bind(source=path, target=DRIVER_FOLDER / name) for name, path in libraries))


def device_nodes(devices: Sequence[str], *, backend: str, dev: Path = Path("/dev")) -> tuple[Bind, ...]:
    """The nodes that instances see for `devices`.

    Args:
        devices: CDI names: `nvidia.com/gpu=0`, `nvidia.com/gpu=all`, `docwalk.sim/gpu=0`.
        backend: who asks, for messages.
        dev: the machine's folder of devices.

    Raises:
        BackendError: the machine has no such device, or we do not know the kind.
    """
    binds: list[Bind] = []
    for device in devices:
        kind, _, number = device.partition("=")
        match kind:
            case "docwalk.sim/gpu":
                node = PurePosixPath(f"/dev/nvidia{number}")
                binds.append(Bind(source=Path("/dev/null"), target=node, is_device=True))
            case "nvidia.com/gpu":
                binds += [_node(path) for path in _real_nodes(dev, number, device)]
            case _:
                raise BackendError(
                    f"{backend} does not know the device `{device}`",
                    hint=f"it knows `{NVIDIA}=0` and `{SIMULATED}=0`; others need the podman backend",
                )
    if _has_real(devices):
        binds += [_node(dev / name) for name in _SHARED_NODES if (dev / name).exists()]
    return tuple(binds)


def _has_real(devices: Iterable[str]) -> bool:
    return any(name.startswith(f"{NVIDIA}=") for name in devices)


def driver_environ(devices: Iterable[str]) -> Mapping[str, str]:
    """Variables by which programs find the driver of this machine, where its real GPUs are used."""
    return {"LD_LIBRARY_PATH": str(DRIVER_FOLDER)} if _has_real(devices) else {}


def with_present_gpu(environment: BuiltEnvironment) -> BuiltEnvironment:
    """The environment, its manifest naming the real GPUs that this machine has for it."""
    devices = environment.environment.devices
    gpu = real_gpu() if gpu_kind(devices) is GpuKind.REAL else None
    if gpu is None:
        return environment
    return replace(environment, manifest={**environment.manifest, "gpu": gpu.as_manifest()})


def podman_arguments(devices: Iterable[str]) -> tuple[str, ...]:
    """What `podman run` is given for `devices`: CDI names as they are, nodes for simulated ones.

    Those are volumes: in a user namespace runc makes no node, but binds the host's of the same name.
    """
    return tuple(
        f"--volume=/dev/null:/dev/nvidia{device.partition('=')[2]}:dev"
        if device.startswith(f"{SIMULATED}=")
        else f"--device={device}"
        for device in devices
    )


def _real_nodes(dev: Path, number: str, device: str) -> list[Path]:
    found = sorted(dev.glob("nvidia[0-9]*")) if number == "all" else [dev / f"nvidia{number}"]
    if not found or not all(path.exists() for path in found):
        raise BackendError(
            f"this machine has no device `{device}`: there is no {dev}/nvidia{number.replace('all', '*')}",
            hint="walk on a machine with a GPU, or in an environment with a simulated one",
        )
    return found


def _node(path: Path) -> Bind:
    return Bind(source=path, target=PurePosixPath("/dev") / path.name, is_device=True)


def driver_libraries() -> Mapping[str, Path]:
    """Libraries of NVIDIA's driver on this machine, by file name; none without a driver."""
    try:
        done = subprocess.run(
            ["ldconfig", "-p"], capture_output=True, text=True, check=False, timeout=_QUERY_S
        )
    except OSError:
        return {}
    return parse_libraries(done.stdout)


def parse_libraries(text: str) -> Mapping[str, Path]:
    """Libraries of NVIDIA's driver among what `ldconfig -p` lists, by file name."""
    found: dict[str, Path] = {}
    for line in text.splitlines():
        match = _LIBRARY.fullmatch(line)
        if match is not None and "x86-64" in line:
            found.setdefault(match["name"], Path(match["path"]))
    return found


def real_gpu() -> Gpu | None:
    """The GPUs of this machine, asked from its driver; None where it has none."""
    query = ["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"]
    try:
        done = subprocess.run(query, capture_output=True, text=True, check=False, timeout=_QUERY_S)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return None if done.returncode != 0 else parse_query(done.stdout)


def parse_query(text: str) -> Gpu | None:
    """GPUs as `nvidia-smi --query-gpu=name,driver_version` lists them."""
    rows = [line.rsplit(", ", 1) for line in text.splitlines() if ", " in line]
    if not rows:
        return None
    model, driver = rows[0]
    return Gpu(kind=GpuKind.REAL, model=model, driver=driver, count=len(rows))


def configured_gpu(configuration: str, *, count: int) -> Gpu:
    """The simulated GPUs, from the text of their `gpu.conf`."""
    pairs: dict[str, str] = {}
    for line in configuration.splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.lstrip().startswith("#"):
            pairs[key.strip()] = value.strip()
    return Gpu(
        kind=GpuKind.SIMULATED,
        model=pairs.get("name", "Simulated GPU"),
        driver=pairs.get("driver", "0.0 (simulated)"),
        count=count,
    )
