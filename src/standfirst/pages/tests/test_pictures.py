from __future__ import annotations

import io
from hashlib import sha256

import msgspec
import pytest
from PIL import Image

from standfirst.edition.snapshots import Avif, Picture
from standfirst.pages.output import PageRef
from standfirst.pages.pictures import (
    PictureUnreadable,
    avif_of,
    avifs,
    close_up,
    encode,
    most_bytes,
    renditions,
)
from standfirst.pages.templates import THEME
from standfirst.pages.tests.newsroom import FULL, HOME, Newsroom, make_story, newsroom, parsed, picture, ref_of
from standfirst.pictures import tints


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
        (4000, [240, 480, 720, 960, 1280]),
        (1280, [240, 480, 720, 960, 1280]),
        (1000, [240, 480, 720, 960]),
        (900, [240, 480, 720, 900]),
        (320, [240, 320]),
        (240, [240]),
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
    shown, body = picture(1, 500, 334)
    for copy in (*renditions(shown), *avifs(shown)):
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


# --- weight -------------------------------------------------------------------------------------------------------


def busy(width: int, height: int) -> Image.Image:
    """Grain from edge to edge, which costs more than anything that people photograph."""
    grain = Image.effect_noise((width // 2, height // 2), 90).resize((width, height), Image.Resampling.BICUBIC)
    light = Image.linear_gradient("L").resize((width, height))
    return Image.merge("RGB", (Image.blend(grain, light, 0.5), grain, Image.blend(light, grain, 0.3)))


def test_a_copy_gives_up_quality_before_it_costs_a_telephone_more_than_its_share():
    shown, body = of(busy(720, 480), "JPEG", quality=92)
    copies = [copy for copy in (*renditions(shown), *avifs(shown)) if copy.width == 720]
    assert {copy.format for copy in copies} == {"avif", "webp", "jpg"}
    for copy in copies:
        assert len(encode(shown, copy, lambda seal: body)) <= most_bytes(copy) == 40_000, copy
    # A picture that is light as it is loses nothing.
    plain, body = picture(1)
    at_best = [copy for copy in renditions(plain) if copy.width == 720]
    assert all(len(encode(plain, copy, lambda seal: body)) < most_bytes(copy) for copy in at_best)


def test_what_is_as_tall_as_a_chart_may_weigh_more_in_proportion():
    def most(height: int) -> int:
        return most_bytes(renditions(Picture(id=1, seal="ab", width=720, height=height))[2])

    assert most(480) == most(1080) == 40_000
    assert most(2160) == 80_000


def test_no_copy_in_webp_is_taller_than_webp_can_be():
    copies = renditions(Picture(id=1, seal="ab", width=300, height=20_000))
    assert [copy.width for copy in copies if copy.format == "webp"] == [240]
    assert [copy.width for copy in copies if copy.format == "jpg"] == [240, 300]


# --- AVIF ---------------------------------------------------------------------------------------------------------


def led_by(room: Newsroom) -> Picture:
    """The lead picture of the story that has everything."""
    shown = room.records["picture"][1001]
    assert isinstance(shown, Picture)
    return shown


def large_avifs(room: Newsroom, ref: PageRef) -> list[str]:
    return list(parsed(room.page(ref)).xpath('//source[@type="image/avif"]/@srcset'))


def test_pages_name_copies_in_avif_once_readers_have_all_of_them():
    room = newsroom()
    shown = led_by(room)
    story, front = ref_of(FULL, "story"), ref_of(HOME, "front")
    assert large_avifs(room, story) == []

    asked = Avif(id=shown.id, of=avif_of(shown), widths=tuple(copy.width for copy in avifs(shown)))
    room.put(asked)
    copies = {ref.path: room.page(ref) for ref in sorted(room.refs()) if ref.subject.endswith(":avif")}
    assert {output.content_type for output in copies.values()} == {"image/avif"}
    assert [Image.open(io.BytesIO(output.body)).width for output in copies.values()] == [480, 720]
    assert large_avifs(room, story) == []

    room.put(msgspec.structs.replace(asked, made=True))
    [named] = large_avifs(room, story)
    assert [it.split()[0] for it in named.split(", ")] == sorted(copies)
    source = parsed(room.page(story)).xpath('//source[@type="image/avif"]')[0]
    # Before WebP, and only where screens are a telephone's.
    assert source.get("media") == "(max-width: 30em)"
    assert parsed(room.page(story)).xpath("//source/@type")[:2] == ["image/avif", "image/webp"]
    room.put(msgspec.structs.replace(make_story(7), lead=FULL.lead))  # it leads the front
    assert named in large_avifs(room, front)

    # Another original: these are not its copies.
    room.put(msgspec.structs.replace(shown, seal="00" * 32))
    assert large_avifs(room, story) == []
    assert all(room.print(ref) is None for ref in room.refs() if ref.subject.endswith(":avif"))


def test_a_picture_that_may_not_be_shown_has_no_copies_in_avif():
    room = newsroom()
    shown = led_by(room)
    room.put(Avif(id=shown.id, of=avif_of(shown), widths=(480, 720), made=True))
    room.put(msgspec.structs.replace(shown, usable=False))
    assert large_avifs(room, ref_of(FULL, "story")) == []
    assert all(room.print(ref) is None for ref in room.refs() if ref.subject.endswith(":avif"))


# --- how they are shown -------------------------------------------------------------------------------------------


def test_each_place_waits_in_a_colour_of_its_picture_and_has_a_size():
    room = newsroom()
    shown = led_by(room)
    room.put(msgspec.structs.replace(shown, tint=7))
    images = parsed(room.page(ref_of(FULL, "story"))).xpath("//img")
    assert images[0].get("class") == "tint-7" and images[1].get("class") is None
    assert all(int(it.get("width")) and int(it.get("height")) for it in images)


def test_the_style_sheet_has_the_colour_of_every_tint():
    sheet = (THEME / "tokens.css").read_text()
    for number, (hue, saturation, light) in enumerate(tints.PALETTE, 1):
        assert f".tint-{number} {{ --tint: {hue}, {saturation}%; --light: {light}%; }}" in sheet
    assert f".tint-{len(tints.PALETTE) + 1} " not in sheet


def test_a_figure_leads_to_its_picture_for_whoever_was_spared_it():
    page = parsed(newsroom().page(ref_of(FULL, "story")))
    [link] = page.xpath('//div[@class="story-lead"]//a')
    assert link.get("href") == close_up(picture(1)[0]).path + "?full"
    assert "Load picture" in link.text_content() and link.xpath(".//img")
    # A card leads to its story: a link has no link in it.
    assert not page.xpath("//a//a") and not parsed(newsroom().page(ref_of(HOME, "front"))).xpath("//a//a")
