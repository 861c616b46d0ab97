"""The two consoles, in processes whose streams are closed, full, of few letters, or left by their readers."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.table import Table
from rich.text import Text

from sweep.console import _Console

REFERENCE = Path(__file__).parents[1] / "results/reference"
COMMAND = str(Path(sys.executable).with_name("wn-sweep"))
STATUS = f"{COMMAND} status quick --results {REFERENCE}"


def shell(line, **env):
    done = subprocess.run(["bash", "-c", line], capture_output=True, env={**os.environ, **env}, check=False, timeout=60)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.mark.parametrize(
    ("words", "closed"),
    [
        *(("spaces", closed) for closed in (">&-", "2>&-", "<&-", ">&- 2>&- <&-")),
        (f"status quick --results {REFERENCE}", ">&-"),
        (f"status quick --json --results {REFERENCE}", ">&- 2>&- <&-"),
    ],
    ids=lambda value: value.split(" --results")[0],
)
def test_a_stream_that_is_closed_is_no_error(closed, words):
    code, out, err = shell(f"{COMMAND} {words} {closed}")
    assert (code, err) == (0, "")
    assert ("quick" in out) == (not closed.startswith(">&-"))


def test_an_error_is_an_exit_code_where_nobody_can_read_it():
    assert shell(f"{COMMAND} status nothing 2>&-") == (2, "", "")


@pytest.mark.parametrize("words", ["status quick", "status quick --json", "schema"])
def test_a_full_disk_behind_the_output_is_told(words):
    results = f"--results {REFERENCE}" if words.startswith("status") else ""
    code, out, err = shell(f"{COMMAND} {words} {results} > /dev/full")
    assert (code, out, err) == (1, "", "The output could not be written: No space left on device\n")


@pytest.mark.parametrize("words", ["status quick", "schema"])
def test_a_reader_that_leaves_is_no_error(words):
    results = f"--results {REFERENCE}" if words.startswith("status") else ""
    code, _, err = shell(f"set -o pipefail; {COMMAND} {words} {results} | head -c 1")
    # click ends with 1, as many programs do
    assert (code in {0, 1}, err) == (True, "")


def test_letters_that_the_terminal_lacks_are_replaced(tmp_path):
    (tmp_path / "net.py").write_text(
        "from torch import nn\n\n\ndef net(classes, size=''):\n"
        "    return nn.Sequential(nn.Flatten(), nn.Linear(64, classes))\n"
    )
    (tmp_path / "space.yaml").write_text(
        "name: own\nabout: Größe?\nnetwork: {backbone: 'net:net', image_size: 8}\ngrid: [{size: [größer, klein]}]\n"
        "proxy: {dataset: digits, epochs: 2, batch_size: 40, optimizer: {name: adamw, lr: 0.02}}\nseeds: 1\n"
        "baseline: {size: klein}\n"
    )
    code, out, err = shell(f"cd {tmp_path}; {COMMAND} plan space.yaml --no-forecast", PYTHONIOENCODING="ascii")
    assert (code, err) == (0, "")
    assert "gr??er" in out or "gr?" in out
    code, _, err = shell(f"cd {tmp_path}; {COMMAND} status größer", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert code == 2
    assert "gr" in err


def printed(*what):
    console = _Console(markup=False, highlight=False, emoji=False, width=200)
    with console.capture() as said:
        for one in what:
            console.print(one)
    return said.get()


def test_what_is_printed_moves_no_cursor_and_sets_no_title():
    hostile = "a\x1b]0;title\x07b\x1b[2Jc\rd\x9b31m\u202ee"
    table = Table(hostile)
    table.add_row(hostile)
    table.add_row(Text(hostile))
    said = printed(hostile, Text(hostile), table)
    assert not set(said) & set("\x1b\x07\r\x9b\u202e")
    assert said.count("a\N{REPLACEMENT CHARACTER}]0;title") == 5


@pytest.mark.parametrize("text", ["[/red]", "[gelu]", "[bold]x[/]", "[link=file:///etc/passwd]x[/link]", "\\\\[x]"])
def test_square_brackets_are_no_markup(text):
    table = Table("point")
    table.add_row(text)
    assert printed(text) == f"{text}\n"
    assert text in printed(table)
