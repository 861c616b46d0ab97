"""The section `strategy`: how runs of the grid are chosen, and the keys of each way."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from sweep.space.model import Choice, Flat, KeyMistakeError, Model, union

#: What a search makes low beside the error: costs, which are known exactly.
Cost = Literal["flops", "params", "activations", "training_flops"]
_Lag = Annotated[int, Field(ge=0, le=1000, description="Runs that may be open while the next one is chosen.")]
_Confirm = Annotated[int, Field(ge=0, le=1000, description="Fresh seeds of each finalist: only they are evidence.")]
_Seed = Annotated[int, Field(ge=0, lt=2**31, description="Of the strategy's own random numbers.")]
_Runs = Annotated[
    int | None,
    Field(ge=1, le=1_000_000, description="Most runs, confirmation included; or give hours."),
]
_Hours = Annotated[
    float | None,
    Field(
        gt=0,
        le=1e6,
        description="Most hours of training, of all runs together and by forecast, confirmation included.",
    ),
]


class StrategyKeys(Model):
    """The keys of a strategy."""

    name: str


class GridKeys(StrategyKeys):
    """Every point at every setting with every seed."""

    name: Literal["grid"] = "grid"


class SearchKeys(StrategyKeys):
    """So many runs that explore, and fresh seeds for the finalists."""

    runs: _Runs = None
    hours: _Hours = None
    objectives: Annotated[
        tuple[Literal["error"] | Cost, ...],
        Field(strict=False, min_length=1, max_length=4, description="What is made low: error, and costs."),
    ] = ("error", "flops")
    confirm: _Confirm = 4
    lag: _Lag = 8
    seed: _Seed = 0

    @model_validator(mode="after")
    def _with_a_budget(self) -> Self:
        if self.runs is None and self.hours is None:
            raise ValueError("needs a budget: runs or hours, or both, of which the first to be spent ends it")
        return self

    @field_validator("objectives")
    @classmethod
    def _with_error(cls, objectives: tuple[str, ...]) -> tuple[str, ...]:
        if "error" not in objectives:
            raise ValueError("needs error among the objectives: costs are known without training")
        if len(set(objectives)) < len(objectives):
            raise ValueError("names an objective twice")
        return objectives


class DrawnKeys(SearchKeys):
    """Points and settings drawn at random (`random`) or spread evenly (`qmc`)."""

    name: Literal["random", "qmc"] = "random"


class OptunaKeys(SearchKeys):
    """Points and settings that a sampler of Optuna asks for."""

    name: Literal["tpe", "gp", "nsga2", "nsga3"] = "tpe"


class CmaesKeys(SearchKeys):
    """Points and settings that CMA-ES samples; it makes the error low, and nothing else."""

    name: Literal["cmaes"] = "cmaes"
    objectives: Annotated[
        tuple[Literal["error"] | Cost, ...],
        Field(strict=False, min_length=1, max_length=4, description="What is made low: the error."),
    ] = ("error",)

    @field_validator("objectives")
    @classmethod
    def _error_alone(cls, objectives: tuple[str, ...]) -> tuple[str, ...]:
        if objectives != ("error",):
            raise ValueError("must be [error]: cmaes makes one thing low; nsga2 and tpe take costs as well")
        return objectives


class HalvingKeys(SearchKeys):
    """Many points and settings at the shortest of the space's lengths, the better ones at longer ones."""

    name: Literal["halving"] = "halving"
    keep: Annotated[int, Field(ge=2, le=100, description="One run of so many goes on to the next length.")] = 3


class RacingKeys(StrategyKeys):
    """Points and settings that cannot matter any more get no more runs."""

    name: Literal["racing"] = "racing"
    goal: Annotated[
        Literal["front", "best", "curve"],
        Field(description="What is asked: the front of error and a cost, the best points, or how an axis moves error."),
    ] = "front"
    confidence: Annotated[float, Field(gt=0.5, lt=1, description="Probability that a claim needs.")] = 0.95
    cost: Annotated[Cost, Field(description="The cost of the front.")] = "flops"
    axis: Annotated[str | None, Field(min_length=1, description="The axis that a curve runs along.")] = None
    between: Annotated[
        tuple[float, float] | None,
        Field(strict=False, description="Two values of the axis; every neighbouring pair if not given."),
    ] = None
    runs: Annotated[
        int | None,
        Field(ge=1, le=1_000_000, description="Most runs, confirmation included; until settled if not given."),
    ] = None
    hours: _Hours = None
    confirm: Annotated[
        int | None,
        Field(ge=0, le=1000, description="Fresh seeds of each finalist; 4 if not given, and none for a curve."),
    ] = None
    tolerance: Annotated[
        float | None,
        Field(
            gt=0,
            le=100,
            description="Deviations of a run that a claim may be wrong by; as uncertain as the full grid if not given.",
        ),
    ] = None
    half_width: Annotated[
        float | None,
        Field(
            gt=0,
            le=100,
            description="Of a curve's intervals, in deviations of a run; as narrow as the full grid's if not given.",
        ),
    ] = None
    lag: _Lag = 8
    seed: _Seed = 0

    @model_validator(mode="after")
    def _curve(self) -> "RacingKeys":
        if self.goal == "curve" and self.axis is None:
            raise ValueError("goal: curve needs axis, the axis that the curve runs along")
        if self.goal != "curve" and (self.axis is not None or self.between is not None):
            key = "between" if self.axis is None else "axis"
            raise KeyMistakeError(f"axis and between go with goal: curve, not with {self.goal}", key)
        if self.goal != "curve" and self.half_width is not None:
            raise KeyMistakeError(f"half_width goes with goal: curve; goal: {self.goal} has a tolerance", "half_width")
        if self.goal == "curve" and self.tolerance is not None:
            raise KeyMistakeError(
                "tolerance goes with goal: front and goal: best; a curve has a half_width", "tolerance"
            )
        return self


CHOICE = Choice.of(
    "name", GridKeys, DrawnKeys, OptunaKeys, CmaesKeys, HalvingKeys, RacingKeys, noun="strategy", default="grid"
)

if TYPE_CHECKING:
    AnyStrategy = StrategyKeys
else:
    AnyStrategy = union(CHOICE)


class Strategy(Flat):
    """How runs of the grid are chosen: a name, or a mapping with a name."""

    choice: ClassVar[Choice] = CHOICE

    chosen: AnyStrategy

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value

    @property
    def name(self) -> str:
        """Which strategy."""
        return self.chosen.name

    @property
    def settings(self) -> Mapping[str, Any]:
        """The values of its other keys."""
        return {key: value for key, value in self.chosen if key != "name"}

    @property
    def runs(self) -> int | None:
        """Most runs that it may ask for, if there is such a number."""
        return getattr(self.chosen, "runs", None)

    @property
    def hours(self) -> float | None:
        """Most hours of training that its runs may take by forecast, if there is such a number."""
        return getattr(self.chosen, "hours", None)
