from __future__ import annotations

import io
from hashlib import sha256

import msgspec
import pytest
from PIL import Image

from standfirst.edition.snapshots import Picture
from standfirst.pages.output import PageRef
from standfirst.pages.pictures import PictureUnreadable, encode, renditions
from standfirst.pages.tests.newsroom import Newsroom, newsroom, picture, ref_of


def of(image: Image.Image, format: str, **options: object) -> tuple[Picture, bytes]:
    out = io.BytesIO()
    image.save(out, format, **options)
    body = out.getvalue()
    return Picture(id=1, seal=sha256(body).hexdigest(), width=image.width, height=image.height), body


def opened(shown: Picture, body: bytes, index: int = -1) -> Image.Image:
    return Image.open(io.BytesIO(encode(shown, renditions(shown)[index], lambda seal: body)))


def colour(image: Image.Image, x: int, y: int) -> tuple[int, ...]:
    found = image.convert("RGB").getpixel((x, y))
    assert isinstance(found, tuple)
    return found


@pytest.mark.parametrize(
    ("width", "widths"),
    [
        (4000, [320, 640, 960, 1280]),
        (1280, [320, 640, 960, 1280]),
        (1000, [320, 640, 960]),
        (900, [320, 640, 900]),
        (320, [320]),
        (200, [200]),
    ],
)
def test_copies_have_fixed_widths_and_are_never_wider_than_the_original(width, widths):
    copies = renditions(Picture(id=1, seal="ab", width=width, height=width // 2))
    assert [it.width for it in copies if it.format == "jpg"] == widths
    assert [it.width for it in copies if it.format == "webp"] == widths
    assert len({it.path for it in copies}) == len(copies)


def test_a_name_never_stands_for_other_bytes():
    a = Picture(id=1, seal="ab", width=800, height=600)
    paths = {it.path for it in renditions(a)}
    assert not paths & {it.path for it in renditions(msgspec.structs.replace(a, seal="cd"))}
    # Two records of one file: taking down the one must not take the other's copies.
    assert not paths & {it.path for it in renditions(msgspec.structs.replace(a, id=2))}
    # Words about a picture do not rename its copies.
    assert paths == {it.path for it in renditions(msgspec.structs.replace(a, alt="Boats", credit="Ada"))}


def test_the_same_original_gives_the_same_bytes():
    shown, body = picture(1)
    for copy in renditions(shown):
        assert encode(shown, copy, lambda seal: body) == encode(shown, copy, lambda seal: body)


def test_copies_stand_upright_and_say_nothing_of_the_camera():
    image = Image.new("RGB", (400, 200), "red")
    image.paste("blue", (0, 0, 200, 200))
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Camera of a source"
    exif.get_ifd(0x8825)[1] = "N"
    shown, body = of(image, "JPEG", exif=exif, quality=95, comment=b"secret place")
    shown = msgspec.structs.replace(shown, width=200, height=400)
    for copy in renditions(shown):
        data = encode(shown, copy, lambda seal: body)
        made = Image.open(io.BytesIO(data))
        assert made.size == (200, 400)
        assert not made.getexif() and "exif" not in made.info and "icc_profile" not in made.info
        assert b"secret" not in data and b"Camera" not in data
        top, bottom = colour(made, 100, 20), colour(made, 100, 380)
        assert top[2] > 200 > bottom[2] and bottom[0] > 200


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "LA", "CMYK", "1", "I;16"])
def test_any_kind_of_picture_becomes_plain_rgb(mode):
    image = (
        Image.new("I;16", (100, 50), 65535) if mode == "I;16" else Image.new("RGB", (100, 50), "white").convert(mode)
    )
    shown, body = of(image, "TIFF" if mode in {"CMYK", "I;16"} else "PNG")
    made = opened(shown, body)
    assert (made.mode, made.size) == ("RGB", (100, 50))
    assert min(colour(made, 50, 25)) > 250


def test_a_telephones_heic_is_read():
    shown, body = of(Image.new("RGB", (120, 80), "white"), "HEIF")
    made = opened(shown, body)
    assert (made.format, made.size) == ("JPEG", (120, 80))
    assert min(colour(made, 50, 25)) > 250


def test_what_is_transparent_becomes_white():
    shown, body = of(Image.new("RGBA", (100, 50), (0, 0, 0, 0)), "PNG")
    assert colour(opened(shown, body), 50, 25) == (255, 255, 255)


def test_a_picture_whose_record_has_other_proportions_is_cut_not_distorted():
    shown, body = of(Image.new("RGB", (400, 200), "red"), "JPEG")
    assert opened(msgspec.structs.replace(shown, width=200, height=200), body).size == (200, 200)


def test_bytes_that_are_no_picture_are_refused_with_a_sentence():
    shown = Picture(id=1, seal="ab" * 32, width=10, height=10)
    with pytest.raises(PictureUnreadable, match="cannot be decoded"):
        encode(shown, renditions(shown)[0], lambda seal: b"<svg/>")


def test_a_picture_with_too_many_pixels_is_refused_before_it_is_decoded(monkeypatch):
    monkeypatch.setattr("standfirst.pages.pictures.MOST_PIXELS", 1000)
    shown, body = of(Image.new("RGB", (100, 50)), "PNG")
    with pytest.raises(PictureUnreadable, match="100 x 50"):
        encode(shown, renditions(shown)[0], lambda seal: body)


def test_a_copy_exists_while_something_shows_the_picture_and_it_may_be_used():
    room = newsroom()
    shown, body = picture(1)
    ref = ref_of(shown, "rendition")
    output = room.page(ref)
    assert output.content_type == "image/webp"
    assert room.log == {("picture", shown.id), ("any", "shows", shown.id)}
    room.put(msgspec.structs.replace(shown, usable=False))
    assert room.print(ref) is None
    room.put(msgspec.structs.replace(shown, seal="00" * 32))
    assert room.print(ref) is None
    assert Newsroom((shown,), {shown.seal: body}).print(ref) is None
    assert room.print(PageRef(ref.path, "rendition", f"{shown.id}:640:webp")) is None
    assert room.print(PageRef("/pictures/x-1.jpg", "rendition", "junk")) is None
