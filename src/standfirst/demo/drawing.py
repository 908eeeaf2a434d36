"""Draws the demonstration newsroom's pictures, by code alone: the same key always gives the same picture."""

# ruff: noqa: B023 - a shape is cut at once, before its loop goes on

from __future__ import annotations

from standfirst.demo.canvas import (
    AMBER,
    CLAY,
    CREAM,
    FOAM,
    INK,
    LEAF,
    NAVY,
    OCHRE,
    PINE,
    PLUM,
    ROSE,
    SAND,
    SEA,
    SLATE,
    TEAL,
    Pen,
    Scene,
    mix,
)
from standfirst.demo.scenes import SCENES

PORTRAITS: dict[str, tuple[str, str, str, str, str]] = {
    "portrait-ama": (OCHRE, CLAY, "#4a2c22", TEAL, "wrap"),
    "portrait-kofi": (SEA, TEAL, "#3b241c", CREAM, "short-glasses"),
    "portrait-fatou": (ROSE, CLAY, "#5a3626", NAVY, "braids"),
    "portrait-daniel": (SLATE, NAVY, "#452a1f", OCHRE, "cap-beard"),
    "portrait-zainab": (FOAM, SEA, "#54321f", PLUM, "scarf"),
    "portrait-musa": (LEAF, PINE, "#35201a", CLAY, "bald-beard"),
    "portrait-lydie": (PLUM, INK, "#6a412d", AMBER, "afro"),
    "portrait-samira": (SAND, OCHRE, "#7a4e35", TEAL, "scarf-glasses"),
    "portrait-ebo": (CLAY, "#6b2a22", "#3e261d", SLATE, "grey-glasses-beard"),
}
"""Authors' portraits: wall above, wall below, skin, cloth, and what is seen of the person."""

EMBLEMS: dict[str, tuple[str, str, str]] = {"emblem-cpa": (NAVY, SLATE, AMBER), "emblem-mns": (TEAL, PINE, ROSE)}
"""Agency desks' emblems: two grounds and a line."""

SQUARE = 900


def keys() -> tuple[str, ...]:
    """Every key that `draw` knows: landscapes of 1600 x 1067 pixels, then portraits and emblems of 900 x 900."""
    return (*SCENES, *PORTRAITS, *EMBLEMS)


def draw(key: str) -> bytes:
    """The picture `key` as a JPEG of less than 300,000 bytes. `KeyError` for a key not in `keys()`."""
    if key in SCENES:
        scene = Scene(key)
        SCENES[key](scene)
    elif key in PORTRAITS:
        scene = Scene(key, SQUARE, SQUARE)
        _portrait(scene, *PORTRAITS[key])
    else:
        scene = Scene(key, SQUARE, SQUARE)
        _emblem(scene, *EMBLEMS[key])
    return scene.jpeg()


def _portrait(scene: Scene, above: str, below: str, skin: str, cloth: str, traits: str) -> None:
    scene.wash((0, above), (1, below))
    scene.glow(300, 260, 520, CREAM, 0.45)
    scene.cut(mix(below, INK, 0.2), lambda p: p.disc(450, 470, 360), opacity=0.35)
    shade = mix(skin, INK, 0.45)
    hair = "#b9b3a8" if "grey" in traits else "#1c1414"
    if "braids" in traits:
        scene.cut(
            hair,
            lambda p: (
                [p.rect(268 + k * 9, 330, 296 + k * 9, 690 - k * 16, radius=14) for k in range(4)]
                + [p.rect(604 - k * 9, 330, 632 - k * 9, 690 - k * 16, radius=14) for k in range(4)]
            ),
            shadow=0.3,
        )
    if "afro" in traits:
        scene.cut(hair, lambda p: p.disc(450, 330, 236, 222), shadow=0.35)
    if "scarf" in traits:
        scene.cut(
            cloth,
            lambda p: [p.disc(450, 370, 214, 246), p.poly([(250, 430), (650, 430), (720, 800), (180, 800)])],
            shadow=0.35,
        )
    scene.cut((cloth, mix(cloth, INK, 0.35)), _shoulders, shadow=0.4)
    scene.cut(shade, lambda p: p.poly([(386, 500), (514, 500), (530, 650), (450, 705), (370, 650)]))
    scene.cut(
        (mix(skin, ROSE, 0.22), skin), lambda p: [p.disc(450, 400, 152, 190), p.disc(450, 480, 118, 130)], shadow=0.3
    )
    scene.cut(
        shade, lambda p: [p.pie(450, 400, 190, -62, 62), p.disc(412, 400, 150, 186, value=0)], opacity=0.5, soft=10
    )
    if "scarf" not in traits and "wrap" not in traits:
        scene.cut(mix(skin, INK, 0.15), lambda p: [p.disc(296, 420, 24, 40), p.disc(604, 420, 24, 40)])
    _face(scene, skin)
    if "beard" in traits:
        scene.cut(
            hair,
            lambda p: [
                p.pie(450, 452, 150, 10, 170),
                p.disc(450, 470, 104, 26, value=0),
                p.rect(414, 482, 486, 496, radius=7),
            ],
            opacity=0.95,
        )
        scene.cut("#8a4a3f", lambda p: p.disc(450, 514, 40, 8))
    if "short" in traits or "grey" in traits or ("beard" in traits and "bald" not in traits):
        scene.cut(hair, lambda p: [p.pie(450, 372, 166, 184, 356), p.disc(450, 396, 138, 86, value=0)], shadow=0.2)
    if "braids" in traits:
        scene.cut(
            hair,
            lambda p: [
                p.pie(450, 386, 176, 180, 360),
                p.poly([(300, 400), (450, 268), (600, 400), (560, 400), (450, 310), (340, 400)]),
                p.disc(450, 420, 134, 104, value=0),
            ],
            shadow=0.2,
        )
    if "afro" in traits:
        scene.cut(hair, lambda p: [p.pie(450, 380, 178, 180, 360), p.disc(450, 412, 140, 96, value=0)])
        scene.cut(cloth, lambda p: [p.disc(296, 486, 15), p.disc(604, 486, 15)], shadow=0.2)
    if "scarf" in traits:
        scene.cut(
            (mix(cloth, CREAM, 0.16), cloth),
            lambda p: [
                p.disc(450, 380, 204, 236),
                p.poly([(262, 430), (638, 430), (690, 900), (210, 900)]),
                p.disc(450, 424, 136, 170, value=0),
            ],
            shadow=0.3,
        )
        scene.cut(
            mix(cloth, INK, 0.3),
            lambda p: [
                p.line([(300, 560), (420, 680), (640, 720)], 6),
                p.line([(290, 620), (430, 760), (620, 790)], 6),
            ],
            opacity=0.6,
        )
    if "wrap" in traits:
        scene.cut(
            (mix(cloth, CREAM, 0.1), cloth),
            lambda p: [
                p.disc(450, 270, 190, 130),
                p.poly([(286, 380), (614, 380), (630, 270), (270, 270)]),
                p.disc(560, 150, 92, 60),
                p.disc(450, 450, 148, 118, value=0),
            ],
            shadow=0.35,
        )
        scene.cut(
            AMBER,
            lambda p: [
                p.line([(276, 330), (440, 236), (630, 250)], 10),
                p.line([(284, 366), (450, 290), (622, 320)], 10),
                p.line([(500, 170), (600, 190)], 8),
            ],
        )
        scene.cut(AMBER, lambda p: [p.disc(298, 500, 13, 20), p.disc(602, 500, 13, 20)], shadow=0.2)
    if "cap" in traits:
        scene.cut(
            (mix(cloth, CREAM, 0.1), cloth),
            lambda p: [
                p.pie(450, 330, 168, 180, 360),
                p.rect(282, 322, 618, 352, radius=10),
                p.rect(282, 330, 726, 358, radius=14),
            ],
            shadow=0.35,
        )
    if "glasses" in traits:
        scene.cut(
            INK,
            lambda p: [
                p.ring(386, 408, 50, 8),
                p.ring(514, 408, 50, 8),
                p.line([(434, 402), (466, 402)], 8),
                p.line([(338, 404), (304, 394)], 7),
                p.line([(562, 404), (596, 394)], 7),
            ],
        )
        scene.cut(
            CREAM,
            lambda p: [
                p.poly([(360, 430), (392, 376), (406, 376), (374, 430)]),
                p.poly([(488, 430), (520, 376), (534, 376), (502, 430)]),
            ],
            opacity=0.22,
        )


def _shoulders(pen: Pen) -> None:
    pen.poly([(40, 900), (80, 770), (180, 700), (350, 640), (450, 712), (550, 640), (720, 700), (820, 770), (860, 900)])
    pen.poly([(370, 640), (450, 760), (530, 640), (450, 700)], 0)


def _face(scene: Scene, skin: str) -> None:
    line = mix(skin, INK, 0.72)
    scene.cut(
        line,
        lambda p: [
            p.disc(388, 410, 17, 10),
            p.disc(512, 410, 17, 10),
            p.line([(352, 368), (386, 354), (422, 364)], 11),
            p.line([(478, 364), (514, 354), (548, 368)], 11),
            p.line([(450, 416), (438, 466), (456, 474)], 7),
        ],
        opacity=0.9,
    )
    scene.cut(CREAM, lambda p: [p.disc(393, 406, 4), p.disc(517, 406, 4)])
    scene.cut("#8a4a3f", lambda p: [p.pie(450, 508, 46, 8, 172), p.disc(450, 508, 46, 9, value=0)])
    scene.cut(mix(skin, INK, 0.6), lambda p: [p.line([(402, 510), (426, 518), (450, 516), (474, 518), (498, 510)], 5)])


def _emblem(scene: Scene, ground: str, deep: str, line: str) -> None:
    scene.wash((0, ground), (1, deep))
    scene.glow(450, 400, 480, FOAM, 0.3)

    def globe(pen: Pen) -> None:
        pen.ring(450, 430, 260, 9)
        for share in (0.36, 0.72):
            pen.disc(450, 430, 260 * share, 258)
            pen.disc(450, 430, 260 * share - 7, 252, value=0)
        pen.ring(450, 430, 260, 9)
        for dy in (-150, 0, 150):
            half = (260**2 - dy**2) ** 0.5
            pen.line([(450 - half, 430 + dy), (450 + half, 430 + dy)], 7)
        pen.rect(446, 172, 454, 690)

    def meridians(pen: Pen) -> None:
        for share in (1.0, 0.8, 0.56, 0.3):
            pen.disc(450, 430, 260 * share, 260)
            pen.disc(450, 430, 260 * share - 8, 252, value=0)
        pen.rect(446, 172, 454, 690)
        pen.poly([(450, 110), (476, 176), (450, 162), (424, 176)])

    scene.cut(line, globe if ground == NAVY else meridians, shadow=0.35)
    for y, half in ((760, 190), (800, 130)):
        scene.cut(CREAM, lambda p: p.rect(450 - half, y, 450 + half, y + 14, radius=7), opacity=0.9)
