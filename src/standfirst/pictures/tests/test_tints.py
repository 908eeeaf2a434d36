"""The colour in which a picture's place waits: told when a picture comes, and later for those that were here before."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.files.images import ImageFile
from PIL import Image, ImageDraw

from standfirst.changes.models import Change, Lane
from standfirst.pictures import actions, tints
from standfirst.pictures.models import Picture


def made(image: Image.Image, format: str = "JPEG") -> bytes:
    out = io.BytesIO()
    image.save(out, format)
    return out.getvalue()


def tint(image: Image.Image, format: str = "PNG") -> tuple[int, int, int]:
    """Hue, saturation and lightness of a picture's tint."""
    return tints.PALETTE[tints.of(io.BytesIO(made(image, format))) - 1]


def test_it_is_the_colour_of_most_of_the_picture_not_of_its_middle_nor_their_mixture():
    sea = Image.new("RGB", (600, 400), (30, 80, 150))
    ImageDraw.Draw(sea).rectangle((200, 100, 400, 300), fill=(230, 60, 20))
    assert tint(sea)[0] in {205, 235} and tint(sea)[2] == 48
    assert tint(sea, "JPEG") == tint(sea)


@pytest.mark.parametrize(
    ("colour", "expected"),
    [("white", (0, 0, 90)), ("black", (0, 0, 12)), ((128, 128, 128), (0, 0, 50)), ((70, 130, 60), (110, 34, 48))],
)
def test_it_comes_from_a_palette_with_greys(colour, expected):
    found = tint(Image.new("RGB", (50, 50), colour))
    assert found == expected


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "LA", "1", "I;16"])
def test_any_kind_of_picture_has_one(mode):
    image = Image.new("I;16", (60, 40), 65535) if mode == "I;16" else Image.new("RGB", (60, 40), "white").convert(mode)
    assert tint(image) == (0, 0, 90)
    assert tint(Image.new("RGBA", (60, 40), (0, 0, 0, 0))) == (0, 0, 90)


def test_what_cannot_be_read_has_none():
    assert tints.of(io.BytesIO(b"no picture")) == tints.NONE
    assert tints.of(io.BytesIO(made(Image.new("RGB", (600, 400)), "PNG")[:80])) == tints.NONE


@pytest.mark.django_db
def test_it_is_told_when_a_picture_comes_and_when_its_file_is_exchanged(settings: Any, tmp_path: Any):
    settings.MEDIA_ROOT = str(tmp_path)
    picture: Any = actions.add(data=made(Image.new("RGB", (60, 40), "white")), file_name="a.jpg", title="White")
    assert tints.PALETTE[picture.tint - 1] == (0, 0, 90)
    picture.file = ImageFile(io.BytesIO(made(Image.new("RGB", (60, 40), "black"))), name="b.jpg")
    picture.save()
    assert tints.PALETTE[Picture.objects.get().tint - 1] == (0, 0, 12)


@pytest.mark.django_db
def test_pictures_from_before_get_theirs_in_idle_time_and_the_press_hears_of_it(settings: Any, tmp_path: Any):
    settings.MEDIA_ROOT = str(tmp_path)
    for name, colour in (("a", "white"), ("b", "black"), ("lost", "red")):
        actions.add(data=made(Image.new("RGB", (60, 40), colour)), file_name=f"{name}.jpg", title=name)
    Picture.objects.update(tint=None)
    lost = Picture.objects.get(title="lost")
    lost.file.storage.delete(lost.file.name)
    Change.objects.all().delete()

    assert actions.tint_some(seconds=0.0) == 1
    assert actions.tint_some(seconds=60.0) == 2
    assert actions.tint_some() == 0
    found = dict(Picture.objects.values_list("title", "tint"))
    assert tints.PALETTE[found["a"] - 1] == (0, 0, 90) and tints.PALETTE[found["b"] - 1] == (0, 0, 12)
    assert found["lost"] == tints.NONE
    # What shows it is printed again when nothing else waits; of the lost one there is nothing new.
    rows = Change.objects.values_list("kind", "lane", "cause")
    assert list(rows) == [("picture", Lane.MAINTENANCE, "tint")] * 2
