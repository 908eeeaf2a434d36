"""The demonstration newsroom's illustrations, one function a picture. `drawing.draw(key)` is the way in."""

# fmt: off
# ruff: noqa: B023 - a shape is cut at once, before its loop goes on

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from random import Random

from standfirst.demo.canvas import (
    AMBER,
    BRICK,
    CLAY,
    CREAM,
    FOAM,
    INK,
    LEAF,
    MOSS,
    NAVY,
    OCHRE,
    PINE,
    PLUM,
    ROSE,
    SAND,
    SEA,
    SLATE,
    SMOKE,
    TEAL,
    Pen,
    Point,
    Scene,
    acacia,
    canoe,
    crowd,
    land,
    mix,
    palm,
    person,
    ridge,
    ripples,
    stars,
)

WIDTH, HEIGHT = 1600, 1067


# --- water -----------------------------------------------------------------------------------------------------------


def _crane(pen: Pen, x: float, foot: float, tall: float, reach: float) -> Pen:
    """A quay crane. A negative `reach` turns it to the left."""
    beam, side = tall * 0.035, math.copysign(1, reach)
    for dx in (-0.13, 0.13):
        pen.line([(x + dx * tall, foot), (x + dx * tall * 0.75, foot - tall * 0.72)], beam)
    pen.line([(x - tall * 0.12, foot - tall * 0.3), (x + tall * 0.12, foot - tall * 0.3)], beam * 0.8)
    pen.line([(x - tall * 0.125, foot - tall * 0.04), (x + tall * 0.11, foot - tall * 0.3)], beam * 0.45)
    pen.rect(x - side * tall * 0.36, foot - tall * 0.735, x + reach, foot - tall * 0.685)
    head = (x + side * tall * 0.04, foot - tall)
    pen.line([(x, foot - tall * 0.7), head], beam * 0.8)
    pen.line([head, (x + reach * 0.95, foot - tall * 0.71)], beam * 0.35)
    pen.line([head, (x - side * tall * 0.33, foot - tall * 0.71)], beam * 0.35)
    pen.rect(x - side * tall * 0.3, foot - tall * 0.69, x - side * tall * 0.16, foot - tall * 0.6)
    hook = x + reach * 0.62
    pen.line([(hook, foot - tall * 0.7), (hook, foot - tall * 0.44)], beam * 0.22)
    pen.rect(hook - tall * 0.11, foot - tall * 0.44, hook + tall * 0.11, foot - tall * 0.36)
    return pen


def _ship(pen: Pen, x: float, water: float, long: float) -> Pen:
    pen.poly([(x, water - long * 0.1), (x + long * 0.94, water - long * 0.1), (x + long, water - long * 0.135), (x
        + long * 0.955, water + long * 0.02), (x + long * 0.03, water + long * 0.02)])
    pen.rect(x + long * 0.06, water - long * 0.27, x + long * 0.17, water - long * 0.09)
    pen.rect(x + long * 0.045, water - long * 0.285, x + long * 0.185, water - long * 0.262)
    pen.rect(x + long * 0.09, water - long * 0.335, x + long * 0.13, water - long * 0.27)
    return pen


def _boxes(scene: Scene, x: float, foot: float, columns: int, rows: int, size: float, colours: tuple[str, ...]) -> None:
    for colour in colours:
        picks = [(c, r) for c in range(columns) for r in range(rows) if scene.rng.random() < 1 / len(colours)
            + 0.12 and r < rows - (c * 7 % 3)]

        def shape(pen: Pen, picks: list[tuple[int, int]] = picks) -> None:
            for c, r in picks:
                left = x + c * size * 2.15
                pen.rect(left, foot - (r + 1) * size, left + size * 2.08, foot - r * size - size * 0.06)

        scene.cut(colour, shape)


def harbour_dusk(scene: Scene) -> None:
    rng = scene.rng
    scene.wash((0, NAVY), (0.28, PLUM), (0.48, CLAY), (0.62, AMBER), (0.63, CLAY), (1, INK))
    scene.glow(1090, 640, 620, AMBER, 0.95)
    scene.cut(CREAM, lambda p: p.disc(1090, 610, 86))
    scene.cut(mix(PLUM, CLAY, 0.45), lambda p: land(p, ridge(rng, WIDTH, 640, 34), 668), opacity=0.9)
    scene.cut((CLAY, NAVY), lambda p: p.rect(0, 662, WIDTH, HEIGHT))
    scene.cut(AMBER, lambda p: ripples(p, rng, 880, 1300, 672, 1060, 70, 80, 4), opacity=0.75)
    scene.cut(PLUM, lambda p: ripples(p, rng, 0, WIDTH, 680, 1060, 90, 120, 4), opacity=0.5)
    scene.cut(mix(PLUM, INK, 0.25), lambda p: [_crane(p, x, 690, 300, 190) for x in (690, 850)], opacity=0.92)
    _boxes(scene, 330, 640, 9, 4, 30, (BRICK, PLUM, SLATE, mix(OCHRE, PLUM, 0.5)))
    scene.cut(mix(PLUM, INK, 0.55), lambda p: _ship(p, 240, 700, 560), shadow=0.3)
    scene.cut(INK, lambda p: [_crane(p, 180, 860, 640, 430), _crane(p, 520, 860, 560, 330)], shadow=0.25)
    scene.cut((INK, INK), lambda p: p.poly([(0, 850), (760, 850), (860, 900), (880, 1067), (0, 1067)]), shadow=0.4)
    lamps = [(90 + k * 118, 838) for k in range(6)] + [(180, 222), (520, 306), (700, 402)]
    for x, y in lamps:
        scene.glow(x, y, 52, AMBER, 0.85)
    scene.cut(CREAM, lambda p: [p.disc(x, y, 4.5) for x, y in lamps])


def harbour(scene: Scene) -> None:
    rng = scene.rng
    scene.wash((0, mix(SEA, CREAM, 0.35)), (0.4, mix(FOAM, CREAM, 0.55)), (0.52, CREAM), (1, SEA))
    scene.glow(300, 180, 420, CREAM, 0.8)
    scene.cut(mix(FOAM, SEA, 0.35), lambda p: land(p, ridge(rng, WIDTH, 500, 46), 580))
    scene.cut(mix(FOAM, TEAL, 0.6), lambda p: [p.rect(x, 545 - h, x + w, 590) for x, w, h in ((40, 60, 40), (105, 34,
        95), (150, 80, 30), (260, 40, 66), (310, 70, 24), (420, 30, 120), (455, 66, 46))])
    scene.cut((SEA, TEAL), lambda p: p.rect(0, 575, WIDTH, HEIGHT))
    scene.cut(FOAM, lambda p: ripples(p, rng, 0, WIDTH, 590, 1060, 150, 120, 4), opacity=0.5)
    for x, y, long in ((120, 628, 190), (430, 612, 120), (600, 640, 210)):
        scene.cut(mix(TEAL, NAVY, 0.35), lambda p: _ship(p, x, y, long), opacity=0.9)
    _boxes(scene, 800, 668, 13, 6, 30, (CLAY, OCHRE, SLATE, CREAM, BRICK, TEAL))
    scene.cut(NAVY, lambda p: _ship(p, 660, 760, 930), shadow=0.35)
    scene.cut(CLAY, lambda p: p.poly([(690, 752), (1556, 752), (1549, 779), (690, 779)]))
    scene.cut(CLAY, lambda p: [_crane(p, 1040, 880, 720, -420), _crane(p, 1400, 880, 760, -470)], shadow=0.4)
    scene.cut((INK, SLATE), lambda p: p.poly([(560, 872), (1600, 872), (1600, 1067), (480, 1067)]), shadow=0.5)
    _boxes(scene, 640, 1010, 6, 3, 40, (OCHRE, CLAY, TEAL))
    scene.cut(INK, lambda p: [person(p, x, 1040, h) for x, h in ((1240, 118), (1290, 108), (1430, 122))], shadow=0.3)
    scene.cut(AMBER, lambda p: [p.pie(x, y, 11, 180, 360) for x, y in ((1240, 930), (1290, 940), (1430, 926))])


def picket(scene: Scene) -> None:
    rng = scene.rng
    scene.wash((0, mix(SLATE, CREAM, 0.25)), (0.55, ROSE), (0.75, AMBER), (1, CLAY))
    scene.glow(820, 640, 620, CREAM, 0.85)
    scene.cut(mix(SLATE, ROSE, 0.45), lambda p: [_crane(p, x, 700, t, r) for x, t, r in ((210, 520, 300), (620, 440,
        260), (1130, 500, -280), (1450, 580, -340))], opacity=0.95)
    scene.cut(mix(SLATE, PLUM, 0.5), lambda p: [p.rect(0, 640, WIDTH, 700), *[p.rect(x, 560, x + 12, 700)
        for x in range(0, 1600, 70)]], shadow=0.2)
    for colour, foot, tall, count in ((mix(PLUM, CLAY, 0.4), 800, 220, 17), (PLUM, 900, 270, 14)):
        scene.cut(colour, lambda p: crowd(p, rng, -40, 1640, foot, tall, count, 0.35), shadow=0.25)
    boards = ((150, 330, 250, 130, -3.0), (520, 270, 300, 150, 2.0), (960, 320, 230, 130, -2.0), (1290, 260, 250, 160,
        4.0))

    def poles(pen: Pen) -> None:
        for x, y, w, h, tilt in boards:
            pen.line([(x + w / 2, y + h / 2), (x + w / 2 - tilt * 12, 920)], 11)

    def faces(pen: Pen) -> None:
        for x, y, w, h, tilt in boards:
            pen.poly([(x, y + tilt * 3), (x + w, y - tilt * 3), (x + w + tilt, y + h - tilt * 3), (x + tilt, y + h
                + tilt * 3)])

    def words(pen: Pen) -> None:
        for x, y, w, h, tilt in boards:
            for row, share in ((0.26, 0.8), (0.5, 0.62), (0.74, 0.72)):
                drop = tilt * 3 * (1 - 2 * 0.5)
                pen.line([(x + w * 0.12, y + h * row + tilt * 2 + drop), (x + w * share, y + h * row - tilt * 1.4)], 15)

    scene.cut(INK, poles)
    scene.cut(CREAM, faces, shadow=0.35)
    scene.cut(CLAY, words)
    scene.cut(INK, lambda p: crowd(p, rng, -60, 1660, 1060, 330, 10, 0.4), shadow=0.35)


def flood_street(scene: Scene) -> None:
    rng = scene.rng
    scene.wash((0, SLATE), (0.3, mix(SLATE, SAND, 0.5)), (0.5, SAND), (0.56, OCHRE), (1, PINE))
    scene.glow(800, 520, 520, CREAM, 0.75)
    walls = (ROSE, SAND, mix(SEA, CREAM, 0.4), CLAY, mix(OCHRE, CREAM, 0.2))
    for side in (-1, 1):
        for k in range(5, 0, -1):
            near, far = 800 + side * (90 + k * 148), 800 + side * (90 + (k - 1) * 148)
            rise = (80 + k * 92, 80 + (k - 1) * 92)
            jolt = rng.uniform(-22, 34)
            foot = (565 + k * 34, 565 + (k - 1) * 34)
            colour = mix(walls[(k + (side > 0) * 2) % 5], SLATE, 0.5 - k * 0.08)
            scene.cut(colour, lambda p: p.poly([(near, foot[0] - rise[0] - jolt), (far, foot[1] - rise[1] - jolt),
                (far, foot[1] + 60), (near, foot[0] + 90)]), shadow=0.2)
            roof = mix(BRICK, SLATE, 0.55 - k * 0.09)
            scene.cut(roof, lambda p: p.poly([(near + side * 10, foot[0] - rise[0] - jolt - 26), (far - side * 14,
                foot[1] - rise[1] - jolt - 18), (far - side * 14, foot[1] - rise[1] - jolt + 4), (near + side * 10,
                foot[0] - rise[0] - jolt + 8)]))

            def windows(
                p: Pen,
                n: float = near,
                f: float = far,
                r: tuple[float, float] = rise,
                t: tuple[float, float] = foot,
                j: float = jolt,
            ) -> None:
                for a in (0.2, 0.62):
                    for level in (0.2, 0.6):
                        x0, x1 = n + (f - n) * a, n + (f - n) * (a + 0.2)
                        y0 = [t[0] - r[0] - j + (t[1] - r[1] - t[0] + r[0]) * q for q in (a, a + 0.2)]
                        h = [r[0] + (r[1] - r[0]) * q for q in (a, a + 0.2)]
                        p.poly([(x0, y0[0] + h[0] * level), (x1, y0[1] + h[1] * level), (x1, y0[1] + h[1] * (level
                            + 0.22)), (x0, y0[0] + h[0] * (level + 0.22))])

            scene.cut(mix(NAVY, colour, 0.2), windows)
    scene.cut(INK, lambda p: ([p.line([(x, y), (x, 640)], w) for x, y, w in ((330, 170, 9), (1235, 150, 9), (620, 390,
        5))] + [p.line([(330, 190), (480, 330), (620, 400)], 2.5), p.line([(1235, 170), (1100, 330), (960, 400)],
        2.5)]))
    scene.cut((OCHRE, PINE), lambda p: land(p, [(x, 640 + math.sin(x / 90) * 4) for x in range(-20, 1640, 20)], 1080),
        shadow=0.3)
    scene.cut(SAND, lambda p: ripples(p, rng, 560, 1040, 650, 1060, 60, 90, 4), opacity=0.8)
    scene.cut(PINE, lambda p: ripples(p, rng, 0, WIDTH, 660, 1060, 120, 150, 5), opacity=0.5)
    scene.cut(INK, lambda p: canoe(p, 900, 850, 470, riders=5, rng=rng), shadow=0.4)
    scene.cut(INK, lambda p: person(p, 1085, 845, 190), shadow=0.2)
    scene.cut(INK, lambda p: p.line([(1130, 640), (1168, 920)], 8))
    scene.cut(CLAY, lambda p: p.poly([(690, 843), (1108, 843), (1100, 858), (700, 858)]))


def river_boats(scene: Scene) -> None:
    rng = scene.rng
    scene.wash((0, TEAL), (0.25, FOAM), (0.42, CREAM), (0.47, AMBER), (0.5, SEA), (1, PINE))
    scene.glow(430, 410, 520, AMBER, 0.8)
    scene.cut(CREAM, lambda p: p.disc(430, 360, 62))
    scene.cut(mix(FOAM, TEAL, 0.5), lambda p: land(p, ridge(rng, WIDTH, 440, 30), 500))
    scene.cut((MOSS, PINE), lambda p: land(p, ridge(rng, WIDTH, 478, 22, 7), 520), shadow=0.2)
    scene.cut((SEA, PINE), lambda p: p.rect(0, 510, WIDTH, HEIGHT))
    scene.cut(AMBER, lambda p: ripples(p, rng, 260, 620, 516, 1000, 90, 70, 4), opacity=0.7)
    scene.cut(FOAM, lambda p: ripples(p, rng, 0, WIDTH, 520, 1060, 160, 130, 4), opacity=0.4)
    for x, y, long, riders, band in ((980, 580, 240, 5, CLAY), (1350, 640, 300, 6, OCHRE), (300, 700, 380, 7, CREAM)):
        scene.cut(mix(INK, TEAL, 0.25), lambda p: canoe(p, x, y, long, riders=riders, rng=rng), shadow=0.3)
        scene.cut(band, lambda p: p.rect(x - long * 0.38, y - long * 0.012, x + long * 0.38, y + long * 0.012))
    scene.cut(INK, lambda p: [canoe(p, 980, 900, 760, riders=8, rng=rng), person(p, 1270, 900, 240), p.line([(1310,
        560), (1362, 1010)], 9)], shadow=0.45)
    scene.cut(CLAY, lambda p: p.rect(690, 892, 1270, 912))
    scene.cut(OCHRE, lambda p: [p.disc(640 + k * 46, 902, 9) for k in range(1)] + [p.poly([(612, 840), (612, 770),
        (690, 805)])], shadow=0.2)
    scene.cut(PINE, lambda p: [palm(p, rng, -10, 1100, 780, 0.24), palm(p, rng, 1610, 700, 420, -0.2)], shadow=0.35)


def delta(scene: Scene) -> None:
    rng = scene.rng
    scene.wash((0, mix(MOSS, CREAM, 0.25)), (1, PINE))
    for _ in range(34):
        x, y = rng.uniform(0, WIDTH), rng.uniform(120, HEIGHT)
        scene_colour = rng.choice((LEAF, MOSS, mix(MOSS, OCHRE, 0.4), mix(LEAF, SAND, 0.4), PINE))
        scene.cut(scene_colour, lambda p: p.poly(_blob(rng, x, y, rng.uniform(70, 210))), opacity=0.55)

    def stream(pen: Pen, x: float, y: float, heading: float, width: float, depth: int) -> Pen:
        points: list[Point] = []
        while y < HEIGHT + 60 and len(points) < 90:
            points.append((x, y))
            heading += rng.uniform(-0.24, 0.24) - (heading - math.pi / 2) * 0.06
            x += math.cos(heading) * 22
            y += math.sin(heading) * 22
            if depth and len(points) in (12, 24, 36) and rng.random() < 0.95:
                stream(pen, x, y, heading + rng.choice((-0.75, 0.75)), width * 0.68, depth - 1)
        for k in range(1, len(points)):
            pen.line([points[k - 1], points[k]], width)
            pen.disc(*points[k], width / 2)
        return pen

    state = rng.getstate()
    for colour, extra in ((mix(SAND, OCHRE, 0.3), 16.0), (TEAL, 0.0), (SEA, -15.0)):
        rng.setstate(state)
        scene.cut(colour, lambda p: [stream(p, 780, -20, math.pi / 2, max(4.0, 62 + extra), 3), stream(p, 820, 180,
            0.9, max(3.0, 40 + extra), 2)], shadow=0.3 if extra > 0 else 0)
    scene.cut(FOAM, lambda p: ripples(p, rng, 300, 1300, 60, 1060, 40, 20, 2), opacity=0.6)
    scene.cut(CREAM, lambda p: [p.rect(x, y, x + 11, y + 8) for x, y in ((rng.gauss(1180, 70), rng.gauss(420, 44))
        for _ in range(46))], shadow=0.35)
    scene.cut(CLAY, lambda p: [p.rect(x, y, x + 12, y + 9) for x, y in ((rng.gauss(1180, 70), rng.gauss(420, 44))
        for _ in range(30))], shadow=0.35)
    for x, y, r in ((260, 150, 170), (420, 190, 130), (1390, 880, 190), (1240, 930, 120)):
        scene.cut(CREAM, lambda p: p.poly(_blob(rng, x, y, r)), opacity=0.5, soft=26, shadow=0.12)


def _blob(rng: Random, x: float, y: float, r: float) -> list[Point]:
    phase = [rng.uniform(0, math.tau) for _ in range(3)]
    points = []
    for k in range(40):
        turn = k / 40 * math.tau
        reach = r * (1 + 0.18 * math.sin(2 * turn + phase[0]) + 0.12 * math.sin(3 * turn + phase[1])
            + 0.06 * math.sin(7 * turn + phase[2]))
        points.append((x + math.cos(turn) * reach * 1.3, y + math.sin(turn) * reach * 0.7))
    return points


def fishing_boats(scene: Scene) -> None:
    rng = scene.rng
    scene.wash((0, SEA), (0.22, FOAM), (0.4, CREAM), (0.42, TEAL), (0.56, SEA), (1, SAND))
    scene.cut(CREAM, lambda p: [p.poly(_blob(rng, x, y, r)) for x, y, r in ((320, 150, 110), (1130, 110, 150), (1320,
        190, 90))], opacity=0.6, soft=16)
    scene.cut(mix(TEAL, FOAM, 0.35), lambda p: land(p, [(1050, 440), (1180, 380), (1330, 330), (1480, 345), (1620,
        300)], 450))
    scene.cut(CREAM, lambda p: p.poly([(1392, 340), (1400, 240), (1416, 240), (1424, 340)]), shadow=0.2)
    scene.cut(CLAY, lambda p: [p.rect(1396, 268, 1420, 288), p.rect(1400, 226, 1416, 240)])
    scene.cut((TEAL, SEA), lambda p: p.rect(0, 440, WIDTH, 760))
    scene.cut(FOAM, lambda p: ripples(p, rng, 0, WIDTH, 446, 700, 130, 90, 4), opacity=0.6)
    for y, colour in ((640, FOAM), (668, CREAM), (690, SAND)):
        scene.cut(colour, lambda p: land(p, [(x, y + math.sin(x / 140 + y) * 16 + x * 0.02) for x in range(-20, 1640,
            20)], 1080))
    scene.cut((SAND, mix(SAND, CLAY, 0.4)), lambda p: land(p, [(x, 706 + math.sin(x / 170) * 14 + x * 0.02)
        for x in range(-20, 1640, 20)], 1080), shadow=0.15)
    for x, y, long, hull, stripe in ((330, 790, 470, TEAL, AMBER), (820, 770, 380, CLAY, CREAM), (1290, 810, 520, NAVY,
        ROSE), (620, 950, 680, OCHRE, TEAL)):
        scene.cut(hull, lambda p: p.poly([(x - long / 2, y - long * 0.2), (x - long * 0.4, y - long * 0.08), (x
            + long * 0.4, y - long * 0.09), (x + long / 2, y - long * 0.22), (x + long * 0.38, y + long * 0.06),
            (x - long * 0.34, y + long * 0.06)]), shadow=0.45)
        scene.cut(stripe, lambda p: p.poly([(x - long * 0.42, y - long * 0.05), (x + long * 0.42, y - long * 0.06), (x
            + long * 0.41, y - long * 0.03), (x - long * 0.4, y - long * 0.02)]))
    scene.cut(INK, lambda p: [p.line([(760, 905), (835, 560)], 7), p.line([(820, 720), (890, 470)], 6)], shadow=0.2)
    scene.cut(CREAM, lambda p: p.poly([(832, 575), (1010, 720), (785, 790)]), shadow=0.25, opacity=0.95)
    scene.cut(INK, lambda p: [person(p, x, y, h, pose=s) for x, y, h, s in ((1080, 960, 200, "load"), (1180, 985, 210,
        "stand"), (170, 1010, 220, "load"), (1460, 1000, 205, "stand"))], shadow=0.35)


def lighthouse(scene: Scene) -> None:
    rng = scene.rng
    scene.wash((0, INK), (0.3, NAVY), (0.56, SLATE), (0.66, ROSE), (0.67, SLATE), (1, INK))
    scene.cut(CREAM, lambda p: stars(p, rng, WIDTH, 520, 110), opacity=0.8)
    scene.cut(AMBER, lambda p: p.poly([(1052, 268), (-40, 60), (-40, 420)]), opacity=0.34, soft=10)
    scene.cut(AMBER, lambda p: p.poly([(1052, 268), (1700, 150), (1700, 390)]), opacity=0.3, soft=10)
    scene.cut((SLATE, INK), lambda p: p.rect(0, 706, WIDTH, HEIGHT))
    scene.cut(FOAM, lambda p: ripples(p, rng, 0, WIDTH, 715, 1050, 120, 110, 4), opacity=0.35)
    scene.cut((PLUM, INK), lambda p: land(p, [(620, 800), (720, 740), (820, 690), (930, 664), (1080, 650), (1210, 668),
        (1330, 730), (1480, 770), (1640, 800)], 1080), shadow=0.4)
    scene.cut((CREAM, SAND), lambda p: p.poly([(986, 668), (1014, 310), (1090, 310), (1120, 668)]), shadow=0.4)
    scene.cut(CLAY, lambda p: [p.poly([(1004 - k * 0, y), (1100, y), (1103, y + 58), (1001, y + 58)]) for k,
        y in enumerate((380, 500, 610))])
    scene.cut(mix(PLUM, INK, 0.4), lambda p: p.poly([(1062, 310), (1090, 310), (1120, 668), (1070, 668)]), opacity=0.35)
    scene.cut(INK, lambda p: [p.rect(1000, 300, 1104, 314), p.rect(1020, 214, 1084, 226), p.poly([(1014, 216), (1090,
        216), (1052, 176)]), *[p.rect(x, 226, x + 5, 302) for x in (1022, 1050, 1077)]])
    scene.glow(1052, 264, 210, AMBER, 1.0)
    scene.cut(CREAM, lambda p: p.disc(1052, 264, 19))
    scene.cut(INK, lambda p: [p.rect(1180, 610, 1290, 690), p.poly([(1168, 614), (1302, 614), (1260, 566), (1210,
        566)])], shadow=0.3)
    scene.cut(AMBER, lambda p: p.rect(1222, 634, 1246, 664))
    for y, colour in ((880, SLATE), (950, NAVY), (1015, INK)):
        scene.cut(colour, lambda p: land(p, [(x, y + math.sin(x / 60 + y) * 12 + math.sin(x / 23) * 4)
            for x in range(-20, 1640, 12)], 1080), shadow=0.25)
    scene.cut(FOAM, lambda p: [p.disc(rng.gauss(800, 140), rng.gauss(845, 16), rng.uniform(2, 6)) for _ in range(90)],
        opacity=0.8)


def storm_sea(scene: Scene) -> None:
    rng = scene.rng
    scene.wash((0, INK), (0.4, SLATE), (0.6, mix(SLATE, FOAM, 0.5)), (1, NAVY))
    for k in range(14):
        scene.cut(rng.choice((INK, NAVY, SLATE, mix(SLATE, SMOKE, 0.4))), lambda p: p.poly(_blob(rng, rng.uniform(-100,
            1700), 40 + k * 26, rng.uniform(110, 250))), opacity=0.55, soft=18)
    scene.cut(CREAM, lambda p: p.line([(1180, 190), (1140, 300), (1178, 310), (1120, 430), (1150, 436), (1098, 560)],
        6))
    scene.glow(1140, 360, 330, FOAM, 0.55)
    scene.cut(FOAM, lambda p: [p.line([(x, y), (x - 26, y + 92)], 1.4) for x, y in ((rng.uniform(0, 1640),
        rng.uniform(-60, 760)) for _ in range(190))], opacity=0.3)
    for k, (y, colour) in enumerate(((600, mix(SLATE, SEA, 0.4)), (690, TEAL), (800, mix(TEAL, NAVY, 0.5)), (925,
        NAVY))):
        rise, span, phase = 26 + k * 22, 190 + k * 60, rng.uniform(0, 6)
        crest = [(float(x), y - rise * (1 - abs(math.sin(x / span + phase))) ** 0.8 * 2) for x in range(-20, 1640, 8)]
        if k == 2:
            scene.cut(INK, lambda p: [p.poly([(520, 730), (760, 668), (742, 742), (700, 790), (570, 816)]),
                p.poly([(590, 708), (672, 687), (664, 640), (592, 658)]), p.line([(650, 660), (628, 540)], 7),
                p.line([(700, 690), (632, 560)], 2.5)], shadow=0.3)
            scene.cut(AMBER, lambda p: p.poly([(606, 690), (630, 684), (627, 664), (604, 670)]))
            scene.glow(618, 676, 70, AMBER, 0.7)
        scene.cut(colour, lambda p: land(p, crest, 1080), shadow=0.35)
        scene.cut(FOAM, lambda p: [p.poly([(x0, y0), (x1, y1), (x1, y1 + 5 + k * 2), (x0, y0 + 5 + k * 2)]) for (x0,
            y0), (x1, y1) in itertools.pairwise(crest) if y0 < min(b for _, b in crest) + 16 + k * 6], opacity=0.85)


# --- land -----------------------------------------------------------------------------------------------------------


def parliament(scene: Scene) -> None:
    rng = scene.rng
    scene.wash((0, TEAL), (0.4, FOAM), (0.66, CREAM), (0.75, AMBER), (1, CLAY))
    scene.glow(800, 560, 640, CREAM, 0.9)
    scene.cut(mix(FOAM, SEA, 0.5), lambda p: [p.rect(x, 700 - h, x + w, 800) for x, w, h in ((30, 110, 90), (160, 60,
        190), (240, 130, 60), (1210, 110, 80), (1340, 70, 210), (1440, 140, 110))], opacity=0.8)
    scene.cut((FOAM, TEAL), lambda p: [p.pie(800, 420, 190, 180, 360), p.rect(610, 416, 990, 436)], shadow=0.35)
    scene.cut(TEAL, lambda p: [p.line([(800 + math.cos(a) * 190 * w, 420), (800 + math.cos(a) * 100 * w, 262), (800,
        232)], 5) for a, w in ((0.0, 0.35), (0.0, 0.7), (math.pi, 0.35), (math.pi, 0.7))])
    scene.cut(CREAM, lambda p: [p.rect(764, 186, 836, 236), p.pie(800, 190, 36, 180, 360), p.line([(800, 150), (800,
        70)], 5)], shadow=0.2)
    scene.cut(CLAY, lambda p: p.poly([(803, 72), (880, 88), (862, 104), (880, 122), (803, 122)]))
    scene.cut((CREAM, SAND), lambda p: [p.rect(580, 434, 1020, 520), p.rect(250, 560, 1350, 800), p.poly([(500, 566),
        (800, 476), (1100, 566)])], shadow=0.35)
    scene.cut(mix(SAND, CLAY, 0.35), lambda p: ([p.rect(x, 450, x + 22, 508) for x in range(600, 1000, 46)]
        + [p.rect(236, 548, 1364, 572), p.poly([(560, 552), (800, 494), (1040, 552)])]))
    scene.cut(mix(PLUM, NAVY, 0.4), lambda p: ([p.rect(x, 622, x + 44, 800, radius=20) for x in (290, 366, 442, 1116,
        1192, 1268)] + [p.rect(540, 590, 1060, 800)]))
    scene.cut((CREAM, SAND), lambda p: [p.rect(x, 584, x + 40, 800) for x in range(528, 1050, 84)], shadow=0.3)
    for k in range(5):
        scene.cut(mix(SAND, CLAY, 0.1 * k), lambda p: p.rect(470 - k * 46, 796 + k * 22, 1130 + k * 46, 824 + k * 22),
            shadow=0.2)
    scene.cut((CLAY, BRICK), lambda p: p.rect(0, 906, WIDTH, HEIGHT), shadow=0.3)
    scene.cut(PINE, lambda p: [palm(p, rng, x, 930, h, s) for x, h, s in ((120, 520, 0.06), (250, 400, -0.05), (1370,
        430, 0.06), (1500, 560, -0.06))], shadow=0.3)
    scene.cut(INK, lambda p: [person(p, x, y, h) for x, y, h in ((640, 960, 112), (690, 955, 104), (880, 1010, 146),
        (420, 1000, 136), (1160, 985, 124))], shadow=0.35)


def stadium(scene: Scene) -> None:
    rng = scene.rng
    scene.wash((0, INK), (0.4, NAVY), (0.55, TEAL), (1, PINE))
    scene.cut(CREAM, lambda p: stars(p, rng, WIDTH, 320, 70), opacity=0.6)
    for x, top in ((210, 150), (1390, 150), (560, 260), (1040, 260)):
        for dx in (-0.5, 0, 0.5):
            scene.cut(CREAM, lambda p: p.poly([(x - 40, top), (x + 40, top), (800 + (x - 800) * 0.2 + dx * 700 + 160,
                900), (800 + (x - 800) * 0.2 + dx * 700 - 160, 900)]), opacity=0.055, soft=20)
    scene.cut((NAVY, SLATE), lambda p: p.poly([(-10, 470), (500, 440), (1100, 440), (1610, 470), (1610, 760), (-10,
        760)]))
    for colour, count in ((CREAM, 900), (LEAF, 1500), (OCHRE, 500), (CLAY, 450), (INK, 1200)):
        scene.cut(colour, lambda p: [p.disc(rng.uniform(-10, 1610), rng.uniform(478, 700), rng.uniform(3, 5.5))
            for _ in range(count)], opacity=0.8)
    scene.cut(INK, lambda p: [p.poly([(-10, 452), (500, 420), (1100, 420), (1610, 452), (1610, 478), (1100, 446), (500,
        446), (-10, 478)])], shadow=0.5)
    scene.cut(CLAY, lambda p: p.rect(0, 702, WIDTH, 738), shadow=0.3)
    scene.cut(CREAM, lambda p: [p.rect(x, 712, x + w, 728) for x, w in ((60, 180), (330, 90), (520, 240), (880, 120),
        (1110, 210), (1420, 120))], opacity=0.8)
    scene.cut((LEAF, MOSS), lambda p: p.rect(0, 738, WIDTH, HEIGHT), shadow=0.3)
    for k in range(0, 10, 2):
        x0, x1 = -1200 + k * 400, -1200 + (k + 1) * 400
        scene.cut(MOSS, lambda p: p.poly([(800 + (x0 - 800) * 0.45, 738), (800 + (x1 - 800) * 0.45, 738), (x1, 1067),
            (x0, 1067)]), opacity=0.45)
    scene.cut(CREAM, lambda p: [p.line([(0, 800), (1600, 800)], 5), p.line([(420, 738), (420, 690)], 0.5),
        p.line([(300, 800), (200, 940)], 5), p.line([(1300, 800), (1400, 940)], 5), p.line([(200, 940), (1400, 940)],
        6)], opacity=0.8)
    scene.cut(CREAM, lambda p: [p.line([(610, 800), (610, 660), (990, 660), (990, 800)], 9)], shadow=0.3)
    scene.cut(CREAM, lambda p: ([p.line([(610 + k * 20, 662), (622 + k * 19, 792)], 1) for k in range(20)]
        + [p.line([(612, 664 + k * 18), (988, 664 + k * 18)], 1) for k in range(8)]), opacity=0.5)
    scene.cut(INK, lambda p: ([p.line([(x, 480), (x, t + 30)], w) for x, t, w in ((210, 150, 13), (1390, 150, 13),
        (560, 260, 9), (1040, 260, 9))] + [p.rect(x - w, t - h, x + w, t + h, radius=6) for x, t, w, h in ((210, 150,
        84, 46), (1390, 150, 84, 46), (560, 260, 56, 30), (1040, 260, 56, 30))]))
    for x, top, w, h in ((210, 150, 84, 46), (1390, 150, 84, 46), (560, 260, 56, 30), (1040, 260, 56, 30)):
        scene.glow(x, top, w * 2.6, CREAM, 0.7)
        scene.cut(CREAM, lambda p: [p.disc(x - w * 0.72 + c * w * 0.36, top - h * 0.5 + r * h * 0.5, w * 0.13)
            for c in range(5) for r in range(3)])
    scene.cut(INK, lambda p: [person(p, 780, 812, 140, pose="cheer"), person(p, 1020, 960, 210, pose="raise",
        lean=0.05), person(p, 520, 930, 190), person(p, 330, 1000, 230, pose="cheer", lean=-0.04)], shadow=0.4)
    scene.cut(CREAM, lambda p: p.disc(690, 905, 19), shadow=0.4)
    scene.cut(INK, lambda p: [p.disc(690, 905, 6), p.disc(702, 895, 4), p.disc(679, 896, 4), p.disc(690, 920, 4)])


def solar(scene: Scene) -> None:
    rng = scene.rng
    scene.wash((0, SEA), (0.3, FOAM), (0.47, CREAM), (0.52, AMBER), (0.53, OCHRE), (1, CLAY))
    scene.glow(1180, 300, 560, CREAM, 1.0)
    scene.cut(CREAM, lambda p: p.disc(1180, 260, 96))
    scene.cut(mix(ROSE, SLATE, 0.3), lambda p: land(p, ridge(rng, WIDTH, 520, 46), 580))
    scene.cut((OCHRE, CLAY), lambda p: p.rect(0, 556, WIDTH, HEIGHT))
    scene.cut(MOSS, lambda p: [acacia(p, x, 575, h) for x, h in ((110, 96), (250, 66), (860, 60), (1500, 104))],
        shadow=0.2)
    rows = 9
    for k in range(rows):
        near = (k / (rows - 1)) ** 1.75
        y, tall, wide = 585 + near * 400, 12 + near * 118, 34 + near * 250
        shift = -near * 170 + (k % 2) * wide * 0.3
        tones = (mix(NAVY, SLATE, 0.55 - near * 0.5), mix(TEAL, NAVY, 0.35 + near * 0.4))
        scene.cut(INK, lambda p: [p.line([(shift + c * wide * 1.09 + wide * 0.5, y), (shift + c * wide * 1.09
            + wide * 0.55, y + tall * 0.62)], max(1.5, tall * 0.05)) for c in range(-1, 46) if shift
            + c * wide * 1.09 < 1640])
        scene.cut(tones, lambda p: [p.poly([(shift + c * wide * 1.09 + wide * 0.14, y - tall * 0.52), (shift
            + c * wide * 1.09 + wide * 1.1, y - tall * 0.52), (shift + c * wide * 1.09 + wide * 0.96, y + tall * 0.3),
            (shift + c * wide * 1.09, y + tall * 0.3)]) for c in range(-2, 46) if shift + c * wide * 1.09 < 1640],
            shadow=0.25)
        scene.cut(FOAM, lambda p: ([p.line([(shift + c * wide * 1.09 + wide * (0.14 + 0.96 * q - 0.1 * 0),
            y - tall * 0.52), (shift + c * wide * 1.09 + wide * (0.96 * q), y + tall * 0.3)], max(0.6, tall * 0.012))
            for c in range(-2, 46) for q in (0.25, 0.5, 0.75) if shift + c * wide * 1.09 < 1640] + [p.line([(shift
            + c * wide * 1.09 + wide * 0.07, y - tall * 0.11), (shift + c * wide * 1.09 + wide * 1.03,
            y - tall * 0.11)], max(0.6, tall * 0.012)) for c in range(-2, 46) if shift + c * wide * 1.09 < 1640]),
            opacity=0.55)
        scene.cut(CREAM, lambda p: [p.poly([(shift + c * wide * 1.09 + wide * 0.5, y - tall * 0.52), (shift
            + c * wide * 1.09 + wide * 0.78, y - tall * 0.52), (shift + c * wide * 1.09 + wide * 0.4, y + tall * 0.3),
            (shift + c * wide * 1.09 + wide * 0.2, y + tall * 0.3)]) for c in range(-2, 46) if shift
            + c * wide * 1.09 < 1640], opacity=0.13)
    scene.cut(INK, lambda p: [person(p, 470, 850, 150), p.line([(505, 770), (530, 860)], 5)], shadow=0.3)
    scene.cut(CREAM, lambda p: [p.disc(x, y, 20, 13) for x, y in ((640, 838), (700, 846), (1010, 722), (1050, 726))],
        shadow=0.3)
    scene.cut(INK, lambda p: [p.disc(x, y, 7) for x, y in ((620, 832), (680, 840), (992, 716), (1032, 720))])


def market(scene: Scene) -> None:
    rng = scene.rng
    scene.wash((0, mix(SEA, CREAM, 0.3)), (0.4, CREAM), (1, SAND))
    scene.glow(1300, 120, 500, CREAM, 0.9)
    scene.cut(mix(ROSE, CREAM, 0.4), lambda p: [p.rect(x, 560 - h, x + w, 640) for x, w, h in ((0, 190, 190), (210,
        140, 260), (370, 220, 150), (640, 120, 300), (790, 260, 180), (1080, 150, 250), (1260, 340, 170))])
    scene.cut(mix(SLATE, ROSE, 0.5), lambda p: [p.rect(x, y, x + 26, y + 40, radius=12) for x, y in ((40, 430), (110,
        430), (240, 360), (300, 360), (240, 450), (660, 320), (710, 320), (660, 420), (1110, 370), (1170, 370), (1320,
        450), (1420, 450), (1510, 450))])
    for x, w, y, colour in ((-60, 420, 400, TEAL), (330, 380, 372, CLAY), (720, 430, 402, OCHRE), (1150, 480, 366,
        SEA)):
        scene.cut(INK, lambda p: [p.rect(x + 26, y, x + 36, 900), p.rect(x + w - 36, y, x + w - 26, 900)], opacity=0.85)
        scene.cut((mix(INK, BRICK, 0.3), mix(INK, PLUM, 0.3)), lambda p: p.rect(x + 34, y + 60, x + w - 34, 800),
            opacity=0.6)
        scene.cut(colour, lambda p: [p.poly([(x + 46, y - 74), (x + w - 46, y - 74), (x + w, y + 66), (x, y + 66)]),
            *[p.disc(x + w / 16 + k * w / 8, y + 66, w / 16, 24) for k in range(8)]], shadow=0.45)
        scene.cut(CREAM, lambda p: ([p.poly([(x + 46 + (w - 92) * k / 8, y - 74), (x + 46 + (w - 92) * (k + 1) / 8,
            y - 74), (x + w * (k + 1) / 8, y + 66), (x + w * k / 8, y + 66)]) for k in range(1, 8, 2)] + [p.disc(x
            + w / 16 + k * w / 8, y + 66, w / 16, 24) for k in range(1, 8, 2)]), opacity=0.92)
    scene.cut((INK, PLUM), lambda p: [person(p, x, 800, h) for x, h in ((120, 300), (480, 310), (590, 280), (860, 300),
        (1010, 290), (1300, 310), (1440, 290))], shadow=0.2)
    scene.cut((BRICK, INK), lambda p: [p.poly([(-20, 760), (1620, 760), (1620, 900), (-20, 900)])], shadow=0.5)
    for k, colour in enumerate((CLAY, OCHRE, LEAF, ROSE, PLUM, AMBER, MOSS, BRICK)):
        cx = 90 + k * 205
        scene.cut(mix(SAND, BRICK, 0.35), lambda p: p.poly([(cx - 96, 752), (cx + 96, 752), (cx + 74, 812), (cx - 74,
            812)]), shadow=0.35)
        for row, count in ((0, 7), (1, 6), (2, 4), (3, 2)):
            scene.cut(mix(colour, CREAM, 0.09 * row), lambda p: [p.disc(cx - (count - 1) * 13 + i * 26
                + rng.uniform(-2, 2), 744 - row * 21, 15, 14) for i in range(count)], shadow=0.22)
    scene.cut((OCHRE, CLAY), lambda p: p.rect(0, 900, WIDTH, HEIGHT), shadow=0.4)
    scene.cut(INK, lambda p: [person(p, 330, 1052, 400, pose="load"), person(p, 1120, 1060, 370), person(p, 1230, 1062,
        240), person(p, 760, 1062, 360, pose="load")], shadow=0.45)
    scene.cut(AMBER, lambda p: p.disc(330, 628, 66, 26), shadow=0.2)
    scene.cut(CLAY, lambda p: p.disc(760, 680, 60, 24), shadow=0.2)


def railway(scene: Scene) -> None:
    rng = scene.rng
    scene.wash((0, SEA), (0.25, FOAM), (0.45, CREAM), (0.6, AMBER), (1, MOSS))
    scene.glow(360, 300, 480, CREAM, 0.95)
    scene.cut(CREAM, lambda p: p.disc(360, 250, 74))
    for base, rise, colour in ((430, 110, mix(FOAM, SEA, 0.35)), (520, 100, mix(SEA, MOSS, 0.35)), (600, 70, mix(MOSS,
        TEAL, 0.4))):
        scene.cut(colour, lambda p: land(p, ridge(rng, WIDTH, base, rise, 5), 1080), shadow=0.22)
    scene.cut((LEAF, MOSS), lambda p: land(p, [(-20, 640), (180, 660), (360, 760), (520, 880), (700, 930), (900, 900),
        (1080, 800), (1260, 690), (1420, 640), (1620, 620)], 1080), shadow=0.3)
    scene.cut(CREAM, lambda p: [p.rect(-20, 596, 1620, 628), *[p.poly([(x - 17, 620), (x + 17, 620), (x + 25, 950),
        (x - 25, 950)]) for x in range(250, 1400, 164)]], shadow=0.35)
    scene.cut(mix(SAND, CLAY, 0.3), lambda p: [p.rect(-20, 620, 1620, 632), *[p.poly([(x + 4, 632), (x + 17, 632), (x
        + 25, 950), (x + 6, 950)]) for x in range(250, 1400, 164)]])
    scene.cut(INK, lambda p: [p.line([(-20, 594), (1620, 594)], 5)])

    def coaches(pen: Pen) -> None:
        for k in range(4):
            x = 130 + k * 262
            pen.rect(x, 488, x + 250, 580, radius=14)
        pen.poly([(1178, 580), (1178, 486), (1390, 478), (1448, 506), (1474, 548), (1474, 580)])

    scene.cut(OCHRE, coaches, shadow=0.35)
    scene.cut(CLAY, lambda p: [p.rect(130 + k * 262, 548, 380 + k * 262, 562) for k in range(4)] + [p.rect(1178, 548,
        1473, 562)])
    scene.cut(NAVY, lambda p: ([p.rect(150 + k * 262 + c * 44, 506, 182 + k * 262 + c * 44, 538, radius=5)
        for k in range(4) for c in range(5)] + [p.poly([(1392, 496), (1432, 510), (1450, 538), (1392, 538)]),
        p.rect(1200, 506, 1252, 538, radius=5)]))
    scene.cut(INK, lambda p: ([p.disc(164 + k * 262 + d, 582, 13) for k in range(4) for d in (0, 40, 146, 186)]
        + [p.disc(x, 582, 15) for x in (1214, 1262, 1370, 1418)]))
    scene.cut(PINE, lambda p: [p.poly([(x, y - h), (x + h * 0.24, y), (x - h * 0.24, y)]) for x, y, h in ((60, 700,
        130), (120, 730, 170), (1500, 690, 160), (1560, 720, 190), (1420, 700, 110), (20, 760, 180))], shadow=0.3)
    scene.cut((MOSS, PINE), lambda p: land(p, ridge(rng, WIDTH, 985, 34, 5), 1080), shadow=0.35)
    scene.cut(INK, lambda p: [person(p, 380, 1010, 120, pose="raise"), person(p, 430, 1014, 84, pose="cheer"),
        person(p, 1140, 1000, 116, pose="raise")], shadow=0.3)


def savanna(scene: Scene) -> None:
    rng = scene.rng
    scene.wash((0, BRICK), (0.25, CLAY), (0.5, OCHRE), (0.66, AMBER), (0.7, CLAY), (1, PLUM))
    scene.glow(860, 620, 700, CREAM, 0.8)
    scene.cut(CREAM, lambda p: p.disc(860, 590, 150))
    scene.cut(mix(CLAY, OCHRE, 0.4), lambda p: land(p, ridge(rng, WIDTH, 660, 40), 760), opacity=0.9)
    scene.cut(mix(BRICK, OCHRE, 0.3), lambda p: [land(p, ridge(rng, WIDTH, 716, 18, 6), 1080), *[acacia(p, x, 720, h)
        for x, h in ((180, 90), (640, 70), (1110, 80), (1420, 110))]], shadow=0.2)
    scene.cut((BRICK, PLUM), lambda p: land(p, ridge(rng, WIDTH, 800, 20, 5), 1080), shadow=0.25)

    def herd(pen: Pen) -> Pen:
        for k, (x, y, s) in enumerate(((420, 822, 1.0), (500, 828, 1.1), (600, 824, 0.95), (680, 834, 1.15), (790, 826,
            1.0), (980, 832, 1.1), (1070, 826, 0.9))):
            pen.poly([(x - 34 * s, y - 58 * s), (x + 30 * s, y - 60 * s), (x + 38 * s, y - 34 * s), (x - 36 * s,
                y - 28 * s)])
            pen.poly([(x + 26 * s, y - 60 * s), (x + 56 * s, y - (66 if k % 3 else 34) * s), (x + 52 * s, y - (52
                if k % 3 else 20) * s), (x + 32 * s, y - 40 * s)])
            for dx in (-30, -20, 22, 32):
                pen.line([(x + dx * s, y - 36 * s), (x + dx * s + 2, y)], 6 * s)
            pen.line([(x + 44 * s, y - 64 * s), (x + 50 * s, y - 88 * s), (x + 40 * s, y - 100 * s)], 3.5 * s)
            pen.line([(x + 48 * s, y - 64 * s), (x + 62 * s, y - 84 * s), (x + 58 * s, y - 100 * s)], 3.5 * s)
        return pen

    scene.cut(INK, lambda p: [herd(p), person(p, 880, 842, 130), p.line([(912, 720), (925, 846)], 4)], shadow=0.3)
    scene.cut(INK, lambda p: acacia(p, 1260, 900, 560), shadow=0.3)
    scene.cut((PLUM, INK), lambda p: [land(p, ridge(rng, WIDTH, 920, 22, 5), 1080), *[p.poly([(x - 3, 1000), (x
        + rng.uniform(-26, 26), 930 - rng.uniform(0, 60)), (x + 3, 1000)]) for x in (rng.uniform(0, 1600)
        for _ in range(260))]], shadow=0.35)
    scene.cut(INK, lambda p: [p.line([(x - 16, y + 6), (x - 6, y - 3), (x, y + 3), (x + 6, y - 3), (x + 16, y + 6)], 3)
        for x, y in ((420, 250), (480, 220), (540, 262), (610, 236), (470, 300))])


def snow_mountain(scene: Scene) -> None:
    rng = scene.rng
    scene.wash((0, NAVY), (0.4, SLATE), (0.62, mix(ROSE, FOAM, 0.4)), (0.8, CREAM), (1, FOAM))
    scene.cut(CREAM, lambda p: stars(p, rng, WIDTH, 300, 80), opacity=0.7)
    peaks = ((220, 330, 420), (560, 180, 520), (980, 250, 470), (1380, 150, 520))
    for x, top, half in peaks:
        foot = 760.0
        scene.cut((SLATE, mix(SLATE, ROSE, 0.35)), lambda p: p.poly([(x, top), (x + half, foot), (x - half, foot)]),
            shadow=0.3)
        scene.cut((CREAM, FOAM), lambda p: p.poly([(x, top), (x - half * 0.52, top + (foot - top) * 0.52),
            (x - half * 0.36, top + (foot - top) * 0.47), (x - half * 0.28, top + (foot - top) * 0.62),
            (x - half * 0.13, top + (foot - top) * 0.48), (x - half * 0.02, top + (foot - top) * 0.66), (x
            + half * 0.05, top + (foot - top) * 0.3)]))
        scene.cut(mix(SLATE, FOAM, 0.5), lambda p: p.poly([(x, top), (x + half * 0.05, top + (foot - top) * 0.3), (x
            + half * 0.1, top + (foot - top) * 0.44), (x + half * 0.2, top + (foot - top) * 0.36), (x + half * 0.31,
            top + (foot - top) * 0.46), (x + half * 0.36, top + (foot - top) * 0.36)]))
    scene.cut((CREAM, FOAM), lambda p: land(p, ridge(rng, WIDTH, 740, 36), 1080), shadow=0.25)
    scene.cut(PINE, lambda p: [p.poly([(x, y - h), (x + h * 0.22, y), (x - h * 0.22, y)]) for x, y,
        h in ((rng.uniform(0, 1600), rng.uniform(770, 800), rng.uniform(50, 110)) for _ in range(46))], shadow=0.2)
    scene.cut((CREAM, mix(FOAM, SLATE, 0.2)), lambda p: land(p, [(x, 850 - math.sin(x / 260) * 20 - x * 0.03)
        for x in range(-20, 1640, 20)], 1080), shadow=0.3)
    scene.cut(BRICK, lambda p: [p.rect(250 + k * 260, 838 - k * 9, 498 + k * 260, 912 - k * 9, radius=12)
        for k in range(4)], shadow=0.4)
    scene.cut(AMBER, lambda p: [p.rect(272 + k * 260 + c * 44, 856 - k * 9, 300 + k * 260 + c * 44, 880 - k * 9,
        radius=4) for k in range(4) for c in range(5)])
    for k in range(4):
        scene.glow(380 + k * 260, 872 - k * 9, 120, AMBER, 0.4)
    scene.cut((CREAM, FOAM), lambda p: land(p, [(x, 900 + math.sin(x / 120) * 16 - x * 0.022 + (34
        if 300 < x < 1200 else 0) * math.sin((x - 300) / 900 * math.pi)) for x in range(-20, 1640, 12)], 1080),
        shadow=0.2)
    scene.cut(CREAM, lambda p: [p.disc(rng.uniform(0, 1600), rng.uniform(0, 1067), rng.choice((1.5, 2, 3, 4.5)))
        for _ in range(420)], opacity=0.9)


def volcano(scene: Scene) -> None:
    rng = scene.rng
    scene.wash((0, INK), (0.35, PLUM), (0.58, CLAY), (0.68, AMBER), (0.69, TEAL), (1, INK))
    scene.glow(800, 380, 560, CLAY, 0.85)
    for k in range(26):
        t = k / 25
        scene.cut(mix(mix(SMOKE, PLUM, 0.5), INK, t * 0.6 + rng.uniform(-0.1, 0.2)), lambda p: p.poly(_blob(rng, 800
            + t * 330 + rng.uniform(-40, 40), 330 - t * 330, 52 + t * 170)), opacity=0.8, soft=5, shadow=0.2)
    scene.cut((PLUM, INK), lambda p: p.poly([(150, 740), (430, 610), (600, 480), (716, 352), (752, 362), (800, 346),
        (850, 360), (884, 350), (1010, 490), (1190, 620), (1480, 740)]), shadow=0.4)
    scene.cut((AMBER, CLAY), lambda p: [p.poly([(756, 364), (800, 350), (846, 362), (826, 400), (838, 470), (808, 540),
        (826, 620), (800, 600), (786, 520), (794, 450), (770, 410)]), p.line([(812, 520), (870, 580), (880, 660)], 9),
        p.line([(772, 400), (720, 470), (730, 540)], 8)], shadow=0.2)
    scene.glow(800, 360, 200, AMBER, 0.9)
    scene.cut(AMBER, lambda p: [p.disc(800 + rng.gauss(0, 110), 320 - abs(rng.gauss(0, 110)), rng.uniform(1.5, 5))
        for _ in range(80)])
    scene.cut((TEAL, INK), lambda p: p.rect(0, 732, WIDTH, HEIGHT))
    scene.cut(AMBER, lambda p: ripples(p, rng, 650, 950, 740, 1000, 60, 50, 3), opacity=0.6)
    scene.cut(INK, lambda p: land(p, [(-20, 880), (180, 840), (380, 850), (520, 900), (760, 930), (1040, 900), (1250,
        850), (1440, 830), (1640, 850)], 1080), shadow=0.4)
    scene.cut(mix(INK, PLUM, 0.5), lambda p: [p.rect(x, y - h, x + w, y + 40) for x, y, w, h in ((120, 860, 60, 50),
        (200, 856, 44, 74), (260, 858, 70, 40), (1260, 860, 54, 60), (1330, 850, 70, 44), (1420, 846, 46, 82))])
    scene.cut(AMBER, lambda p: [p.rect(x, y, x + 9, y + 12) for x, y in ((136, 828), (214, 800), (276, 838), (1276,
        820), (1352, 824), (1436, 786), (1438, 812))])
    scene.cut(AMBER, lambda p: [p.disc(x, 925 + abs(x - 760) * -0.05, 4) for x in range(420, 1100, 34)])


def pylons(scene: Scene) -> None:
    rng = scene.rng
    scene.wash((0, SLATE), (0.35, ROSE), (0.62, AMBER), (0.7, CREAM), (1, OCHRE))
    scene.glow(330, 690, 620, CREAM, 0.9)
    scene.cut(CREAM, lambda p: p.disc(330, 640, 90))
    scene.cut(mix(ROSE, SLATE, 0.35), lambda p: land(p, ridge(rng, WIDTH, 760, 60), 900))

    def pylon(pen: Pen, x: float, foot: float, h: float) -> None:
        w = h * 0.012 + 1.2
        for s in (-1, 1):
            pen.line([(x + s * h * 0.14, foot), (x + s * h * 0.045, foot - h * 0.58), (x + s * h * 0.03,
                foot - h * 0.88), (x, foot - h)], w * 1.3)
        for k in range(9):
            a, b = k / 9 * 0.58, (k + 1) / 9 * 0.58
            wa, wb = h * (0.14 - 0.164 * a), h * (0.14 - 0.164 * b)
            pen.line([(x - wa, foot - h * a), (x + wb, foot - h * b)], w * 0.6)
            pen.line([(x + wa, foot - h * a), (x - wb, foot - h * b)], w * 0.6)
        for level, arm in ((0.6, 0.27), (0.72, 0.22), (0.85, 0.17)):
            pen.poly([(x - h * arm, foot - h * level), (x, foot - h * (level + 0.05)), (x + h * arm, foot - h * level),
                (x, foot - h * (level - 0.012))])
            for s in (-1, 1):
                pen.line([(x + s * h * arm * 0.95, foot - h * level), (x + s * h * arm * 0.95,
                    foot - h * (level - 0.04))], w)

    posts = ((1330, 1000, 900), (760, 900, 480), (470, 850, 270), (320, 824, 160), (235, 812, 104))
    for k, (x, foot, h) in enumerate(posts[::-1]):
        if k == 2:
            scene.cut(mix(CLAY, PLUM, 0.3), lambda p: land(p, ridge(rng, WIDTH, 850, 20, 5), 1080), shadow=0.2)
        scene.cut(mix(PLUM, INK, k / 4) if k < 4 else INK, lambda p: pylon(p, x, foot, h), shadow=0.1)

    def wires(pen: Pen) -> None:
        chain = [(1900, 1080, 1500), *posts]
        for (x0, f0, h0), (x1, f1, h1) in itertools.pairwise(chain):
            for level, arm in ((0.56, 0.26), (0.68, 0.21), (0.81, 0.16)):
                for s in (-1, 1):
                    a, b = (x0 + s * h0 * arm, f0 - h0 * level), (x1 + s * h1 * arm, f1 - h1 * level)
                    sag = (h0 + h1) * 0.05
                    curve = [(a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t + sag * 4 * t * (1 - t))
                        for t in (k / 14 for k in range(15))]
                    pen.line(curve, 1.2 + h1 * 0.0022)

    scene.cut(INK, wires, opacity=0.85)
    scene.cut((PLUM, INK), lambda p: [land(p, ridge(rng, WIDTH, 975, 22, 5), 1080), *[p.poly([(x - 3, 1040), (x
        + rng.uniform(-18, 18), 950 - rng.uniform(0, 40)), (x + 3, 1040)]) for x in (rng.uniform(0, 1600)
        for _ in range(200))]], shadow=0.3)
    scene.cut(INK, lambda p: [p.line([(x - 13, y + 5), (x - 5, y - 3), (x, y + 2), (x + 5, y - 3), (x + 13, y + 5)],
        2.5) for x, y in ((600, 300), (650, 280), (700, 310), (760, 286))])


# --- night and town --------------------------------------------------------------------------------------------------


def radio_tower(scene: Scene) -> None:
    rng = scene.rng
    scene.wash((0, INK), (0.45, NAVY), (0.72, PLUM), (0.86, CLAY), (1, BRICK))
    scene.cut(CREAM, lambda p: stars(p, rng, WIDTH, 700, 190), opacity=0.85)
    scene.glow(1240, 230, 260, CREAM, 0.45)
    scene.cut(CREAM, lambda p: p.disc(1240, 230, 66))
    scene.cut(mix(NAVY, INK, 0.45), lambda p: p.disc(1268, 216, 60))
    for r, o in ((520, 0.1), (400, 0.14), (290, 0.2), (190, 0.28), (105, 0.4)):
        scene.cut(ROSE, lambda p: p.ring(620, 190, r, 5), opacity=o)

    def mast(pen: Pen) -> None:
        for s in (-1, 1):
            pen.line([(620 + s * 92, 930), (620 + s * 16, 330), (620 + s * 7, 240)], 8)
        for k in range(15):
            a, b = k / 15, (k + 1) / 15
            wa, wb = 92 - 76 * a, 92 - 76 * b
            pen.line([(620 - wa, 930 - 600 * a), (620 + wb, 930 - 600 * b)], 3.6)
            pen.line([(620 + wa, 930 - 600 * a), (620 - wb, 930 - 600 * b)], 3.6)
            pen.line([(620 - wa, 930 - 600 * a), (620 + wa, 930 - 600 * a)], 3.6)
        pen.line([(620, 260), (620, 150)], 6)
        pen.disc(566, 420, 34, 40)
        pen.disc(674, 500, 28, 34)
        pen.disc(572, 560, 24, 30)
        for x in (-420, 420):
            pen.line([(620, 330), (620 + x, 945)], 1.8)

    scene.cut(mix(PLUM, INK, 0.4), lambda p: land(p, ridge(rng, WIDTH, 850, 60), 1080), shadow=0.2)
    scene.cut(INK, mast)
    scene.cut(mix(PLUM, ROSE, 0.5), lambda p: [p.disc(560, 420, 25, 32), p.disc(680, 500, 20, 26), p.disc(566, 560, 17,
        23)])
    for y in (150, 360, 640):
        scene.glow(620, y, 74, CLAY, 0.95)
    scene.cut(AMBER, lambda p: [p.disc(620, y, 6) for y in (150, 360, 640)])
    scene.cut(INK, lambda p: [land(p, ridge(rng, WIDTH, 945, 26, 5), 1080), p.rect(760, 850, 960, 960), p.poly([(744,
        854), (976, 854), (940, 812), (780, 812)]), *[palm(p, rng, x, 980, h, s) for x, h, s in ((200, 360, 0.1), (300,
        270, -0.08), (1330, 330, 0.08), (1450, 420, -0.12))]], shadow=0.35)
    scene.cut(AMBER, lambda p: [p.rect(x, 878, x + 34, 918, radius=3) for x in (784, 840, 906)])
    scene.glow(860, 900, 190, AMBER, 0.5)


def night_city(scene: Scene) -> None:
    rng = scene.rng
    scene.wash((0, INK), (0.4, NAVY), (0.62, TEAL), (0.7, ROSE), (1, INK))
    scene.cut(CREAM, lambda p: stars(p, rng, WIDTH, 380, 90), opacity=0.7)
    scene.glow(800, 720, 700, ROSE, 0.55)
    for depth, (colour, foot) in enumerate(((mix(TEAL, NAVY, 0.4), 760), (mix(NAVY, TEAL, 0.25), 780), (INK, 800))):
        towers: list[tuple[float, float, float]] = []
        x = -30.0
        while x < WIDTH:
            w = rng.uniform(50, 110) + depth * 16
            middle = math.exp(-(((x - 860) / 460) ** 2))
            towers.append((x, w, 90 + rng.uniform(0, 150) + middle * (360 - depth * 110)))
            x += w + rng.uniform(-6, 30)

        def blocks(pen: Pen, towers: list[tuple[float, float, float]] = towers, foot: float = foot) -> None:
            for left, w, h in towers:
                pen.rect(left, foot - h, left + w, foot)
                if int(left) % 3 == 0:
                    pen.line([(left + w / 2, foot - h), (left + w / 2, foot - h - 56)], 3.5)
                elif int(left) % 3 == 1:
                    pen.rect(left + w * 0.25, foot - h - 20, left + w * 0.75, foot - h)

        lit = [(left + 10 + c * 17, foot - h + 16 + r * 22) for left, w, h in towers for c in range(int((w - 14) / 17))
            for r in range(int((h - 24) / 22)) if rng.random() < 0.34]
        scene.cut(colour, blocks, shadow=0.3)
        scene.cut(mix(AMBER, colour, 0.5 - depth * 0.22), lambda p: [p.rect(a, b, a + 8, b + 11) for a, b in lit])
    scene.cut((TEAL, INK), lambda p: p.rect(0, 798, WIDTH, HEIGHT))
    scene.cut(AMBER, lambda p: ripples(p, rng, 0, WIDTH, 806, 1060, 150, 46, 4), opacity=0.55)
    scene.cut(ROSE, lambda p: ripples(p, rng, 300, 1300, 806, 1060, 70, 60, 4), opacity=0.6)
    scene.cut(INK, lambda p: [p.rect(0, 790, WIDTH, 806), canoe(p, 420, 930, 300, riders=2, rng=rng)], shadow=0.3)


def night_sky(scene: Scene) -> None:
    rng = scene.rng
    scene.wash((0, INK), (0.5, NAVY), (0.8, TEAL), (0.92, ROSE), (1, OCHRE))
    band = [(x, 760 - x * 0.52 + rng.gauss(0, 74)) for x in (rng.uniform(-60, 1660) for _ in range(900))]
    scene.cut(FOAM, lambda p: [p.disc(x, y, rng.choice((1, 1.2, 1.8))) for x, y in band], opacity=0.75)
    for k in range(12):
        scene.cut(rng.choice((SLATE, TEAL, PLUM, ROSE)), lambda p: p.poly(_blob(rng, k * 145, 770 - k * 76
            + rng.uniform(-50, 50), rng.uniform(60, 120))), opacity=0.22, soft=38)
    scene.cut(CREAM, lambda p: stars(p, rng, WIDTH, 860, 330))
    scene.glow(1130, 300, 330, CREAM, 0.5)
    scene.cut((CREAM, SAND), lambda p: p.disc(1130, 300, 150), shadow=0.1)
    scene.cut(mix(SAND, SMOKE, 0.4), lambda p: [p.disc(1130 + x, 300 + y, r) for x, y, r in ((-52, -36, 28), (30, -66,
        18), (58, 14, 34), (-18, 52, 24), (-82, 40, 13), (12, 98, 14), (94, -42, 12))], opacity=0.55)
    scene.cut(mix(PLUM, INK, 0.4), lambda p: [p.disc(1130, 300, 151), p.disc(1196, 246, 176, value=0)], opacity=0.82,
        soft=3)
    scene.cut(INK, lambda p: [land(p, ridge(rng, WIDTH, 930, 30), 1080), p.rect(300, 850, 560, 960), p.pie(430, 852,
        112, 180, 360), *[person(p, x, 948, h, pose=s) for x, h, s in ((660, 118, "raise"), (720, 104, "stand"), (760,
        112, "raise"), (840, 74, "cheer"))]], shadow=0.3)
    scene.cut(AMBER, lambda p: p.poly([(430, 744), (462, 750), (446, 850), (424, 850)]), opacity=0.9)
    scene.cut(INK, lambda p: [p.line([(430, 800), (520, 700)], 26), p.line([(500, 722), (548, 668)], 34)])


def newsroom(scene: Scene) -> None:
    rng = scene.rng
    scene.wash((0, PLUM), (0.5, BRICK), (1, INK))
    scene.cut((NAVY, CLAY), lambda p: p.rect(110, 110, 1490, 590))
    scene.glow(1140, 470, 420, AMBER, 0.8)
    scene.cut(AMBER, lambda p: p.disc(1140, 470, 62))
    scene.cut(mix(PLUM, INK, 0.3), lambda p: ([p.rect(x, 590 - h, x + w, 590) for x, w, h in ((110, 130, 110), (250,
        70, 200), (330, 160, 80), (510, 90, 160), (610, 140, 60), (760, 60, 240), (830, 120, 100), (1250, 110, 130),
        (1370, 120, 70))] + [_crane(p, 1060, 590, 210, 130), _crane(p, 960, 590, 170, 110)]))
    scene.cut(AMBER, lambda p: [p.rect(x, y, x + 10, y + 13) for x, y in ((140, 510), (170, 510), (268, 420), (268,
        460), (294, 500), (360, 540), (540, 460), (570, 500), (780, 380), (780, 430), (860, 520), (1280, 490), (1310,
        520))])
    scene.cut(INK, lambda p: [p.rect(90, 90, 1510, 116), p.rect(90, 580, 1510, 606), *[p.rect(x, 100, x + 16, 600)
        for x in (90, 440, 792, 1146, 1494)]], shadow=0.35)
    for x in (330, 800, 1270):
        scene.cut(INK, lambda p: p.line([(x, 0), (x, 150)], 4))
        scene.glow(x, 230, 300, AMBER, 0.42)
        scene.cut((OCHRE, CLAY), lambda p: p.poly([(x - 26, 146), (x + 26, 146), (x + 92, 208), (x - 92, 208)]),
            shadow=0.3)
        scene.cut(CREAM, lambda p: p.disc(x, 210, 30, 10))
    scene.cut(INK, lambda p: [person(p, 300, 800, 340), person(p, 690, 790, 310), person(p, 1330, 800, 330,
        pose="raise")], shadow=0.3)
    for x, w in ((-40, 540), (560, 520), (1140, 520)):
        scene.cut((CLAY, BRICK), lambda p: p.rect(x, 770, x + w, 800), shadow=0.5)
        scene.cut(mix(BRICK, INK, 0.6), lambda p: [p.rect(x + 20, 800, x + w - 20, 1000)])
        scene.cut(INK, lambda p: [p.rect(x + 150, 620, x + 350, 745, radius=8), p.poly([(x + 235, 745), (x + 265, 745),
            (x + 285, 772), (x + 215, 772)])], shadow=0.3)
        scene.cut(CREAM, lambda p: [p.poly([(x + 380 + k * 3, 766 - k * 8), (x + 490 + k * 3, 766 - k * 8), (x + 488
            + k * 2, 760 - k * 8), (x + 384 + k * 2, 760 - k * 8)]) for k in range(7)], shadow=0.2)
    scene.cut((INK, INK), lambda p: [p.rect(0, 985, WIDTH, 1067)], shadow=0.4)
    scene.cut(mix(PLUM, INK, 0.55), lambda p: crowd(p, rng, 120, 1460, 1040, 300, 5, 0.0), shadow=0.4)
    scene.cut((CREAM, SAND), lambda p: p.poly([(650, 860), (990, 836), (1010, 1040), (676, 1067)]), shadow=0.5)
    scene.cut(INK, lambda p: [p.line([(676, 892), (972, 871)], 24), *[p.line([(684, 930 + k * 24), (820, 920
        + k * 24)], 8) for k in range(5)]])
    scene.cut(SEA, lambda p: p.poly([(846, 918), (982, 908), (990, 1010), (856, 1020)]))


def cinema(scene: Scene) -> None:
    rng = scene.rng
    scene.wash((0, INK), (0.5, PLUM), (1, INK))
    scene.cut(AMBER, lambda p: stars(p, rng, WIDTH, 210, 120), opacity=0.9)
    scene.cut((BRICK, INK), lambda p: [p.rect(0, 0, 230, 760), p.rect(1370, 0, 1600, 760)], shadow=0.4)
    scene.cut(CLAY, lambda p: [p.poly([(x, 0), (x + 26, 0), (x + 34, 760), (x + 4, 760)]) for x in (18, 88, 158, 1384,
        1454, 1524)], opacity=0.5)
    scene.cut(OCHRE, lambda p: [p.rect(232, 112, 1368, 132), p.rect(232, 112, 252, 690), p.rect(1348, 112, 1368, 690),
        p.rect(232, 676, 1368, 696), p.pie(800, 116, 70, 180, 360)], shadow=0.4)
    scene.cut((FOAM, CREAM), lambda p: p.rect(252, 132, 1348, 676))
    scene.cut(AMBER, lambda p: p.disc(1080, 330, 92))
    scene.cut((mix(FOAM, SEA, 0.5), SEA), lambda p: p.poly([(252, 520), (470, 440), (690, 500), (930, 430), (1150,
        490), (1348, 450), (1348, 676), (252, 676)]))
    scene.cut((SAND, OCHRE), lambda p: p.poly([(252, 590), (620, 560), (1000, 590), (1348, 560), (1348, 676), (252,
        676)]))
    scene.cut(INK, lambda p: [person(p, 560, 640, 250, lean=0.02), p.disc(742, 556, 74, 40), *[p.line([(x, 570), (x
        + 3, 642)], 11) for x in (690, 712, 778, 798)], p.poly([(800, 560), (860, 500), (884, 508), (890, 530), (850,
        536), (824, 584)]), p.line([(862, 504), (856, 470)], 9), p.line([(872, 504), (880, 472)], 9), p.line([(668,
        545), (652, 600)], 5), p.line([(590, 540), (700, 540)], 3)])
    scene.cut(CREAM, lambda p: p.poly([(800, 1080), (720, 1080), (252, 132), (1348, 132), (880, 1080)]), opacity=0.13,
        soft=12)
    scene.cut(OCHRE, lambda p: [p.rect(0, 700, WIDTH, 716)], opacity=0.5)
    for foot, tall, count, colour in ((800, 150, 15, mix(PLUM, INK, 0.35)), (900, 190, 12, mix(PLUM, INK, 0.65)),
        (1030, 240, 9, INK)):
        scene.cut(mix(BRICK, colour, 0.55), lambda p: [p.rect(-40 + k * (1690 / count), foot - tall * 0.42, -40 + (k
            + 0.86) * (1690 / count), foot + 200, radius=26) for k in range(count)], shadow=0.4)
        scene.cut(colour, lambda p: crowd(p, rng, -50, 1650, foot, tall, count, 0.0), shadow=0.3)


def stage(scene: Scene) -> None:
    rng = scene.rng
    scene.wash((0, INK), (0.6, PLUM), (0.76, CLAY), (1, INK))
    for x, colour, dx in ((160, CLAY, 240), (420, OCHRE, 160), (700, ROSE, 60), (900, AMBER, -60), (1180, CLAY, -170),
        (1440, SEA, -260)):
        scene.cut(colour, lambda p: p.poly([(x - 12, 70), (x + 12, 70), (x + dx + 150, 830), (x + dx - 150, 830)]),
            opacity=0.42, soft=14)
        scene.glow(x, 80, 110, colour, 0.95)
    scene.cut(INK, lambda p: [p.rect(0, 36, WIDTH, 50), p.rect(0, 74, WIDTH, 80), *[p.line([(x, 40), (x + 40, 78)], 4)
        for x in range(0, 1600, 40)], *[p.poly([(x - 24, 60), (x + 24, 60), (x + 32, 104), (x - 32, 104)])
        for x in (160, 420, 700, 900, 1180, 1440)]], shadow=0.3)
    scene.cut(CREAM, lambda p: [p.disc(x, 102, 26, 8) for x in (160, 420, 700, 900, 1180, 1440)])
    scene.glow(800, 560, 420, AMBER, 0.75)
    scene.cut((BRICK, INK), lambda p: p.poly([(120, 790), (1480, 790), (1600, 880), (0, 880)]), shadow=0.4)

    def band(pen: Pen) -> None:
        person(pen, 800, 800, 400, pose="raise")
        pen.line([(748, 800), (748, 470)], 5)
        pen.disc(748, 466, 11, 15)
        person(pen, 470, 800, 340)
        pen.disc(505, 650, 56, 62)
        pen.line([(500, 610), (470, 360)], 11)
        person(pen, 1150, 800, 345)
        pen.line([(1060, 680), (1290, 590)], 12)
        pen.disc(1090, 668, 50, 40)
        for x, y, r in ((960, 770, 46), (1020, 780, 38), (990, 715, 30)):
            pen.disc(x, y, r, r * 0.72)
        pen.rect(250, 640, 350, 800, radius=6)
        pen.rect(1290, 640, 1390, 800, radius=6)

    scene.cut(INK, band, shadow=0.25)
    scene.cut(OCHRE, lambda p: [p.disc(505, 652, 44, 50), p.disc(505, 652, 40, 46, value=0), p.ring(300, 690, 30, 4),
        p.ring(300, 756, 30, 4), p.ring(1340, 690, 30, 4), p.ring(1340, 756, 30, 4)], opacity=0.8)
    scene.cut(AMBER, lambda p: [p.poly([(742, 560), (858, 560), (910, 792), (690, 792)])], opacity=0.75)
    scene.cut(mix(PLUM, INK, 0.5), lambda p: crowd(p, rng, -40, 1640, 940, 170, 20, 0.5), shadow=0.3)
    scene.cut(INK, lambda p: crowd(p, rng, -60, 1660, 1060, 230, 14, 0.5), shadow=0.35)


# --- rooms and things ------------------------------------------------------------------------------------------------


def ballot(scene: Scene) -> None:
    rng = scene.rng
    scene.wash((0, TEAL), (0.6, SEA), (1, PINE))
    scene.glow(800, 360, 620, FOAM, 0.65)
    scene.cut(mix(TEAL, INK, 0.25), lambda p: crowd(p, rng, -40, 1640, 560, 260, 12, 0.0), opacity=0.5)
    scene.cut((SAND, OCHRE), lambda p: p.poly([(-20, 800), (1620, 800), (1620, 1080), (-20, 1080)]), shadow=0.4)
    for cx, colour, side in ((330, mix(SAND, CREAM, 0.5), 0.9), (1270, mix(SAND, CREAM, 0.5), 0.9)):
        scene.cut(colour, lambda p: ([p.poly([(cx - 190 * side, 640 + k * 14 * -1), (cx + 170 * side, 630 - k * 14),
            (cx + 190 * side, 780 - k * 14), (cx - 210 * side, 800 - k * 14)])
            for k in range(1)] and [p.poly([(cx - 160 + k * 5, 800 - k * 20), (cx + 150 + k * 6, 800 - k * 20), (cx
            + 150 + k * 6, 784 - k * 20), (cx - 160 + k * 5, 784 - k * 20)]) for k in range(6)]), shadow=0.35)
    scene.cut((CREAM, FOAM), lambda p: p.poly([(520, 420), (1080, 420), (1060, 900), (540, 900)]), shadow=0.5)
    scene.cut(mix(FOAM, SEA, 0.55), lambda p: p.poly([(548, 446), (1052, 446), (1034, 872), (566, 872)]), opacity=0.75)
    papers = [(rng.uniform(590, 950), rng.uniform(640, 830), rng.uniform(-0.6, 0.6)) for _ in range(26)]
    for x, y, turn in papers:
        c, s = math.cos(turn), math.sin(turn)
        scene.cut(rng.choice((CREAM, SAND, mix(CREAM, ROSE, 0.3))), lambda p: p.poly([(x + a * c - b * s, y + a * s
            + b * c) for a, b in ((-46, -30), (46, -30), (46, 30), (-46, 30))]), shadow=0.22)
    scene.cut((NAVY, INK), lambda p: [p.poly([(490, 372), (1110, 372), (1094, 440), (506, 440)]), p.rect(655, 384, 945,
        402, value=0, radius=8)], shadow=0.4)
    scene.cut(INK, lambda p: p.rect(655, 386, 945, 402, radius=8))
    scene.cut(CREAM, lambda p: p.poly([(690, 190), (900, 172), (918, 392), (704, 392)]), shadow=0.45)
    scene.cut(CLAY, lambda p: [p.line([(752, 262), (784, 302), (856, 216)], 19)])
    scene.cut(SLATE, lambda p: [p.line([(740, 336), (876, 326)], 9), p.line([(742, 362), (846, 354)], 9)], opacity=0.7)
    scene.cut((PLUM, INK), lambda p: [p.poly([(1600, -20), (1600, 190), (1180, 236), (1010, 262), (930, 268), (888,
        256), (884, 232), (960, 214), (900, 196), (880, 176), (896, 158), (1010, 142), (1150, 110), (1400, 20), (1480,
        -20)])], shadow=0.45)
    scene.cut(CLAY, lambda p: [p.poly([(1600, -20), (1600, 196), (1344, 226), (1300, 70), (1480, -20)])], shadow=0.2)
    scene.cut(OCHRE, lambda p: [p.rect(770, 430, 830, 486, radius=8)], shadow=0.4)
    scene.cut(INK, lambda p: [p.disc(800, 452, 8), p.rect(796, 452, 804, 474)])


def laboratory(scene: Scene) -> None:
    rng = scene.rng
    scene.wash((0, TEAL), (0.6, mix(SEA, FOAM, 0.4)), (1, FOAM))
    scene.glow(1150, 260, 520, CREAM, 0.75)
    scene.cut(mix(TEAL, INK, 0.2), lambda p: [p.rect(0, 170, 760, 186), p.rect(0, 380, 620, 396)], shadow=0.3)
    for x, y, w, h, colour in ((40, 170, 70, 120, OCHRE), (130, 170, 54, 86, CLAY), (210, 170, 80, 130, CREAM), (316,
        170, 50, 96, ROSE), (390, 170, 86, 74, AMBER), (500, 170, 56, 120, MOSS), (590, 170, 70, 92, CREAM), (60, 380,
        90, 96, CREAM), (176, 380, 60, 120, SEA), (262, 380, 76, 84, OCHRE), (366, 380, 56, 110, PLUM), (450, 380, 90,
        90, ROSE)):
        scene.cut(colour, lambda p: [p.rect(x, y - h, x + w, y, radius=9), p.rect(x + w * 0.22, y - h - 16, x
            + w * 0.78, y - h + 6, radius=4)], shadow=0.25)
        scene.cut(CREAM if colour != CREAM else CLAY, lambda p: p.rect(x + w * 0.12, y - h * 0.62, x + w * 0.88,
            y - h * 0.28), opacity=0.7)
    scene.cut((CREAM, SAND), lambda p: p.rect(0, 790, WIDTH, 830), shadow=0.5)
    scene.cut((SLATE, NAVY), lambda p: p.rect(0, 828, WIDTH, HEIGHT))
    scene.cut(NAVY, lambda p: [p.rect(60 + k * 392, 866, 410 + k * 392, 1067, radius=10) for k in range(4)],
        opacity=0.6)

    def microscope(pen: Pen) -> None:
        pen.rect(960, 748, 1290, 792, radius=16)
        pen.poly([(1180, 756), (1254, 756), (1276, 600), (1256, 470), (1196, 386), (1150, 420), (1196, 500), (1206,
            600)])
        pen.rect(980, 640, 1200, 664, radius=6)
        pen.poly([(1016, 300), (1084, 268), (1160, 450), (1092, 482)])
        pen.poly([(1002, 282), (1076, 246), (1090, 276), (1018, 312)])
        pen.poly([(1086, 470), (1138, 446), (1150, 520), (1100, 544)])
        pen.poly([(1104, 540), (1140, 524), (1142, 594), (1116, 604)])
        pen.disc(1252, 620, 36)

    scene.cut((INK, NAVY), microscope, shadow=0.5)
    scene.cut(OCHRE, lambda p: [p.disc(1252, 620, 16), p.poly([(1058, 356), (1110, 332), (1118, 352), (1066, 376)])])
    scene.cut(CREAM, lambda p: [p.rect(1050, 630, 1150, 640)])
    scene.glow(1100, 636, 90, CREAM, 0.7)
    for x, r, colour, _fill in ((300, 105, CLAY, 0.45), (520, 78, OCHRE, 0.6)):
        scene.cut(CREAM, lambda p: [p.disc(x, 790 - r * 0.82, r, r * 0.86), p.rect(x - r * 0.24, 790 - r * 2.3, x
            + r * 0.24, 790 - r * 1.4), p.rect(x - r * 0.34, 790 - r * 2.4, x + r * 0.34, 790 - r * 2.26, radius=5)],
            opacity=0.62, shadow=0.2)
        scene.cut(colour, lambda p: [p.pie(x, 790 - r * 0.82, r * 0.86, 8, 172)])
        scene.cut(CREAM, lambda p: [p.disc(x + rng.uniform(-0.5, 0.5) * r, 790 - r * rng.uniform(0.15, 0.6),
            rng.uniform(3, 8)) for _ in range(9)], opacity=0.6)
    scene.cut(mix(SAND, BRICK, 0.4), lambda p: [p.rect(650, 690, 890, 712), p.rect(650, 770, 890, 790), p.rect(650,
        690, 666, 790), p.rect(874, 690, 890, 790)], shadow=0.3)
    for k, colour in enumerate((SEA, CLAY, AMBER, PLUM, MOSS)):
        scene.cut(CREAM, lambda p: p.rect(680 + k * 40, 610, 704 + k * 40, 776, radius=12), opacity=0.8)
        scene.cut(colour, lambda p: p.rect(683 + k * 40, 660 + (k * 37) % 60, 701 + k * 40, 773, radius=9))
    scene.cut((CREAM, FOAM), lambda p: [p.rect(1370, 690, 1420, 790, radius=8), p.rect(1450, 700, 1494, 790, radius=8),
        p.rect(1378, 664, 1412, 694), p.rect(1457, 676, 1487, 704)], shadow=0.35)
    scene.cut(CLAY, lambda p: [p.rect(1374, 650, 1416, 672, radius=4), p.rect(1453, 662, 1491, 684, radius=4),
        p.rect(1370, 728, 1420, 752), p.rect(1450, 732, 1494, 752)])


def clinic(scene: Scene) -> None:
    rng = scene.rng
    scene.wash((0, SEA), (0.4, FOAM), (0.62, CREAM), (1, SAND))
    scene.glow(300, 220, 480, CREAM, 0.9)
    scene.cut(mix(FOAM, MOSS, 0.45), lambda p: land(p, ridge(rng, WIDTH, 560, 50), 700))
    scene.cut(MOSS, lambda p: [palm(p, rng, 120, 720, 360, 0.1), palm(p, rng, 1500, 720, 420, -0.08)], shadow=0.2)
    scene.cut((SAND, mix(SAND, CLAY, 0.45)), lambda p: land(p, ridge(rng, WIDTH, 700, 12), 1080), shadow=0.2)
    scene.cut((CREAM, mix(CREAM, FOAM, 0.6)), lambda p: p.poly([(420, 400), (1180, 400), (1330, 720), (270, 720)]),
        shadow=0.45)
    scene.cut(mix(FOAM, SEA, 0.45), lambda p: [p.poly([(420, 400), (560, 400), (480, 720), (270, 720)]), p.poly([(1040,
        400), (1180, 400), (1330, 720), (1120, 720)])], opacity=0.6)
    scene.cut((NAVY, PLUM), lambda p: p.poly([(690, 500), (910, 500), (960, 720), (640, 720)]), opacity=0.85)
    scene.glow(800, 640, 150, AMBER, 0.7)
    scene.cut(TEAL, lambda p: [p.rect(788, 420, 812, 484), p.rect(768, 440, 832, 464)])
    scene.cut(INK, lambda p: [p.line([(270, 720), (200, 770)], 3), p.line([(1330, 720), (1400, 770)], 3)])
    scene.cut(mix(PLUM, INK, 0.4), lambda p: [person(p, x, 800, h) for x, h in ((1060, 210), (1130, 220), (1205, 200),
        (1290, 224), (1370, 206))], shadow=0.3)
    scene.cut(mix(BRICK, INK, 0.3), lambda p: [p.disc(1092, 668, 15, 18), p.disc(1328, 664, 15, 18), p.disc(1082, 694,
        17, 22), p.disc(1316, 692, 17, 22)])
    scene.cut(INK, lambda p: [person(p, 520, 960, 400), person(p, 730, 960, 360)], shadow=0.4)
    scene.cut((CREAM, FOAM), lambda p: [p.poly([(468, 640), (574, 640), (606, 900), (440, 900)]), p.rect(486, 570, 552,
        590, radius=8)], shadow=0.2)
    scene.cut(TEAL, lambda p: [p.rect(508, 700, 534, 718), p.rect(516, 692, 526, 726), p.rect(494, 574, 546, 584)])
    scene.cut(AMBER, lambda p: [p.poly([(680, 690), (782, 690), (800, 960), (664, 960)]), p.disc(730, 606, 44, 24)],
        shadow=0.2)
    scene.cut(mix(BRICK, INK, 0.3), lambda p: [p.disc(664, 726, 28, 25), p.disc(690, 772, 40, 50)], shadow=0.2)
    scene.cut(SEA, lambda p: p.poly([(655, 744), (730, 752), (726, 830), (660, 828)]), shadow=0.2)
    scene.cut((SEA, TEAL), lambda p: [p.rect(270, 860, 420, 990, radius=10)], shadow=0.4)
    scene.cut(CREAM, lambda p: [p.rect(262, 840, 428, 872, radius=8), p.rect(334, 900, 356, 962), p.rect(314, 920, 376,
        942)], shadow=0.2)


def school(scene: Scene) -> None:
    rng = scene.rng
    scene.wash((0, SEA), (0.45, FOAM), (0.62, CREAM), (1, CLAY))
    scene.glow(1280, 200, 460, CREAM, 0.9)
    scene.cut(CREAM, lambda p: p.disc(1280, 190, 60))
    scene.cut(mix(FOAM, MOSS, 0.5), lambda p: land(p, ridge(rng, WIDTH, 560, 60), 760))
    scene.cut((OCHRE, CLAY), lambda p: land(p, ridge(rng, WIDTH, 740, 10), 1080), shadow=0.2)
    scene.cut((CREAM, SAND), lambda p: p.rect(330, 470, 1290, 760), shadow=0.4)
    scene.cut(TEAL, lambda p: p.rect(330, 650, 1290, 760))
    scene.cut((BRICK, CLAY), lambda p: p.poly([(280, 486), (380, 350), (1240, 350), (1340, 486)]), shadow=0.45)
    scene.cut(BRICK, lambda p: [p.line([(400 + k * 43 - (0), 352), (330 + k * 52, 484)], 2.5) for k in range(19)],
        opacity=0.7)
    scene.cut(NAVY, lambda p: ([p.rect(x, 530, x + 96, 630, radius=4) for x in (390, 530, 1000, 1140)] + [p.rect(740,
        520, 880, 760, radius=6)]))
    scene.cut(AMBER, lambda p: [p.rect(x + 8, 538, x + 44, 622) for x in (390, 530, 1000, 1140)], opacity=0.75)
    scene.cut(INK, lambda p: [p.rect(774, 250, 786, 352), p.rect(834, 250, 846, 352), p.poly([(750, 256), (870, 256),
        (810, 206)])])
    scene.cut(OCHRE, lambda p: [p.pie(810, 322, 24, 180, 360), p.rect(784, 320, 836, 332), p.disc(810, 338, 6)],
        shadow=0.2)
    scene.cut(INK, lambda p: [p.rect(196, 300, 206, 780)])
    scene.cut(CLAY, lambda p: p.poly([(206, 306), (306, 322), (300, 344), (206, 336)]), shadow=0.2)
    scene.cut(OCHRE, lambda p: p.poly([(206, 336), (300, 344), (304, 368), (206, 366)]))
    scene.cut(PINE, lambda p: ([p.disc(x, y, r) for x, y, r in ((1440, 470, 120), (1360, 540, 90), (1520, 540, 110),
        (1450, 570, 120))] + [p.rect(1428, 600, 1462, 800)]), shadow=0.35)
    scene.cut(OCHRE, lambda p: [p.disc(rng.gauss(1440, 76), rng.gauss(530, 60), 8) for _ in range(22)])
    for k, (x, y, h) in enumerate(((420, 960, 190), (520, 985, 210), (610, 950, 180), (720, 990, 215), (830, 955, 186),
        (930, 985, 205), (1040, 960, 190), (1150, 992, 214))):
        scene.cut(mix(INK, BRICK, 0.25), lambda p: person(p, x, y, h, pose="cheer" if k == 3 else "stand"), shadow=0.35)
        scene.cut(CREAM, lambda p: p.poly([(x - h * 0.12, y - h * 0.79), (x + h * 0.12, y - h * 0.79), (x + h * 0.1,
            y - h * 0.48), (x - h * 0.1, y - h * 0.48)]))
        scene.cut(TEAL, lambda p: p.poly([(x - h * 0.1, y - h * 0.49), (x + h * 0.1, y - h * 0.49), (x + h * (0.16
            if k % 2 else 0.11), y - h * 0.2), (x - h * (0.16 if k % 2 else 0.11), y - h * 0.2)]))
        scene.cut((CLAY, OCHRE, PLUM)[k % 3], lambda p: p.rect(x - h * 0.17, y - h * 0.76, x - h * 0.07, y - h * 0.56,
            radius=5), shadow=0.2)


def court(scene: Scene) -> None:
    scene.wash((0, PLUM), (0.5, BRICK), (1, INK))
    scene.glow(800, 380, 640, AMBER, 0.5)
    scene.cut(mix(BRICK, INK, 0.25), lambda p: [p.rect(x, 60, x + 130, 760, radius=64) for x in (90, 330, 1140, 1380)],
        shadow=0.2)
    scene.cut((AMBER, CLAY), lambda p: [p.rect(x + 14, 78, x + 116, 740, radius=50) for x in (90, 330, 1140, 1380)])
    scene.cut(mix(BRICK, INK, 0.25), lambda p: ([p.rect(x + 61, 60, x + 69, 740) for x in (90, 330, 1140, 1380)]
        + [p.rect(x, y, x + 130, y + 8) for x in (90, 330, 1140, 1380) for y in (240, 400, 560)]))
    scene.cut(CREAM, lambda p: [p.poly([(x + 20, 740), (x + 110, 740), (x + 260, 1067), (x + 60, 1067)]) for x in (90,
        330)], opacity=0.1, soft=12)
    scene.cut((OCHRE, BRICK), lambda p: [p.rect(794, 170, 806, 690), p.disc(800, 168, 18), p.poly([(700, 690), (900,
        690), (930, 722), (670, 722)])], shadow=0.4)
    scene.cut((OCHRE, OCHRE), lambda p: [p.line([(540, 268), (800, 216), (1060, 244)], 11), p.disc(800, 222, 15)],
        shadow=0.4)
    for x, y in ((540, 268), (1060, 244)):
        scene.cut(OCHRE, lambda p: [p.line([(x, y), (x - 100, y + 220)], 3), p.line([(x, y), (x + 100, y + 220)], 3)])
        scene.cut((AMBER, CLAY), lambda p: p.pie(x, y + 212, 116, 0, 180), shadow=0.4)
    scene.cut((CREAM, SAND), lambda p: [p.rect(480 + k * 3, 462 - k * 17, 606 + k * 3, 476 - k * 17, radius=3)
        for k in range(4)], shadow=0.3)
    scene.cut(ROSE, lambda p: [p.rect(480 + k * 3, 462 - k * 17, 500 + k * 3, 476 - k * 17, radius=3)
        for k in range(4)])
    scene.cut(SEA, lambda p: [p.disc(1060 + dx, 442 - dy, 34, 10) for dx, dy in ((-40, 0), (36, 0), (-38, 13), (38,
        13), (0, 6), (-36, 26), (34, 26), (0, 32), (-36, 39))], shadow=0.25)
    scene.cut((BRICK, INK), lambda p: [p.rect(210, 800, 1390, 1067), p.rect(170, 770, 1430, 812)], shadow=0.5)
    scene.cut(CLAY, lambda p: [p.rect(260 + k * 280, 850, 500 + k * 280, 1040, radius=8) for k in range(4)],
        opacity=0.45)
    scene.cut(INK, lambda p: [p.rect(1120, 742, 1290, 772, radius=10), p.poly([(1030, 640), (1130, 600), (1152, 652),
        (1052, 694)]), p.line([(1108, 660), (1290, 742)], 15)], shadow=0.4)
    scene.cut(CREAM, lambda p: [p.poly([(390, 770), (600, 752), (610, 768), (400, 786)]), p.poly([(396, 758), (604,
        744), (612, 756), (404, 772)])], shadow=0.3)


def banknotes(scene: Scene) -> None:
    rng = scene.rng
    scene.wash((0, TEAL), (1, PINE))

    def note(cx: float, cy: float, turn: float, tone: str, deep: str, digit: int) -> None:
        c, s = math.cos(turn), math.sin(turn)

        def at(x: float, y: float) -> Point:
            return cx + x * c - y * s, cy + x * s + y * c

        def frame(pen: Pen, w: float, h: float, value: int = 255) -> Pen:
            pen.poly([at(-w, -h), at(w, -h), at(w, h), at(-w, h)], value)
            return pen

        scene.cut((mix(tone, CREAM, 0.62), mix(tone, CREAM, 0.4)), lambda p: frame(p, 560, 262), shadow=0.55)
        scene.cut(tone, lambda p: [frame(p, 536, 238), frame(p, 528, 230, 0)])

        def rosette(pen: Pen, x: float, y: float, size: float, petals: int, k: float) -> None:
            ring = [at(x + math.cos(t) * size * (1 + k * math.cos(petals * t)), y + math.sin(t) * size * (1
                + k * math.cos(petals * t))) for t in (i / 160 * math.tau for i in range(161))]
            pen.line(ring, 1.6)

        def guilloche(pen: Pen) -> None:
            for k in range(15):
                rosette(pen, -250, 0, 60 + k * 10, 9, 0.16 * math.cos(k / 2.4))
            for k in range(9):
                rosette(pen, 400, 96, 20 + k * 8, 6, 0.2)
            for k in range(11):
                pen.line([at(x, -206 + k * 6 + 15 * math.sin(x / 46 + k * 0.55)) for x in range(-510, 512, 12)], 1.3)
                pen.line([at(x, 148 + k * 6 + 15 * math.sin(x / 38 + k * 0.5)) for x in range(-510, 512, 12)], 1.3)

        scene.cut(tone, guilloche, opacity=0.85)

        def bird(pen: Pen) -> None:
            pen.poly([at(*q) for q in ((-330, -26), (-404, -10), (-330, -2), (-312, 20), (-282, 60), (-236, 92), (-190,
                150), (-176, 148), (-196, 92), (-180, 40), (-206, -16), (-248, -44), (-262, -78), (-276, -52), (-290,
                -74), (-298, -48), (-318, -56))])

        if digit == 5:
            scene.cut(deep, bird, shadow=0.2)
            scene.cut(CLAY, lambda p: p.poly([at(*q) for q in ((-312, 20), (-282, 60), (-236, 92), (-218, 88), (-262,
                40), (-286, 6))]))
            scene.cut(CREAM, lambda p: p.disc(*at(-302, -28), 6))
        else:
            scene.cut(deep, lambda p: [p.poly([at(*q) for q in ((-268, 120), (-232, 120), (-240, 10), (-260, 10))]),
                *[p.disc(*at(-250 + dx, -20 + dy), r, r * 0.62) for dx, dy, r in ((-70, 0, 56), (64, -6, 58), (-20,
                -48, 66), (36, -50, 52), (0, 2, 70))]], shadow=0.2)
        scene.cut(deep, lambda p: _digit(p, at, 150, -10, digit, 1.0), shadow=0.15)
        scene.cut(deep, lambda p: [_digit(p, at, 452, -172, digit, 0.36), _digit(p, at, -470, 176, digit, 0.36)])
        scene.cut(deep, lambda p: ([p.poly([at(x, 196), at(x + w, 196), at(x + w, 206), at(x, 206)]) for x, w in ((120,
            70), (200, 40), (250, 90))] + [p.poly([at(494, y), at(506, y), at(506, y + 26), at(494, y + 26)])
            for y in range(-90, 100, 40)]), opacity=0.8)

    note(930, 250, 0.16, SEA, NAVY, 1)
    note(560, 420, -0.2, OCHRE, BRICK, 2)
    note(860, 650, 0.07, CLAY, PLUM, 5)
    for x, y, r in ((230, 880, 84), (370, 950, 70), (1400, 900, 92)):
        scene.cut((AMBER, OCHRE), lambda p: p.disc(x, y, r), shadow=0.5)
        scene.cut(BRICK, lambda p: [p.ring(x, y, r * 0.84, 4), *[p.rect(x - r * 0.26 + k * r * 0.2, y - r * 0.4,
            x - r * 0.14 + k * r * 0.2, y + r * 0.4) for k in range(0, 3, 2)], p.rect(x - r * 0.3, y + r * 0.4, x
            + r * 0.36, y + r * 0.48)], opacity=0.85)
    scene.cut(CREAM, lambda p: [p.disc(rng.uniform(0, 1600), rng.uniform(0, 1067), 1.2) for _ in range(60)],
        opacity=0.4)


def _digit(pen: Pen, at: Callable[[float, float], Point], x: float, y: float, digit: int, size: float) -> Pen:
    strokes: dict[int, list[Point]] = {1: [(-40, -70), (0, -110), (0, 110)], 2: [(-60, -60), (-44, -100), (0, -114),
        (46, -98), (58, -56), (40, -14), (-62, 106), (66, 106)], 5: [(58, -106), (-44, -106), (-52, -14), (-8, -34),
        (40, -22), (62, 22), (54, 74), (14, 106), (-30, 106), (-62, 80)]}
    pen.line([at(x + px * size, y + py * size) for px, py in strokes[digit]], 34 * size)
    for px, py in strokes[digit]:
        pen.disc(*at(x + px * size, y + py * size), 17 * size)
    return pen


def track(scene: Scene) -> None:
    rng = scene.rng
    scene.wash((0, SEA), (0.25, FOAM), (0.4, CREAM), (0.42, MOSS), (0.5, CLAY), (1, BRICK))
    scene.glow(1320, 170, 420, CREAM, 0.9)
    scene.cut(mix(FOAM, TEAL, 0.4), lambda p: land(p, ridge(rng, WIDTH, 390, 40), 470))
    scene.cut(PINE, lambda p: ([p.disc(x, y, r) for x, y, r in ((240, 290, 120), (150, 350, 92), (330, 350, 98), (240,
        380, 118))] + [p.rect(226, 400, 254, 480)]), shadow=0.3)
    scene.cut(OCHRE, lambda p: [p.disc(rng.gauss(240, 74), rng.gauss(340, 50), 9) for _ in range(16)])
    scene.cut((LEAF, MOSS), lambda p: p.poly([(-20, 440), (1620, 430), (1620, 520), (-20, 500)]), shadow=0.2)
    vanish = (1240.0, 380.0)
    scene.cut((CLAY, BRICK), lambda p: p.poly([(-20, 500), (1100, 452), (1420, 452), (1620, 470), (1620, 1080), (-20,
        1080)]), shadow=0.3)
    for k in range(9):
        foot = -900 + k * 360
        scene.cut(CREAM, lambda p: p.poly([(vanish[0] - 60 + foot * 0.04, 452), (vanish[0] - 58 + foot * 0.04 + 2,
            452), (foot + 16, 1080), (foot - 4, 1080)]), opacity=0.9)

    def runner(pen: Pen, x: float, y: float, h: float) -> None:
        pen.disc(x + h * 0.1, y - h * 0.93, h * 0.062, h * 0.072)
        pen.poly([(x + h * 0.01, y - h * 0.84), (x + h * 0.15, y - h * 0.83), (x + h * 0.09, y - h * 0.5),
            (x - h * 0.06, y - h * 0.5)])
        pen.line([(x + h * 0.08, y - h * 0.86), (x + h * 0.08, y - h * 0.8)], h * 0.05)
        pen.line([(x + h * 0.06, y - h * 0.52), (x + h * 0.25, y - h * 0.44), (x + h * 0.2, y - h * 0.2)], h * 0.085)
        pen.line([(x + h * 0.2, y - h * 0.2), (x + h * 0.28, y - h * 0.17)], h * 0.05)
        pen.line([(x - h * 0.01, y - h * 0.52), (x - h * 0.08, y - h * 0.26), (x - h * 0.3, y - h * 0.17)], h * 0.08)
        pen.line([(x - h * 0.3, y - h * 0.17), (x - h * 0.34, y - h * 0.08)], h * 0.05)
        pen.line([(x + h * 0.12, y - h * 0.78), (x + h * 0.24, y - h * 0.66), (x + h * 0.36, y - h * 0.76)], h * 0.05)
        pen.line([(x + h * 0.03, y - h * 0.78), (x - h * 0.14, y - h * 0.68), (x - h * 0.12, y - h * 0.54)], h * 0.05)

    for x, y, h, shirt in ((1010, 680, 280, OCHRE), (1270, 730, 310, SEA), (690, 800, 380, CREAM), (1060, 960, 520,
        AMBER)):
        scene.cut(INK, lambda p: p.disc(x, y + 4, h * 0.34, h * 0.03), opacity=0.35, soft=4)
        scene.cut(INK, lambda p: runner(p, x, y, h), shadow=0.25)
        scene.cut(shirt, lambda p: p.poly([(x + h * 0.005, y - h * 0.835), (x + h * 0.155, y - h * 0.825), (x
            + h * 0.1, y - h * 0.58), (x - h * 0.05, y - h * 0.58)]))
        scene.cut(INK, lambda p: [p.line([(x + h * 0.12, y - h * 0.78), (x + h * 0.24, y - h * 0.66), (x + h * 0.36,
            y - h * 0.76)], h * 0.05)])
        scene.cut(CLAY, lambda p: p.poly([(x - h * 0.055, y - h * 0.58), (x + h * 0.1, y - h * 0.58), (x + h * 0.12,
            y - h * 0.47), (x - h * 0.06, y - h * 0.47)]))


def kitchen(scene: Scene) -> None:
    rng = scene.rng
    scene.wash((0, PLUM), (0.5, CLAY), (1, BRICK))
    scene.glow(800, 760, 680, AMBER, 0.75)
    scene.cut(mix(PLUM, INK, 0.35), lambda p: [p.rect(0, 130, 1600, 148), *[p.line([(x, 148), (x, 200)], 3)
        for x in (150, 260, 380, 1190, 1310, 1440)]])
    scene.cut(INK, lambda p: [p.disc(150, 250, 52), p.disc(260, 240, 40), p.poly([(360, 200), (400, 200), (392, 310),
        (368, 310)]), p.disc(1190, 246, 44), p.poly([(1290, 200), (1330, 200), (1322, 330), (1298, 330)]), p.disc(1440,
        256, 56)], shadow=0.3)
    scene.cut(MOSS, lambda p: [p.poly(_blob(rng, x, 214, 26)) for x in (520, 560, 600, 1040, 1080)], shadow=0.2)
    scene.cut(CLAY, lambda p: [p.poly([(x, 150), (x + 14, 150), (x + 7, 150 + 62 + (x % 5) * 8)]) for x in range(690,
        930, 22)], shadow=0.2)
    for k in range(11):
        scene.cut(CREAM, lambda p: p.poly(_blob(rng, 800 + math.sin(k * 0.9) * 90, 560 - k * 44, 42 + k * 9)),
            opacity=0.2, soft=16)
    scene.cut((INK, PLUM), lambda p: person(p, 1180, 1010, 700), shadow=0.4)
    scene.cut(OCHRE, lambda p: [p.poly([(1094, 460), (1268, 460), (1316, 1010), (1046, 1010)]), p.disc(1180, 330, 72,
        40)], shadow=0.25)
    scene.cut(SEA, lambda p: [p.disc(1120 + (k % 5) * 32, 520 + (k // 5) * 64, 11) for k in range(35)], opacity=0.9)
    scene.cut(INK, lambda p: [p.line([(1100, 500), (960, 610), (880, 590)], 44), p.line([(900, 600), (800, 690)], 13)],
        shadow=0.3)
    scene.cut((INK, INK), lambda p: [p.rect(480, 660, 1060, 700, radius=16), p.pie(770, 690, 282, 0, 180), p.rect(420,
        700, 500, 724, radius=10), p.rect(1040, 700, 1120, 724, radius=10)], shadow=0.5)
    scene.cut((AMBER, CLAY), lambda p: p.disc(770, 668, 268, 36), shadow=0.2)
    for colour, count in ((BRICK, 16), (CREAM, 12), (LEAF, 26), (OCHRE, 14)):
        scene.cut(colour, lambda p: [p.disc(770 + rng.uniform(-230, 230), 668 + rng.uniform(-20, 20), rng.uniform(8,
            22), rng.uniform(4, 9)) for _ in range(count)], shadow=0.15)
    scene.cut(mix(INK, SLATE, 0.3), lambda p: [p.pie(770, 690, 250, 60, 110)], opacity=0.5)
    scene.cut((AMBER, CLAY), lambda p: [p.poly([(x - 26, 1040), (x + rng.uniform(-10, 10), 930 - rng.uniform(0, 50)),
        (x + 26, 1040)]) for x in range(580, 980, 34)], shadow=0.1)
    scene.glow(780, 1000, 330, AMBER, 0.55)
    scene.cut(INK, lambda p: [p.poly([(480, 1067), (560, 1000), (980, 1000), (1060, 1067)]), p.rect(0, 1020, 1600,
        1067), p.rect(520, 940, 560, 1040), p.rect(980, 940, 1020, 1040)], shadow=0.4)
    scene.cut((CREAM, SAND), lambda p: [p.pie(250, 900, 120, 0, 180), p.pie(330, 860, 100, 0, 180)], shadow=0.4)
    scene.cut(TEAL, lambda p: [p.rect(130, 896, 370, 916), p.rect(230, 856, 430, 872)], shadow=0.2)


SCENES: dict[str, Callable[[Scene], None]] = {
    "ballot": ballot,
    "banknotes": banknotes,
    "cinema": cinema,
    "clinic": clinic,
    "court": court,
    "delta": delta,
    "fishing-boats": fishing_boats,
    "flood-street": flood_street,
    "harbour": harbour,
    "harbour-dusk": harbour_dusk,
    "kitchen": kitchen,
    "laboratory": laboratory,
    "lighthouse": lighthouse,
    "market": market,
    "newsroom": newsroom,
    "night-city": night_city,
    "night-sky": night_sky,
    "parliament": parliament,
    "picket": picket,
    "pylons": pylons,
    "radio-tower": radio_tower,
    "railway": railway,
    "river-boats": river_boats,
    "savanna": savanna,
    "school": school,
    "snow-mountain": snow_mountain,
    "solar": solar,
    "stadium": stadium,
    "stage": stage,
    "storm-sea": storm_sea,
    "track": track,
    "volcano": volcano,
}
"""Landscapes, by key."""
