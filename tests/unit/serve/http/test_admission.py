"""Which connection gives way to a new one."""

from __future__ import annotations

from aiapp.serve.http.admission import Activity, OpenConnections


def opened(*names: str, limit: int = 3) -> OpenConnections[str]:
    connections: OpenConnections[str] = OpenConnections(limit)
    assert [connections.admit(name) for name in names] == [None] * len(names)
    return connections


def test_below_the_limit_nothing_gives_way() -> None:
    assert list(opened("a", "b", "c")) == ["a", "b", "c"]


def test_the_one_that_is_idle_longest_gives_way() -> None:
    connections = opened("a", "b", "c")
    connections.change("a", Activity.BUSY)
    connections.change("a", Activity.IDLE)

    assert connections.admit("d") == "b"
    assert set(connections) == {"a", "c", "d"}


def test_without_an_idle_one_the_one_that_is_slow_longest_gives_way() -> None:
    connections = opened("a", "b", "c")
    for name in ("b", "a"):
        connections.change(name, Activity.SLOW)
    connections.change("c", Activity.BUSY)

    assert [connections.admit(name) for name in ("d", "e")] == ["b", "d"]


def test_a_newcomer_is_turned_away_only_if_all_others_are_busy() -> None:
    connections = opened("a", "b", "c")
    for name in ("a", "b", "c"):
        connections.change(name, Activity.BUSY)

    assert connections.admit("d") == "d"
    assert set(connections) == {"a", "b", "c"}


def test_one_that_gave_way_does_not_count_again_by_what_it_does_until_it_is_closed() -> None:
    connections = opened("a", "b", "c")
    connections.admit("d")
    connections.change("a", Activity.SLOW)
    connections.discard("a")

    assert len(connections) == 3
