"""An image's file as an array, by Pillow."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, UnidentifiedImageError

from sweep.proxy.errors import DataError

#: Formats that are read; Pillow knows forty more, one of which (EPS) starts another program.
FORMATS = ("JPEG", "PNG", "BMP", "PPM", "TIFF", "WEBP", "GIF")


def decode(content: bytes, name: str, channels: int, size: int) -> NDArray[np.uint8]:
    """The middle square of an image, brought to `channels` x `size` x `size`; raises DataError.

    Three channels are RGB, one is grey (ITU-R 601-2 luma). Transparency is dropped. An image that has the size already
    keeps its pixels. The orientation that a camera notes (EXIF) is not applied. Only the formats of FORMATS are read.
    """
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            if image.mode not in {"1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr"}:
                raise DataError(f"{name}: images of mode {image.mode} have no eight bits a channel")
            # a palette's transparency would be warned of
            whole = image.convert("RGBA") if image.mode in {"P", "PA"} else image
            side = min(whole.size)
            left, top = ((length - side) // 2 for length in whole.size)
            # cut first: resizing from a box mixes in what lies around it
            square = whole.convert("L" if channels == 1 else "RGB").crop((left, top, left + side, top + side))
            pixels = np.asarray(square.resize((size, size), Image.Resampling.BILINEAR))
    except DataError:
        raise
    # a decoder of damaged or hostile bytes can raise anything
    except Exception as error:
        reason = str(error) or type(error).__name__
        if isinstance(error, UnidentifiedImageError):
            reason = f"no image in a format that is read ({', '.join(FORMATS)})"
        raise DataError(f"{name} cannot be read: {reason}") from None
    return pixels[None] if channels == 1 else pixels.transpose(2, 0, 1)


def oriented(content: bytes) -> bool:
    """Whether an image's file asks to be turned or mirrored when it is shown (EXIF), which `decode` does not do."""
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            return image.getexif().get(ExifTags.Base.Orientation, 1) not in (0, 1)
    # what is not understood is not applied either
    except Exception:
        return False
