"""One store never has more than its share of imports, and nobody who waits for a turn is forgotten."""

from contextlib import ExitStack

import pytest

from aiapp.reconcile.queue import Key
from aiapp.reconcile.turns import Turns

KEYS = [Key("AIApplicationVersion", "team", f"mnist-1.0.{number}") for number in range(4)]


def nobody(key: Key) -> None:
    raise AssertionError(key)


def test_a_store_has_its_share_and_others_have_theirs() -> None:
    woken: list[Key] = []
    turns = Turns(4, woken.append)
    with ExitStack() as held:
        assert [held.enter_context(turns.turn("slow", key)) for key in KEYS] == [True, True, False, False]
        assert held.enter_context(turns.turn("other", KEYS[2]))
        assert held.enter_context(turns.turn(None, KEYS[3]))
    with turns.turn("slow", KEYS[2]) as granted:
        assert granted


def test_each_end_wakes_one_in_the_order_they_came() -> None:
    woken: list[Key] = []
    turns = Turns(1, woken.append)
    with turns.turn("slow", KEYS[0]):
        for key in (KEYS[1], KEYS[2], KEYS[1]):
            with turns.turn("slow", key):
                pass
        assert woken == []
    assert woken == [KEYS[1]]
    with turns.turn("slow", KEYS[1]):
        pass
    assert woken == [KEYS[1], KEYS[2]]
    with turns.turn("slow", KEYS[2]):
        pass
    assert woken == [KEYS[1], KEYS[2]]


def test_an_end_also_wakes_who_waits_for_another_store() -> None:
    woken: list[Key] = []
    turns = Turns(4, woken.append)
    with ExitStack() as slow:
        assert all(slow.enter_context(turns.turn("slow", key)) for key in KEYS[:2])
        with turns.turn("other", KEYS[2]) as first, turns.turn("other", KEYS[3]) as second:
            assert (first, second) == (True, False)
            slow.close()
            assert woken == [KEYS[3]]


def test_a_failed_import_ends_its_turn() -> None:
    turns = Turns(1, nobody)
    with pytest.raises(ValueError, match="no"), turns.turn("slow", KEYS[0]):
        raise ValueError("no")
    with turns.turn("slow", KEYS[1]) as granted:
        assert granted
