"""A network of one's own: a few convolutions over a ring of pixels, with a choice of activation."""

from torch import nn

ACTIVATIONS = {"relu": nn.ReLU, "silu": nn.SiLU}


def ring(channels: int, classes: int, width: int = 16, depth: int = 2, activation: str = "relu") -> nn.Module:
    """Build a network for images of `channels` colours in `classes` classes.

    wn-sweep calls it with the values of the axes that a point has, by name, and with `channels`, `classes` and
    `image_size` of the data set if it takes them.
    """
    if activation not in ACTIVATIONS:
        raise ValueError(f"activation {activation} is none of {', '.join(ACTIVATIONS)}")
    layers: list[nn.Module] = []
    for layer in range(depth):
        conv = nn.Conv2d(width if layer else channels, width, 3, padding=1, padding_mode="circular", bias=False)
        layers += [conv, nn.BatchNorm2d(width), ACTIVATIONS[activation]()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, classes))
