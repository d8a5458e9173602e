"""Portraits as files: drawn ones turned into PNG, house photos read.

A photo may stand in the place of the drawing. It is shown to everybody who
reads the cards, byte for byte (a place or a camera noted inside it too), so a
file is taken only if it is what its name says: a small image of a plain kind,
lying in the folder itself. SVG photos are
refused whole: an SVG can carry scripts and fetch from elsewhere, and a list of
what is forbidden in one is never complete.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

import resvg_py

MAX_PHOTO_BYTES = 5 * 1024 * 1024
SMALLEST_PNG = 16
LARGEST_PNG = 2048

_MIMES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
}
# No path, no hidden file, no name that a shell or a page could misread.
_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class PortraitError(ValueError):
    """The portrait cannot be used; the message names the file and the mend."""


def render_png(svg: str, size: int) -> bytes:
    """Turn a drawn portrait into a PNG.

    Parameters
    ----------
    svg : str
        As `ml.portraits.draw_portrait` returns it.
    size : int
        Width and height in pixels, 16 to 2,048.

    Returns
    -------
    bytes
        The same drawing and size give the same bytes.

    Raises
    ------
    PortraitError
        When the size is out of its range or the text is no SVG.
    """
    if not SMALLEST_PNG <= size <= LARGEST_PNG:
        raise PortraitError(
            f"size is {size} pixels: it must be between {SMALLEST_PNG} and "
            f"{LARGEST_PNG}."
        )
    try:
        png = resvg_py.svg_to_bytes(
            svg_string=svg, width=size, height=size, skip_system_fonts=True
        )
    except ValueError as error:
        raise PortraitError(
            f"The portrait cannot be rendered, its SVG is broken: {error}"
        ) from error
    return bytes(png)


def read_house_photo(folder: Path, name: str) -> tuple[str, bytes]:
    """Read a photo that stands in the place of a drawn portrait.

    Parameters
    ----------
    folder : Path
        Where house photos lie.
    name : str
        Name of a file in it, such as "robin.jpg": PNG, JPEG or WebP, at most
        5 MiB.

    Returns
    -------
    mime : str
        "image/png", "image/jpeg" or "image/webp".
    content : bytes
        The file, unchanged.

    Raises
    ------
    PortraitError
        When the name is not plain, there is no such file, it lies elsewhere
        (a link), is too large, or is not the image its name says.
    """
    mime = _mime_of_name(name)
    content = _read(folder / name)
    found = _mime_of_content(content)
    if found is None:
        raise PortraitError(
            f"{folder / name} is not a PNG, JPEG or WebP image, or it is cut "
            "off: export the photo again."
        )
    if found != mime:
        raise PortraitError(
            f"{folder / name} holds {found}, which is not what its name says: "
            f"rename it to end with .{found.removeprefix('image/')}."
        )
    return mime, content


def _mime_of_name(name: str) -> str:
    if not _PLAIN_NAME.fullmatch(name):
        raise PortraitError(
            f"The portrait {name!r} is not a plain file name: use letters, "
            "digits, '-', '_' and '.', without folders, such as robin.jpg."
        )
    suffix = Path(name).suffix.lower()
    if suffix in (".svg", ".svgz"):
        raise PortraitError(
            f"The portrait {name} is an SVG, which can carry scripts and load "
            "from elsewhere: export it as PNG."
        )
    if suffix not in _MIMES:
        raise PortraitError(
            f"The portrait {name} has to end with {', '.join(_MIMES)}: export "
            "the photo as one of them."
        )
    return _MIMES[suffix]


def _read(path: Path) -> bytes:
    """Read a regular file of bounded size, following no link."""
    try:
        # Not blocking, so that a pipe of that name does not hold up the run.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
        descriptor = os.open(path, flags)
    except FileNotFoundError as error:
        raise PortraitError(
            f"There is no portrait {path}: put the photo there, or write "
            "'drawn' in its place."
        ) from error
    except OSError as error:
        raise PortraitError(
            f"{path} cannot be read ({error.strerror}): put a copy of the "
            "photo itself there, no link, that this user may read."
        ) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise PortraitError(f"{path} is no file: put a photo in its place.")
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(MAX_PHOTO_BYTES + 1)
    if len(content) > MAX_PHOTO_BYTES:
        raise PortraitError(
            f"{path} is larger than {MAX_PHOTO_BYTES // 1024**2} MiB: scale "
            "the photo down, 960 pixels are plenty."
        )
    return content


def _mime_of_content(content: bytes) -> str | None:
    """Tell the kind of an image by its first and last bytes."""
    tail = content.rstrip(b"\0")
    if content[:8] == b"\x89PNG\r\n\x1a\n" and b"IEND" in content[-16:]:
        return "image/png"
    if content[:3] == b"\xff\xd8\xff" and tail.endswith(b"\xff\xd9"):
        return "image/jpeg"
    is_webp = content[:4] == b"RIFF" and content[8:12] == b"WEBP"
    length = int.from_bytes(content[4:8], "little") + 8
    if is_webp and length == len(content):
        return "image/webp"
    return None
