"""`aiapp run`: the operator, in a cluster or against the current kubeconfig."""

import asyncio
import gc
import json
import logging
import sys
from datetime import UTC, datetime

import click
import uvloop
from typing_extensions import override

from aiapp.cli.options.address import address
from aiapp.cli.reference.settings import WithSettings
from aiapp.domain.monitoring.current_reconcile import current
from aiapp.domain.printable import printable
from aiapp.settings import Settings, SettingsError, load

USAGE = 2
LONGEST_LINE = 8192
"""Characters of one message in the log."""
GARBAGE_THRESHOLD = 20_000
"""New objects between two looks for garbage. Python's default of 700 suits small programs: with thousands of objects of
the cluster in memory, none of which is garbage, looking at them so often takes a tenth of all CPU."""


class JsonLines(logging.Formatter):
    """One JSON object a line, under the keys that most log collectors of operators know."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "ts": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "msg": printable(record.getMessage(), LONGEST_LINE),
            **(reconcile.fields if (reconcile := current()) is not None else {}),
        }
        if record.exc_info:
            line["err"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


class PlainLines(logging.Formatter):
    """One line for people, followed by what was raised."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s")

    @override
    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = printable(record.message, LONGEST_LINE)
        return super().formatMessage(record)


def log_to_stderr(log_format: str, verbosity: int) -> None:
    """Our own lines from INFO on; kopf's and others' from WARNING on, unless asked for."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if log_format == "json" else PlainLines())
    logging.basicConfig(level=logging.DEBUG if verbosity > 1 else logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("aiapp").setLevel(logging.DEBUG if verbosity else logging.INFO)


@click.command("run", cls=WithSettings)
@click.option(
    "--health-address",
    default="127.0.0.1:8080",
    show_default=True,
    callback=address,
    help="Where /healthz, /readyz and /metrics are served; port 0 takes a free one.",
)
@click.option(
    "--log-format",
    type=click.Choice(["plain", "json"]),
    default="plain",
    show_default=True,
    help="Lines for people, or one JSON object a line.",
)
@click.option("-v", "--verbose", count=True, help="More lines; twice: kopf's and the libraries' as well.")
def command(health_address: tuple[str, int], log_format: str, verbose: int) -> None:
    r"""Run the operator, in a cluster or against the current kubeconfig.

    \b
    Exit codes: 0 stopped by a signal; 1 a part of it failed: start it again; 2 wrong settings or no cluster.

    \b
    Examples:
      aiapp run
      AIAPP_ALLOW_HTTP=true AIAPP_ALLOWED_RANGES=127.0.0.0/8 aiapp run --health-address 127.0.0.1:0 -v
    """
    log_to_stderr(log_format, verbose)
    try:
        settings = load()
    except SettingsError as error:
        raise click.UsageError("\n".join(["wrong settings", *error.faults])) from None
    sys.exit(_run(settings, *health_address))


def _run(settings: Settings, host: str, port: int) -> int:
    # Imported here: `aiapp run --help` must not wait two seconds for kopf.
    from aiapp import handlers  # noqa: PLC0415
    from aiapp.adapters.kube.credentials import NoClusterError  # noqa: PLC0415
    from aiapp.adapters.tracing import TracingUnavailableError  # noqa: PLC0415
    from aiapp.domain.training.kinds import JobKindsError  # noqa: PLC0415

    gc.freeze()  # what was imported stays
    gc.set_threshold(GARBAGE_THRESHOLD, *gc.get_threshold()[1:])
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return 0 if runner.run(handlers.run(settings, host, port)) else 1
    except (NoClusterError, TracingUnavailableError, JobKindsError) as error:
        click.echo(f"Error: {error}", err=True)
        return USAGE
    except Exception:
        logging.getLogger("aiapp").exception("the operator ends")
        return 1
