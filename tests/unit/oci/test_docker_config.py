"""Logins out of Secrets, chosen as the kubelet chooses them."""

import base64
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiapp.domain.images.reference import reference
from aiapp.oci.access import Login
from aiapp.oci.docker_config import CONFIG_KEY, FORMER_KEY, MAX_TRIED, DockerConfigError, Keyring, keyring, logins


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def ring(**auths: Any) -> Keyring:
    return keyring({CONFIG_KEY: json.dumps({"auths": auths}).encode()})


def users(held: Keyring, image: str) -> list[str]:
    return [login.username for login in held.of(reference(image))]


def entries(*names: str) -> Keyring:
    """Each with its own name as its user."""
    return ring(**{name: {"username": name, "password": "p"} for name in names})


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        pytest.param({"auth": encoded("ada:secret")}, Login("ada", "secret"), id="auth"),
        pytest.param({"auth": encoded("ada:se:cret")}, Login("ada", "se:cret"), id="a colon in the password"),
        pytest.param({"auth": encoded("ada:secret").rstrip("=")}, Login("ada", "secret"), id="without padding"),
        pytest.param({"username": "ada", "password": "secret"}, Login("ada", "secret"), id="in two fields"),
        pytest.param(
            {"username": "bob", "password": "x", "auth": encoded("ada:secret")},
            Login("ada", "secret"),
            id="auth counts",
        ),
        pytest.param(
            {"auth": encoded("0000:"), "identitytoken": "ey.J"}, Login("0000", "", "ey.J"), id="an identity token"
        ),
        pytest.param({}, Login(), id="nothing"),
    ],
)
def test_a_login_is_read(entry: dict[str, str], found: Login) -> None:
    assert ring(**{"quay.io": entry}).of(reference("quay.io/a")) == (found,)
    former = keyring({FORMER_KEY: json.dumps({"quay.io": entry}).encode()})
    assert former.of(reference("quay.io/a")) == (found,)


@pytest.mark.parametrize(
    ("names", "image", "found"),
    [
        pytest.param(["quay.io"], "quay.io/a/b", ["quay.io"], id="a host"),
        pytest.param(["https://quay.io/v2/"], "quay.io/a", ["https://quay.io/v2/"], id="a URL"),
        pytest.param(["quay.io"], "ghcr.io/a", [], id="another host"),
        pytest.param(["quay.io"], "quay.io:5000/a", [], id="another port"),
        pytest.param(["quay.io:5000"], "quay.io:5000/a", ["quay.io:5000"], id="that port"),
        pytest.param(
            ["quay.io", "quay.io/a/b", "quay.io/a"],
            "quay.io/a/b",
            ["quay.io/a/b", "quay.io/a", "quay.io"],
            id="the longest first",
        ),
        pytest.param(["quay.io/b"], "quay.io/a", [], id="another path"),
        pytest.param(["*.example.com"], "r.example.com/a", ["*.example.com"], id="any label"),
        pytest.param(["*.example.com"], "r.x.example.com/a", [], id="an asterisk is one label"),
        pytest.param(["*.com"], "evil.example.com/a", [], id="and no more"),
        pytest.param(["r-*1.ex*.com"], "r-11.example.com/a", ["r-*1.ex*.com"], id="a part of a label"),
        pytest.param(["*r*.example.com"], "r.example.com/a", ["*r*.example.com"], id="an asterisk may be nothing"),
        pytest.param(["a*a.example.com"], "a.example.com/a", [], id="no letter counts twice"),
        pytest.param(["*ab*ba*.example.com"], "aba.example.com/a", [], id="nor between two asterisks"),
        pytest.param(["*b*a*.example.com"], "ab.example.com/a", [], id="nor in another order"),
        pytest.param(["docker.io"], "ubuntu", ["docker.io"], id="the Hub"),
        pytest.param(
            ["https://index.docker.io/v1/"], "ubuntu", ["https://index.docker.io/v1/"], id="the Hub as Docker writes it"
        ),
        pytest.param(["https://index.docker.io/v1/"], "quay.io/a", [], id="of the Hub alone"),
    ],
)
def test_a_login_is_for_what_its_entry_names(names: list[str], image: str, found: list[str]) -> None:
    assert users(entries(*names), image) == found


@pytest.mark.parametrize(
    ("name", "image", "is_for_it"),
    [
        ("r?.example.com", "r1.example.com/a", False),
        ("r?.example.com", "r:5000/a", False),
        ("localhost?.example.com", "localhost/a", True),
        ("r[0-9].example.com", "r1.example.com/a", False),
        ("[a-r].example.com", "r.example.com/a", False),
        ("r[^a].example.com", "r1.example.com/a", False),
        ("r\\1.example.com", "r1.example.com/a", False),
        ("*]", "[::1]/a", True),
        ("*]:5000", "[::1]:5000/a", False),
        ("*]:", "[::1]/a", False),
        ("[::1]", "[::1]/a", False),
        ("[::1]:5000", "[::1]:5000/a", True),
        ("[*]:5000", "[::1]:5000/a", False),
        ("::1:5000", "[::1]:5000/a", False),
        ("*1:5000", "[::1]:5000/a", True),
        ("Quay.io", "quay.io/a", False),
        ("quay.io:", "quay.io/a", True),
        ("quay.io:*", "quay.io:5000/a", False),
        ("quay.io:05000", "quay.io:5000/a", False),
        ("quay.io/a", "quay.io/ab", True),
        ("quay.io/a/", "quay.io/a", False),
        ("quay.io/*", "quay.io/a", False),
        ("quay.io/%61", "quay.io/a", True),
        ("https://ada:token@quay.io", "quay.io/a", True),
        ("ada token@quay.io", "quay.io/a", False),
        ("quay.io\n", "quay.io/a", False),
        ("https://quay.io/?a#b", "quay.io/a", True),
        ("quay.io#100%", "quay.io/a", False),
        ("HTTPS://quay.io", "quay.io/a", False),
    ],
)
def test_what_the_kubelet_makes_of_a_name_is_made_of_it(name: str, image: str, *, is_for_it: bool) -> None:
    """Each of these was asked of `URLsMatchStr` of Kubernetes 1.37, built with Go 1.26."""
    assert bool(ring(**{name: {}}).of(reference(image))) == is_for_it


def test_an_entry_that_is_for_no_host_leaves_the_others_as_they_are() -> None:
    assert users(entries("https://[", "r[0-9].io", "quay.io"), "quay.io/a") == ["quay.io"]


def test_many_patterns_cost_no_regular_expression(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"*{n}*e*.example.com" for n in range(3)]
    with monkeypatch.context() as patched:
        patched.setattr(re, "compile", None)
        found = users(entries(*names), "r1e.example.com/a")
    assert found == [names[1]]


def test_of_several_secrets_each_has_its_turn_and_the_same_login_one_turn() -> None:
    first, second = ring(**{"quay.io": {"auth": encoded("ada:a")}}), ring(**{"quay.io": {"auth": encoded("bob:b")}})
    assert logins([first, second, first], reference("quay.io/a")) == (Login("ada", "a"), Login("bob", "b"))


def test_of_very_many_logins_for_an_image_the_first_are_tried() -> None:
    rings = [ring(**{"quay.io": {"auth": encoded(f"ada{n}:a")}}) for n in range(MAX_TRIED + 1)]
    assert logins(rings, reference("quay.io/a")) == tuple(Login(f"ada{n}", "a") for n in range(MAX_TRIED))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        pytest.param({"tls.crt": b""}, "has neither .dockerconfigjson nor .dockercfg", id="another Secret"),
        pytest.param({CONFIG_KEY: b"{"}, "is not JSON", id="no JSON"),
        pytest.param({CONFIG_KEY: b"[" * 100_000}, "is not JSON", id="deep nesting"),
        pytest.param({CONFIG_KEY: b"[]"}, "is not a Docker configuration", id="a list"),
        pytest.param({CONFIG_KEY: b'{"auths": []}'}, "is not a Docker configuration", id="a list of entries"),
        pytest.param({CONFIG_KEY: b'{"auths": {"quay.io": 1}}'}, "entry 1 is not an object", id="a number"),
        pytest.param(
            {CONFIG_KEY: b'{"auths": {"quay.io": {"auth": "%"}}}'}, "is not user:password in base64", id="no base64"
        ),
        pytest.param(
            {CONFIG_KEY: json.dumps({"auths": {"quay.io": {"auth": encoded("ada")}}}).encode()},
            "is not user:password in base64",
            id="no colon",
        ),
        pytest.param(
            {CONFIG_KEY: json.dumps({"auths": {"quay.io": {"username": "a\r\nX: y"}}}).encode()},
            "control characters",
            id="a header in a header",
        ),
        pytest.param(
            {CONFIG_KEY: json.dumps({"auths": {"quay.io": {"username": "ada\ud800"}}}).encode()},
            "or what is no text",
            id="half of a character",
        ),
        pytest.param(
            {CONFIG_KEY: json.dumps({"auths": {str(n): {} for n in range(1001)}}).encode()}, "more than 1000", id="many"
        ),
        pytest.param({CONFIG_KEY: b" " * (1 << 20) + b"{}"}, "more than 1048576 bytes", id="long"),
    ],
)
def test_what_holds_no_logins_is_named_and_never_shown(data: dict[str, bytes], says: str) -> None:
    with pytest.raises(DockerConfigError, match=re.escape(says)) as found:
        keyring(data)
    assert "ada" not in str(found.value)


@pytest.mark.parametrize("entry", [1, {"auth": "%"}, {"username": "a\r\nX: y"}])
@pytest.mark.parametrize("name", ["https://ada:token@quay.io", "quay.io/?token=ada", "ada-token", "https://[ada"])
def test_the_name_of_an_entry_may_hold_a_login_and_is_not_shown(name: str, entry: object) -> None:
    auths = {"quay.io": {}, name: entry}
    with pytest.raises(DockerConfigError, match=r"\.dockerconfigjson: entry 2\b") as found:
        keyring({CONFIG_KEY: json.dumps({"auths": auths}).encode()})
    assert "ada" not in str(found.value)


def test_nothing_shows_a_password() -> None:
    held = ring(**{"quay.io": {"username": "ada", "password": "secret", "identitytoken": "secret"}})
    assert "secret" not in f"{held!r} {held.of(reference('quay.io/a'))!r}"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_any_json_is_logins_or_refused(value: Any) -> None:
    for key, content in ((CONFIG_KEY, value), (CONFIG_KEY, {"auths": value}), (FORMER_KEY, value)):
        try:
            keyring({key: json.dumps(content).encode()}).of(reference("quay.io/a"))
        except DockerConfigError:
            continue
