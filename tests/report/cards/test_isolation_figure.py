"""What is drawn of each axis alone against the intervals that scipy gives."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.markers import CARETDOWN
from scipy import stats

from sweep.analysis.estimates import estimate
from sweep.analysis.isolation import Isolation, Value
from sweep.report.cards.isolation_figure import draw_isolation

ERRORS = st.lists(st.integers(0, 200).map(lambda n: n / 4), min_size=1, max_size=4)


def axis(values):
    told = [Value(x, 1, estimate(errors), "p", min(errors)) for x, errors in enumerate(values)]
    return Isolation("lambda", tuple(told), True, estimate([1.0, 2.0]))


@settings(max_examples=25, deadline=None)
@given(st.lists(ERRORS, min_size=2, max_size=3))
def test_every_interval_lies_inside_the_frame_and_an_arrow_says_where_it_goes_on(values):
    (ax,) = draw_isolation([axis(values)]).axes
    low, high = ax.get_ylim()
    drawn = np.concatenate([line.get_ydata() for line in ax.lines])
    assert low <= drawn.min() <= drawn.max() <= high
    arrows = {int(line.get_xdata()[0]) for line in ax.lines if line.get_marker() == CARETDOWN}
    expected = set()
    for x, errors in enumerate(values):
        if len(errors) == 2:  # no interval that is worth a line
            assert not [line for line in ax.lines if list(line.get_xdata()) == [x, x]]
        elif np.ptp(errors) > 0:
            below, above = stats.t.interval(0.95, len(errors) - 1, np.mean(errors), stats.sem(errors))
            expected |= {x} if below < -1e-9 else set()
            (line,) = [line for line in ax.lines if list(line.get_xdata()) == [x, x]]
            assert np.allclose(line.get_ydata(), (max(below, 0.0), above))
    assert arrows == expected
