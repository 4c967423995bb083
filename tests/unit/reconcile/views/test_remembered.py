"""An object is read once for each change of it, and nothing is remembered of one that is gone."""

from aiapp.domain.kubernetes.resources import Json
from aiapp.reconcile.views.remembered import Remembered


class Reader:
    """Reads the value of an object, and counts."""

    def __init__(self) -> None:
        self.read: list[str | None] = []
        self.values = Remembered(self._read)

    def _read(self, raw: Json) -> str | None:
        value: str | None = raw["value"]
        self.read.append(value)
        return value


def of(value: str | None, *, uid: str = "uid-1", version: str = "1") -> Json:
    return {"metadata": {"uid": uid, "resourceVersion": version}, "value": value}


def test_what_has_not_changed_is_not_read_again() -> None:
    reader = Reader()
    for _ in range(3):
        assert reader.values.of([of("a"), of("b", uid="uid-2")]) == ("a", "b")
    assert reader.read == ["a", "b"]


def test_what_has_changed_is_read_anew_and_nothing_else() -> None:
    reader = Reader()
    reader.values.of([of("a"), of("b", uid="uid-2")])
    assert reader.values.of([of("c", version="2"), of("b", uid="uid-2")]) == ("c", "b")
    assert reader.read == ["a", "b", "c"]


def test_an_object_made_anew_is_another_one_whatever_its_resource_version() -> None:
    reader = Reader()
    reader.values.of([of("a")])
    assert reader.values.of([of("b", uid="uid-2")]) == ("b",)


def test_what_cannot_be_read_is_left_out_and_not_tried_again_before_it_changes() -> None:
    reader = Reader()
    for _ in range(2):
        assert reader.values.of([of(None)]) == ()
    assert reader.values.of([of("mended", version="2")]) == ("mended",)
    assert reader.read == [None, "mended"]


def test_an_object_that_is_gone_is_forgotten() -> None:
    reader = Reader()
    reader.values.of([of("a")])
    assert reader.values.of([]) == ()
    reader.values.of([of("a")])
    assert reader.read == ["a", "a"]
