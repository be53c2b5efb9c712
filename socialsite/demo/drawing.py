"""A small painter over Pillow: flat shapes, gradients, soft light, and the SVG subset that our own drawings use.

Shapes are painted twice as large and made smaller at the end, which is what smooths their edges.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from PIL import Image, ImageChops, ImageColor, ImageDraw

Point = tuple[float, float]
Matrix = tuple[float, float, float, float, float, float]

SMOOTH = 2
IDENTITY: Matrix = (1, 0, 0, 1, 0, 0)
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?")
TOKEN = re.compile(r"([a-zA-Z])|([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)")
SVG = "{http://www.w3.org/2000/svg}"
ARGUMENTS = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2, "A": 7, "Z": 0}


@dataclass(frozen=True)
class Gradient:
    """Colours along a line, or from a middle outwards; places are parts of the painted shape's box."""

    stops: Sequence[tuple[float, str, float]]
    radial: bool = False
    start: Point = (0, 0)
    end: Point = (0, 1)


Paint = str | Gradient


def down(*colors: str) -> Gradient:
    """From top to bottom, evenly."""
    return Gradient([(place / (len(colors) - 1), color, 1.0) for place, color in enumerate(colors)])


def glow(color: str, strength: float = 0.6) -> Gradient:
    """Light that fades outwards."""
    return Gradient([(0, color, strength), (1, color, 0)], radial=True)


@dataclass
class Canvas:
    """Paints in its own units; `picture` gives the finished image."""

    width: int
    height: int
    background: str = "#ffffff"
    scale: float = 1.0
    matrix: Matrix = IDENTITY
    image: Image.Image = field(init=False)

    def __post_init__(self) -> None:
        self.zoom = self.scale * SMOOTH
        size = (round(self.width * self.zoom), round(self.height * self.zoom))
        self.image = Image.new("RGB", size, self.background)

    def picture(self) -> Image.Image:
        return self.image.reduce(SMOOTH)

    # Shapes

    def rect(self, x: float, y: float, w: float, h: float, paint: Paint, *, r: float = 0, alpha: float = 1) -> None:
        r = min(r, w / 2, h / 2)
        if r <= 0:
            self.fill([[(x, y), (x + w, y), (x + w, y + h), (x, y + h)]], paint, alpha)
            return
        corners = [(x + w - r, y + r, -90), (x + w - r, y + h - r, 0), (x + r, y + h - r, 90), (x + r, y + r, 180)]
        outline = [
            (cx + r * math.cos(math.radians(start + step * 15)), cy + r * math.sin(math.radians(start + step * 15)))
            for cx, cy, start in corners
            for step in range(7)
        ]
        self.fill([outline], paint, alpha)

    def circle(self, x: float, y: float, r: float, paint: Paint, *, alpha: float = 1) -> None:
        self.ellipse(x, y, r, r, paint, alpha=alpha)

    def ellipse(self, x: float, y: float, rx: float, ry: float, paint: Paint, *, alpha: float = 1) -> None:
        self.fill([around(x, y, rx, ry, max(rx, ry) * self.zoom)], paint, alpha)

    def polygon(self, points: Sequence[Point], paint: Paint, *, alpha: float = 1) -> None:
        self.fill([list(points)], paint, alpha)

    def path(self, commands: str, paint: Paint, *, alpha: float = 1) -> None:
        self.fill([points for points, _closed in outlines(commands)], paint, alpha)

    def line(self, points: Sequence[Point], color: str, width: float, *, alpha: float = 1) -> None:
        self.stroke([(list(points), False)], color, width, alpha)

    def curve(self, commands: str, color: str, width: float, *, alpha: float = 1, dash: Sequence[float] = ()) -> None:
        parts = outlines(commands)
        self.stroke([piece for part in parts for piece in dashed(part, dash)] if dash else parts, color, width, alpha)

    # How they get onto the image

    def fill(self, parts: Sequence[Sequence[Point]], paint: Paint, alpha: float = 1) -> None:
        placed = [[self._place(point) for point in part] for part in parts if len(part) > 2]
        if isinstance(paint, str) and alpha >= 1:
            draw = ImageDraw.Draw(self.image)
            for part in placed:
                draw.polygon(part, fill=paint)
            return
        box = self._box(placed, 1)
        if box is None:
            return
        mask = Image.new("L", (box[2] - box[0], box[3] - box[1]))
        draw = ImageDraw.Draw(mask)
        for part in placed:
            draw.polygon([(x - box[0], y - box[1]) for x, y in part], fill=255)
        self._lay(paint, mask, box, alpha, self._extent(placed))

    def stroke(self, parts: Sequence[tuple[Sequence[Point], bool]], color: str, width: float, alpha: float) -> None:
        thick = max(
            1.0, width * self.zoom * math.sqrt(abs(self.matrix[0] * self.matrix[3] - self.matrix[1] * self.matrix[2]))
        )
        placed = [[self._place(point) for point in ([*part, part[0]] if closed else part)] for part, closed in parts]
        box = self._box(placed, thick)
        if box is None:
            return
        mask = Image.new("L", (box[2] - box[0], box[3] - box[1]))
        draw = ImageDraw.Draw(mask)
        for part in placed:
            shifted = [(x - box[0], y - box[1]) for x, y in part]
            if len(shifted) > 1:
                draw.line(shifted, fill=255, width=max(1, round(thick)), joint="curve")
            for x, y in (shifted[0], shifted[-1]):
                draw.ellipse((x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2), fill=255)
        self._lay(color, mask, box, alpha, self._extent(placed))

    def _lay(
        self,
        paint: Paint,
        mask: Image.Image,
        box: tuple[int, int, int, int],
        alpha: float,
        extent: tuple[float, float, float, float],
    ) -> None:
        if alpha < 1:
            mask = mask.point(lambda value: value * alpha)
        if isinstance(paint, str):
            self.image.paste(paint, box, mask)
            return
        colors, strength = shade(paint, box, extent)
        if strength is not None:
            mask = ImageChops.multiply(mask, strength)
        self.image.paste(colors, box, mask)

    def _place(self, point: Point) -> Point:
        a, b, c, d, e, f = self.matrix
        x, y = point
        return ((a * x + c * y + e) * self.zoom, (b * x + d * y + f) * self.zoom)

    def _extent(self, parts: Sequence[Sequence[Point]]) -> tuple[float, float, float, float]:
        xs = [x for part in parts for x, _y in part]
        ys = [y for part in parts for _x, y in part]
        return min(xs), min(ys), max(xs), max(ys)

    def _box(self, parts: Sequence[Sequence[Point]], margin: float) -> tuple[int, int, int, int] | None:
        """The part of the image that these shapes touch."""
        if not any(parts):
            return None
        left, top, right, bottom = self._extent(parts)
        box = (
            max(0, math.floor(left - margin)),
            max(0, math.floor(top - margin)),
            min(self.image.width, math.ceil(right + margin)),
            min(self.image.height, math.ceil(bottom + margin)),
        )
        return box if box[0] < box[2] and box[1] < box[3] else None


def around(x: float, y: float, rx: float, ry: float, pixels: float) -> list[Point]:
    steps = max(12, min(180, round(pixels)))
    return [
        (x + rx * math.cos(2 * math.pi * step / steps), y + ry * math.sin(2 * math.pi * step / steps))
        for step in range(steps)
    ]


def shade(
    paint: Gradient, box: tuple[int, int, int, int], extent: tuple[float, float, float, float]
) -> tuple[Image.Image, Image.Image | None]:
    """The gradient's colours over the box, and their strength where it is not full everywhere."""
    left, top, right, bottom = extent
    wide, high = max(1.0, right - left), max(1.0, bottom - top)
    size = (box[2] - box[0], box[3] - box[1])
    if paint.radial:
        # A ready-made field of distances from the middle, stretched over the shape.
        distance = Image.radial_gradient("L").point([min(255, round(value * math.sqrt(2))) for value in range(256)])
        field = distance.transform(
            size,
            Image.Transform.AFFINE,
            (256 / wide, 0, (box[0] - left) * 256 / wide, 0, 256 / high, (box[1] - top) * 256 / high),
            Image.Resampling.BILINEAR,
        )
    else:
        # Ours run from top to bottom.
        stretch = 256 / ((paint.end[1] - paint.start[1]) * high)
        begin = top + paint.start[1] * high
        field = Image.linear_gradient("L").transform(
            size, Image.Transform.AFFINE, (0, 0, 1, 0, stretch, (box[1] - begin) * stretch), Image.Resampling.NEAREST
        )
    tables = [[round(one[channel]) for one in ramp_of(paint)] for channel in range(4)]
    colors = Image.merge("RGB", [field.point(table) for table in tables[:3]])
    return colors, None if min(tables[3]) == 255 else field.point(tables[3])


def ramp_of(paint: Gradient) -> list[tuple[float, float, float, float]]:
    """256 steps of red, green, blue and strength."""
    stops = [(place, *ImageColor.getrgb(color)[:3], alpha * 255) for place, color, alpha in paint.stops]
    made = []
    for step in range(256):
        place = step / 255
        before = max((stop for stop in stops if stop[0] <= place), default=stops[0], key=lambda stop: stop[0])
        after = min((stop for stop in stops if stop[0] >= place), default=stops[-1], key=lambda stop: stop[0])
        gap = after[0] - before[0]
        part = (place - before[0]) / gap if gap else 0
        red, green, blue, alpha = (one + (other - one) * part for one, other in zip(before[1:], after[1:], strict=True))
        made.append((red, green, blue, alpha))
    return made


# -- Paths ------------------------------------------------------------------------------------------------------------


def outlines(commands: str) -> list[tuple[list[Point], bool]]:
    """An SVG path as lists of points, and whether each is closed."""
    walker = _Walker()
    kind, numbers = "", []
    for letter, number in TOKEN.findall(commands):
        if number:
            numbers.append(float(number))
        if letter:
            kind = letter
        if kind and len(numbers) == ARGUMENTS[kind.upper()]:
            walker.step(kind, numbers)
            kind = {"M": "L", "m": "l", "Z": "", "z": ""}.get(kind, kind)
            numbers = []
    return [(points, closed) for points, closed in walker.parts if points]


class _Walker:
    """Where the pen is, and what it has drawn."""

    def __init__(self) -> None:
        self.parts: list[tuple[list[Point], bool]] = []
        self.here: Point = (0, 0)
        self.began: Point = (0, 0)
        self.handle: Point | None = None

    def step(self, kind: str, given: list[float]) -> None:
        x, y = self.here if kind.islower() else (0.0, 0.0)
        handle, self.handle = self.handle, None
        match kind.upper():
            case "M":
                self.here = self.began = (x + given[0], y + given[1])
                self.parts.append(([self.here], False))
            case "Z":
                points, _closed = self.parts[-1]
                self.parts[-1] = (points, True)
                self.here = self.began
            case "L":
                self._to((x + given[0], y + given[1]))
            case "H":
                self._to((x + given[0], self.here[1]))
            case "V":
                self._to((self.here[0], y + given[0]))
            case "A":
                self._arc(given, (x + given[5], y + given[6]))
            case "C" | "S" | "Q" | "T":
                points = [(x + given[place], y + given[place + 1]) for place in range(0, len(given), 2)]
                if kind.upper() in "ST":
                    mirror = handle or self.here
                    points.insert(0, (2 * self.here[0] - mirror[0], 2 * self.here[1] - mirror[1]))
                self.handle = points[-2]
                self._bend([self.here, *points])

    def _to(self, point: Point) -> None:
        if not self.parts or self.parts[-1][1]:
            self.parts.append(([self.here], False))
        self.parts[-1][0].append(point)
        self.here = point

    def _bend(self, points: list[Point]) -> None:
        for step in range(1, 17):
            part, left = step / 16, points
            while len(left) > 1:
                left = [
                    (a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part)
                    for a, b in zip(left, left[1:], strict=False)
                ]
            self._to(left[0])

    def _arc(self, given: list[float], end: Point) -> None:
        """Ours are not turned, so that rx and ry are all."""
        rx, ry, _turn, large, sweep = given[:5]
        x1, y1 = (self.here[0] - end[0]) / 2, (self.here[1] - end[1]) / 2
        grow = math.sqrt(max(1.0, (x1 / rx) ** 2 + (y1 / ry) ** 2))
        rx, ry = rx * grow, ry * grow
        left = (rx * ry) ** 2 - (rx * y1) ** 2 - (ry * x1) ** 2
        root = math.sqrt(max(0.0, left / ((rx * y1) ** 2 + (ry * x1) ** 2 or 1))) * (-1 if large == sweep else 1)
        cx, cy = root * rx * y1 / ry, -root * ry * x1 / rx
        first = math.atan2((y1 - cy) / ry, (x1 - cx) / rx)
        turn = math.atan2((-y1 - cy) / ry, (-x1 - cx) / rx) - first
        turn += 2 * math.pi * ((sweep and turn < 0) - (not sweep and turn > 0))
        middle = ((self.here[0] + end[0]) / 2 + cx, (self.here[1] + end[1]) / 2 + cy)
        for step in range(1, 17):
            angle = first + turn * step / 16
            self._to((middle[0] + rx * math.cos(angle), middle[1] + ry * math.sin(angle)))


def dashed(part: tuple[list[Point], bool], dash: Sequence[float]) -> Iterable[tuple[list[Point], bool]]:
    """Pieces of a line, by lengths of drawn and left out in turn."""
    points, closed = part
    if closed:
        points = [*points, points[0]]
    left, place, piece = dash[0], 0, [points[0]]
    for a, b in zip(points, points[1:], strict=False):
        length, gone = math.dist(a, b), 0.0
        while length - gone > left:
            gone += left
            point = (a[0] + (b[0] - a[0]) * gone / length, a[1] + (b[1] - a[1]) * gone / length)
            if place % 2 == 0:
                yield [*piece, point], False
            piece, place = [point], place + 1
            left = dash[place % len(dash)]
        left -= length - gone
        piece.append(b)
    if place % 2 == 0:
        yield piece, False


# -- SVG --------------------------------------------------------------------------------------------------------------


def paint_svg(source: str | Path, width: int, colors: dict[str, str] | None = None) -> Image.Image:
    """One of our own drawings this wide; `colors` changes some of its colours."""
    text = source.read_text() if isinstance(source, Path) else source
    for old, new in (colors or {}).items():
        text = text.replace(f'"{old}"', f'"{new}"')
    root = ElementTree.fromstring(text)  # noqa: S314  our own files
    _x, _y, wide, high = map(float, root.attrib["viewBox"].split())
    canvas = Canvas(round(wide), round(high), scale=width / wide)
    gradients = {
        one.attrib["id"]: gradient(one) for kind in ("linear", "radial") for one in root.iter(f"{SVG}{kind}Gradient")
    }
    for element in root:
        _paint(canvas, element, gradients, {})
    return canvas.picture()


def gradient(element: ElementTree.Element) -> Gradient:
    stops = [
        (float(stop.attrib["offset"]), stop.attrib["stop-color"], float(stop.attrib.get("stop-opacity", 1)))
        for stop in element
    ]
    given = element.attrib
    radial = element.tag.endswith("radialGradient")
    start, end = ((float(given.get(f"x{n}", n == 2)), float(given.get(f"y{n}", 0))) for n in (1, 2))
    return Gradient(stops, radial, start, end)


def _paint(canvas: Canvas, element: ElementTree.Element, gradients: dict[str, Gradient], above: dict[str, str]) -> None:
    before = canvas.matrix
    given = {**above, **element.attrib}
    canvas.matrix = turned(before, given.pop("transform", ""))
    if element.tag == f"{SVG}g":
        for child in element:
            _paint(canvas, child, gradients, given)
    elif element.tag != f"{SVG}defs":
        _paint_shape(canvas, element.tag.removeprefix(SVG), given, gradients)
    canvas.matrix = before


def _paint_shape(canvas: Canvas, kind: str, given: dict[str, str], gradients: dict[str, Gradient]) -> None:
    def number(name: str) -> float:
        return float(given.get(name, 0))

    fill, alpha = given.get("fill", "#000"), float(given.get("opacity", 1))
    paint: Paint = gradients[fill[5:-1]] if fill.startswith("url(") else fill
    parts: list[tuple[list[Point], bool]] = []
    match kind:
        case "rect" if fill != "none" and "stroke" not in given:
            return canvas.rect(
                number("x"), number("y"), number("width"), number("height"), paint, r=number("rx"), alpha=alpha
            )
        case "rect":
            x, y, w, h = (number(name) for name in ("x", "y", "width", "height"))
            parts = [([(x, y), (x + w, y), (x + w, y + h), (x, y + h)], True)]
        case "circle" | "ellipse":
            rx, ry = number("rx") or number("r"), number("ry") or number("r")
            parts = [(around(number("cx"), number("cy"), rx, ry, max(rx, ry) * canvas.zoom), True)]
        case "path":
            parts = outlines(given["d"])
    if fill != "none":
        canvas.fill([points for points, _closed in parts], paint, alpha)
    if given.get("stroke", "none") != "none":
        dash = [float(one) for one in NUMBER.findall(given.get("stroke-dasharray", ""))]
        pieces = [piece for part in parts for piece in dashed(part, dash)] if dash else parts
        canvas.stroke(pieces, given["stroke"], float(given.get("stroke-width", 1)), alpha)
    return None


def turned(matrix: Matrix, transform: str) -> Matrix:
    for name, arguments in re.findall(r"(\w+)\(([^)]*)\)", transform):
        given = [float(one) for one in NUMBER.findall(arguments)]
        if name == "translate":
            matrix = times(matrix, (1, 0, 0, 1, given[0], given[1] if len(given) > 1 else 0))
        else:
            cos, sin = math.cos(math.radians(given[0])), math.sin(math.radians(given[0]))
            x, y = given[1:] if len(given) > 1 else (0.0, 0.0)
            matrix = times(matrix, (cos, sin, -sin, cos, x - cos * x + sin * y, y - sin * x - cos * y))
    return matrix


def times(one: Matrix, other: Matrix) -> Matrix:
    a, b, c, d, e, f = one
    g, h, i, j, k, m = other
    return (a * g + c * h, b * g + d * h, a * i + c * j, b * i + d * j, a * k + c * m + e, b * k + d * m + f)
