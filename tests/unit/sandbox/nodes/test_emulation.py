"""Registrations in binfmt_misc."""

from pathlib import Path

import pytest

from aiapp_sandbox.nodes.emulation import QEMU, registration, serves_containers

ARM64 = """enabled
interpreter /usr/libexec/qemu-binfmt/aarch64-binfmt-P
flags: {flags}
offset 0
magic 7f454c46020101000000000000000000{kind}
mask ffffffffffffff00fffffffffffffffffeffffff
"""


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        pytest.param(ARM64.format(flags="POF", kind="0200b700"), True, id="arm64, interpreter kept open"),
        pytest.param(ARM64.format(flags="OC", kind="0200b700"), False, id="the interpreter is missing in containers"),
        pytest.param(ARM64.format(flags="POF", kind="0200f300"), False, id="another processor (RISC-V)"),
        pytest.param(
            ARM64.format(flags="POF", kind="0200b700").replace("enabled", "disabled"), False, id="switched off"
        ),
    ],
)
def test_a_registration_serves_arm64_containers(entry: str, *, expected: bool) -> None:
    assert serves_containers(entry) is expected


@pytest.mark.parametrize(
    ("interpreter", "flags"),
    [
        pytest.param(QEMU[0], "POF", id="a name that tells QEMU that the program's own name is kept"),
        pytest.param(QEMU[1], "OF", id="a plain QEMU, which would take the kept name for an argument"),
    ],
)
def test_a_registration_fits_the_interpreter(interpreter: Path, flags: str) -> None:
    line = registration(interpreter)
    assert line.startswith(":aiapp-aarch64:M::")
    assert line.endswith(f":{interpreter}:{flags}")
