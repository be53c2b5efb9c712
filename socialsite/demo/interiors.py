"""Pictures from kitchens, shelves, windows and notebooks."""

import math
from random import Random

from PIL import Image, ImageDraw, ImageFont

from socialsite.demo.drawing import Canvas, down


def bowl(rng: Random, mood: str) -> Image.Image:
    """Something to eat, from above."""
    table, rim, soup, parts = {
        "curry": ("#7d5a44", "#23374f", "#d9892f", ["#b8452f", "#f0c14b", "#6f9a45", "#f4e3c3"]),
        "salad": ("#d9cbb4", "#f4f1ea", "#a9c97a", ["#d9483b", "#5f9a4a", "#f3d25c", "#8a5a8f", "#fbf3e2"]),
        "berries": ("#cfd8dc", "#8a4f6a", "#f7f1ea", ["#b3273f", "#3f4b8f", "#d9476a", "#5d2f55"]),
        "soup": ("#a9805d", "#f0e6d4", "#c7542f", ["#f6e7c6", "#4f8a4b", "#f0a63c"]),
        "rice": ("#36423f", "#c9573c", "#f8f4e8", ["#6f9a45", "#e07a3f", "#f0c14b", "#a33b32"]),
    }[mood]
    canvas = Canvas(1080, 1080)
    canvas.rect(0, 0, 1080, 1080, table)
    for place in range(9):
        canvas.rect(0, place * 122 + rng.uniform(-6, 6), 1080, 4, "#000000", alpha=0.08)
    canvas.ellipse(560, 590, 400, 392, "#000000", alpha=0.18)
    canvas.circle(540, 540, 400, "#fbf7ee")
    canvas.circle(540, 540, 378, rim)
    canvas.circle(540, 540, 360, "#fbf7ee")
    canvas.circle(540, 540, 322, soup)
    for _ in range(70):
        far, angle = 290 * math.sqrt(rng.random()), rng.uniform(0, math.tau)
        x, y, size = 540 + far * math.cos(angle), 540 + far * math.sin(angle), rng.uniform(18, 44)
        color = rng.choice(parts)
        canvas.ellipse(x + 4, y + 6, size, size * rng.uniform(0.6, 1), "#000000", alpha=0.12)
        canvas.ellipse(x, y, size, size * rng.uniform(0.6, 1), color)
        canvas.ellipse(x - size * 0.25, y - size * 0.25, size * 0.3, size * 0.2, "#ffffff", alpha=0.3)
    for _ in range(12):
        far, angle, turn = 270 * math.sqrt(rng.random()), rng.uniform(0, math.tau), rng.uniform(0, math.tau)
        x, y = 540 + far * math.cos(angle), 540 + far * math.sin(angle)
        tip = (x + 46 * math.cos(turn), y + 46 * math.sin(turn))
        side = (26 * math.cos(turn + 1.2), 26 * math.sin(turn + 1.2))
        canvas.path(
            f"M{x} {y}Q{x + side[0]} {y + side[1]} {tip[0]} {tip[1]}Q{x - side[0] / 3} {y - side[1] / 3} {x} {y}Z",
            "#3f7d46",
        )
    canvas.curve("M905 180L1010 900", "#c9ccd0", 22)
    canvas.ellipse(892, 140, 42, 66, "#c9ccd0")
    return canvas.picture()


def quilt(rng: Random, mood: str) -> Image.Image:
    """A pattern of squares, as sewn on Tuesdays."""
    colors = {
        "warm": ["#c9553c", "#e6a23f", "#f3dcae", "#7d3b3a", "#f7efe0"],
        "river": ["#1f5d6f", "#5ba3a8", "#cfe3dc", "#2c3d52", "#f3efe2"],
        "garden": ["#3f7d5a", "#a9c77d", "#f2d98a", "#c4645f", "#f6f1e3"],
        "plum": ["#5b3a66", "#a5739e", "#e8c6cf", "#2f2b4f", "#f5ecec"],
    }[mood]
    canvas = Canvas(1080, 1080, colors[-1])
    size = 180
    for row in range(6):
        for column in range(6):
            x, y = column * size, row * size
            one, other, third = rng.sample(colors, 3)
            canvas.rect(x, y, size, size, one)
            match rng.randrange(5):
                case 0:
                    canvas.polygon([(x, y), (x + size, y), (x, y + size)], other)
                case 1:
                    canvas.circle(x + size / 2, y + size / 2, size * 0.36, other)
                    canvas.circle(x + size / 2, y + size / 2, size * 0.18, third)
                case 2:
                    for step in range(3):
                        canvas.rect(x, y + step * 60 + 15, size, 30, other)
                case 3:
                    middle = (x + size / 2, y + size / 2)
                    canvas.polygon([(x, y), (x + size, y), middle], other)
                    canvas.polygon([(x, y + size), (x + size, y + size), middle], third)
                case _:
                    canvas.path(f"M{x} {y}h{size}a{size} {size} 0 0 1 -{size} {size}Z", other)
            canvas.curve(
                f"M{x + 8} {y + 8}H{x + size - 8}V{y + size - 8}H{x + 8}Z", "#ffffff", 2.5, alpha=0.55, dash=(10, 8)
            )
    return canvas.picture()


CHARTS = {
    "rain": ("Rain at the weir, mm a week", "#3c7ea6", "bars"),
    "loaves": ("Loaves until one rose", "#c9753c", "steps"),
    "bus": ("Minutes the 14 was late", "#b8452f", "line"),
    "lanterns": ("Lanterns on the water", "#d99a2b", "bars"),
}


def chart(rng: Random, mood: str) -> Image.Image:
    """A figure as somebody with a felt pen would draw it."""
    title, color, kind = CHARTS[mood]
    canvas = Canvas(1200, 800, "#fbf8f0")
    for place in range(1, 20):
        canvas.line([(0, place * 42), (1200, place * 42)], "#c9d9e2", 1.5, alpha=0.7)
    canvas.line([(90, 0), (90, 800)], "#e0a3a3", 2, alpha=0.8)

    def shaky(points: list[tuple[float, float]], pen: str, width: float) -> None:
        line = []
        for (x1, y1), (x2, y2) in zip(points, points[1:], strict=False):
            steps = max(2, int(math.dist((x1, y1), (x2, y2)) / 24))
            line += [
                (
                    x1 + (x2 - x1) * step / steps + rng.uniform(-1.6, 1.6),
                    y1 + (y2 - y1) * step / steps + rng.uniform(-1.6, 1.6),
                )
                for step in range(steps + 1)
            ]
        canvas.line(line, pen, width)

    shaky([(150, 150), (150, 690), (1120, 690)], "#2f3337", 5)
    level, points = rng.uniform(80, 140), []
    for place in range(10):
        level = max(30, min(460, level + rng.uniform(-70, 110)))
        x = 210 + place * 92
        points.append((float(x), 680 - level))
        if kind == "bars":
            for stroke in range(6):
                shaky([(x - 26 + stroke * 10, 684), (x - 26 + stroke * 10, 680 - level)], color, 7)
            shaky([(x - 30, 688), (x - 30, 676 - level), (x + 30, 676 - level), (x + 30, 688)], "#2f3337", 4)
        else:
            canvas.circle(x, 680 - level, 11, color)
        shaky([(x, 690), (x, 706)], "#2f3337", 4)
    if kind != "bars":
        if kind == "steps":
            points = [
                corner for one, two in zip(points, points[1:], strict=False) for corner in (one, (two[0], one[1]), two)
            ]
        shaky(points, color, 6)
    picture = canvas.picture()
    ImageDraw.Draw(picture).text((180, 64), title, fill="#2f3337", font=ImageFont.load_default(44))
    return picture


def shelf(rng: Random, mood: str) -> Image.Image:
    """Books, with something between them."""
    wall, wood, colors = {
        "warm": ("#efe2cd", "#8a5a3c", ["#b8452f", "#d99a3c", "#5d6f4a", "#7d3b4a", "#f0d9b0", "#3e5a6b"]),
        "cool": ("#dbe5e6", "#5d5048", ["#2f5d73", "#7fa3a8", "#c9ccc0", "#3d4a66", "#e3c9a0", "#8a4f4a"]),
        "dark": ("#3a3640", "#221d20", ["#a5493c", "#c79b4f", "#6d7f5a", "#4f6b80", "#d9c9ac", "#8f6a8a"]),
    }[mood]
    canvas = Canvas(1200, 900, wall)
    for row in range(3):
        floor = 280 + row * 285
        x = 40.0
        while x < 1140:
            wide, high = rng.uniform(24, 62), rng.uniform(150, 225)
            roll = rng.random()
            if roll < 0.08 and x < 1000:
                canvas.path(f"M{x + 20} {floor - 70}h70l-10 70h-50Z", "#c9653f")
                for turn in range(7):
                    angle = math.radians(200 + turn * 23)
                    tip = (x + 55 + 90 * math.cos(angle), floor - 76 + 90 * math.sin(angle))
                    canvas.curve(f"M{x + 55} {floor - 70}Q{x + 55} {floor - 120} {tip[0]} {tip[1]}", "#4f8a5b", 10)
                x += 140
                continue
            color = rng.choice(colors)
            if roll < 0.2:
                lean = rng.uniform(10, 30)
                canvas.polygon(
                    [(x + lean, floor - high), (x + lean + wide, floor - high), (x + wide, floor), (x, floor)], color
                )
                x += wide + lean + 6
                continue
            canvas.rect(x, floor - high, wide, high, color, r=4)
            canvas.rect(x, floor - high + 24, wide, 8, "#fbf3dc", alpha=0.7)
            canvas.rect(x + wide / 2 - 3, floor - high + 50, 6, high - 90, "#fbf3dc", r=3, alpha=0.45)
            x += wide + 3
        canvas.rect(0, floor, 1200, 26, wood)
        canvas.rect(0, floor + 26, 1200, 18, "#000000", alpha=0.1)
    return canvas.picture()


def jars(rng: Random, mood: str) -> Image.Image:
    colors = {
        "jam": ["#8f2438", "#c9553c", "#5b2a4f", "#d98a2f", "#a83250"],
        "pickles": ["#8aa34a", "#b9bf6a", "#d9b84a", "#c46a3c", "#e8dcb4"],
        "honey": ["#d99a1f", "#e6b548", "#b8741f", "#f0cd7a", "#8a5418"],
    }[mood]
    canvas = Canvas(1200, 900)
    canvas.rect(0, 0, 1200, 900, down("#f4eadb", "#e6d6bf"))
    for row, floor in enumerate((410, 820)):
        canvas.rect(0, floor, 1200, 34, "#9a6b47")
        canvas.rect(0, floor + 34, 1200, 14, "#000000", alpha=0.1)
        for place in range(6):
            x, high = 60 + place * 188 + row * 20, rng.uniform(190, 270)
            color = rng.choice(colors)
            canvas.rect(x, floor - high, 140, high, "#ffffff", r=22, alpha=0.55)
            canvas.rect(x + 8, floor - high + 34, 124, high - 42, color, r=16, alpha=0.93)
            for _ in range(9):
                canvas.circle(
                    x + rng.uniform(24, 116),
                    floor - rng.uniform(24, high - 60),
                    rng.uniform(5, 11),
                    "#ffffff",
                    alpha=0.16,
                )
            canvas.rect(
                x - 4, floor - high - 16, 148, 34, rng.choice(["#b8452f", "#3e5a6b", "#f0e2c4", "#5d7a4a"]), r=8
            )
            canvas.rect(x + 24, floor - high * 0.55, 92, 56, "#fdf8ea", r=6)
            for line in range(2):
                canvas.rect(x + 36, floor - high * 0.55 + 16 + line * 16, rng.uniform(34, 66), 5, "#8a7b66", r=2)
            canvas.rect(x + 16, floor - high + 44, 10, high - 80, "#ffffff", r=5, alpha=0.4)
    return canvas.picture()


def window(rng: Random, mood: str) -> Image.Image:
    """Weather, seen from inside."""
    sky = {"rain": ("#7f909c", "#a9b5bb"), "frost": ("#a9c3d9", "#e3edf2"), "evening": ("#38406b", "#c9776a")}[mood]
    canvas = Canvas(900, 1200, "#ece0cd")
    canvas.rect(110, 110, 680, 860, down(*sky))
    for place in range(7):
        high = rng.uniform(120, 320)
        canvas.rect(110 + place * 97, 970 - high, 97, high, "#000000", alpha=0.16 + place % 3 * 0.05)
        for _ in range(4):
            lit = "#ffd98a" if mood != "frost" else "#ffffff"
            canvas.rect(
                122 + place * 97 + rng.uniform(0, 60), 970 - high + rng.uniform(14, high - 40), 12, 18, lit, alpha=0.7
            )
    for _ in range(130):
        x, y, size = rng.uniform(116, 780), rng.uniform(116, 950), rng.uniform(2, 6)
        if mood == "rain":
            canvas.line([(x, y), (x, y + size * 6)], "#e6eef2", size * 0.6, alpha=0.55)
            canvas.circle(x, y + size * 6, size * 0.8, "#f2f7f9", alpha=0.7)
        elif mood == "frost":
            canvas.circle(x, y, size, "#ffffff", alpha=0.8)
        elif y < 500:
            canvas.circle(x, y, size * 0.35, "#ffffff", alpha=0.7)
    for commands in ("M110 110H790V970H110Z", "M450 110V970", "M110 500H790"):
        canvas.curve(commands, "#fdfaf2", 26)
    canvas.rect(60, 970, 780, 44, "#fdfaf2", r=8)
    canvas.rect(60, 1014, 780, 16, "#000000", alpha=0.1)
    canvas.path("M560 870h120l-18 100h-84Z", "#c9653f")
    for turn in range(9):
        angle = math.radians(195 + turn * 19)
        tip = (620 + 150 * math.cos(angle), 850 + 170 * math.sin(angle))
        canvas.curve(
            f"M620 872Q620 {790 - turn % 2 * 20} {tip[0]} {tip[1]}", rng.choice(["#3f7d56", "#5a9a68", "#2f6a4a"]), 13
        )
    canvas.rect(230, 890, 96, 80, rng.choice(["#3e6f8f", "#b8524a", "#d9a441"]), r=14)
    canvas.curve("M326 906q44 8 4 44", "#8a8f94", 12)
    for place in range(2):
        canvas.curve(f"M{262 + place * 32} 872q-14 -26 0 -48t0 -44", "#ffffff", 6, alpha=0.6)
    return canvas.picture()


def leaves(rng: Random, mood: str) -> Image.Image:
    """Leaves and mushrooms laid out after a walk."""
    ground, colors = {
        "autumn": ("#f3ead9", ["#c9622f", "#e0a03c", "#8f3b2c", "#b8862f", "#6d5a2f"]),
        "spring": ("#eef2e4", ["#5d9a55", "#8fbf6a", "#3f7d5a", "#b9d18a", "#d98fa5"]),
        "woods": ("#e6e0d2", ["#8a5a3c", "#c9b08a", "#5d6f4a", "#b8452f", "#d9c9a3"]),
    }[mood]
    canvas = Canvas(1080, 1080, ground)
    for row in range(5):
        for column in range(5):
            x, y = 130 + column * 205 + rng.uniform(-22, 22), 150 + row * 200 + rng.uniform(-22, 22)
            color = rng.choice(colors)
            if rng.random() < 0.22:
                canvas.path(f"M{x - 18} {y}q-6 50 -12 66h60q-6 -16 -12 -66Z", "#f7efdd")
                canvas.path(f"M{x - 66} {y + 6}a66 60 0 0 1 132 0Z", color)
                for _ in range(5):
                    canvas.circle(
                        x + rng.uniform(-40, 40), y - rng.uniform(2, 34), rng.uniform(4, 8), "#fdf6e6", alpha=0.9
                    )
                continue
            turn, long = rng.uniform(0, math.tau), rng.uniform(70, 95)
            dx, dy = math.cos(turn) * long, math.sin(turn) * long
            sx, sy = -dy * 0.62, dx * 0.62
            canvas.path(
                f"M{x - dx} {y - dy}Q{x + sx} {y + sy} {x + dx} {y + dy}Q{x - sx} {y - sy} {x - dx} {y - dy}Z", color
            )
            canvas.curve(f"M{x - dx * 1.35} {y - dy * 1.35}L{x + dx * 0.8} {y + dy * 0.8}", "#4a3626", 4, alpha=0.7)
            for step in (-0.4, 0, 0.4):
                base = (x + dx * step, y + dy * step)
                for side in (1, -1):
                    tip = (base[0] + dx * 0.25 + sx * 0.3 * side, base[1] + dy * 0.25 + sy * 0.3 * side)
                    canvas.line([base, tip], "#4a3626", 2.5, alpha=0.5)
    return canvas.picture()
