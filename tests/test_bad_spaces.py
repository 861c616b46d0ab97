"""Malformed spaces: exit code 2, a line that names file and line, no traceback, nothing written."""

import re
import subprocess
import sys

import pytest
from small import SMALL

from sweep.engine.ledger import Ledger

CASES = {
    # what is wrong: (text to replace, by what, line of the mistake, what must be said)
    "unknown key": ("about:", "abuot:", 2, r"unknown key 'abuot'; did you mean 'about'\?"),
    "unknown key deep": ("epochs: 8", "epoks: 1", 17, r"proxy\.epoks: unknown key 'epoks'; did you mean 'epochs'\?"),
    "a task that is none": ("epochs: 8", "epochs: 8\n  task: trios", 18, r"proxy\.task\.name: 'trios' is not a known name \(known: pairs\)"),
    "a mix that is none": ("epochs: 8", "epochs: 8\n  task: {name: pairs, mix: min}", 18, r"proxy\.task\.mix: 'min' is not a known mix"),
    "one image over another": ("epochs: 8", "epochs: 8\n  task: {name: pairs, images: 1}", 18, r"proxy\.task\.images: must be at least 2, found 1"),
    "a difference of three": ("epochs: 8", "epochs: 8\n  task: {name: pairs, mix: difference, images: 3}", 18, r"proxy\.task: mix: difference is of 2 images, not of 3"),
    "a task to tune": ("optimizer.lr: [0.01, 0.04]", "task.mix: [max, mean]", 21, r"nuisance\.task\.mix: the task cannot be tuned"),
    "a fit for digits": ("{name: digits,", "{name: digits, fit: whole,", 16, r"fit is not supported with"),
    "a crop of the whole image": ("epochs: 8", "epochs: 8\n  augment: {crop: 8}", 18, r"proxy\.augment\.crop: mirrors 8 pixels at the edge of images of 8: needs at most 7"),
    "a crop to tune that is too large": ("optimizer.lr: [0.01, 0.04]", "augment.crop: [2, 9]", 21, r"nuisance\.augment\.crop: mirrors 9 pixels"),
    "misspelt family": ("family: weightnet", "family: weightnett", 12, r"grid\[1\]\.family: .*did you mean 'weightnet'\?"),
    "unknown axis": ("    G: 1", "    H: 1", 14, r"grid\[1\]\.H: unknown axis 'H'"),
    "M not a multiple of G": ("    G: 1", "    G: 4", 12, r"M = 1 is not a multiple of G = 4"),
    "M not whole in a layer": ("M: [1, 2]\n    G: 1", "M: 1/5\n    G: 1/5", 12, r"M x \d+ output channels = .* is not whole"),
    "M missing": ("    M: [1, 2]\n", "", 12, r"family weightnet needs M \(or lambda and one of them\)"),
    "M for a static network": ("- family: static", "- {family: static, M: 2}", 11, r"M is not supported with family static, only with 'weightnet'"),
    "a list where a number belongs": ("epochs: 8", "epochs: [1, 2]", 17, r"proxy\.epochs: needs a whole number, found a list"),
    "text where a number belongs": ("lr: 0.02", "lr: fast", 19, r"proxy\.optimizer\.lr: needs a number, found 'fast'"),
    "true where a number belongs": ("epochs: 8", "epochs: true", 17, r"needs a whole number, found true"),
    "a fraction that is none": ("M: [1, 2]", "M: [1, 1/0]", 13, r"M\[1\]: '1/0' is not a number or a fraction"),
    "an empty list": ("M: [1, 2]", "M: []", 13, r"grid\[1\]\.M: needs at least one value"),
    "no value": ("    G: 1", "    G:", 14, r"grid\[1\]\.G: has no value"),
    "a duplicate key": ("seeds: 2", "seeds: 2\nname: again", 23, r"duplicate key 'name'"),
    "NaN": ("width: 0.125", "width: .nan", 5, r"network\.width: nan is not a number"),
    "infinity": ("lr: 0.02", "lr: .inf", 19, r"proxy\.optimizer\.lr: inf is not a number"),
    "a constraint that leaves no point": ("seeds: 2", "seeds: 2\nconstraints: {flops: {max: 10}}", 23, r"constraints reject all 3 points"),
    "an axis constraint that leaves no point": ("seeds: 2", "seeds: 2\nconstraints:\n  width: {max: 0.1}", 24, r"constraints reject all 3 points"),
    "a constraint on nothing": ("seeds: 2", "seeds: 2\nconstraints: {flop: {max: 10}}", 23, r"did you mean 'flops'\?"),
    "an empty constraint": ("seeds: 2", "seeds: 2\nconstraints: {flops: {}}", 23, r"needs min, max or both"),
    "a constraint upside down": ("seeds: 2", "seeds: 2\nconstraints: {flops: {min: 2, max: 1}}", 23, r"min 2 is over max 1"),
    "no seeds": ("seeds: 2", "seeds: 0", 22, r"seeds: needs between 1"),
    "a seed twice": ("seeds: 2", "seeds: [1, 1]", 22, r"seeds: names a seed twice"),
    "a nuisance that is no setting": ("optimizer.lr:", "optimizer.rate:", 21, r"unknown key 'rate'"),
    "a nuisance of a wrong kind": ("[0.01, 0.04]", "[0.01, slow]", 21, r"optimizer\.lr\[1\]: needs a number, found 'slow'"),
    "a nuisance value twice": ("[0.01, 0.04]", "[0.01, 1e-2]", 21, r"has a value twice"),
    "a nuisance that is a mapping": ("optimizer.lr: [0.01, 0.04]", "optimizer: [{name: sgd}]", 21, r"optimizer\[0\]: needs a number, a word"),
    "a nuisance that is wrong with the rest": ("optimizer.lr: [0.01, 0.04]", "augment.flip: [true]", 21, r"augment\.flip\[0\]: augment\.flip would"),
    "a nuisance within a nuisance": ("  optimizer.lr:", "  optimizer: [adamw]\n  optimizer.lr:", 21, r"overlaps with optimizer\.lr"),
    "a nuisance without a name": ("optimizer.lr:", "optimizer..lr:", 21, r"is not a setting of the recipe"),
    "a nuisance of the data": ("optimizer.lr: [0.01, 0.04]", "dataset.train: [20, 40]", 21, r"the data set cannot be tuned"),
    "a time limit to tune": ("optimizer.lr: [0.01, 0.04]", "timeout: [20, 40]", 21, r"timeout does not change results, so it cannot be tuned"),
    "weights to tune": ("optimizer.lr: [0.01, 0.04]", "keep_weights: [true, false]", 21, r"keep_weights does not change results, so it cannot be tuned"),
    "a word that was true in YAML 1.1": ("  batch_size: 40", "  batch_size: 40\n  keep_weights: yes", 19, r"proxy\.keep_weights: needs true or false, found 'yes'; in YAML 1\.2 yes is text: write true or false"),
    "weights of a wrong kind": ("  batch_size: 40", "  batch_size: 40\n  keep_weights: some", 19, r"proxy\.keep_weights: needs true or false, found 'some'"),
    "no time at all": ("  batch_size: 40", "  batch_size: 40\n  timeout: 0", 19, r"proxy\.timeout: must be over 0.0, found 0"),
    "fewer than no retries": ("seeds: 2", "seeds: 2\nresources: {retries: -1}", 23, r"resources\.retries: must be at least 0"),
    "a key with a dash": ("batch_size", "batch-size", 18, r"proxy\.batch-size: unknown key 'batch-size'; did you mean 'batch_size'\?"),
    "a key that is a number": ("about:", "3:", 2, r"unknown key '3'"),
    "a tag": ("M: [1, 2]", "M: !x [1, 2]", 13, r"the tag !x is not supported"),
    "an endless number": ("M: [1, 2]", "M: '1e999999999'", 13, r"is not a number or a fraction"),
    "a huge number": ("M: [1, 2]", "M: 1e20", 13, r"at most 4096"),
    "half a character": ("A space for tests.", '"\\ud800"', 2, r"half a character"),
    "momentum for AdamW": ("lr: 0.02", "lr: 0.02, momentum: 0.5", 19, r"optimizer\.momentum: momentum is not supported with optimizer adamw, only with 'sgd'"),
    "lambda for a static network": ("- family: static", "- {family: static, lambda: 2}", 11, r"lambda is not supported with family static"),
    "one image to train on": ("train: 200", "train: 1", 16, r"train: must be at least 2"),
    "a baseline that is no point": ("baseline: {family: static}", "baseline: {family: se}", 23, r"no remaining grid point matches the baseline"),
    "a baseline that is two points": ("baseline: {family: static}", "baseline: {family: weightnet}", 23, r"matches both .*; add keys to make it unique"),
    "a name that leaves the folder": ("name: small", "name: ../small", 1, r"is used in file names"),
    "a mirrored digit": ("  batch_size: 40", "  batch_size: 40\n  augment: {flip: true}", 15, r"augment\.flip"),
    "a subset of nothing known": ("train: 200,", "train: 200, subset: by draw,", 16, r"dataset\.subset: 'by draw' is not a known subset"),
    "a subset without a number": ("train: 200,", "subset: by seed,", 16, r"dataset: subset: by seed needs train"),
    "a subset of everything": ("train: 200,", "train: 1338, subset: by seed,", 16, r"needs train under 1338, the images that validation leaves"),
    "too many images": ("train: 200", "train: 6000", 16, r"too few for 6000 and 100"),
    "a stem too wide": ("stem_channels: 4", "stem_channels: 24", 12, r"a stage of 12 channels cannot follow 24"),
    "halving over one length": (
        "seeds: 2",
        "seeds: 2\nstrategy: {name: halving, runs: 30}",
        23,
        r"halving needs lengths: two numbers of epochs or more",
    ),
    "halving that ends before the last length": (
        "seeds: 2",
        "seeds: 2\nlengths: [2, 4, 8]\nstrategy: {name: halving, runs: 20}",
        24,
        r"runs: 20 is too few to halve over 3 lengths; it takes 22",
    ),
    "an objective that nobody knows": (
        "seeds: 2",
        "seeds: 2\nstrategy: {name: tpe, runs: 40, objectives: [error, flop]}",
        23,
        r"objectives\[1\]: 'flop' is not a known objective; did you mean 'flops'",
    ),
    "CMA-ES with a cost": (
        "seeds: 2",
        "seeds: 2\nstrategy: {name: cmaes, runs: 40, objectives: [error, flops]}",
        23,
        r"objectives: must be \[error\]: cmaes makes one thing low",
    ),
    "a race that may be wrong by less than nothing": (
        "seeds: 2",
        "seeds: 2\nstrategy: {name: racing, tolerance: -1}",
        23,
        r"tolerance: must be over 0",
    ),
    "a tolerance of a curve": (
        "seeds: 2",
        "seeds: 2\nstrategy: {name: racing, goal: curve, axis: M, tolerance: 1}",
        23,
        r"a curve has a half_width",
    ),
    "a width of a front": ("seeds: 2", "seeds: 2\nstrategy: {name: racing, half_width: 1}", 23, r"half_width goes with goal: curve"),
    "a strategy that nobody knows": ("seeds: 2", "seeds: 2\nstrategy: racin", 23, r"did you mean 'racing'"),
    "a search without a budget": ("seeds: 2", "seeds: 2\nstrategy: tpe", 23, r"strategy tpe needs runs"),
    "a key of another strategy": ("seeds: 2", "seeds: 2\nstrategy: {name: tpe, goal: front}", 23, r"goal"),
    "a search without an error": (
        "seeds: 2",
        "seeds: 2\nstrategy: {name: nsga2, runs: 20, objectives: [flops]}",
        23,
        r"needs error among the objectives",
    ),
    "a curve along nothing": ("seeds: 2", "seeds: 2\nstrategy: {name: racing, goal: curve}", 23, r"needs axis"),
    "a curve along no axis": (
        "seeds: 2",
        "seeds: 2\nstrategy: {name: racing, goal: curve, axis: width}",
        23,
        r"no point has the axis 'width'",
    ),
    "a length that is none": ("seeds: 2", "seeds: 2\nlengths: [8, long]", 23, r"lengths\[1\]: needs a number of epochs"),
    "no lengths": ("seeds: 2", "seeds: 2\nlengths: []", 23, r"lengths"),
    "a length twice": ("seeds: 2", "seeds: 2\nlengths: [8, {epochs: 8}]", 23, r"names a number of epochs twice"),
    "lengths without the one that is judged": ("seeds: 2", "seeds: 2\nlengths: [4, 16]", 23, r"lacks the 8 epochs of proxy"),
    "lengths beside tuned epochs": (
        "optimizer.lr: [0.01, 0.04]",
        "epochs: [4, 8]\nlengths: [4, 8]",
        21,
        r"nuisance\.epochs: cannot be tuned where lengths are given",
    ),
    "rates of a length that nothing tunes": (
        "seeds: 2",
        "seeds: 2\nlengths: [4, {epochs: 8, nuisance: {label_smoothing: [0, 0.1]}}]",
        23,
        r"lengths\[1\]\.nuisance\.label_smoothing: is not tuned",
    ),
    "rates of a length that are none": (
        "seeds: 2",
        "seeds: 2\nlengths: [4, {epochs: 8, nuisance: {optimizer.lr: [-1]}}]",
        23,
        r"lengths\[1\]\.nuisance\.optimizer\.lr",
    ),
    "a race of several lengths": (
        "seeds: 2",
        "seeds: 2\nlengths: [4, 8]\nstrategy: racing",
        23,
        r"lengths: goes with strategy grid or halving, not with racing",
    ),
    "a truth that is not there": ("seeds: 2", "seeds: 2\ntruth: nowhere.csv", 23, r"truth: no file nowhere.csv"),
    "a truth without an error": ("seeds: 2", "seeds: 2\ntruth: [{point: static}]", 23, r"truth\[0\]\.error"),
    "a truth told twice": (
        "seeds: 2",
        "seeds: 2\ntruth: [{point: static, error: 1}, {point: static, error: 2}]",
        23,
        r"tells of 'static' twice",
    ),
    "a metric that is none": ("seeds: 2", "seeds: 2\nmetric: accuracy", 23, r"metric"),
    "a budget for nothing": ("seeds: 2", "seeds: 2\nstrategy: {name: random, runs: 3}", 23, r"3 is too few"),
    "a question about nothing": ("about:", "main: lamda\nabout:", 2, r"main: unknown axis 'lamda'; did you mean 'lambda'\?"),
    "a question about two things": ("about:", "main:\n  - family\n  - wdith\nabout:", 4, r"main\[1\]: unknown axis 'wdith'; did you mean 'width'\?"),
    "a question asked twice": ("about:", "main: [family, family]\nabout:", 2, r"main: names an axis twice"),
    "no question": ("about:", "main: []\nabout:", 2, r"main: needs at least one axis"),
    "a question that is a number": ("about:", "main: 3\nabout:", 2, r"main: needs the name of an axis or a list of them, found 3"),
    "a question about what does not vary": ("about:", "main: [family, G]\nabout:", 2, r"main\[1\]: 'G' has less than two values in this grid; these vary: family, M, lambda"),
    "a smallest difference of nothing": ("about:", "smallest: 0\nabout:", 2, r"smallest: must be over 0"),
    "a smallest difference of more than all": ("about:", "smallest: 101\nabout:", 2, r"smallest: must be at most 100"),
    "a hypothesis that is a list": ("about:", "hypothesis: [a]\nabout:", 2, r"hypothesis: needs text, found a list"),
    "a search": ("seeds: 2", "seeds: 2\nsearch: {}", 23, r"not in this version yet"),
    "more than a GPU": ("seeds: 2", "seeds: 2\nresources: {gpus: 2}", 23, r"resources\.gpus: must be at most 1"),
    "a GPU's name on a CPU": ("seeds: 2", "seeds: 2\nresources: {architecture: sm_90}", 23, r"resources: architecture is that of a GPU, and needs gpus to be over 0"),
    "no lanes at all": ("batch_size: 40", "batch_size: 40\n  lanes: 0", 19, r"proxy\.lanes: must be at least 1"),
    "a GPU's name": ("seeds: 2", "seeds: 2\nresources: {gpus: 1, architecture: H100}", 23, r"resources\.architecture: "),
    "a GPU's precision on a CPU": ("batch_size: 40", "batch_size: 40\n  precision: tf32", 19, r"proxy\.precision: tf32 is a GPU's: it needs resources\.gpus"),
    "a range": ("M: [1, 2]", "M: {low: 1, high: 4}", 13, r"needs step or count"),
    "a range without a step": ("M: [1, 2]", "M: {low: 1, high: 4, log: true}", 13, r"needs step or count"),
    "a range upside down": ("M: [1, 2]", "M: {low: 4, high: 1, step: 1}", 13, r"low 4 must be under high 1"),
    "a range of nothing known": ("M: [1, 2]", "M: {low: 1, high: 4, steps: 1}", 13, r"unknown key 'steps'; did you mean 'step'\?"),
    "a range in the network": ("width: 0.125", "width: {low: 1, high: 2, step: 1}", 5, r"needs a value, found a mapping"),
    "a range of halves where none can be": ("  - family: static", "  - {family: se, reduction: {low: 1, high: 2, step: 0.5}}", 11, r"reduction\[1\]: needs a whole number"),
    "a stage that is no word": ("    G: 1", "    G: 1\n    stages: lats", 15, r"needs all, first, last.*did you mean 'last'\?"),
    "a stage too far": ("    G: 1", "    G: 1\n    stages: [3]", 12, r"stages names stage 3 of a network of 2"),
    "stages of a static network": ("- family: static", "- {family: static, stages: last}", 11, r"stages is not supported with family static"),
    "depthwise of SE": ("- family: static", "- {family: se, depthwise: static}", 11, r"depthwise is not supported with family se"),
    "experts missing": ("- family: static", "- {family: condconv}", 11, r"family condconv needs experts"),
    "experts of WeightNet": ("    G: 1", "    G: 1\n    experts: 2", 12, r"experts is not supported with family weightnet"),
    "a misspelt backbone": ("backbone: shufflenet_v2", "backbone: resnet", 4, r"'resnet' is not a known backbone; did you mean 'resnet50'\?|did you mean 'resnet"),
    "a stem of ResNet": ("- family: static", "- {family: static, backbone: resnet18, stem_channels: 8}", 11, r"stem_channels is not supported with backbone resnet18"),
    "depthwise convolutions of ResNet": ("    M: [1, 2]", "    M: 1\n    depthwise: static\n    backbone: resnet18", 12, r"depthwise is not supported with backbone resnet18"),
    "lambda too large": ("M: [1, 2]\n    G: 1", "M: 4096\n    G: 1/2", 12, r"lambda = M/G = 8192 is over 4096"),
    "M too large for lambda": ("M: [1, 2]\n    G: 1", "lambda: 4096\n    G: 2", 12, r"M must be over 0 and at most 4096, found 8192"),
    "too fine a fraction": ("M: [1, 2]", "M: 1/3000001", 13, r"too fine a fraction"),
    "published rows that are not there": ("seeds: 2", "seeds: 2\npublished: imagnet", 23, r"did you mean 'imagenet'\?"),
    "a network of one's own": ("backbone: shufflenet_v2", "backbone: my.nets:tiny", 4, r"there is no module my"),
}  # fmt: skip

FILES = {
    # what is wrong: (content, line, what must be said)
    "empty": ("", 1, "the file is empty"),
    "only a comment": ("# nothing\n", 1, "the file is empty"),
    "not YAML": ("{[ a: b", 1, "not YAML"),
    "a tab": ("name: x\n\tgrid: []\n", 2, "not YAML"),
    "bytes": (b"name: x\n\xff\xfe", 2, "not text in UTF-8"),
    "a list": ("- 1\n- 2\n", 1, "a space is a mapping"),
    "nothing but a name": ("name: x\n", 1, "proxy: is missing"),
    "depth without end": ("a: " + "[" * 3000, 1, "nested more than 100 deep"),
    "depth of mappings": ("a: " + "{b: " * 300 + "1" + "}" * 300, 1, "nested more than 100 deep"),
    "digits without end": ("name: " + "1" * 5000, 1, "not YAML"),
    "aliases of aliases": (
        "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 12)),
        1,
        r"stands for [\d,]+ values, more than the 100,000 of a space",
    ),
    "a date": ("name: 2020-01-01\n", 1, "a date is not supported; put text in quotes"),
}


def unharmed(tmp_path, before):
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before
    assert not any(p.is_dir() for p in tmp_path.iterdir())


def check(command, tmp_path, file, line, told):
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    code, out, err = command("run", file.name, "--inline")
    assert code == 2
    assert out == ""
    assert "Traceback" not in err
    named = [said for said in err.splitlines() if said.startswith(f"{file.name}:{line}: ")]
    assert named, f"no line says {file.name}:{line}\n{err}"
    assert any(re.search(told, said) for said in named), err
    unharmed(tmp_path, before)


@pytest.mark.parametrize("what", CASES)
def test_a_wrong_space(what, command, write, tmp_path):
    old, new, line, told = CASES[what]
    assert SMALL.count(old) >= 1
    check(command, tmp_path, write(SMALL.replace(old, new, 1)), line, told)


@pytest.mark.parametrize("what", FILES)
def test_a_wrong_file(what, command, write, tmp_path):
    content, line, told = FILES[what]
    check(command, tmp_path, write(content), line, told)


def test_images_that_cannot_be_read(command, write, tmp_path):
    path = write(SMALL.replace("{name: digits, train: 200, validation: 100}", "imagenet"))
    check(command, tmp_path, path, 16, "can be planned for, but this version cannot read its images")
    assert command("plan", path.name, "--no-forecast", "--trace", 0)[0] == 0


def test_more_runs_than_a_sweep_can_have(command, write, tmp_path):
    many = "width: {low: 0.13, high: 1, step: 0.00005}"
    path = write(SMALL.replace("- family: static", f"- family: static\n    {many}").replace("seeds: 2", "seeds: 40"))
    check(command, tmp_path, path, 10, r"asks for [\d,]+ runs, more than the 1,000,000 of one sweep")


def test_a_wrong_space_leaves_an_existing_ledger_as_it_was(command, write, tmp_path):
    folder = tmp_path / "results" / "small"
    with Ledger.create(folder / "ledger.sqlite") as ledger:
        ledger.describe("small", {"name": "small"})
    before = (folder / "ledger.sqlite").read_bytes()
    for old, new, _, _ in CASES.values():
        assert command("run", write(SMALL.replace(old, new, 1)).name)[0] == 2
    assert (folder / "ledger.sqlite").read_bytes() == before
    assert [path.name for path in folder.iterdir()] == ["ledger.sqlite"]


@pytest.mark.parametrize("what", CASES)
def test_a_plan_tells_the_same(what, command, write):
    old, new, _, _ = CASES[what]
    path = write(SMALL.replace(old, new, 1))
    assert command("plan", path.name) == command("run", path.name, "--inline")


@pytest.mark.parametrize("option", ["--results", "--reports"])
def test_a_folder_that_cannot_be_used(option, command, small, tmp_path):
    (tmp_path / "file").write_text("")
    code, out, err = command("run", small.name, option, "file", "--inline")
    assert (code, out) == (2, "")
    assert "file/small: cannot be used" in err or "there is no such ledger" in err


def test_a_line_number_is_no_emoji(command, write):
    code, _, err = command("plan", write("\n" * 99 + "abuot: x\n").name)
    assert code == 2
    assert "space.yaml:100: abuot: unknown key" in err


def test_a_missing_file(command, tmp_path):
    check(command, tmp_path, tmp_path / "absent.yaml", 1, "no such file")


def test_a_folder(command, tmp_path):
    code, _, err = command("run", tmp_path, "--inline")
    assert (code, err.splitlines()) == (2, [f"{tmp_path}:1: this is a directory, not a file"])


def test_each_mistake_has_its_line(command, write):
    text = SMALL.replace("about:", "abuot:").replace("epochs: 8", "epochs: x").replace("seeds: 2", "seeds: -1")
    code, _, err = command("plan", write(text).name)
    assert code == 2
    assert [line.split(":")[1] for line in err.splitlines()] == ["2", "17", "22"]


def test_the_real_command_in_a_process_of_its_own(write, tmp_path):
    write(SMALL.replace("family: weightnet", "family: weightnett"))
    words = [sys.executable, "-m", "sweep.cli", "run", "space.yaml"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("space.yaml:12: grid[1].family: 'weightnett' is not a known family")
    assert len(done.stderr.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["space.yaml"]
