"""What was used last is remembered, within bounds."""

from aiapp.domain.recent import Recent


def test_of_too_many_the_one_that_was_used_longest_ago_is_forgotten() -> None:
    recent: Recent[str, int] = Recent(2)
    recent.put("a", 1)
    recent.put("b", 2)
    assert recent.get("a") == 1
    recent.put("c", 3)
    assert (recent.get("a"), recent.get("b"), recent.get("c")) == (1, None, 3)
    assert recent.items() == [("a", 1), ("c", 3)]


def test_heavy_entries_leave_room_for_fewer() -> None:
    recent: Recent[str, int] = Recent(10, weight=100)
    recent.put("a", 1, 60)
    recent.put("b", 2, 40)
    recent.put("c", 3, 50)
    assert ["a" in recent, "b" in recent, "c" in recent] == [False, True, True]
    recent.put("too heavy", 4, 101)
    assert recent.items() == []


def test_an_entry_that_is_replaced_or_dropped_weighs_nothing() -> None:
    recent: Recent[str, int] = Recent(10, weight=100)
    for _ in range(5):
        recent.put("a", 1, 60)
    recent.drop("a")
    recent.drop("never there")
    recent.put("b", 2, 100)
    assert recent.items() == [("b", 2)]


def test_a_default_is_kept_once_and_is_used_then() -> None:
    recent: Recent[str, list[int]] = Recent(2)
    recent.setdefault("a", []).append(1)
    recent.put("b", [2])
    recent.setdefault("a", []).append(3)
    recent.put("c", [4])
    assert recent.items() == [("a", [1, 3]), ("c", [4])]
