"""Text of a new space.yaml, with comments for whoever reads it first."""

import inspect
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from sweep.space.alone import is_plain
from sweep.space.backbones import BACKBONES
from sweep.space.datasets import DATASETS
from sweep.space.own import GIVEN, own_network

#: Family -> lines of a block that compares a few of its settings.
BLOCKS: Mapping[str, tuple[str, ...]] = {
    "static": (),
    "se": ("reduction: [4, 16]  # the hidden layer has C / reduction channels",),
    "sk": ("reduction: [4, 16]",),
    "condconv": ("experts: [2, 4]  # kernels that are mixed for each image",),
    "weightnet": (
        "lambda: [1, 4]  # M / G, what multiplies the parameters; or give M",
        "G: [1, 2]  # groups of the layer that generates a kernel",
    ),
}
#: Parameters of a network of the user's own that vary in a draft: each doubles the number of points.
MOST_AXES = 3
#: Column of the comments.
COMMENTS = 44
#: The data set with few and small images: others are trained on more of them, for fewer epochs.
_FEW = "digits"


@dataclass(frozen=True)
class Draft:
    """What is asked of somebody who starts a space; the text follows from it.

    backbone: one of ours, or `module:function` for a network of their own, which has no families.
    path: folder of the images of `imagefolder` and `huggingface`.
    """

    name: str
    about: str
    backbone: str
    families: Sequence[str]
    dataset: str
    path: str = ""

    def text(self) -> str:
        """The file; raises ValueError in words if the network of their own cannot be had."""
        shown = "".join(map(_escaped, self.name))
        named = f"name: {_quoted(self.name)}  # its files are in results/{shown}/ and reports/{shown}/"
        lines = (
            _aligned(named),
            f"about: {_quoted(self.about)}",
            *map(_aligned, self._network()),
            _aligned("grid:  # blocks: each is the product of its lists, the grid is their union"),
            *self._grid(),
            *self._proxy(),
            _aligned("nuisance:  # tuned for each point, so that no comparison is decided by them"),
            _aligned("  optimizer.lr: [0.003, 0.01, 0.03]  # a best one at an edge of the list is a warning"),
            _aligned("seeds: 3  # each point is trained at each rate with each of them"),
            *map(_aligned, self._baseline()),
        )
        return "".join(f"{line}\n" for line in lines)

    @property
    def _own(self) -> bool:
        return ":" in self.backbone

    def _network(self) -> list[str]:
        lines = ["network:  # the same for every point, unless a block of the grid says otherwise"]
        lines.append(f"  backbone: {self.backbone}")
        size = 16 if self.dataset == _FEW else 32
        if self.dataset in DATASETS and self.dataset != _FEW:
            size = min(DATASETS[self.dataset].image_size, 64)
        sized = f"  image_size: {size}  # pixels a side; images are brought to it"
        if self._own:
            return [*lines, sized]
        width = "0.25" if self.backbone.startswith("shufflenet") else "0.125"
        lines += [f"  width: {width}  # 1 is the published network; may be an axis, as any key here", sized]
        if self.backbone.startswith("shufflenet"):
            lines.append("  repeats: [1, 2, 1]  # blocks a stage; [4, 8, 4] published")
            lines.append("  last_channels: 64  # of the last 1x1 convolution; 1024 published")
        return lines

    def _grid(self) -> list[str]:
        if self._own:
            values = axes_of(self.backbone)
            lines = [f"{_quoted(name)}: {value}" for name, value in values.items()]
            return [f"{'    ' if i else '  - '}{line}" for i, line in enumerate(lines)] or ["  - {}"]
        lines = [
            x for name in self.families for x in (f"  - family: {name}", *(f"    {line}" for line in BLOCKS[name]))
        ]
        return [*map(_aligned, lines)]

    def _proxy(self) -> list[str]:
        is_small = self.dataset == _FEW
        counts = "train: 200, validation: 1000" if is_small else "train: 5000, validation: 2000"
        place = f", path: {_quoted(self.path)}" if self.path else ""
        if self.dataset not in DATASETS:
            counts = ""
        dataset = ", ".join(part for part in (f"name: {self.dataset}{place}", counts) if part)
        epochs, batch = (20, 25) if is_small else (10, 100)
        return [
            _aligned("proxy:  # how each point is trained: docs/recipes.md has all of it"),
            f"  dataset: {{{dataset}}}",
            f"  epochs: {epochs}",
            f"  batch_size: {batch}",
            _aligned("  optimizer: adamw  # or sgd, or a mapping: {name: adamw, weight_decay: 0.05}"),
        ]

    def _baseline(self) -> list[str]:
        if self._own or len(self.families) < 2 or BLOCKS[self.families[0]]:
            return []
        return [f"baseline: {{family: {self.families[0]}}}  # the point that others are compared with"]


def axes_of(reference: str) -> dict[str, str]:
    """A few values for each parameter of a network of the user's own whose annotation or default suggests some.

    Raises ValueError in words if there is no such network, or if it needs a parameter that suggests none.
    """
    own = own_network(reference)
    parameters = inspect.signature(own.function).parameters
    axes: dict[str, str] = {}
    for name in own.parameters:
        if name in GIVEN:
            continue
        values = _values(parameters[name])
        if values and (len(axes) < MOST_AXES or name in own.required):
            axes[name] = values
        elif name in own.required:
            raise ValueError(f"{reference} needs {name}, for which neither annotation nor default suggests a value")
    return axes


def _values(parameter: inspect.Parameter) -> str:
    default, kind = parameter.default, parameter.annotation
    if get_origin(kind) is Literal:
        return _listed(get_args(kind))
    if isinstance(default, bool) or kind is bool:
        return "[false, true]"
    if isinstance(default, int) and default > 0:
        return _listed((default, 2 * default))
    return ""


def _aligned(line: str) -> str:
    """A line with its comment at the column of the others; not for what a user wrote, which may look like one."""
    code, mark, comment = line.partition("  # ")
    return f"{code:<{COMMENTS}}{mark[1:]}{comment}" if mark else line


def _listed(values: Sequence[Any]) -> str:
    return f"[{', '.join(_quoted(v) if isinstance(v, str) else json.dumps(v, default=str) for v in values)}]"


def _quoted(text: str) -> str:
    """A text as YAML: in double quotes, unless it is a plain word; letters of any language stay as they are."""
    return text if is_plain(text) else f'"{"".join(map(_escaped, text))}"'


def _escaped(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    return char if char.isprintable() else f"\\U{ord(char):08X}"


#: What a draft may be of.
CHOICES = {"backbone": tuple(BACKBONES), "family": tuple(BLOCKS), "dataset": (*DATASETS, "imagefolder", "huggingface")}
