"""The command line of the server; it never starts anything."""

from __future__ import annotations

import argparse
import os
import re
import sys
from typing import List, NamedTuple, Optional, Sequence, Tuple

from ..modelarts.model_files import CONFIG_FILE, SAVED_MODEL_FILES, SERVICE_FILE
from .termination import DEFAULT_LOG

PLATFORM_PACKAGE = "/home/mind/model"
PLATFORM_LINK = "/home/ma-user/infer/model/1"
PACKAGE_FILES = (CONFIG_FILE, SERVICE_FILE, *SAVED_MODEL_FILES)
FORK_VARIABLE = "AIAPP_SERVE_FORK"
_LABEL_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Options(NamedTuple):
    """The options; `serve.pyz --help` describes them. Durations in seconds, sizes in bytes."""

    package: str
    port: int
    model_name: str
    links: List[str]
    dependencies: str
    workers: int
    fork: str
    queue: int
    requests_per_second: Optional[int]
    burst: Optional[int]
    predict_timeout: float
    grace: float
    quiet: float
    max_body: int
    header_timeout: float
    keep_alive: float
    max_connections: int
    health_path: str
    api_title: str
    api_version: str
    metrics_labels: List[Tuple[str, str]]
    log_format: str
    termination_log: str


def parse(arguments: Sequence[str]) -> Options:
    """The options, or exit code 2 with a message on stderr."""
    given = vars(_parser().parse_args(arguments))
    given["package"] = _package(os.path.abspath(given["package"]))
    given["links"] = _links(given["package"], given["links"])
    return Options(**given)


def python_of(folder: str) -> str:
    """The interpreter that finds what was installed into a folder; our own where nothing had to be."""
    interpreter = os.path.join(folder, "bin", "python")
    return interpreter if folder and os.path.exists(interpreter) else sys.executable


def _package(folder: str) -> str:
    """The folder itself, or its `model` if the package lies there, as it does in a training job's output."""
    inner = os.path.join(folder, "model")
    is_outer = not any(os.path.exists(os.path.join(folder, name)) for name in PACKAGE_FILES)
    return inner if is_outer and any(os.path.exists(os.path.join(inner, name)) for name in PACKAGE_FILES) else folder


def _links(package: str, links: Optional[List[str]]) -> List[str]:
    if links is not None:
        return links
    return [PLATFORM_LINK] if package == PLATFORM_PACKAGE else []


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="serve.pyz",
        description="Serve a ModelArts package (config.json and customize_service.py) over HTTP.",
        epilog="Exit codes: 0 ended by SIGTERM, 2 wrong command line, 3 the package could not be started "
        "(last line: 'StartFailed: ...'), 4 the server itself failed ('ServerFailed: ...'). "
        "`serve.pyz install --help`: installs what a package depends on.",
    )
    parser.add_argument("--package", required=True, help="folder with config.json and customize_service.py")
    parser.add_argument("--port", type=int, default=8080, help="port to listen on, 0 for any (default 8080)")
    parser.add_argument("--model-name", default="model", help="model_name given to the service (default model)")
    parser.add_argument(
        "--link",
        dest="links",
        action="append",
        metavar="PATH",
        help="make PATH lead to the package, for code that hard-codes it; may be repeated "
        f"(default {PLATFORM_LINK} when the package is at {PLATFORM_PACKAGE}, else none)",
    )
    parser.add_argument(
        "--dependencies", default="", metavar="DIR", help="folder into which `serve.pyz install` has installed them"
    )
    parser.add_argument(
        "--health-path",
        default="",
        metavar="PATH",
        help="what probes ask for, besides /health (default: what config.json declares)",
    )
    parser.add_argument("--api-title", default="", help="title in /openapi.json (default: the model name)")
    parser.add_argument("--api-version", default="0.0.0", help="version in /openapi.json (default 0.0.0)")
    parser.add_argument(
        "--metrics-label",
        dest="metrics_labels",
        action="append",
        default=[],
        type=_label,
        metavar="NAME=VALUE",
        help="label of every series in /metrics; may be repeated",
    )
    parser.add_argument("--log-format", choices=("plain", "json"), default="plain", help="form of the log lines")
    parser.add_argument(
        "--termination-log",
        default=DEFAULT_LOG,
        metavar="FILE",
        help=f"also gets the last line (default {DEFAULT_LOG}, if that exists)",
    )
    _add_limits(parser)
    return parser


def _add_limits(parser: argparse.ArgumentParser) -> None:
    limits = parser.add_argument_group("limits")
    limits.add_argument("--workers", type=_positive, default=1, help="processes that each load the model (1)")
    limits.add_argument(
        "--fork",
        choices=("auto", "never"),
        default=os.environ.get(FORK_VARIABLE, "auto"),
        help="auto: where that is safe, load the model once and copy the process for each worker, so that they share "
        f"memory; never: each loads it (default auto, or {FORK_VARIABLE})",
    )
    limits.add_argument("--queue", type=int, default=64, help="requests that may wait for a process (64)")
    limits.add_argument(
        "--requests-per-second", type=_positive, metavar="N", help="predictions on average; more get 429 (default any)"
    )
    limits.add_argument(
        "--burst", type=_positive, metavar="N", help="predictions at once after a pause (default --requests-per-second)"
    )
    limits.add_argument("--predict-timeout", type=float, default=60.0, help="seconds for one prediction (60)")
    limits.add_argument("--grace", type=float, default=60.0, help="seconds to take requests after SIGTERM (60)")
    limits.add_argument(
        "--quiet", type=float, default=10.0, help="after SIGTERM end this many seconds after the last prediction (10)"
    )
    limits.add_argument("--max-body", type=_positive, default=64 << 20, help="bytes of a request body (64 MiB)")
    limits.add_argument("--header-timeout", type=float, default=10.0, help="seconds for a request's head (10)")
    limits.add_argument("--keep-alive", type=float, default=200.0, help="seconds an idle connection stays (200)")
    limits.add_argument("--max-connections", type=_positive, default=12000, help="open connections (12000)")


def _label(text: str) -> Tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator or not _LABEL_NAME.fullmatch(name):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE with a name of letters, digits and underscores")
    return name, value


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number
