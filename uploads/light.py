"""The colours of HDR video (BT.2020, with the light of HLG or PQ) as every screen can show them: BT.709.

For film.py alone, in its process: plain numbers, nothing of ours and nothing that decodes. What is as bright as paper
stays nearly so, what is brighter comes closer and closer to white, and hues stay.
"""

PQ, HLG = 16, 18  # as H.273 numbers transfer characteristics
EDGE = 33  # steps along each side of the table
PAPER, HLG_PEAK = 203.0, 1000.0  # candela per square metre
KNEE = 0.75
TO_709 = (
    (1.6604910, -0.5876411, -0.0728499),
    (-0.1245505, 1.1328999, -0.0083494),
    (-0.0181508, -0.1005789, 1.1187297),
)
Light = tuple[float, float, float]


def table(transfer: int) -> str:
    """A look-up table in three dimensions, as FFmpeg's lut3d reads it (.cube): red changes fastest."""
    steps = [number / (EDGE - 1) for number in range(EDGE)]
    curve = [pq(step) if transfer == PQ else hlg(step) for step in steps]
    lines = [f"LUT_3D_SIZE {EDGE}"]
    for blue in curve:
        for green in curve:
            lines += [" ".join(f"{one:.5f}" for one in shown((red, green, blue), transfer)) for red in curve]
    return "\n".join([*lines, ""])


def pq(signal: float) -> float:
    """What a screen gives off, 1.0 being paper white (SMPTE ST 2084)."""
    power = signal ** (1 / 78.84375)
    return float((max(power - 0.8359375, 0) / (18.8515625 - 18.6875 * power)) ** (1 / 0.1593017578125) * 10_000 / PAPER)


def hlg(signal: float) -> float:
    """What a camera saw, from 0 to 1 (BT.2100)."""
    from math import exp

    return signal**2 / 3 if signal <= 0.5 else (exp((signal - 0.55991073) / 0.17883277) + 0.28466892) / 12


def shown(light: Light, transfer: int) -> Light:
    if transfer == HLG:  # how bright a screen shows what a camera saw
        seen = 0.2627 * light[0] + 0.6780 * light[1] + 0.0593 * light[2]
        gain = HLG_PEAK / PAPER * seen**0.2
        light = (light[0] * gain, light[1] * gain, light[2] * gain)
    plain = [max(0.0, sum(part * one for part, one in zip(row, light, strict=True))) for row in TO_709]
    most = max(plain)
    gain = rolled(most) / most if most > 0 else 0.0
    red, green, blue = (min(1.0, one * gain) ** (1 / 2.4) for one in plain)
    return red, green, blue


def rolled(most: float) -> float:
    """Below the knee as it is; above it ever slower, and never beyond 1."""
    if most <= KNEE:
        return most
    beyond = (most - KNEE) / (1 - KNEE)
    return KNEE + (1 - KNEE) * beyond / (1 + beyond)
