"""What happened lately is counted, and forgotten when its time is over."""

from aiapp.domain.sliding_window import SlidingWindow


def test_it_is_said_how_long_there_are_too_many() -> None:
    window = SlidingWindow(10)
    window.add(0)
    window.add(4)
    assert [window.left(3, 5), window.left(2, 5), window.left(2, 9.5)] == [0, 5, 0.5]
    assert window.left(2, 10) == 0
    assert window.left(1, 10) == 4


def test_what_is_taken_back_does_not_count() -> None:
    window = SlidingWindow(10)
    window.add(0)
    window.take_back()
    window.take_back()
    assert window.left(1, 0) == 0
