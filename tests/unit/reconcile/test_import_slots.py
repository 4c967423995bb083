"""Slow stores never hold all workers, and no import that waits for a slot is forgotten."""

from contextlib import ExitStack

import pytest

from aiapp.controller.workqueue import Key
from aiapp.reconcile.import_slots import StoreSlots


def version(number: int, namespace: str = "team") -> Key:
    return Key("AIApplicationVersion", namespace, f"mnist-1.0.{number}")


def nobody(key: Key) -> None:
    raise AssertionError(key)


def asks(slots: StoreSlots, endpoint: str, key: Key) -> bool:
    """Whether it gets a slot, which it gives back at once."""
    with slots.slot(endpoint, key) as granted:
        return granted


def test_many_slow_endpoints_of_one_namespace_leave_slots_to_others() -> None:
    woken: list[Key] = []
    slots = StoreSlots(8, woken.append)
    with ExitStack() as held:
        granted = [held.enter_context(slots.slot(f"slow-{number}", version(number))) for number in range(18)]
        assert granted.count(True) == 4
        for number in range(2):
            assert held.enter_context(slots.slot(f"quick {number}", version(number, "other")))


def test_what_uses_no_store_needs_no_slot() -> None:
    slots = StoreSlots(1, nobody)
    with slots.slot("slow", version(0)), slots.slot(None, version(1)) as granted:
        assert granted


def test_each_slot_that_is_given_back_wakes_one_in_the_order_they_came() -> None:
    woken: list[Key] = []
    slots = StoreSlots(1, woken.append)
    with slots.slot("slow", version(0)):
        assert not any(asks(slots, "slow", version(number)) for number in (1, 2, 1))
        assert woken == []
    assert woken == [version(1)]
    assert asks(slots, "slow", version(1))
    assert woken == [version(1), version(2)]
    assert asks(slots, "slow", version(2))
    assert woken == [version(1), version(2)]


def test_namespaces_are_woken_in_turn_however_many_endpoints_one_of_them_has() -> None:
    woken: list[Key] = []
    slots = StoreSlots(1, woken.append)
    with slots.slot("slow", version(0)):
        for number in range(1, 9):
            asks(slots, f"slow-{number}", version(number))
        asks(slots, "quick", version(0, "other"))
    for _ in range(2):
        assert asks(slots, "slow", version(0))
    assert woken == [version(1), version(0, "other"), version(2)]


def test_a_slot_wakes_nobody_who_may_not_have_it() -> None:
    woken: list[Key] = []
    slots = StoreSlots(4, woken.append)
    with ExitStack() as held:
        for number in range(2):
            assert held.enter_context(slots.slot(f"slow-{number}", version(number)))
        assert not asks(slots, "slow-2", version(2))
        assert asks(slots, "quick", version(0, "other"))
        assert woken == []
    assert woken == [version(2)]


def test_who_has_got_a_slot_by_itself_is_not_woken_for_another() -> None:
    woken: list[Key] = []
    slots = StoreSlots(1, woken.append)
    with slots.slot("slow", version(0)):
        asks(slots, "slow", version(1))
        asks(slots, "slow", version(2))
    assert asks(slots, "slow", version(2))
    assert asks(slots, "slow", version(1))
    assert woken == [version(1)]


def test_a_failed_import_gives_its_slot_back() -> None:
    slots = StoreSlots(1, nobody)
    with pytest.raises(ValueError, match="no"), slots.slot("slow", version(0)):
        raise ValueError("no")
    assert asks(slots, "slow", version(1))
