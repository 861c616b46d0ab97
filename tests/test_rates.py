import json

from hypothesis import given
from hypothesis import strategies as st

from sweep.rates import Extension, extensions, proposal, proposed

RATES = (0.01, 0.02, 0.04)


def recipes(rates=RATES):
    return [json.dumps({"epochs": 8, "optimizer": {"lr": rate, "name": "adamw"}}) for rate in rates]


def results(errors, rates=RATES):
    return [(point, text, 0, e) for point, row in errors.items() for text, e in zip(recipes(rates), row, strict=False)]


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
    assert extensions({"optimizer.lr": RATES}, recipes(), [("a", "{}", 0, 1.0)]) == ()


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


def settings(path, values):
    section, _, key = path.rpartition(".")
    return [json.dumps({section: {key: value}} if section else {key: value}) for value in values]


def best_at(path, values, place):
    """A list with one point that is best at a place of it."""
    texts = settings(path, values)
    rows = [("a", text, 0, float(abs(at - place))) for at, text in enumerate(texts)]
    return [(one.at, one.add) for one in extensions({path: values}, texts, rows)]


def test_a_value_is_proposed_only_for_settings_that_can_have_it():
    assert best_at("optimizer.lr", [0.01, 0.02, 0.08], 2) == [(0.08, 0.32)]
    assert best_at("optimizer.weight_decay", [1e-4, 1e-3], 0) == [(1e-4, 1e-5)]
    # shares may not be 1 or more, numbers of images are whole
    assert best_at("optimizer.momentum", [0.9, 0.95], 1) == [(0.95, None)]
    assert best_at("ema", [0.98, 0.99], 1) == [(0.99, None)]
    assert best_at("label_smoothing", [0.1, 0.4], 1) == [(0.4, None)]
    assert best_at("batch_size", [96, 128], 1) == [(128, None)]


def test_zero_is_no_end():
    assert best_at("optimizer.weight_decay", [0, 1e-4, 5e-4], 0) == []
    assert best_at("optimizer.weight_decay", [0, 1e-4, 5e-4], 2) == [(5e-4, 0.0025)]
    assert best_at("optimizer.weight_decay", [0, 1e-4], 1) == [(1e-4, None)]


def test_of_equally_good_settings_one_inside_the_list_is_the_best():
    assert extensions({"optimizer.lr": RATES}, recipes(), results({"a": [3, 3, 4]})) == ()


def test_settings_are_compared_over_the_same_seeds():
    """Seed 1 is hard: the rate that has it in already is not the worse for it."""
    low, middle, high = recipes()
    rows = [("a", low, 0, 5.0), ("a", middle, 0, 3.0), ("a", high, 0, 4.0), ("a", middle, 1, 9.0)]
    assert extensions({"optimizer.lr": RATES}, recipes(), rows) == ()
    rows += [("a", low, 1, 9.0), ("a", high, 1, 7.0)]
    (found,) = extensions({"optimizer.lr": RATES}, recipes(), rows)
    assert (found.at, found.best, found.points) == (0.04, 1, 1)
