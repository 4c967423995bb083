"""`aiapp predict`: asks a served model, through the cluster's API server."""

import mimetypes
import re
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from aiapp.cli.options.cluster import ClusterChoice, answered, cluster_options
from aiapp.cli.options.durations import DURATION
from aiapp.cli.output.terminal import is_terminal, unsteered

if TYPE_CHECKING:
    from aiapp.domain.prediction.body import Field, File

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_LITERAL: Final = "FILE is a path; JSON itself comes by standard input, and - in its place"
_NUMBER: Final = re.compile(r"[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{1,2}")


@click.command("predict")
@click.argument("application")
@click.argument("rest", nargs=-1, metavar="[VERSION] [FILE|-]")
@click.option("-F", "--form", "fields", multiple=True, metavar="NAME=VALUE|NAME=@FILE", help="A field of a form.")
@click.option("--content-type", metavar="TYPE", help="Of FILE. Default: what the model declares.")
@click.option("--path", help="Path of one of its APIs. Default: the first that it declares.")
@click.option("-X", "--method", type=click.Choice(METHODS, case_sensitive=False), help="Default: as declared.")
@click.option("--timeout", type=DURATION, default="60s", show_default=True, help="Longest wait for the answer.")
@cluster_options
def command(
    application: str, rest: tuple[str, ...], fields: tuple[str, ...], choice: ClusterChoice, **asked: Any
) -> None:
    r"""Ask a served model for a prediction, and print its answer.

    FILE is sent as the model declares it: as JSON, as an uploaded file of its form, or as it is; - is standard input.
    Without VERSION the application's Service chooses a pod. The request goes through the API server, so you need the
    verb create (of GET: get) on services/proxy, and nothing has to be exposed. A form of several fields is given by -F.

    \b
    Exit codes: 0 answered; 1 the model or the cluster refuses, or no pod is ready; 2 wrong arguments or no cluster.

    \b
    Examples:
      aiapp predict mnist input.json
      aiapp predict mnist 1.1.0 digit.png
      aiapp predict detector -F images=@street.jpg -F threshold=0.5
      echo '{"data": {"req_data": [{"x": 1}]}}' | aiapp predict iris -
      aiapp predict llm --path /v1/chat/completions chat.json
    """
    from aiapp.domain.prediction.body import Input  # noqa: PLC0415 - `--help` must not wait for the models
    from aiapp.queries.prediction import PredictionRequest, predict  # noqa: PLC0415

    version, file = _meant(application, rest)
    question = PredictionRequest(
        application=application,
        version=version,
        given=Input(None if file is None else _file(file), tuple(map(_field, fields)), asked["content_type"]),
        path=asked["path"],
        method=asked["method"],
        seconds=asked["timeout"],
    )
    found = answered(choice, lambda cluster: predict(cluster, question, secrets.token_hex(16)))
    _print(found.body)


def _print(answer: bytes) -> None:
    """As it is; on a terminal without what would steer that."""
    if not is_terminal():
        click.echo(answer, nl=bool(answer) and not answer.endswith(b"\n"))
        return
    click.echo("\n".join(map(unsteered, answer.decode("utf-8", "replace").splitlines())))


def _meant(application: str, rest: tuple[str, ...]) -> tuple[str | None, str | None]:
    """The version and the file."""
    first = rest[0].removeprefix(f"{application}-") if rest else ""
    version = first if _NUMBER.fullmatch(first) else None
    others = rest if version is None else rest[1:]
    if len(others) > 1:
        raise click.UsageError(f"{others[0]!r} is no VERSION such as 1.0.0, and there is one FILE at most")
    return version, others[0] if others else None


def _field(text: str) -> "Field":
    from aiapp.domain.prediction.body import Field  # noqa: PLC0415

    name, equals, value = text.partition("=")
    if not (name and equals):
        raise click.UsageError(f"-F {text!r} is neither NAME=VALUE nor NAME=@FILE")
    return Field(name, _file(value[1:]) if value.startswith("@") else value)


def _file(path: str) -> "File":
    from aiapp.domain.prediction.body import RAW_TYPE, File  # noqa: PLC0415

    if path == "-":
        return File("standard input", sys.stdin.buffer.read())
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        hint = f": {_LITERAL}" if path.startswith(("{", "[")) else ""
        raise click.UsageError(f"{path}: {error.strerror}{hint}") from error
    return File(Path(path).name, content, mimetypes.guess_type(path)[0] or RAW_TYPE)
