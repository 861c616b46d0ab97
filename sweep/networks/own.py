"""A network of the user's own, built by their function."""

import inspect

import torch
from torch import nn

from sweep.errors import NetworkError
from sweep.space import Point, own_network
from sweep.space.guard import UserCodeError, guarded


def build_own(point: Point, channels: int, classes: int) -> nn.Module:
    """Call the function with the point's options, and with what it takes of channels, classes and image_size.

    Raises NetworkError in words, whatever the function raises.
    """
    try:
        own = own_network(point.backbone)
    except ValueError as error:
        raise NetworkError(str(error)) from None
    given = {"channels": channels, "classes": classes, "image_size": point.image_size}
    arguments = dict(point.options) | {name: value for name, value in given.items() if name in own.parameters}
    try:
        with guarded():
            network = own.function(**arguments)
    except UserCodeError as error:
        raise NetworkError(f"{point.backbone} {error}") from None
    except (MemoryError, torch.OutOfMemoryError):
        # it can pass by itself, unlike an error about arguments
        raise
    except Exception as error:
        where = inspect.trace()[-1]
        raise NetworkError(
            f"{point.backbone} raises {type(error).__name__}: {error} ({where.filename}:{where.lineno})"
        ) from error
    if not isinstance(network, nn.Module):
        raise NetworkError(f"{point.backbone} gives a {type(network).__name__}, not a torch.nn.Module")
    return network
