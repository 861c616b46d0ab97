"""Where weights lie is found again, also where folders were moved together."""

import pytest

from sweep.engine.places import note_place, own_place, places
from sweep.errors import LedgerError


def test_places_are_noted_once_and_the_sweeps_own_comes_first(tmp_path):
    folder = tmp_path / "results/one"
    folder.mkdir(parents=True)
    assert places(folder) == [own_place(folder)] == [str(folder / "weights")]
    for _ in range(2):
        for place in ("s3://bucket/weights", str(tmp_path / "else/weights"), own_place(folder)):
            note_place(folder, place)
    assert places(folder) == [str(folder / "weights"), "s3://bucket/weights", str(tmp_path / "else/weights")]
    assert str(tmp_path) not in (folder / "weights.json").read_text()
    moved = tmp_path / "moved"
    moved.mkdir()
    (tmp_path / "results").rename(moved / "results")
    assert places(moved / "results/one")[2] == str(moved / "else/weights")


@pytest.mark.parametrize("content", ["{", "{}", '"x"', "\x00"])
def test_a_note_that_is_damaged_is_told_and_left(content, tmp_path):
    (tmp_path / "weights.json").write_text(content)
    for use in (lambda: places(tmp_path), lambda: note_place(tmp_path, "s3://bucket")):
        with pytest.raises(LedgerError, match=r"weights\.json: .*left as it is"):
            use()
    assert (tmp_path / "weights.json").read_text() == content
