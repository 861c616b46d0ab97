import gc

import pytest

from sweep.collecting import seldom_collected


@pytest.fixture
def threshold():
    """Set how often Python searches, and put it back."""
    before = gc.get_threshold()
    yield lambda *numbers: gc.set_threshold(*numbers)
    gc.set_threshold(*before)


@pytest.mark.parametrize("before", [(700, 10, 10), (1_000_000, 5, 5), (0, 10, 10)])
def test_what_was_set_before_is_set_again(before, threshold):
    threshold(*before)
    within = ()

    @seldom_collected()
    def fail():
        nonlocal within
        within = gc.get_threshold()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert gc.get_threshold() == before
    # never more often than the caller wants it, and not at all where that was switched off
    assert within[0] == (0 if before[0] == 0 else max(before[0], 50_000))
    assert within[1:] == before[1:]
