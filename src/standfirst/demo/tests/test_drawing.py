"""The demonstration newsroom's pictures are drawn alike every time."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from standfirst.demo import drawing


def test_the_same_key_gives_the_same_bytes_and_another_key_other_bytes() -> None:
    first = drawing.draw("portrait-ama")
    assert drawing.draw("portrait-ama") == first
    assert drawing.draw("portrait-kofi") != first


@pytest.mark.parametrize(
    ("key", "size"), [("harbour-dusk", (1600, 1067)), ("stadium", (1600, 1067)), ("emblem-cpa", (900, 900))]
)
def test_a_picture_is_a_jpeg_of_its_size_and_light_enough(key: str, size: tuple[int, int]) -> None:
    data = drawing.draw(key)
    with Image.open(BytesIO(data)) as image:
        assert (image.format, image.size) == ("JPEG", size)
    assert len(data) < 300_000


def test_it_refuses_a_key_that_it_does_not_know() -> None:
    with pytest.raises(KeyError):
        drawing.draw("nobody")
