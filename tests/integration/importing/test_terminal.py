"""What a store answers reaches the terminal of `aiapp check` and `aiapp openapi` as text alone."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from click.testing import CliRunner, Result
from tests.support.packages import CONFIG, package
from tests.support.quirky_store import BUCKET, Asked, QuirkyStore, Reply, serving
from typing_extensions import override

from aiapp.cli import main

HOSTILE = "\x1b[31m\x9b2J\u202e\x07"
HARMLESS = {"\n"}


def store(**files: str) -> QuirkyStore:
    return QuirkyStore({f"mnist/{name}": body for name, body in package(**files).items()})


@dataclass
class Refusing(QuirkyStore):
    """Refuses everything with a code that is none."""

    files: dict[str, bytes] = field(default_factory=dict)
    status: int = 400

    @override
    def answer(self, asked: Asked) -> Reply:
        body = f"<Error><Code>{HOSTILE[4:]}</Code><Message>{HOSTILE[4:]}</Message></Error>"
        return Reply(self.status, body.encode(), {"x-amz-bucket-region": "\x9b2J"})


class Relabelled(QuirkyStore):
    """Objects are never the ones that were listed."""

    @override
    def listed_etag(self, key: str) -> str:
        return "<ETag>&quot;\x9b2J\u202e&quot;</ETag>"


@dataclass
class Replaced(QuirkyStore):
    """Vanishes when it is read."""

    @override
    def object(self, key: str, asked: Asked) -> Reply:
        return Reply(404, f"<Error><Code>NoSuchKey\x9b2J</Code><Key>{HOSTILE[4:]}</Key></Error>".encode())


def config(**changes: object) -> str:
    return json.dumps(CONFIG | changes)


STORES: Mapping[str, QuirkyStore] = {
    "an error's code": Refusing(),
    "an error's code that stands for an outage": Refusing(status=503),
    "a refusal": Refusing(status=403),
    "an ETag": Relabelled(store().files),
    "an object that vanished": Replaced(store().files),
    "a key": store(**{f"model/{HOSTILE}.py": "x = 1"}),
    "a folder without config.json": QuirkyStore({f"mnist/{HOSTILE}/x": b"1"}),
    "the algorithm": store(model__config_json=config(model_algorithm=HOSTILE)),
    "the engine": store(model__config_json=config(model_type=HOSTILE)),
    "the runtime": store(model__config_json=config(runtime=HOSTILE)),
    "a key of config.json": store(model__config_json=config(**{HOSTILE: 1})),
    "an address": store(model__config_json=config(apis=[{"url": f"/{HOSTILE}", "method": "POST"}])),
    "a schema": store(
        model__config_json=config(
            apis=[{"url": "/", "method": "post", "request": {"data": {"type": "object", "title": HOSTILE}}}]
        )
    ),
    "what is no JSON": store(model__config_json="{" + HOSTILE),
    "what is no text": store(model__config_json="\x9b2J"),
    "code": store(model__customize_service_py=f"x = {HOSTILE}"),
    "a class": store(model__customize_service_py="class \u9b2aA(PTServingBaseService): pass\nx = '\x1b[2J"),
}


def aiapp(command: str, port: int, *options: str) -> Result:
    where = [f"obs://{BUCKET}/mnist/", "--endpoint", f"http://127.0.0.1:{port}"]
    return CliRunner().invoke(main, [command, *where, *options], catch_exceptions=False, env={"AWS_ACCESS_KEY_ID": ""})


@pytest.mark.parametrize("options", [("check",), ("check", "-o", "github"), ("check", "-o", "yaml"), ("openapi",)])
@pytest.mark.parametrize("kind", STORES)
def test_no_control_character_of_a_store_reaches_the_terminal(kind: str, options: tuple[str, ...]) -> None:
    with serving(STORES[kind]) as port:
        found = aiapp(options[0], port, "--allow-http", *options[1:])
    said = found.stdout + found.stderr
    assert said
    assert sorted({letter for letter in said if not letter.isprintable()} - HARMLESS) == []


@pytest.mark.parametrize("command", ["check", "openapi"])
def test_an_endpoint_without_tls_is_refused_with_the_option_that_accepts_it(command: str) -> None:
    found = aiapp(command, 9)
    assert found.exit_code == 3
    said = found.stdout + found.stderr
    assert "127.0.0.1:9 is not https: --allow-http accepts that" in said
    assert "AIAPP_ALLOW_HTTP" not in said
