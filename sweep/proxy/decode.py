"""An image's file as an array, by Pillow."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from sweep.proxy.errors import DataError


def decode(content: bytes, name: str, channels: int, size: int) -> NDArray[np.uint8]:
    """The middle square of an image, brought to `channels` x `size` x `size`; raises DataError.

    Three channels are RGB, one is grey (ITU-R 601-2 luma). Transparency is dropped. An image that has the size already
    keeps its pixels.
    """
    try:
        with Image.open(io.BytesIO(content)) as image:
            if image.mode not in {"1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr"}:
                raise DataError(f"{name}: images of mode {image.mode} have no eight bits a channel")
            # a palette's transparency would be warned of
            whole = image.convert("RGBA") if image.mode in {"P", "PA"} else image
            side = min(whole.size)
            left, top = ((length - side) // 2 for length in whole.size)
            # cut first: resizing from a box mixes in what lies around it
            square = whole.convert("L" if channels == 1 else "RGB").crop((left, top, left + side, top + side))
            pixels = np.asarray(square.resize((size, size), Image.Resampling.BILINEAR))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        what = "no image that Pillow knows" if isinstance(error, UnidentifiedImageError) else str(error)
        raise DataError(f"{name} cannot be read: {what}") from None
    return pixels[None] if channels == 1 else pixels.transpose(2, 0, 1)
