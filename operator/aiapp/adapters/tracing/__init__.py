"""OpenTelemetry traces, where the optional packages for them are installed."""


class TracingUnavailableError(Exception):
    """Traces are asked for, and the packages for them are not installed."""
