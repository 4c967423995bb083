"""The program: `serve.pyz --package DIR` is the server, `--worker FD` a process of it; `install` runs before.

`--program DIR LOG` is what the server becomes for a package that is a server itself.

The roles share no imports, for a fast start.
"""

from __future__ import annotations

import os
from typing import List


def main(arguments: List[str], archive: str) -> int:
    """Runs to the end. Returns the exit code (see `--help`)."""
    if arguments[:1] == ["--worker"]:
        from .workers.worker import run  # noqa: PLC0415

        return run(int(arguments[1]))
    if arguments[:1] == ["--program"]:
        from .package.program import run as run_program  # noqa: PLC0415

        return run_program(*arguments[1:])
    from .account import complete  # noqa: PLC0415

    complete(os.environ)
    if arguments[:1] == ["install"]:
        from .install.command import main as install  # noqa: PLC0415

        return install(arguments[1:])
    from .server.process import run as serve  # noqa: PLC0415

    return serve(arguments, archive)
