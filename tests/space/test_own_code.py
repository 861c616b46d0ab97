"""What the code of a network of the user's own may do to a process."""

import json
import os
import signal
import subprocess
import sys
import threading

import pytest

from sweep.errors import SpaceError
from sweep.space.guard import UserCodeError, guarded


@pytest.fixture
def space(own_space):
    return own_space


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import sys; sys.exit(0)", "it ends the program (SystemExit: 0)"),
        ("raise KeyboardInterrupt", "it raises KeyboardInterrupt"),
        ("raise SystemExit('usage: nets.py')", "it ends the program (SystemExit: usage: nets.py)"),
        ("import argparse; argparse.ArgumentParser().parse_args(['--x'])", "it ends the program (SystemExit: 2)"),
        ("while True: pass", "does not return within 0.2 s"),
        ("1/0", "ZeroDivisionError: division by zero"),
        ("class E(BaseException): pass\nraise E('odd')", "raises E: odd"),
    ],
)
def test_an_import_that_ends_or_never_returns_is_a_mistake_with_the_reason(code, told, tmp_path, space, monkeypatch):
    monkeypatch.setattr("sweep.space.guard.SECONDS", 0.2)
    (tmp_path / "nets.py").write_text(code + "\n")
    with pytest.raises(SpaceError) as caught:
        space({})
    assert "nets cannot be imported: " in str(caught.value)
    assert told in str(caught.value)


def forever():
    while True:
        pass


def test_what_is_printed_goes_to_standard_error(capsys):
    with guarded():
        print("hello")
    assert capsys.readouterr() == ("", "hello\n")


def test_a_deadline_leaves_an_earlier_alarm_as_it_was():
    usual = signal.getsignal(signal.SIGALRM)
    left = signal.setitimer(signal.ITIMER_REAL, 500)
    try:
        with pytest.raises(UserCodeError, match="does not return"), guarded(0.01):
            forever()
        assert 490 < signal.getitimer(signal.ITIMER_REAL)[0] <= 500
        assert signal.getsignal(signal.SIGALRM) is usual
    finally:
        signal.setitimer(signal.ITIMER_REAL, *left)


def test_ctrl_c_in_the_users_code_is_still_ctrl_c():
    # a shell lets what it starts in the background ignore it
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()
        with pytest.raises(KeyboardInterrupt), guarded():
            forever()
    finally:
        signal.signal(signal.SIGINT, usual)


def test_plan_is_valid_json_whatever_is_printed(tmp_path):
    (tmp_path / "nets.py").write_text(
        "print('imported')\nfrom torch import nn\n"
        "class Net(nn.Sequential):\n    def forward(self, x):\n"
        "        print('forward')\n        return super().forward(x)\n"
        "def net(classes, depth=1):\n    print('built')\n    return Net(nn.Flatten(), nn.Linear(64, classes))\n"
    )
    (tmp_path / "space.yaml").write_text(
        "name: x\nnetwork: {backbone: 'nets:net', image_size: 8}\ngrid: [{depth: [1, 2]}]\n"
        "proxy: {dataset: digits, epochs: 1, optimizer: {lr: 0.1}}\n"
    )
    words = [sys.executable, "-m", "sweep.cli", "plan", "space.yaml", "--json"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert [row["depth"] for row in json.loads(done.stdout)] == [1, 2]
    assert {"imported", "built", "forward"} <= set(done.stderr.splitlines())


TRAINED = """\
import sys, time
from torch import nn


class Net(nn.Sequential):
    def forward(self, x):
        if self.training:
            print("noise")
            BODY
        return super().forward(x)


def net(classes):
    return Net(nn.Flatten(), nn.Linear(64, classes))
"""


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("sys.exit(0)", "ends the program (SystemExit: 0)"),
        ("time.sleep(60)", "does not return within 0.7 s"),
        ("pass", None),
    ],
)
def test_what_a_network_does_in_training_is_a_failure_with_its_reason(body, told, tmp_path, command, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sweep.engine.worker.LATE", 0.2)
    (tmp_path / "nets.py").write_text(TRAINED.replace("BODY", body))
    (tmp_path / "space.yaml").write_text(
        "name: x\nnetwork: {backbone: 'nets:net', image_size: 8}\ngrid: [{}]\nseeds: 1\n"
        "proxy: {dataset: {name: digits, train: 40, validation: 40}, epochs: 1, optimizer: {lr: 0.1}, timeout: 0.5}\n"
    )
    code, out, _ = command("run", "space.yaml", "--inline", "--no-report", "--json")
    assert json.loads(out)["runs"] == ({"done": 1} if told is None else {"failed": 1})
    assert code == (0 if told is None else 1)
    if told is not None:
        code, out, _ = command("status", "x")
        assert told in " ".join(out.split())


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("import sys; sys.exit(0)", "nets:net ends the program (SystemExit: 0)"),
        ("while True: pass", "nets:net does not return within 0.3 s"),
        ("raise KeyboardInterrupt", "nets:net raises KeyboardInterrupt"),
    ],
)
@pytest.mark.parametrize("where", ["function", "forward"])
def test_a_function_that_ends_or_never_returns_is_a_mistake_with_its_line(
    where, body, told, tmp_path, space, monkeypatch
):
    from sweep.costs import plan

    monkeypatch.setattr("sweep.space.guard.SECONDS", 0.3)
    code = {
        "function": f"def net(classes):\n    {body}\n",
        "forward": f"from torch import nn\nclass Net(nn.Module):\n    def forward(self, x):\n        {body}\n"
        "def net(classes):\n    return Net()\n",
    }[where]
    (tmp_path / "nets.py").write_text(code)
    with pytest.raises(SpaceError) as caught:
        plan(space({}))
    assert told in str(caught.value)
