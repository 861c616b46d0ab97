"""The result of a run, from the worker to the ledger."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Self


@dataclass(frozen=True)
class Result:
    """The result of a run.

    key: the run's.
    status: 'done'; 'failed'; or 'diverged', if the loss or the network's answers are no finite numbers.
    error: top-1 error in per cent on the validation split at the last epoch; None unless done.
    loss: cross-entropy on the validation split at the last epoch, without label smoothing; None unless done.
    losses: mean training loss of each epoch.
    seconds: wall-clock time of training, over all attempts that a checkpoint connects.
    kind, message, traceback: why it is not done; a run that is done may have a message too.
    versions: what computed it.
    checkpointed: whether a checkpoint of the run may lie in the storage.
    """

    key: str
    status: Literal["done", "failed", "diverged"]
    error: float | None = None
    loss: float | None = None
    losses: tuple[float, ...] = ()
    seconds: float = 0.0
    kind: str = ""
    message: str = ""
    traceback: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    checkpointed: bool = False

    def __post_init__(self) -> None:
        # messages may quote file names with invalid characters, which neither the ledger nor a terminal accepts
        for name in ("kind", "message", "traceback"):
            text = getattr(self, name).encode("utf-8", "backslashreplace").decode()
            object.__setattr__(self, name, text)

    def plain(self) -> dict[str, Any]:
        """The same as JSON values."""
        return asdict(self)

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Self:
        """The result that `plain` gave."""
        return cls(**{**plain, "losses": tuple(plain["losses"])})
