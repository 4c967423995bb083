"""Where a command listens, as HOST:PORT."""

import click


def address(_: click.Context, __: click.Parameter, value: str) -> tuple[str, int]:
    """Callback of an option. Raises `click.BadParameter`."""
    host, _separator, port = value.rpartition(":")
    if not port.isdigit() or int(port) > 65535:
        raise click.BadParameter(f"{value!r} is not HOST:PORT")
    return host.strip("[]") or "0.0.0.0", int(port)  # noqa: S104 - `:8080` asks for all addresses
