import json

from hypothesis import given
from hypothesis import strategies as st

from sweep.rates import Extension, extensions, proposal, proposed

RATES = (0.01, 0.02, 0.04)


def recipes(rates=RATES):
    return [json.dumps({"epochs": 8, "optimizer": {"lr": rate, "name": "adamw"}}) for rate in rates]


def results(errors, rates=RATES):
    return [(point, text, e) for point, row in errors.items() for text, e in zip(recipes(rates), row, strict=False)]


def test_points_best_at_an_end_say_what_to_add():
    rows = results({"a": [5, 4, 3], "b": [5, 4, 3.5], "c": [5, 3, 4], "d": [2, 3, 4]})
    found = extensions({"optimizer.lr": [0.04, 0.01, 0.02]}, recipes(), rows)
    assert found == (Extension("optimizer.lr", 0.01, 0.005, 1, 4), Extension("optimizer.lr", 0.04, 0.08, 2, 4))
    assert found[1].line() == ("2 of 4 points are best at optimizer.lr 0.04, an end of the list: add 0.08 to nuisance")


def test_only_points_with_a_result_at_every_setting_count():
    rows = results({"a": [5, 4, 3], "late": [5, 4], "lost": [5, 4, None]})
    (found,) = extensions({"optimizer.lr": RATES}, recipes(), rows)
    assert (found.best, found.points) == (1, 2)
    assert extensions({"optimizer.lr": RATES}, recipes(), results({"late": [5, 4]})) == ()
    assert extensions({"optimizer.lr": RATES}, recipes(), [("a", "{}", 1.0)]) == ()


def test_words_and_single_values_have_no_ends():
    assert extensions({"schedule": ["cosine", "linear"]}, recipes(), results({"a": [5, 4, 3]})) == ()
    assert extensions({"optimizer.lr": [0.01]}, recipes((0.01,)), results({"a": [5]}, (0.01,))) == ()


@given(st.floats(1e-6, 10))
def test_proposed_rates_are_octaves(rate):
    low, middle, high = proposed(rate)
    assert abs(middle / low - 2) < 1e-4
    assert abs(high / middle - 2) < 1e-4


def test_a_space_that_tunes_its_rate_is_left_alone():
    assert "[0.005, 0.01, 0.02]" in proposal({}, 0.01)
    assert proposal({"optimizer.lr": [1, 2]}, 0.01) == ""


def test_a_point_without_a_success_is_best_nowhere():
    rows = results({"a": [5, 4, 3], "lost": [None, None, None]})
    (found,) = extensions({"optimizer.lr": RATES}, recipes(), rows)
    assert (found.at, found.best, found.points) == (0.04, 1, 1)
    assert extensions({"optimizer.lr": RATES}, recipes(), results({"lost": [None, None, None]})) == ()


def test_one_epoch_is_one_epoch():
    assert Extension("optimizer.lr", 0.01, None, 1, 1, epochs=1).line().startswith("after 1 epoch 1 of 1 point is best")
    assert (
        Extension("optimizer.lr", 0.01, None, 1, 1, epochs=2).line().startswith("after 2 epochs 1 of 1 point is best")
    )
