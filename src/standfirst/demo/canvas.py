"""Paper, scissors and ink: the small set of tools that the demonstration newsroom's pictures are made with.

A picture is cut paper. It is built from the back: a wash, glows of light, then flat shapes with soft edges and a
little shadow, and over all of it the grain of the paper. Coordinates are pixels of the finished picture, (0, 0) at the
top left; shapes are cut at twice the size and reduced, which is what makes their edges smooth. All chance comes from a
generator seeded with the picture's key, so a key always gives the same picture.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from io import BytesIO
from random import Random

from PIL import Image, ImageChops, ImageColor, ImageDraw, ImageFilter

Point = tuple[float, float]
Rgb = tuple[int, int, int]
Fill = str | tuple[str, str]
"""One colour, or the colours of a gradient from the top of the picture to its foot."""

SCALE = 2
QUALITY = 82

INK = "#0f1728"
NAVY = "#1a2947"
SLATE = "#35506a"
TEAL = "#1d686c"
SEA = "#34918b"
FOAM = "#add4c4"
PINE = "#24453f"
MOSS = "#4c6a45"
LEAF = "#86a05a"
SAND = "#e2c48f"
CREAM = "#f7ecd6"
OCHRE = "#e29d37"
AMBER = "#f2bd62"
CLAY = "#c65a3c"
BRICK = "#8d382d"
ROSE = "#de937c"
PLUM = "#562b48"
SMOKE = "#8a8d95"


def rgb(colour: str) -> Rgb:
    """A colour's three bytes."""
    value = ImageColor.getrgb(colour)
    return value[0], value[1], value[2]


def mix(first: str, second: str, share: float) -> str:
    """`first` with `share` (0 to 1) of `second` in it."""
    a, b = rgb(first), rgb(second)
    return "#{:02x}{:02x}{:02x}".format(*(round(x + (y - x) * share) for x, y in zip(a, b, strict=True)))


class Pen:
    """Cuts shapes out of one sheet. `value` 255 adds to the sheet, 0 takes away. Every cut returns the pen."""

    def __init__(self, width: int, height: int) -> None:
        self.sheet = Image.new("L", (width * SCALE, height * SCALE), 0)
        self._draw = ImageDraw.Draw(self.sheet)

    def poly(self, points: Iterable[Point], value: int = 255) -> Pen:
        self._draw.polygon([(x * SCALE, y * SCALE) for x, y in points], fill=value)
        return self

    def rect(self, x0: float, y0: float, x1: float, y1: float, value: int = 255, radius: float = 0) -> Pen:
        x0, x1, y0, y1 = min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1)
        box = (x0 * SCALE, y0 * SCALE, x1 * SCALE, y1 * SCALE)
        if radius:
            self._draw.rounded_rectangle(box, radius * SCALE, fill=value)
        else:
            self._draw.rectangle(box, fill=value)
        return self

    def disc(self, x: float, y: float, rx: float, ry: float | None = None, value: int = 255) -> Pen:
        ry = rx if ry is None else ry
        self._draw.ellipse(((x - rx) * SCALE, (y - ry) * SCALE, (x + rx) * SCALE, (y + ry) * SCALE), fill=value)
        return self

    def line(self, points: Sequence[Point], width: float, value: int = 255) -> Pen:
        self._draw.line(
            [(x * SCALE, y * SCALE) for x, y in points], fill=value, width=max(1, round(width * SCALE)), joint="curve"
        )
        return self

    def ring(self, x: float, y: float, r: float, width: float, value: int = 255) -> Pen:
        box = ((x - r) * SCALE, (y - r) * SCALE, (x + r) * SCALE, (y + r) * SCALE)
        self._draw.ellipse(box, outline=value, width=max(1, round(width * SCALE)))
        return self

    def pie(self, x: float, y: float, r: float, start: float, end: float, value: int = 255) -> Pen:
        box = ((x - r) * SCALE, (y - r) * SCALE, (x + r) * SCALE, (y + r) * SCALE)
        self._draw.pieslice(box, start, end, fill=value)
        return self


class Scene:
    """A picture being made."""

    def __init__(self, key: str, width: int = 1600, height: int = 1067) -> None:
        self.rng = Random(key)  # noqa: S311 - chance in a drawing
        self.width = width
        self.height = height
        self.image = Image.new("RGB", (width, height))

    def wash(self, *stops: tuple[float, str]) -> None:
        """Fill the sheet from top to bottom with colours at positions 0 to 1."""
        self.image = self._column([(at, rgb(colour)) for at, colour in stops])

    def glow(self, x: float, y: float, radius: float, colour: str, strength: float = 0.8) -> None:
        """Light round a point, fading to nothing at `radius`."""
        small = Image.radial_gradient("L")  # 256 square, black at the centre
        side = max(2, round(radius * 2))
        soft = ImageChops.invert(small).point(lambda v: round(((max(0, v - 75) / 180) ** 1.6) * 255 * strength))
        soft = soft.resize((side, side), Image.Resampling.BILINEAR)
        left, top = round(x - radius), round(y - radius)
        self.image.paste(rgb(colour), (left, top, left + side, top + side), soft)

    def cut(
        self,
        fill: Fill,
        shape: Callable[[Pen], object],
        *,
        shadow: float = 0.0,
        opacity: float = 1.0,
        soft: float = 0.0,
    ) -> None:
        """Lay a sheet cut by `shape` on the picture. `shadow` darkens what lies beneath; `soft` blurs the edge."""
        pen = Pen(self.width, self.height)
        shape(pen)
        cut = pen.sheet.getbbox()
        if cut is None:
            return
        # Work on the part of the sheet that was cut, with room for its shadow and its soft edge.
        room = 48 + round(soft * 3)
        left, top = max(0, cut[0] // SCALE - room) // 4 * 4, max(0, cut[1] // SCALE - room) // 4 * 4
        right, foot = min(self.width, cut[2] // SCALE + room), min(self.height, cut[3] // SCALE + room)
        mask = pen.sheet.crop((left * SCALE, top * SCALE, right * SCALE, foot * SCALE)).reduce(SCALE)
        if soft:
            mask = _blur(mask, soft)
        box = (left, top, right, foot)
        if shadow:
            below = Image.new("L", mask.size, 0)
            below.paste(_blur(mask, 14).point(lambda v: round(v * shadow)), (4, 9))
            self.image.paste(rgb(INK), box, below)
        if opacity < 1:
            mask = mask.point(lambda v: round(v * opacity))
        if isinstance(fill, str):
            self.image.paste(rgb(fill), box, mask)
        else:
            self.image.paste(self._column(((0.0, rgb(fill[0])), (1.0, rgb(fill[1]))), box), box, mask)

    def jpeg(self, grain: float = 1.0) -> bytes:
        """The finished picture: brush, grain and a darker edge, as a JPEG."""
        size = (self.width, self.height)
        brush = self._noise(max(2, self.width // 40), self.height // 2).resize(size, Image.Resampling.BICUBIC)
        dust = self._noise(self.width // 2, self.height // 2).resize(size, Image.Resampling.BILINEAR)
        paper = Image.blend(dust, brush, 0.4).point(lambda v: round(128 + (v - 128) * 0.17 * grain))
        toned = ImageChops.soft_light(self.image, Image.merge("RGB", (paper, paper, paper)))
        edge = Image.radial_gradient("L").resize(size, Image.Resampling.BILINEAR)
        edge = edge.point(lambda v: round(max(0, v - 120) * 0.42))
        toned.paste(Image.new("RGB", size, rgb(INK)), (0, 0), edge)
        out = BytesIO()
        toned.save(out, "JPEG", quality=QUALITY, optimize=True, progressive=True)
        return out.getvalue()

    def _noise(self, width: int, height: int) -> Image.Image:
        return Image.frombytes("L", (width, height), self.rng.randbytes(width * height))

    def _column(self, stops: Sequence[tuple[float, Rgb]], box: tuple[int, int, int, int] | None = None) -> Image.Image:
        """A gradient down the whole picture, or the part of it in `box`."""
        left, top, right, foot = box or (0, 0, self.width, self.height)
        strip = Image.new("RGB", (1, foot - top))
        strip.putdata([_between(stops, y / (self.height - 1)) for y in range(top, foot)])
        return strip.resize((right - left, foot - top), Image.Resampling.NEAREST)


def _between(stops: Sequence[tuple[float, Rgb]], at: float) -> Rgb:
    before = stops[0]
    for after in stops:
        if at <= after[0]:
            span = after[0] - before[0]
            share = (at - before[0]) / span if span else 0.0
            a, b = before[1], after[1]
            return (
                round(a[0] + (b[0] - a[0]) * share),
                round(a[1] + (b[1] - a[1]) * share),
                round(a[2] + (b[2] - a[2]) * share),
            )
        before = after
    return before[1]


def _blur(mask: Image.Image, radius: float) -> Image.Image:
    # A blur needs no detail: do it at a quarter of the size.
    small = mask.reduce(4).filter(ImageFilter.GaussianBlur(radius / 4))
    return small.resize(mask.size, Image.Resampling.BILINEAR)


# --- shapes that several pictures share ------------------------------------------------------------------------------


def ridge(rng: Random, width: float, base: float, rise: float, waves: int = 4, step: float = 8) -> list[Point]:
    """A skyline of hills across the picture: points from left to right around `base`, up to `rise` away from it."""
    parts = [(rng.uniform(0.6, 1.6) * (k + 1), rng.uniform(0, math.tau), 1 / (k + 1) ** 1.15) for k in range(waves)]
    total = sum(weight for *_, weight in parts)
    points: list[Point] = []
    x = -20.0
    while x <= width + 20:
        y = sum(math.sin(x / width * math.tau * pace + phase) * weight for pace, phase, weight in parts) / total
        points.append((x, base - y * rise))
        x += step
    return points


def land(pen: Pen, line: Sequence[Point], foot: float) -> Pen:
    """Everything below a skyline."""
    pen.poly([*line, (line[-1][0], foot), (line[0][0], foot)])
    return pen


def person(pen: Pen, x: float, foot: float, height: float, *, pose: str = "stand", lean: float = 0.0) -> Pen:
    """A standing figure in silhouette. Poses: stand, raise (one arm up), cheer (both), load (a bundle on the head)."""
    head = height * 0.085
    top = foot - height + head
    sway = lean * height
    neck = (x + sway * 0.9, top + head * 1.2)
    shoulder = height * 0.125
    pen.disc(x + sway, top, head * 0.88, head)
    pen.poly(
        [
            (neck[0] - head * 0.4, top),
            (neck[0] + head * 0.4, top),
            (neck[0] + head * 0.5, top + head * 1.9),
            (neck[0] - head * 0.5, top + head * 1.9),
        ]
    )
    chest = top + head * 1.55
    waist = foot - height * 0.47
    pen.poly(
        [
            (neck[0] - shoulder * 0.7, chest),
            (neck[0] + shoulder * 0.7, chest),
            (neck[0] + shoulder, chest + height * 0.05),
            (x + shoulder * 0.72, waist),
            (x - shoulder * 0.72, waist),
            (neck[0] - shoulder, chest + height * 0.05),
        ]
    )
    hem = height * 0.105
    pen.poly(
        [
            (x - shoulder * 0.74, waist - 2),
            (x + shoulder * 0.74, waist - 2),
            (x + hem, foot - height * 0.36),
            (x + hem * 0.86, foot),
            (x + hem * 0.2, foot),
            (x + hem * 0.06, foot - height * 0.38),
            (x - hem * 0.06, foot - height * 0.38),
            (x - hem * 0.2, foot),
            (x - hem * 0.86, foot),
            (x - hem, foot - height * 0.36),
        ]
    )
    arm = height * 0.055
    left, right = (neck[0] - shoulder * 0.9, chest + arm), (neck[0] + shoulder * 0.9, chest + arm)
    if pose in ("raise", "cheer", "load"):
        lift = 0.2 if pose != "load" else 0.1
        pen.line([right, (right[0] + height * 0.09, top + head), (x + sway + height * 0.08, top - height * lift)], arm)
    else:
        pen.line([right, (right[0] + height * 0.035, waist - height * 0.05), (x + hem, waist + height * 0.06)], arm)
    if pose == "cheer":
        pen.line([left, (left[0] - height * 0.09, top + head), (x + sway - height * 0.09, top - height * 0.18)], arm)
    else:
        pen.line([left, (left[0] - height * 0.035, waist - height * 0.05), (x - hem, waist + height * 0.06)], arm)
    if pose == "load":
        pen.disc(x + sway, top - head * 1.15, height * 0.16, height * 0.075)
    return pen


def crowd(pen: Pen, rng: Random, x0: float, x1: float, foot: float, height: float, count: int, cheer: float) -> Pen:
    """Heads and shoulders of `count` people, a share `cheer` of them with an arm up."""
    for k in range(count):
        x = x0 + (x1 - x0) * (k + rng.uniform(0.1, 0.9)) / count
        tall = height * rng.uniform(0.85, 1.12)
        top = foot - tall
        head = height * 0.13
        pen.disc(x, top + head, head * 0.85, head)
        pen.rect(x - head * 1.75, top + head * 1.9, x + head * 1.75, foot + height, radius=head * 1.2)
        pen.rect(x - head * 0.4, top + head, x + head * 0.4, top + head * 2.6)
        if rng.random() < cheer:
            side = rng.choice((-1, 1))
            pen.line(
                [
                    (x + side * head * 1.5, top + head * 2.6),
                    (x + side * head * 2.4, top + head * 0.6),
                    (x + side * head * 1.7, top - head * rng.uniform(0.8, 1.9)),
                ],
                head * 0.62,
            )
    return pen


def palm(pen: Pen, rng: Random, x: float, foot: float, height: float, lean: float = 0.1) -> Pen:
    """A coconut palm."""
    bend = [(x + lean * height * t * t, foot - height * t) for t in (0, 0.2, 0.4, 0.6, 0.8, 1.0)]
    trunk = height * 0.028
    pen.poly(
        [(px - trunk * (1.5 - i * 0.15), py) for i, (px, py) in enumerate(bend)]
        + [(px + trunk * (1.5 - i * 0.15), py) for i, (px, py) in reversed(list(enumerate(bend)))]
    )
    cx, cy = bend[-1]
    for k in range(9):
        turn = math.radians(-200 + k * 27.5 + rng.uniform(-7, 7))
        long = height * rng.uniform(0.34, 0.46)
        spine = [
            (cx + math.cos(turn) * long * t, cy + math.sin(turn) * long * t * 0.8 + long * 0.62 * t * t)
            for t in (0, 0.25, 0.5, 0.75, 1)
        ]
        broad = (0.012, 0.05, 0.058, 0.04, 0.0)
        pen.poly(
            [(px, py - height * b * 0.55) for (px, py), b in zip(spine, broad, strict=True)]
            + [(px, py + height * b) for (px, py), b in reversed(list(zip(spine, broad, strict=True)))]
        )
    return pen


def acacia(pen: Pen, x: float, foot: float, height: float) -> Pen:
    """A flat-topped thorn tree."""
    pen.poly(
        [
            (x - height * 0.035, foot),
            (x + height * 0.035, foot),
            (x + height * 0.02, foot - height * 0.5),
            (x - height * 0.02, foot - height * 0.5),
        ]
    )
    for dx, dy in ((-0.38, 0.84), (-0.15, 0.9), (0.12, 0.88), (0.36, 0.8)):
        pen.line(
            [
                (x, foot - height * 0.42),
                (x + dx * height * 0.5, foot - height * 0.66),
                (x + dx * height, foot - height * dy),
            ],
            height * 0.022,
        )
    for dx, dy, rx in ((-0.36, 0.86, 0.25), (0.0, 0.95, 0.38), (0.34, 0.83, 0.26), (-0.1, 0.9, 0.4)):
        pen.disc(x + dx * height, foot - dy * height, rx * height, height * 0.062)
    return pen


def canoe(pen: Pen, x: float, water: float, length: float, *, riders: int = 0, rng: Random | None = None) -> Pen:
    """A long river boat, with people in it."""
    half = length / 2
    pen.poly(
        [
            (x - half, water - length * 0.09),
            (x - half * 0.8, water - length * 0.03),
            (x + half * 0.8, water - length * 0.03),
            (x + half, water - length * 0.1),
            (x + half * 0.84, water + length * 0.035),
            (x + half * 0.6, water + length * 0.06),
            (x - half * 0.66, water + length * 0.06),
            (x - half * 0.86, water + length * 0.03),
        ]
    )
    for k in range(riders):
        at = x - half * 0.62 + k * (length * 0.62) / max(1, riders - 1)
        tall = length * ((rng.uniform(0.15, 0.2)) if rng else 0.18)
        pen.disc(at, water - tall, length * 0.022, length * 0.026)
        pen.poly(
            [
                (at - length * 0.03, water),
                (at - length * 0.034, water - tall * 0.62),
                (at, water - tall * 0.86),
                (at + length * 0.034, water - tall * 0.62),
                (at + length * 0.03, water),
            ]
        )
    return pen


def ripples(
    pen: Pen, rng: Random, x0: float, x1: float, y0: float, y1: float, count: int, long: float = 90, thick: float = 3
) -> Pen:
    """Short strokes on water, longer and thicker towards the foot."""
    for _ in range(count):
        share = rng.random()
        y = y0 + (y1 - y0) * share**1.1
        x = rng.uniform(x0, x1)
        reach = long * (0.3 + share) * rng.uniform(0.5, 1.3)
        half = thick * (0.5 + share)
        pen.poly([(x - reach, y), (x, y - half), (x + reach, y), (x, y + half)])
    return pen


def stars(pen: Pen, rng: Random, width: float, foot: float, count: int) -> Pen:
    """A clear night."""
    for _ in range(count):
        pen.disc(rng.uniform(0, width), rng.uniform(0, 1) ** 1.3 * foot, rng.choice((0.9, 1.2, 1.2, 1.7, 2.4)))
    return pen
