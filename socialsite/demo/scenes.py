"""Pictures out of doors: each function paints one scene from a source of chance, in one of its moods."""

import math
from collections.abc import Sequence
from random import Random

from PIL import Image

from socialsite.demo.drawing import Canvas, Point, down, glow

HILLS = {
    "dawn": (("#f7c9a9", "#fbe3c4", "#fdf1dc"), ("#d9a5a0", "#a97f90", "#6d6079", "#413f5c"), "#fff3d0"),
    "noon": (("#8fc7e8", "#c3e2f0", "#eaf5f4"), ("#a7cbb0", "#7fb38c", "#548f69", "#356d50"), "#fff6cf"),
    "dusk": (("#3c3a6b", "#a45c7d", "#f2a172"), ("#7b4f74", "#573f66", "#3a2f54", "#231f3d"), "#ffd9a0"),
    "autumn": (("#cfdde4", "#eadfce", "#f6e6cb"), ("#d8a25a", "#c27a3c", "#94532f", "#5d3524"), "#fff0c9"),
    "snow": (("#9fb4cc", "#cdd9e5", "#eef2f5"), ("#dfe7ee", "#c4d2df", "#a3b7c9", "#6f889f"), "#ffffff"),
    "night": (("#0d1730", "#1f2f56", "#3d4a78"), ("#24365a", "#1b2a49", "#132038", "#0b1527"), "#f6efd6"),
}


def ridge(rng: Random, width: int, base: float, height: float, rough: int = 5) -> list[Point]:
    """A line of hills from the left edge to the right one."""
    waves = [
        (rng.uniform(0.5, 1) / (place + 1), rng.uniform(0, 7), (place + 1) * rng.uniform(0.7, 1.3))
        for place in range(rough)
    ]
    line = []
    for x in range(0, width + 20, 20):
        rise = sum(size * math.sin(start + x / width * math.tau * speed) for size, start, speed in waves)
        line.append((float(x), base - height * rise / 2))
    return line


def under(line: Sequence[Point], bottom: float) -> list[Point]:
    return [(line[0][0], bottom), *line, (line[-1][0], bottom)]


def tree(canvas: Canvas, rng: Random, x: float, y: float, size: float, leaf: str, trunk: str = "#5b4332") -> None:
    canvas.rect(x - size * 0.05, y - size * 0.45, size * 0.1, size * 0.5, trunk)
    for _ in range(5):
        canvas.circle(
            x + rng.uniform(-0.22, 0.22) * size, y - size * rng.uniform(0.5, 0.85), size * rng.uniform(0.2, 0.3), leaf
        )


def fir(canvas: Canvas, x: float, y: float, size: float, color: str) -> None:
    for step in range(3):
        wide, top = size * (0.16 + 0.09 * step), y - size * (1 - 0.27 * step)
        canvas.polygon([(x, top), (x - wide, top + size * 0.42), (x + wide, top + size * 0.42)], color)


def cloud(canvas: Canvas, rng: Random, x: float, y: float, size: float, alpha: float = 0.8) -> None:
    for place in range(5):
        canvas.ellipse(
            x + (place - 2) * size * 0.4,
            y - rng.uniform(0, 0.25) * size,
            size * 0.45,
            size * 0.26,
            "#ffffff",
            alpha=alpha,
        )


def hills(rng: Random, mood: str) -> Image.Image:
    sky, layers, light = HILLS[mood]
    canvas = Canvas(1200, 900)
    canvas.rect(0, 0, 1200, 900, down(*sky))
    x, y = rng.uniform(200, 1000), rng.uniform(140, 330)
    canvas.circle(x, y, 260, glow(light, 0.7))
    canvas.circle(x, y, 54, light)
    if mood == "night":
        for _ in range(90):
            canvas.circle(rng.uniform(0, 1200), rng.uniform(0, 420), rng.uniform(0.8, 2.4), "#ffffff", alpha=0.8)
    else:
        for _ in range(3):
            cloud(canvas, rng, rng.uniform(0, 1200), rng.uniform(90, 300), rng.uniform(50, 110), 0.45)
    for place, color in enumerate(layers):
        line = ridge(rng, 1200, 430 + place * 115, 120 - place * 18)
        canvas.polygon(under(line, 900), color)
        if place >= 2:
            for at in sorted(rng.sample(line, 9)):
                shade = layers[3] if place == 2 else "#1d2b2a" if mood != "snow" else "#45617a"
                fir(canvas, at[0], at[1] + 8, rng.uniform(50, 105) * (place - 1), shade)
    if mood == "snow":
        for _ in range(160):
            canvas.circle(rng.uniform(0, 1200), rng.uniform(0, 900), rng.uniform(1.5, 4), "#ffffff", alpha=0.85)
    return canvas.picture()


def town(rng: Random, mood: str) -> Image.Image:
    """Houses along the river; their windows are lit at night."""
    night = mood == "night"
    canvas = Canvas(1200, 800)
    canvas.rect(
        0, 0, 1200, 800, down("#101a33", "#2c3d66", "#64587e") if night else down("#bcd9e6", "#e4ebe2", "#f8ecd6")
    )
    canvas.circle(950, 150, 200, glow("#fdf3d2", 0.5))
    canvas.circle(950, 150, 46, "#fdf3d2")
    walls = (
        ["#1f2e4d", "#22365a", "#192743"]
        if night
        else ["#d98f6c", "#e8c39a", "#c96f5b", "#f0dcb8", "#8fa9a4", "#b8574b"]
    )
    roofs = ["#111c31", "#0d1628"] if night else ["#8a4534", "#6f3a2f", "#5b4a52"]
    x = -20.0
    while x < 1200:
        wide, high = rng.uniform(80, 150), rng.uniform(130, 260)
        top = 520 - high
        canvas.rect(x, top, wide, high, rng.choice(walls))
        canvas.polygon(
            [(x - 8, top), (x + wide / 2, top - rng.uniform(40, 80)), (x + wide + 8, top)], rng.choice(roofs)
        )
        for row in range(int(high // 62)):
            for column in range(int(wide // 40)):
                lit = rng.random() < 0.55
                pane = ("#ffcf7a" if lit else "#34466b") if night else ("#fdf6e4" if lit else "#5d6f7a")
                canvas.rect(x + 14 + column * 40, top + 20 + row * 60, 18, 28, pane, r=3)
                if night and lit:
                    canvas.rect(x + 14 + column * 40, 560 + (high - row * 60) * 0.6, 18, 26, "#ffcf7a", alpha=0.22)
        x += wide + 4
    water = down("#22345a", "#101b35") if night else down("#7fb4bd", "#4f8c9a")
    canvas.rect(0, 520, 1200, 280, water, alpha=0.93)
    canvas.rect(0, 512, 1200, 14, "#0d1526" if night else "#8c7a66")
    for _ in range(60):
        wide = rng.uniform(20, 120)
        canvas.rect(rng.uniform(0, 1200), rng.uniform(545, 790), wide, 3, "#ffffff", r=1.5, alpha=0.14)
    for _ in range(3):
        bx, by = rng.uniform(100, 1100), rng.uniform(600, 730)
        canvas.path(f"M{bx - 60} {by}q60 46 120 0Z", "#7a3b2e" if not night else "#0b1220")
        canvas.polygon([(bx, by - 6), (bx, by - 110), (bx + 58, by - 12)], "#fbf3e2" if not night else "#3b4a6b")
    return canvas.picture()


def meadow(rng: Random, mood: str) -> Image.Image:
    ground, petals = {
        "poppies": (("#b8d68a", "#6f9f52"), ["#d9483b", "#e8604a", "#f2a63b"]),
        "lavender": (("#cfd9a4", "#8aa56a"), ["#8a6bb0", "#a88bc9", "#6f559c"]),
        "daisies": (("#a9d18e", "#5d9a5a"), ["#ffffff", "#fdf6e0", "#fbe28a"]),
        "cosmos": (("#c2d6a0", "#7aa36a"), ["#e58fb0", "#f4bcd0", "#c9557f"]),
    }[mood]
    canvas = Canvas(1080, 1080)
    canvas.rect(0, 0, 1080, 560, down("#9fd0ea", "#e9f4f0"))
    for _ in range(4):
        cloud(canvas, rng, rng.uniform(0, 1080), rng.uniform(80, 300), rng.uniform(60, 120))
    canvas.polygon(under(ridge(rng, 1080, 430, 60), 1080), "#8fb79a")
    canvas.rect(0, 460, 1080, 620, down(*ground))
    for _ in range(7):
        tree(canvas, rng, rng.uniform(0, 1080), rng.uniform(440, 480), rng.uniform(80, 150), "#4f8060")
    flowers = sorted((rng.uniform(480, 1080), rng.uniform(-20, 1100)) for _ in range(240))
    for y, x in flowers:
        size = (y - 440) / 640 * 34 + 3
        canvas.line([(x, y), (x + rng.uniform(-4, 4), y + size * 2.6)], "#4a7a43", max(1.5, size / 7))
        color = rng.choice(petals)
        for turn in range(6):
            angle = turn * math.tau / 6 + rng.uniform(0, 0.3)
            canvas.circle(x + math.cos(angle) * size * 0.5, y + math.sin(angle) * size * 0.4, size * 0.42, color)
        canvas.circle(x, y, size * 0.3, "#f3c443" if color != "#fbe28a" else "#b9852c")
    return canvas.picture()


def reeds(rng: Random, mood: str) -> Image.Image:
    """The river with reeds and a heron that pretends not to see us."""
    sky, water = {
        "morning": (("#fbe6cf", "#f6cfae"), ("#e8c3a6", "#8fa7a6")),
        "grey": (("#c8d0d2", "#e3e6e2"), ("#b9c6c6", "#6f8787")),
        "evening": (("#54497a", "#d77f74"), ("#c4797a", "#3f3d68")),
    }[mood]
    canvas = Canvas(900, 1200)
    canvas.rect(0, 0, 900, 620, down(*sky))
    canvas.circle(620, 380, 220, glow("#fff4d6", 0.8))
    canvas.circle(620, 380, 60, "#fff4d6")
    canvas.polygon(under(ridge(rng, 900, 590, 50), 640), "#5c6f6c", alpha=0.7)
    canvas.rect(0, 620, 900, 580, down(*water))
    for place in range(26):
        wide = rng.uniform(20, 60) + place * 3
        canvas.rect(620 - wide / 2 + rng.uniform(-30, 30), 634 + place * 20, wide, 5, "#fff4d6", r=2, alpha=0.35)
    x, y = rng.uniform(260, 400), 930.0
    body, dark = "#e9ecec", "#58666d"
    canvas.line([(x, y - 60), (x - 4, y + 60)], dark, 6)
    canvas.line([(x + 24, y - 60), (x + 26, y + 64)], dark, 6)
    canvas.path(f"M{x - 70} {y - 40}Q{x - 10} {y - 150} {x + 60} {y - 120}Q{x + 50} {y - 30} {x - 20} {y - 34}Z", body)
    canvas.path(
        f"M{x - 80} {y - 34}Q{x - 20} {y - 110} {x + 40} {y - 100}Q{x + 10} {y - 40} {x - 80} {y - 34}Z", "#9aa9b0"
    )
    canvas.curve(
        f"M{x + 50} {y - 110}Q{x + 100} {y - 170} {x + 60} {y - 220}Q{x + 40} {y - 260} {x + 80} {y - 280}", body, 20
    )
    canvas.circle(x + 84, y - 282, 18, body)
    canvas.polygon([(x + 96, y - 292), (x + 176, y - 272), (x + 96, y - 272)], "#e0a03c")
    canvas.circle(x + 88, y - 286, 3.5, "#1d1d1d")
    for _ in range(70):
        foot, high = rng.uniform(-20, 920), rng.uniform(160, 520)
        if 220 < foot < 560:
            high *= 0.4
        lean = rng.uniform(-50, 50)
        canvas.curve(
            f"M{foot} 1210Q{foot} {1200 - high * 0.6} {foot + lean} {1200 - high}",
            rng.choice(["#34483d", "#46604a", "#2a3a33"]),
            rng.uniform(4, 9),
        )
        if rng.random() < 0.3:
            canvas.ellipse(foot + lean, 1200 - high - 24, 9, 36, "#5d3f2b")
    return canvas.picture()


def bus_stop(rng: Random, mood: str) -> Image.Image:
    wet = mood == "rain"
    canvas = Canvas(1200, 800)
    canvas.rect(0, 0, 1200, 800, down("#8f9fae", "#c3ccd2") if wet else down("#f6cfa0", "#fbe8cc"))
    for place in range(9):
        high = rng.uniform(180, 380)
        canvas.rect(
            place * 140 - 20,
            560 - high,
            134,
            high,
            rng.choice(["#7f8b97", "#929ca6", "#74808c"] if wet else ["#e3b58c", "#d99f78", "#efcba2"]),
        )
    canvas.rect(0, 560, 1200, 240, "#58616b" if wet else "#a58d76")
    canvas.rect(0, 552, 1200, 18, "#cfd3d6" if wet else "#e8d8c2")
    paint = {"rain": "#c9483c", "sun": "#1d6f58", "school": "#e5a823"}[mood]
    canvas.rect(190, 250, 720, 330, paint, r=34)
    canvas.rect(190, 430, 720, 26, "#fdf6e6", alpha=0.85)
    for place in range(6):
        canvas.rect(220 + place * 102, 284, 88, 116, "#dbe8ec", r=12)
        if rng.random() < 0.7:
            canvas.circle(264 + place * 102, 356, 22, rng.choice(["#7b4f36", "#e3b48f", "#3e2a20", "#c98f68"]))
            canvas.path(
                f"M{230 + place * 102} 400q34 -46 68 0Z", rng.choice(["#d2664b", "#3c6f8f", "#6d8a4a", "#8a5a8f"])
            )
    canvas.rect(836, 290, 60, 210, "#cfe0e6", r=10)
    for wheel in (330, 770):
        canvas.circle(wheel, 580, 62, "#26292d")
        canvas.circle(wheel, 580, 26, "#b8bec4")
    canvas.rect(1030, 240, 14, 330, "#4a5258")
    canvas.rect(985, 200, 104, 84, "#1f5d86", r=14)
    canvas.rect(1008, 224, 58, 34, "#ffffff", r=8)
    canvas.ellipse(550, 670, 420, 26, "#000000", alpha=0.14)
    if wet:
        for _ in range(190):
            x, y = rng.uniform(0, 1250), rng.uniform(-20, 800)
            canvas.line([(x, y), (x - 8, y + 34)], "#eef4f8", 2, alpha=0.5)
    return canvas.picture()


def pitch(rng: Random, mood: str) -> Image.Image:
    canvas = Canvas(1200, 900)
    for place in range(10):
        canvas.rect(place * 120, 0, 120, 900, "#5f9e57" if place % 2 else "#6aab61")
    for commands in ("M60 60H1140V840H60Z", "M600 60V840", "M60 270H240V630H60", "M1140 270H960V630H1140"):
        canvas.curve(commands, "#f4f8ee", 7, alpha=0.85)
    canvas.stroke(
        [([(600 + 110 * math.cos(a / 20), 450 + 110 * math.sin(a / 20)) for a in range(127)], False)],
        "#f4f8ee",
        7,
        0.85,
    )
    sides = {"derby": ("#c8402f", "#f5f1e6"), "training": ("#e6b12f", "#2d5c86")}[mood]
    for place in range(14):
        x, y = rng.uniform(110, 1090), rng.uniform(110, 790)
        canvas.ellipse(x + 10, y + 34, 26, 10, "#000000", alpha=0.2)
        canvas.ellipse(x, y, 24, 30, sides[place % 2])
        canvas.circle(x, y - 6, 13, rng.choice(["#6b4430", "#e0b18c", "#3b271d", "#c08a62"]))
    x, y = rng.uniform(300, 900), rng.uniform(250, 650)
    canvas.ellipse(x + 5, y + 14, 13, 6, "#000000", alpha=0.25)
    canvas.circle(x, y, 13, "#ffffff")
    canvas.circle(x - 2, y - 2, 4, "#2b2b2b")
    return canvas.picture()


def kites(rng: Random, mood: str) -> Image.Image:
    canvas = Canvas(1080, 1350)
    canvas.rect(
        0,
        0,
        1080,
        1350,
        down("#5fa9d8", "#b7ddee", "#f2f3e4") if mood == "blue" else down("#e38f6b", "#f6c79a", "#fbeccf"),
    )
    for _ in range(6):
        cloud(canvas, rng, rng.uniform(0, 1080), rng.uniform(100, 900), rng.uniform(60, 160), 0.6)
    for _ in range(6):
        x, y, size = rng.uniform(120, 960), rng.uniform(120, 760), rng.uniform(50, 105)
        one, other = rng.sample(["#d9473c", "#f0b13a", "#2f7f6a", "#3e64a8", "#8d4f97", "#f3ede0"], 2)
        tail = f"M{x} {y + size * 1.3}q40 60 -10 120t10 130"
        canvas.curve(tail, "#6a5a50", 3)
        canvas.curve(f"M{x} {y}Q{x * 0.7 + 160} 900 {rng.uniform(300, 800)} 1240", "#ffffff", 2, alpha=0.7)
        canvas.polygon([(x, y - size), (x + size * 0.75, y), (x, y + size * 1.3)], one)
        canvas.polygon([(x, y - size), (x - size * 0.75, y), (x, y + size * 1.3)], other)
    canvas.polygon(under(ridge(rng, 1080, 1190, 60), 1350), "#7fa968")
    canvas.polygon(under(ridge(rng, 1080, 1250, 40), 1350), "#5d8d55")
    for place in range(5):
        x = 280 + place * 130 + rng.uniform(-30, 30)
        canvas.path(
            f"M{x - 22} 1300V1240a22 26 0 0 1 44 0V1300Z", rng.choice(["#d2664b", "#3c6f8f", "#e6b12f", "#7a4a80"])
        )
        canvas.circle(x, 1196, 18, rng.choice(["#6b4430", "#e0b18c", "#3b271d", "#c08a62"]))
    return canvas.picture()
