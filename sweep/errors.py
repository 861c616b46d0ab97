"""The errors that a person can cause; the command line catches them once and prints them without a traceback."""


class SweepError(Exception):
    """An error that the user can fix; `str()` is the message, and `code` is the exit code."""

    code = 2


#: Mistakes that are listed; of more only the number is given.
MOST_READ = 40


class SpaceError(SweepError):
    """A space.yaml that cannot be used: one line per mistake, each `file:line: path: what is wrong`."""

    def __init__(self, *mistakes: str) -> None:
        more = len(mistakes) - MOST_READ
        super().__init__("\n".join([*mistakes[:MOST_READ], *([f"and {more:,} more mistakes"] if more > 0 else [])]))
        self.mistakes = mistakes


class LedgerError(SweepError):
    """A ledger that cannot be read or written."""

    def __init__(self, message: str, code: int = 2) -> None:
        super().__init__(message)
        self.code = code


class StorageError(SweepError):
    """A storage that cannot hold checkpoints."""


class EngineError(SweepError):
    """No run can be done at all, such as when Ray cannot be started."""

    code = 1


class CardError(EngineError):
    """A process that cannot train on a GPU, or no more: nothing that it does there can succeed."""


class NetworkError(SweepError):
    """A point that no network can be built from, such as an M that is not a multiple of G."""
