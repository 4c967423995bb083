"""Which file of which input lies where in the package, each path once."""

from typing import Any

import pytest
from tests.unit.domain.templates.test_choice import chosen, source, spec

from aiapp.api.conditions import Reason
from aiapp.domain.artifact.manifest import decode
from aiapp.domain.objectstore.keys import KeyRefusedError
from aiapp.domain.objectstore.listing import Listed, Listing
from aiapp.domain.package.refusal import Refusal
from aiapp.domain.templates.composition import Composition, compose
from aiapp.domain.templates.history import placed_history, prefixes

HANDLER = "class Service: pass\n"
INPUTS = [
    {"name": "model", "target": "model.pkl", "patterns": ["*.pkl"]},
    {"name": "code", "target": "", "required": False},
]


def under(prefix: str, *names: str) -> tuple[Listing, str]:
    """A folder with these files of one byte each, and its prefix."""
    return Listing.of(Listed(f"{prefix}{name}", 1, f'"etag-{name}"', "v1") for name in names), prefix


def package(model: tuple[str, ...] = ("best.pkl",), code: tuple[str, ...] = (), **fields: Any) -> Composition | Refusal:
    """What a template for one file and optional code makes of these."""
    folders = {"model": "obs://models/iris/"} | ({"code": "obs://models/own/"} if code else {})
    found = chosen(spec(inputs=INPUTS, handlers={"predictiveAnalytics": HANDLER}, **fields), source(None, **folders))
    return compose(found, [under("iris/", *model), *([under("own/", *code)] if code else [])])


def made(**given: Any) -> Composition:
    found = package(**given)
    assert isinstance(found, Composition), found
    return found


def test_one_object_gets_the_name_that_the_template_gives_it() -> None:
    entries = {entry.path: entry for entry in made(model=("best.pkl", "log.txt")).manifest().entries}
    assert list(entries) == ["config.json", "customize_service.py", "model.pkl"]
    assert (entries["model.pkl"].key, entries["model.pkl"].etag) == ("iris/best.pkl", "etag-best.pkl")
    assert entries["customize_service.py"].content == HANDLER.encode()


def test_a_folder_takes_everything_and_its_code_takes_the_place_of_the_handler() -> None:
    entries = {entry.path: entry for entry in made(code=("customize_service.py", "lib/a.py")).manifest().entries}
    assert list(entries) == ["config.json", "customize_service.py", "lib/a.py", "model.pkl"]
    assert entries["customize_service.py"].key == "own/customize_service.py"
    assert entries["lib/a.py"].key == "own/lib/a.py"


def test_the_listing_is_that_of_one_folder_but_of_no_single_moment() -> None:
    listing = made().listing()
    assert [one.key for one in listing] == ["config.json", "customize_service.py", "model.pkl"]
    assert listing.pages > 1


def test_another_text_in_the_template_makes_another_listing() -> None:
    other = made(files={"labels.txt": "a"}).listing().digest
    assert other != made(files={"labels.txt": "b"}).listing().digest


def test_every_file_is_found_again_at_its_path() -> None:
    whole = made(code=("customize_service.py", "lib/a.py"))
    for file in whole.files():
        assert whole.find(file.path) == file
    assert whole.find("lib/b.py") is None


@pytest.mark.parametrize(
    ("given", "both"),
    [
        pytest.param(
            {"code": ("model.pkl",)},
            ("input model (obs://models/iris/)", "input code (obs://models/own/)"),
            id="two inputs",
        ),
        pytest.param(
            {"code": ("config.json",)}, ("InferenceTemplate tables", "input code"), id="the template's config.json"
        ),
        pytest.param(
            {"files": {"customize_service.py": HANDLER}, "code": ("customize_service.py",)},
            ("InferenceTemplate tables", "input code"),
            id="the template's code",
        ),
    ],
)
def test_two_files_for_one_path_name_both_origins(given: dict[str, Any], both: tuple[str, str]) -> None:
    refused = package(**given)
    assert isinstance(refused, Refusal)
    assert refused.reason is Reason.TARGET_CONFLICT
    assert all(name in refused.message for name in both)


@pytest.mark.parametrize(
    ("model", "reason", "words"),
    [
        ((), Reason.MODEL_FILES_MISSING, "input model (obs://models/iris/): nothing there matches *.pkl"),
        (("a.txt",), Reason.MODEL_FILES_MISSING, "nothing there matches *.pkl"),
        (("a.pkl", "b.pkl"), Reason.MODEL_FILES_AMBIGUOUS, "match *.pkl: 'iris/a.pkl', 'iris/b.pkl'"),
        (tuple(f"{n}.pkl" for n in range(9)), Reason.MODEL_FILES_AMBIGUOUS, "'iris/2.pkl', ..."),
    ],
)
def test_none_or_several_where_one_is_wanted_are_named(model: tuple[str, ...], reason: Reason, words: str) -> None:
    refused = package(model=model)
    assert isinstance(refused, Refusal)
    assert refused.reason is reason
    assert words in refused.message


@pytest.mark.parametrize("name", ["../../etc/passwd", "a//b", "x\ny", "MODEL.pkl", ".aiapp-fetch/journal.jsonl"])
def test_a_hostile_name_of_an_object_becomes_no_file(name: str) -> None:
    with pytest.raises(KeyRefusedError):
        made(code=(name,)).manifest()


def test_the_manifest_can_be_read_again() -> None:
    manifest = made(code=("lib/a.py",)).manifest()
    assert decode(manifest.payload) == manifest
    assert list(decode(manifest.payload).entries) == list(manifest.entries)


def test_of_nested_folders_the_outer_one_is_listed() -> None:
    nested = source(a="obs://models/x/y/", b="obs://models/x/", c="obs://models/xy/", d="obs://models/z")
    assert prefixes(nested) == ["x/", "xy/", "z/"]
    assert prefixes(source(a="obs://models/x/", b="obs://models")) == [""]


def test_the_history_of_a_package_has_every_pinned_object_at_its_path_and_what_it_holds_itself() -> None:
    manifest = made().manifest()
    old, new = Listed("iris/best.pkl", 1, '"etag-best.pkl"', "v1", False), Listed("iris/best.pkl", 2, '"n"', "v2")
    history = placed_history(manifest.entries, [Listing.of([old, new, Listed("iris/more.txt", 1, "x")])])
    assert [(one.key, one.version_id) for one in history] == [
        ("config.json", None),
        ("customize_service.py", None),
        ("model.pkl", "v1"),
        ("model.pkl", "v2"),
    ]
