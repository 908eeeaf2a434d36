"""Pictures as they are shown: upright sizes, and files that are no pictures, too large, or break off."""

from __future__ import annotations

import gc
import io
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from standfirst.edition import compose
from standfirst.edition.snapshots import Picture as PictureSnapshot
from standfirst.kit.errors import Refused
from standfirst.pages import pictures as copies
from standfirst.people import actions as people
from standfirst.pictures import actions, limits
from standfirst.pictures.models import Picture
from standfirst.stories import actions as stories

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.one_database("What a picture's file holds decides; that its row is kept is tried beside `pictures`."),
    # Wagtail leaves the temporary files of its own sizes to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]

SIDEWAYS = 6
"""Exif orientation of a telephone held upright: to be turned a quarter clockwise."""


@pytest.fixture(autouse=True)
def private(tmp_path: Path, settings: Any) -> Iterator[None]:
    settings.MEDIA_ROOT = str(tmp_path / "private")
    yield
    gc.collect()


@pytest.fixture
def alice(db: None) -> Client:
    """The editor, signed in."""
    stories.open_newsroom(name="The Harbour Post")
    user = people.hire(
        username="alice", name="Alice", roles=["Editor"], password="correct horse", email="a@post.example"
    )
    client = Client()
    client.force_login(user)
    return client


def drawn(size: tuple[int, int] = (400, 200), mode: str = "RGB") -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", size, (200, 20, 20))
    image.paste((20, 20, 200), (size[0] // 2, 0, *size))
    return image.convert(mode)


def saved(image: Image.Image, format: str, *, orientation: int = 1, **options: Any) -> bytes:
    out = io.BytesIO()
    if orientation != 1:
        exif = Image.Exif()
        exif[0x0112] = orientation
        options["exif"] = exif
    image.save(out, format, **options)
    return out.getvalue()


def bomb() -> bytes:
    """A PNG of a few hundred bytes that says that it has 50,000 x 50,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 2000))
        + chunk(b"IEND", b"")
    )


def uploaded(client: Client, data: bytes, name: str) -> tuple[Picture | None, str]:
    """Put a file through the desk's own upload screen. The picture, or what the screen says against it."""
    response = client.post(
        reverse("wagtailimages:add_multiple"),
        {"title": name, "files[]": SimpleUploadedFile(name, data), "collection": "1"},
        headers={"x-requested-with": "XMLHttpRequest"},
    )
    assert response.status_code == 200, response.content[:500]
    answer = response.json()
    if answer["success"]:
        return Picture.objects.get(pk=answer.get("image_id") or Picture.objects.latest("id").pk), ""
    return None, answer["error_message"]


def baked(picture: Picture) -> Image.Image:
    """The widest JPEG that readers get."""
    snapshot = compose.compose("picture", str(picture.pk))
    assert isinstance(snapshot, PictureSnapshot)
    widest = [copy for copy in copies.renditions(snapshot) if copy.format == "jpg"][-1]

    def blob(seal: str) -> bytes:
        assert seal == picture.seal
        with picture.file.storage.open(picture.file.name, "rb") as file:
            return bytes(file.read())

    image = Image.open(io.BytesIO(copies.encode(snapshot, widest, blob)))
    assert image.size == (widest.width, widest.height)
    return image


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_telephones_picture_is_noted_and_baked_as_it_is_shown(orientation: int) -> None:
    data = saved(drawn(), "JPEG", orientation=orientation, quality=95)
    picture = actions.add(data=data, file_name="harbour.jpg", title="Harbour")
    upright = (200, 400) if orientation >= 5 else (400, 200)
    assert (picture.width, picture.height) == upright
    fresh = Picture.objects.get(pk=picture.pk)
    assert (fresh.width, fresh.height) == upright
    shown = baked(fresh)
    assert shown.size == upright
    # Nothing is cut: red and blue are both whole halves.
    corners = pixel(shown, 5, 5), pixel(shown, upright[0] - 5, upright[1] - 5)
    assert {"red" if red > blue else "blue" for red, _, blue in corners} == {"red", "blue"}


def test_it_notes_upright_sizes_of_the_other_formats_too() -> None:
    for format, ending in (("PNG", "png"), ("WEBP", "webp"), ("AVIF", "avif")):
        data = saved(drawn(), format, orientation=SIDEWAYS)
        picture = actions.add(data=data, file_name=f"harbour.{ending}", title="Harbour")
        assert (picture.width, picture.height) == (200, 400), format
        assert baked(picture).size == (200, 400), format
    # HEIC says in the container how it is turned; what Exif says of it is for information (ISO 23008-12, A.2).
    picture = actions.add(data=saved(drawn((200, 400)), "HEIF"), file_name="harbour.heic", title="Harbour")
    assert (picture.width, picture.height) == baked(picture).size == (200, 400)


def test_a_picture_replaced_on_the_desk_gets_the_new_files_size(alice: Client) -> None:
    picture = actions.add(data=saved(drawn(), "JPEG"), file_name="flat.jpg", title="Flat", alt="Flat")
    seal = picture.seal
    form = {"title": "Tall", "alt": "Tall", "collection": "1", "tags": ""}
    tall = SimpleUploadedFile("tall.jpg", saved(drawn(), "JPEG", orientation=SIDEWAYS))
    response = alice.post(reverse("wagtailimages:edit", args=[picture.pk]), {**form, "file": tall})
    assert response.status_code == 302, response.content
    picture = Picture.objects.get(pk=picture.pk)
    assert (picture.width, picture.height) == (200, 400)
    assert picture.seal != seal
    response = alice.post(reverse("wagtailimages:edit", args=[picture.pk]), {**form, "title": "Tall still"})
    assert response.status_code == 302
    again = Picture.objects.get(pk=picture.pk)
    assert (again.title, again.width, again.height, again.seal) == ("Tall still", 200, 400, picture.seal)


def test_the_desks_own_sizes_are_upright_and_keep_the_focal_point() -> None:
    picture = actions.add(data=saved(drawn(), "JPEG", orientation=SIDEWAYS, quality=95), file_name="a.jpg", title="A")
    rendition = picture.get_rendition("max-100x100")
    assert (rendition.width, rendition.height) == (50, 100)
    # Turned a quarter clockwise the red half is on top. The focal point is set on what the editor sees.
    for y, colour in ((40, "red"), (360, "blue")):
        picture.focal_point_x, picture.focal_point_y = 100, y
        picture.focal_point_width = picture.focal_point_height = 40
        picture.save()
        square = picture.get_rendition("fill-80x80-c100")
        with square.file.open("rb") as file, Image.open(file) as image:
            red, _, blue = pixel(image, image.width // 2, image.height // 2)
        assert ("red" if red > blue else "blue") == colour


def test_a_killed_pictures_file_is_not_read_again(tmp_path: Path) -> None:
    picture = actions.add(data=saved(drawn(), "JPEG"), file_name="a.jpg", title="A")
    Path(picture.file.path).unlink()
    bola = people.hire(
        username="bola", name="Bola", roles=["Publisher"], password="correct horse", email="b@post.example"
    )
    actions.kill(picture=picture, by=bola, reason="Shows a witness.")
    assert Picture.objects.get(pk=picture.pk).killed_at is not None


HOSTILE: list[tuple[str, str, Callable[[], bytes], str]] = [
    ("a bomb", "bomb.png", bomb, "too "),
    ("a JPEG that breaks off", "cut.jpg", lambda: saved(drawn((900, 700)), "JPEG")[:3000], "breaks off"),
    ("a JPEG that is cut in its header", "cut.jpg", lambda: saved(drawn(), "JPEG")[:300], "breaks off"),
    (
        "a PNG that breaks off",
        "cut.png",
        lambda: saved(Image.effect_noise((300, 300), 90), "PNG")[:20_000],
        "breaks off",
    ),
    ("an SVG named .jpg", "a.jpg", lambda: b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', ""),
    ("an SVG", "a.svg", lambda: b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', ""),
    ("HTML named .jpg", "a.jpg", lambda: b"<!doctype html><script>alert(1)</script>", ""),
    ("nothing", "a.jpg", lambda: b"", ""),
    ("the first bytes of a JPEG", "a.jpg", lambda: b"\xff\xd8\xff\xe0", ""),
    ("a TIFF named .jpg", "a.jpg", lambda: saved(drawn(), "TIFF"), ""),
    ("EPS named .png", "a.png", lambda: saved(drawn(), "EPS"), ""),
]


@pytest.mark.parametrize(("what", "name", "data", "says"), HOSTILE, ids=[case[0] for case in HOSTILE])
def test_it_refuses_what_cannot_be_printed_with_a_sentence(
    alice: Client, what: str, name: str, data: Callable[[], bytes], says: str
) -> None:
    picture, message = uploaded(alice, data(), name)
    assert picture is None and len(message) > 20 and message.endswith((".", ")", "!")), message
    assert says in message
    with pytest.raises(Refused) as refused:
        actions.add(data=data(), file_name=name, title=what)
    assert says in str(refused.value) and str(refused.value).endswith(".")
    assert not Picture.objects.exists()


def pixel(image: Image.Image, x: int, y: int) -> tuple[int, int, int]:
    found = image.convert("RGB").getpixel((x, y))
    assert isinstance(found, tuple)
    return found[0], found[1], found[2]


def _animated() -> bytes:
    return saved(drawn(), "GIF", save_all=True, append_images=[drawn().rotate(180), drawn()], duration=80)


def _sixteen_bits() -> bytes:
    image = Image.new("I;16", (400, 200), 0xF000)
    image.paste(0x1000, (0, 0, 200, 200))
    return saved(image, "PNG")


UNUSUAL: list[tuple[str, str, Callable[[], bytes]]] = [
    ("animated GIF", "a.gif", _animated),
    ("CMYK JPEG", "a.jpg", lambda: saved(drawn(mode="CMYK"), "JPEG", quality=95)),
    ("grey JPEG", "a.jpeg", lambda: saved(drawn(mode="L"), "JPEG")),
    ("16-bit PNG", "a.png", _sixteen_bits),
    ("PNG with a palette and holes", "a.png", lambda: saved(drawn(mode="P"), "PNG", transparency=0)),
    ("HEIC", "a.heic", lambda: saved(drawn(), "HEIF")),
    ("AVIF", "a.avif", lambda: saved(drawn(), "AVIF")),
    ("progressive JPEG", "a.JPG", lambda: saved(drawn(), "JPEG", progressive=True)),
]


@pytest.mark.parametrize(("what", "name", "data"), UNUSUAL, ids=[case[0] for case in UNUSUAL])
def test_it_takes_and_bakes_what_cameras_and_agencies_send(
    alice: Client, what: str, name: str, data: Callable[[], bytes]
) -> None:
    picture, message = uploaded(alice, data(), name)
    assert picture is not None, message
    for one in (picture, actions.add(data=data(), file_name=name, title=what)):
        assert (one.width, one.height) == (400, 200)
        shown = baked(one)
        left, right = pixel(shown, 50, 100), pixel(shown, 350, 100)
        if what == "CMYK JPEG":
            assert left[0] > 120 > left[2] and right[2] > 120 > right[0]
        if what == "16-bit PNG":
            assert left[0] < 40 and right[0] > 210
        assert one.get_rendition("max-165x165").width == 165  # as the desk's own list shows it


def test_what_may_be_uploaded_may_be_baked() -> None:
    assert limits.MOST_PIXELS == Image.MAX_IMAGE_PIXELS
