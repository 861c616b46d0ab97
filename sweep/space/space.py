"""A space: what space.yaml says, checked as a whole."""

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, PrivateAttr, ValidationError

from sweep.errors import SpaceError
from sweep.space.axes import AXES, NUMERIC_AXES, axis_mistakes, bound_mistakes
from sweep.space.backbones import BACKBONES
from sweep.space.lengths import MOST as MOST_LENGTHS
from sweep.space.lengths import Length, length_mistakes, ordered, with_epochs
from sweep.space.mistakes import translate
from sweep.space.model import Model
from sweep.space.nuisance import nuisance_mistakes, with_setting
from sweep.space.placed import own_networks_of, placed
from sweep.space.point import plain
from sweep.space.product import backbones_of, length, only_own
from sweep.space.published import find_published
from sweep.space.question import named_axes, question_mistakes
from sweep.space.schema import Bound, Dataset, Proxy, Resources, look_again
from sweep.space.seeds import extra_seeds, seed_mistakes, seeds_of_all, written_seeds
from sweep.space.shorthands import written_out
from sweep.space.source import Source, read
from sweep.space.strategies import Strategy
from sweep.space.truth import Known, once_each, with_truth

__all__ = ["AXES", "COSTS", "MOST_POINTS", "NUMERIC_AXES", "Space"]

COSTS = ["params", "flops", "activations"]
#: A grid with more is a mistake, or a question that no grid answers.
MOST_POINTS = 10_000_000


class Space(Model):
    """A design space: the points, how they are trained, and what they are compared with.

    Made by `Space.load(path)` or `Space.parse(mapping)`, which check what the schema alone cannot and raise SpaceError
    with one line per mistake.
    """

    name: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
            max_length=100,
            description="Name of the sweep; its files are in results/NAME/ and reports/NAME/.",
        ),
    ]
    about: Annotated[str, Field(description="The question that the sweep answers, for its page.")] = ""
    main: Annotated[
        tuple[str, ...],
        BeforeValidator(named_axes),
        Field(description="The axis, or a list of axes, that the sweep is about: its values are what is compared."),
    ] = ()
    hypothesis: Annotated[str, Field(description="What is expected to come out, in words, for the page.")] = ""
    smallest: Annotated[
        float | None,
        Field(gt=0, le=100, description="The smallest difference in error that matters, in points."),
    ] = None
    network: Annotated[dict[str, Any], Field(description="What is the same for every point, unless a block says.")] = {}
    grid: Annotated[
        list[dict[str, Any]],
        Field(min_length=1, description="Blocks; each is the product of its lists and ranges, the grid their union."),
    ]
    constraints: Annotated[
        dict[str, Bound], Field(description="Bounds on params, flops, activations or any axis that has an order.")
    ] = {}
    proxy: Annotated[Proxy, Field(description="How each point is trained.")]
    nuisance: Annotated[
        dict[str, Annotated[list[Any], Field(min_length=1)]],
        Field(description="Settings of the recipe, such as optimizer.lr, that are tuned for each point."),
    ] = {}
    lengths: Annotated[
        tuple[Length, ...],
        AfterValidator(ordered),
        Field(
            strict=False,
            min_length=1,
            max_length=MOST_LENGTHS,
            description="Epochs at which every point is trained, each a whole schedule; proxy.epochs are judged.",
        ),
    ] = ()
    seeds: Annotated[
        tuple[int, ...],
        BeforeValidator(seeds_of_all),
        Field(description="How many seeds, or a list of them; {all: 3, baseline: 9} for more of the baseline."),
    ] = (0, 1, 2)
    baseline: Annotated[dict[str, Any], Field(description="The point that others are compared with.")] = {}
    strategy: Annotated[
        Strategy, Field(description="Which runs of the grid are done: all, or those that a search or a race chooses.")
    ] = Strategy.model_validate("grid")
    truth: Annotated[
        tuple[Known, ...],
        AfterValidator(once_each),
        Field(strict=False, description="Errors of the points from elsewhere, whose order a proxy should tell."),
    ] = ()
    metric: Annotated[
        Literal["error", "loss"],
        Field(description="What points are judged by: top-1 error, or the cross-entropy on the same images."),
    ] = "error"
    resources: Annotated[Resources, Field(description="What one run is given.")] = Resources()
    published: Annotated[
        str | None,
        Field(description="Published rows to compare a plan with: a name that ships, or a CSV beside the space."),
    ] = None

    def __repr__(self) -> str:
        blocks, seeds, extra = len(self.grid), len(self.seeds), len(self.extra_seeds)
        more = f", {extra} more of the baseline" if extra else ""
        return f"<Space {self.name}: {blocks} block{'s' * (blocks > 1)}, {seeds} seed{'s' * (seeds > 1)}{more}>"

    _source: Source = PrivateAttr(default_factory=Source)
    _data: dict[str, Any] = PrivateAttr(default_factory=dict)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """The space in a file; raises SpaceError with `file:line: path: what` for each mistake."""
        return cls.parse(*read(Path(path)))

    @classmethod
    def parse(cls, data: Mapping[str, Any], source: Source | None = None) -> Self:
        """The space in a mapping of plain values; raises SpaceError.

        Networks of the user's own that it names are imported, and images of their own are looked at.
        """
        source = source or Source()
        look_again()
        data = with_truth(with_epochs(written_out(placed(dict(data), source), source)), source)
        if mistakes := _size_mistakes(data, source):
            raise SpaceError(*mistakes)
        networks, mistakes = own_networks_of(data, source)
        mistakes += axis_mistakes(data, source, networks)
        mistakes += bound_mistakes(data, source, networks, COSTS) + nuisance_mistakes(data, source)
        mistakes += length_mistakes(data, source) + seed_mistakes(data, source)
        mistakes += question_mistakes(data, source, networks)
        try:
            space = cls(**data)
        except ValidationError as error:
            mistakes = translate(error, cls, source) + mistakes
        if mistakes:
            raise SpaceError(*dict.fromkeys(sorted(mistakes, key=_line)))
        if space.proxy.dataset.of_the_user:
            data, space = cls._with_known(data, space, source)
        space._source, space._data = source, data
        if space.published is not None:
            try:
                find_published(space.published, source.file)
            except ValueError as error:
                raise SpaceError(source.mistake(("published",), str(error))) from None
        try:
            recipes = [recipe for rung in space.rungs() for _, recipe in rung.recipes]
        except ValidationError as error:
            raise SpaceError(*translate(error, Proxy, source, ("nuisance",))) from None
        if not space.resources.gpus and any(recipe.precision == "tf32" for recipe in recipes):
            raise SpaceError(source.mistake(("proxy", "precision"), "tf32 is a GPU's: it needs resources.gpus"))
        if len(recipes) > len(set(recipes)):
            raise SpaceError(source.mistake(("nuisance",), "two settings make the same recipe"))
        return space

    @classmethod
    def _with_known(cls, data: dict[str, Any], space: Self, source: Source) -> tuple[dict[str, Any], Self]:
        """The space with what is known of its images: what a ledger keeps, workers are told, and runs are keyed on."""
        where = ("proxy", "dataset")
        try:
            dataset = space.proxy.dataset.settled
        except ValidationError as error:
            raise SpaceError(*translate(error, Dataset, source, where)) from None
        except (ValueError, OSError) as error:
            raise SpaceError(source.mistake(where, str(error))) from None
        data = {**data, "proxy": {**data["proxy"], "dataset": plain(dataset)}}
        return data, cls(**data)

    @classmethod
    def recorded(cls, data: Mapping[str, Any], source: Source | None = None) -> Self:
        """The space that a ledger holds, which was checked when it was run: nothing is imported or looked up.

        Raises SpaceError if this version does not read it, and if what is known of the images is not in it.
        """
        source = source or Source("<ledger>")
        try:
            space = cls(**data)
            if space.proxy.dataset.chosen.facts is None:
                raise SpaceError(source.mistake(("proxy", "dataset"), "does not say what its images are"))
            space._source, space._data = source, dict(data)
            if mistakes := length_mistakes(data, source) + seed_mistakes(data, source):
                raise SpaceError(*mistakes)
            space.recipes()
        except ValidationError as error:
            raise SpaceError(*translate(error, cls, source)) from None
        return space

    @property
    def own_networks(self) -> bool:
        """Whether some of its points are networks of the user's own."""
        blocks = [{}, *self.grid]
        return not all(name in BACKBONES for block in blocks for name in backbones_of(block, self.network))

    @property
    def combinations(self) -> int:
        """How many combinations the blocks of its grid have; some may be rejected, or occur twice."""
        return _combinations(self.grid, self.network)

    @property
    def source(self) -> Source:
        """Where the space was read, for messages."""
        return self._source

    @property
    def data(self) -> dict[str, Any]:
        """The plain values that the space was made of; `Space.parse(space.data)` is the space again."""
        return self._data

    @property
    def extra_seeds(self) -> tuple[int, ...]:
        """The seeds that baselines have beside `seeds`."""
        return extra_seeds(self._data.get("seeds"))

    def with_seeds(self, count: int) -> Self:
        """The same space with more seeds: its own, and as many of the smallest others as are lacking.

        Baselines keep theirs, and have as many at least.

        Raises SpaceError if it has more already.
        """
        if count < len(self.seeds):
            message = (
                f"{count} seeds were asked for, fewer than the {len(self.seeds)} of the space; edit the file for that"
            )
            raise SpaceError(self.source.mistake(("seeds",), message))
        fresh = (seed for seed in range(count + len(self.seeds)) if seed not in self.seeds)
        seeds = [*self.seeds, *itertools.islice(fresh, count - len(self.seeds))]
        extra = [seed for seed in self.extra_seeds if seed not in seeds]
        return type(self).parse({**self._data, "seeds": written_seeds(seeds, extra)}, self._source)

    def recipes(self) -> list[tuple[dict[str, Any], Proxy]]:
        """Every nuisance setting with the recipe that it makes, at the length that is judged, in the file's order."""
        return self.rungs()[self.judged].recipes

    def rungs(self) -> list["Rung"]:
        """Every length of training with its recipes, the shortest first: one, that of the recipe, without `lengths`."""
        proxy = self._data["proxy"]
        if not self.lengths:
            return [Rung(self.proxy.epochs, self.nuisance, self._made(proxy, self.nuisance))]
        tuned = [{**self.nuisance, **length.nuisance} for length in self.lengths]
        return [
            Rung(length.epochs, nuisance, self._made({**proxy, "epochs": length.epochs}, nuisance))
            for length, nuisance in zip(self.lengths, tuned, strict=True)
        ]

    @property
    def judged(self) -> int:
        """The place among `rungs` of the length that is judged, that of `proxy.epochs`."""
        return [length.epochs for length in self.lengths].index(self.proxy.epochs) if self.lengths else 0

    def _made(self, proxy: Any, nuisance: Mapping[str, list[Any]]) -> list[tuple[dict[str, Any], Proxy]]:
        settings: list[dict[str, Any]] = [{}]
        for path, values in nuisance.items():
            settings = [{**setting, path: value} for setting in settings for value in values]
        return [(setting, Proxy(**with_setting(proxy, setting))) for setting in settings]


@dataclass(frozen=True)
class Rung:
    """A length of training: its epochs, its nuisance settings, and the recipe of each."""

    epochs: int
    nuisance: Mapping[str, list[Any]]
    recipes: list[tuple[dict[str, Any], Proxy]]


def _line(mistake: str) -> int:
    parts = mistake.split(":", 2)
    return int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else 0


def _size_mistakes(data: Mapping[str, Any], source: Source) -> list[str]:
    """A message about a grid of too many points, before any of them is made."""
    points = _combinations(data.get("grid"), data.get("network"))
    if points <= MOST_POINTS:
        return []
    return [source.mistake(("grid",), f"has {points:,} points, more than the {MOST_POINTS:,} that can be planned")]


def _combinations(grid: Any, network: Any) -> int:
    points = 0
    for block in grid if isinstance(grid, list) else []:
        if isinstance(block, Mapping):
            own = only_own(backbones_of(block, network))
            points += math.prod(length(key, value, own=own) for key, value in block.items())
    return points
