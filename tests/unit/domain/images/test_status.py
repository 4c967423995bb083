"""What a version's status shows of an image, whatever its author wrote into it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.known_images import found

from aiapp.domain.images.registry_image import ImageConfig, Platform
from aiapp.domain.images.status import MAX_PLATFORMS, MAX_WORD_CHARACTERS, MAX_WORDS, image_status


def test_it_shows_platforms_size_and_how_a_container_runs() -> None:
    image = found(
        "linux/amd64",
        "linux/arm64/v8",
        entrypoint=("/server",),
        command=("-p", "9000"),
        exposed_ports=(9000,),
        user="7",
    )
    status = image_status(image)
    assert (status.reference, status.image) == ("r.example.com/mnist:1", f"r.example.com/mnist@{image.digest}")
    assert [(one.os, one.architecture, one.variant) for one in status.platforms] == [
        ("linux", "amd64", None),
        ("linux", "arm64", "v8"),
    ]
    assert (status.bytes, status.size) == (3 << 20, "3.0 MiB")
    assert (status.entrypoint, status.port, status.user) == (("/server", "-p", "9000"), 9000, "7")
    assert status.hints is None


def test_of_several_ports_none_is_the_one() -> None:
    assert image_status(found(exposed_ports=(80, 8080))).port is None


def test_what_holds_for_one_platform_alone_is_not_said_of_the_image() -> None:
    image = found("linux/amd64", "linux/arm64", exposed_ports=(9000,), environment={"CUDA_VERSION": "12"})
    other = replace(image.platforms[1], config=ImageConfig(exposed_ports=(8000,)))
    status = image_status(replace(image, platforms=(image.platforms[0], other)))
    assert (status.port, status.hints) == (None, None)


def test_no_more_platforms_are_shown_than_the_status_takes() -> None:
    image = found(*(f"linux/arch{number}" for number in range(MAX_PLATFORMS + 1)))
    assert len(image_status(image).platforms) == MAX_PLATFORMS


def test_platforms_that_the_registry_lacks_are_told() -> None:
    image = replace(found("linux/amd64"), absent=(Platform("linux", "arm64", "v8"),))
    assert image_status(image).absent_platforms == ("linux/arm64/v8",)


def test_a_command_without_end_is_cut_and_shows_it() -> None:
    shown = image_status(found(entrypoint=("x" * 2000,), command=("y",) * 100)).entrypoint or ()
    assert len(shown) == MAX_WORDS
    assert (len(shown[0]), shown[0][-4:], shown[-1]) == (MAX_WORD_CHARACTERS, "x...", "...")


@pytest.mark.parametrize("user", ["x" * 257, "root\x1b[2J", ""])
def test_a_user_that_cannot_be_one_is_left_out(user: str) -> None:
    assert image_status(found(user=user)).user is None


def test_control_characters_do_not_reach_a_terminal_and_scripts_keep_their_lines() -> None:
    assert image_status(found(command=("bash", "-c", "a\n\tb\x1b[2J"))).entrypoint == ("bash", "-c", "a\n\tb\ufffd[2J")


@given(
    st.lists(st.text(), max_size=40).map(tuple),
    st.lists(st.integers(1, 65535), max_size=3).map(tuple),
    st.text(),
    st.dictionaries(st.text(), st.text()),
)
def test_every_config_has_a_status(
    entrypoint: tuple[str, ...], ports: tuple[int, ...], user: str, labels: dict[str, str]
) -> None:
    image_status(found(entrypoint=entrypoint, exposed_ports=ports, user=user, labels=labels))
