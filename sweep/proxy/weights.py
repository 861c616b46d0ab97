"""Final weights: the state that a run's error was measured with, kept under the run's key."""

from pathlib import Path
from typing import Any

from torch import nn

from sweep.proxy import stored

#: The first line of every file of weights; another layout has another number.
_HEAD = b"wn-sweep weights 2\n"
#: That of files that do not say whose they are.
_HEAD_1 = b"wn-sweep weights 1\n"


class Weights:
    """Where one run leaves its final weights.

    If the storage fails, the weights are lost, but not the run; `notes` says what failed.

    Args:
        storage: a directory, or a URL that fsspec reads.
        key: the run's key, which names the file.
    """

    def __init__(self, storage: str, key: str) -> None:
        self._storage, self._key = storage, key
        self.notes: list[str] = []

    def save(self, network: nn.Module) -> None:
        """Keep parameters and buffers, whole or not at all; doing the run again writes the same."""
        try:
            stored.put(self._storage, self._key, _HEAD, {"key": self._key, "state": network.state_dict()})
        except Exception as error:
            self.notes.append(f"its weights could not be written ({stored.said(error)})")


class StoredWeights:
    """The weights that lie in one or several storages; those in the first count.

    Args:
        storages: directories, or URLs that fsspec reads. Damaged weights are renamed in the first only.
        contact: whether URLs may be contacted: in a folder that somebody sent they may be anybody's.
    """

    def __init__(self, storages: list[str], contact: bool = True) -> None:
        self._own = storages[:1]
        self._names: dict[str, set[str]] = {}
        #: storages that cannot be looked into, and why
        self.troubles: dict[str, str] = {}
        for storage in storages:
            if not (contact or stored.is_local(storage)):
                self.troubles[storage] = "a URL is contacted by `wn-sweep run`, or with --trust"
                continue
            try:
                self._names[storage] = stored.names(storage)
            except FileNotFoundError:
                continue
            except Exception as error:
                self.troubles[storage] = stored.said(error)

    @property
    def keys(self) -> set[str]:
        """The keys of runs whose weights are there, or were set aside."""
        return {name.removesuffix(".damaged") for names in self._names.values() for name in names}

    def has(self, key: str) -> bool:
        """Whether weights of a run are there, as far as their name tells."""
        return any(key in names for names in self._names.values())

    def damaged(self, key: str) -> bool:
        """Whether weights of a run were set aside, and there are no others."""
        return not self.has(key) and any(f"{key}.damaged" in names for names in self._names.values())

    def take(self, key: str, network: nn.Module) -> bool:
        """Put a run's weights into its network; False if there are none that fit.

        Damaged ones, and those that say that they are another run's, are set aside.
        """
        for storage, names in self._names.items():
            if key in names:
                try:
                    network.load_state_dict(_state(storage, key))
                    return True
                except (stored.Damaged, RuntimeError, TypeError):
                    self._set_aside(storage, key)
                except Exception as error:
                    self.troubles[storage] = stored.said(error)
                names.discard(key)
        return False

    def _set_aside(self, storage: str, key: str) -> None:
        self._names[storage].add(f"{key}.damaged")
        # a note may name the weights of other sweeps, and a link may lead to them
        if storage not in self._own or Path(storage).is_symlink():
            return
        try:
            stored.set_aside(storage, key)
        except Exception as error:
            # it counts as damaged either way
            self.troubles[storage] = stored.said(error)


def _state(storage: str, key: str) -> dict[str, Any]:
    try:
        content = stored.get(storage, key, _HEAD)
    except stored.Damaged:
        return stored.get(storage, key, _HEAD_1)
    if content.get("key") != key or not isinstance(content.get("state"), dict):
        raise stored.Damaged(key)
    return dict(content["state"])
