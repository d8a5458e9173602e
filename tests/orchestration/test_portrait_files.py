"""Drawn portraits become PNG; house photos are what they say they are."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

import pytest

from ml.portraits import draw_portrait
from orchestration.lib.portrait_files import (
    MAX_PHOTO_BYTES,
    PortraitError,
    read_house_photo,
    render_png,
)

JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 20 + b"\xff\xd9"
WEBP = b"RIFF" + (24).to_bytes(4, "little") + b"WEBPVP8 " + b"\0" * 16


def pixels(png: bytes) -> tuple[int, int, list[bytes]]:
    """Decode an 8-bit RGBA PNG into width, height and one RGBA per pixel."""
    header = png.index(b"IHDR") + 4
    width, height, depth, kind = struct.unpack_from(">IIBB", png, header)
    assert (depth, kind) == (8, 6)
    data, place = b"", 8
    while place < len(png):
        (length,) = struct.unpack_from(">I", png, place)
        if png[place + 4 : place + 8] == b"IDAT":
            data += png[place + 8 : place + 8 + length]
        place += length + 12
    raw, stride = zlib.decompress(data), width * 4
    above, found = bytearray(stride), []
    for row in range(height):
        start = row * (stride + 1)
        method = raw[start]
        line = bytearray(raw[start + 1 : start + 1 + stride])
        for i in range(stride):
            left = line[i - 4] if i >= 4 else 0
            corner = above[i - 4] if i >= 4 else 0
            line[i] = (line[i] + _guess(method, left, above[i], corner)) % 256
        above = line
        found += [bytes(line[i : i + 4]) for i in range(0, stride, 4)]
    return width, height, found


def _guess(method: int, left: int, up: int, corner: int) -> int:
    estimate = left + up - corner
    nearest = min((left, up, corner), key=lambda byte: abs(estimate - byte))
    return (0, left, up, (left + up) // 2, nearest)[method]


@pytest.mark.parametrize("size", [48, 480])
def test_a_portrait_renders_and_is_not_blank(size: int) -> None:
    svg = draw_portrait("P07", props=["smartphone", "basket"], value_level=4)
    png = render_png(svg, size)
    width, height, found = pixels(png)
    assert (width, height) == (size, size)
    assert {pixel[3] for pixel in found} == {255}
    # A flat drawing: several colours that each cover a good part of it.
    counts = sorted((found.count(pixel) for pixel in set(found)), reverse=True)
    assert counts[0] < 0.6 * size**2
    assert counts[4] > 0.01 * size**2
    assert png == render_png(svg, size)


def test_every_persona_renders_differently() -> None:
    drawn = {render_png(draw_portrait(f"P{n:02d}"), 48) for n in range(1, 41)}
    assert len(drawn) == 40


@pytest.mark.parametrize("size", [0, 15, 2049, -48])
def test_sizes_have_bounds(size: int) -> None:
    with pytest.raises(PortraitError, match="between 16 and 2048"):
        render_png(draw_portrait("P01"), size)


@pytest.mark.parametrize("svg", ["", "no svg", "<svg>"])
def test_a_broken_drawing_is_named(svg: str) -> None:
    with pytest.raises(PortraitError, match="its SVG is broken"):
        render_png(svg, 48)


@pytest.mark.parametrize(
    ("name", "content", "mime"),
    [
        ("robin.png", render_png(draw_portrait("P01"), 32), "image/png"),
        ("robin.jpg", JPEG, "image/jpeg"),
        ("Robin-2.b.JPEG", JPEG + b"\0\0", "image/jpeg"),
        ("robin_3.webp", WEBP, "image/webp"),
    ],
)
def test_photos_are_read_unchanged(
    tmp_path: Path, name: str, content: bytes, mime: str
) -> None:
    (tmp_path / name).write_bytes(content)
    assert read_house_photo(tmp_path, name) == (mime, content)


@pytest.mark.parametrize(
    "name",
    [
        *("", ".", "..", "../robin.png", "/etc/robin.png", "a/robin.png"),
        *("..\\robin.png", ".robin.png", "robin.png\n", "robin\0.png"),
        *("robin photo.png", "-rf.png", "https:robin.png", "r" * 101 + ".png"),
        '"><script>.png',
    ],
)
def test_names_stay_inside_the_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "robin.png").write_bytes(JPEG)
    folder = tmp_path / "photos"
    folder.mkdir()
    with pytest.raises(PortraitError, match="not a plain file name"):
        read_house_photo(folder, name)


@pytest.mark.parametrize("name", ["robin.svg", "robin.SVGZ"])
def test_svg_photos_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(draw_portrait("P01"))
    with pytest.raises(PortraitError, match=r"scripts.*export it as PNG"):
        read_house_photo(tmp_path, name)


@pytest.mark.parametrize("name", ["robin", "robin.gif", "robin.png.html"])
def test_other_kinds_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(JPEG)
    with pytest.raises(PortraitError, match="has to end with"):
        read_house_photo(tmp_path, name)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html><script>alert(1)</script>",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"GIF89a" + b"\0" * 40,
        render_png(draw_portrait("P01"), 32)[:-40],
        JPEG[:-2],
        WEBP[:-1],
    ],
)
@pytest.mark.parametrize("name", ["robin.png", "robin.jpg", "robin.webp"])
def test_the_content_has_to_be_an_image(
    tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(PortraitError, match=rf"{name} is not a PNG, JPEG"):
        read_house_photo(tmp_path, name)


def test_a_wrong_ending_is_named_with_the_right_one(tmp_path: Path) -> None:
    (tmp_path / "robin.png").write_bytes(JPEG)
    with pytest.raises(PortraitError, match=r"rename it to end with \.jpeg"):
        read_house_photo(tmp_path, "robin.png")


def test_a_missing_photo_is_named(tmp_path: Path) -> None:
    with pytest.raises(PortraitError, match=r"no portrait .*robin\.png"):
        read_house_photo(tmp_path, "robin.png")


def test_a_photo_has_at_most_five_mebibytes(tmp_path: Path) -> None:
    filler = b"\0" * (MAX_PHOTO_BYTES - len(JPEG))
    path = tmp_path / "robin.jpg"
    path.write_bytes(JPEG[:-2] + filler + JPEG[-2:])
    assert len(read_house_photo(tmp_path, "robin.jpg")[1]) == MAX_PHOTO_BYTES
    path.write_bytes(JPEG[:-2] + filler + b"\0" + JPEG[-2:])
    with pytest.raises(PortraitError, match="larger than 5 MiB"):
        read_house_photo(tmp_path, "robin.jpg")


def test_links_are_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.jpg"
    secret.write_bytes(JPEG)
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "robin.jpg").symlink_to(secret)
    with pytest.raises(PortraitError, match="no link"):
        read_house_photo(folder, "robin.jpg")


def test_pipes_and_folders_are_no_photos(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "folder.jpg").mkdir()
    for name in ("pipe.jpg", "folder.jpg"):
        with pytest.raises(PortraitError, match="is no file"):
            read_house_photo(tmp_path, name)
