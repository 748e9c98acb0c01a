"""Devices: what CDI names mean for a sandbox and for podman, and what a GPU says of itself."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from docwalk.bubblewrap import Bind, SandboxSpec, bwrap_argv
from docwalk.environment.devices import (
    Gpu,
    GpuKind,
    configured_gpu,
    device_binds,
    driver_environ,
    gpu_kind,
    parse_libraries,
    parse_query,
    podman_arguments,
    simulated_gpu,
)
from docwalk.errors import BackendError

LDCONFIG = """\
1502 libs found in cache `/etc/ld.so.cache'
\tlibnvidia-ml.so.1 (libc6,x86-64) => /usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1
\tlibnvidia-ml.so.1 (libc6) => /usr/lib/i386-linux-gnu/libnvidia-ml.so.1
\tlibcuda.so.1 (libc6,x86-64) => /usr/lib/x86_64-linux-gnu/libcuda.so.1
\tlibcurl.so.4 (libc6,x86-64) => /usr/lib/x86_64-linux-gnu/libcurl.so.4
"""


def test_a_simulated_gpu_is_a_node_that_can_be_opened_and_nothing_else() -> None:
    assert device_binds(["docwalk.sim/gpu=0", "docwalk.sim/gpu=1"]) == (
        Bind(source=Path("/dev/null"), target=PurePosixPath("/dev/nvidia0"), is_device=True),
        Bind(source=Path("/dev/null"), target=PurePosixPath("/dev/nvidia1"), is_device=True),
    )


def test_a_real_gpu_brings_its_nodes(tmp_path: Path) -> None:
    for name in ("nvidia0", "nvidia1", "nvidiactl", "null"):
        (tmp_path / name).touch()
    one = device_binds(["nvidia.com/gpu=1"], dev=tmp_path)
    assert [str(bind.target) for bind in one if bind.is_device] == ["/dev/nvidia1", "/dev/nvidiactl"]
    every = device_binds(["nvidia.com/gpu=all"], dev=tmp_path)
    assert [str(bind.target) for bind in every if bind.is_device] == [
        *("/dev/nvidia0", "/dev/nvidia1", "/dev/nvidiactl")
    ]


@pytest.mark.parametrize(
    ("device", "message"),
    [
        (
            "nvidia.com/gpu=0",
            "this machine has no device `nvidia.com/gpu=0`: there is no {dev}/nvidia0",
        ),
        (
            "nvidia.com/gpu=all",
            "this machine has no device `nvidia.com/gpu=all`: there is no {dev}/nvidia*",
        ),
        ("amd.com/gpu=0", "the sandbox does not know the device `amd.com/gpu=0`"),
    ],
)
def test_a_device_that_is_not_there_is_said(tmp_path: Path, device: str, message: str) -> None:
    with pytest.raises(BackendError) as caught:
        device_binds([device], dev=tmp_path)
    assert str(caught.value) == message.format(dev=tmp_path)


def test_devices_are_bound_as_devices() -> None:
    spec = SandboxSpec(layers=(Path("/l"),), binds=device_binds(["docwalk.sim/gpu=0"]))
    argv = bwrap_argv(spec, ["true"], bwrap=Path("/b"), file_fds={})
    assert "--dev-bind /dev/null /dev/nvidia0" in " ".join(argv)


def test_podman_is_given_cdi_names_as_they_are_and_nodes_for_simulated_ones() -> None:
    assert podman_arguments(["nvidia.com/gpu=all", "docwalk.sim/gpu=2"]) == (
        "--device=nvidia.com/gpu=all",
        "--volume=/dev/null:/dev/nvidia2:dev",
    )


def test_only_real_gpus_bring_a_driver() -> None:
    assert driver_environ(["nvidia.com/gpu=0"]) == {"LD_LIBRARY_PATH": "/run/docwalk/driver"}
    assert driver_environ(["docwalk.sim/gpu=0"]) == {}


def test_libraries_of_the_driver_are_found_among_all() -> None:
    assert parse_libraries(LDCONFIG) == {
        "libnvidia-ml.so.1": Path("/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1"),
        "libcuda.so.1": Path("/usr/lib/x86_64-linux-gnu/libcuda.so.1"),
    }


def test_what_a_real_driver_says() -> None:
    said = "NVIDIA A100-SXM4-40GB, 550.54.15\nNVIDIA A100-SXM4-40GB, 550.54.15\n"
    assert parse_query(said) == Gpu(
        kind=GpuKind.REAL, model="NVIDIA A100-SXM4-40GB", driver="550.54.15", count=2
    )
    assert parse_query("No devices were found\n") is None


def test_a_simulated_gpu_says_so_even_where_nothing_is_configured() -> None:
    assert configured_gpu("", count=1).as_manifest() == {
        "kind": "simulated",
        "model": "Simulated GPU",
        "driver": "0.0 (simulated)",
        "count": 1,
    }


def test_the_uppermost_configuration_counts(tmp_path: Path) -> None:
    for name in ("below", "above"):
        (tmp_path / name / "etc" / "docwalk").mkdir(parents=True)
        text = f"# name = none\nname = Simulated {name}\n"
        (tmp_path / name / "etc" / "docwalk" / "gpu.conf").write_text(text, encoding="utf-8")
    layers = [tmp_path / "below", tmp_path / "above"]
    found = simulated_gpu(["docwalk.sim/gpu=0"], layers=layers)
    assert found is not None
    assert (found.model, found.count) == ("Simulated above", 1)
    assert simulated_gpu([], layers=layers) is None


@pytest.mark.parametrize(
    ("devices", "kind"),
    [
        (["nvidia.com/gpu=0"], GpuKind.REAL),
        (["docwalk.sim/gpu=0"], GpuKind.SIMULATED),
        (["nvidia.com/gpu=0", "docwalk.sim/gpu=1"], GpuKind.SIMULATED),
        (["example.org/fpga=0"], None),
        ([], None),
    ],
)
def test_one_simulated_gpu_makes_all_of_it_simulated(devices: list[str], kind: GpuKind | None) -> None:
    assert gpu_kind(devices) is kind
