"""An image's file as an array, by Pillow."""

import contextlib
import io
from collections.abc import Iterator
from fractions import Fraction
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, UnidentifiedImageError

from sweep.proxy.errors import DataError

#: Formats that are read; Pillow knows forty more, one of which (EPS) starts another program.
FORMATS = ("JPEG", "PNG", "BMP", "PPM", "TIFF", "WEBP", "GIF")


#: How an image of any shape becomes a square: its middle, as it is judged by the official code, or all of it.
Framing = Literal["middle", "judged", "whole"]
#: The official code brings the shorter side to 256 and judges the 224 pixels in the middle (WeightNet, train.py).
JUDGED = Fraction(256, 224)


def decode(content: bytes, name: str, channels: int, size: int, framing: Framing = "middle") -> NDArray[np.uint8]:
    """An image, brought to `channels` x `size` x `size`; raises DataError.

    Three channels are RGB, one is grey (ITU-R 601-2 luma). Transparency is dropped. The orientation that a camera
    notes (EXIF) is not applied. Only the formats of FORMATS are read.

    With framing `middle` it is the middle square, and an image that has the size already keeps its pixels; `judged`
    leaves out an eighth of that, as the official code does after it has resized the image; `whole` is all of the
    image, squeezed into a square.
    """
    with _opened(content, name, channels) as image:
        if framing == "whole":
            pixels = np.asarray(image.resize((size, size), Image.Resampling.BILINEAR))
        elif framing == "judged":
            shorter = round(size * JUDGED)
            width, height = (shorter * length // min(image.size) for length in image.size)
            left, top = (round((length - size) / 2) for length in (width, height))
            # from a box of the image: resized whole, one of 1 x 60,000 pixels would take 12 GB
            across, down = image.size[0] / width, image.size[1] / height
            box = (left * across, top * down, (left + size) * across, (top + size) * down)
            pixels = np.asarray(image.resize((size, size), Image.Resampling.BILINEAR, box))
        else:
            side = min(image.size)
            left, top = ((length - side) // 2 for length in image.size)
            # cut first: resizing from a box mixes in what lies around it
            square = image.crop((left, top, left + side, top + side))
            pixels = np.asarray(square.resize((size, size), Image.Resampling.BILINEAR))
    return pixels[None] if channels == 1 else pixels.transpose(2, 0, 1)


def aspect(content: bytes, name: str) -> float:
    """Width over height of an image; raises DataError."""
    with _errors_told(name), Image.open(io.BytesIO(content), formats=FORMATS) as image:
        return image.size[0] / image.size[1]


@contextlib.contextmanager
def _opened(content: bytes, name: str, channels: int) -> Iterator[Image.Image]:
    """An image as RGB or grey, of any size; raises DataError for whatever goes wrong while it is used."""
    with _errors_told(name), Image.open(io.BytesIO(content), formats=FORMATS) as image:
        if image.mode not in {"1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr"}:
            raise DataError(f"{name}: images of mode {image.mode} have no eight bits a channel")
        # a palette's transparency would be warned of
        converted = image.convert("RGBA") if image.mode in {"P", "PA"} else image
        yield converted.convert("L" if channels == 1 else "RGB")


@contextlib.contextmanager
def _errors_told(name: str) -> Iterator[None]:
    """Whatever Pillow raises as a DataError: a decoder of damaged or hostile bytes can raise anything."""
    try:
        yield
    except DataError:
        raise
    except Exception as error:
        reason = str(error) or type(error).__name__
        if isinstance(error, UnidentifiedImageError):
            reason = f"no image in a format that is read ({', '.join(FORMATS)})"
        raise DataError(f"{name} cannot be read: {reason}") from None


def oriented(content: bytes) -> bool:
    """Whether an image's file asks to be turned or mirrored when it is shown (EXIF), which `decode` does not do."""
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            return image.getexif().get(ExifTags.Base.Orientation, 1) not in (0, 1)
    # what is not understood is not applied either
    except Exception:
        return False
