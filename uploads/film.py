"""Prepares a video or a sound in a process of its own, one step at a time, as decode.py does with pictures and under
limits of its own. Imports nothing of ours but decode.py and light.py, and PyAV only when it is confined.

The job on stdin: {"source", "folder", "kind", "step", "max_seconds", "max_pixels", "max_short", "parent", and for all
steps but the first "facts": what "probe" answered}. How far it is stands in `folder`/progress, as a percentage.
"""

import contextlib
import os
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parent.parent))  # this is a script
from uploads import decode, light  # noqa: E402
from uploads.decode import Refused  # noqa: E402

LIMITS = decode.Limits(memory=2 * 1024**3, cpu_seconds=45 * 60, file_bytes=512 * 1024**2)
NICE = 10  # what serves pages goes first
# The one demuxer for each type: nothing is guessed, so that no list of other files is ever taken for a video.
DEMUXERS = {
    "video/mp4": "mov",
    "video/quicktime": "mov",
    "video/webm": "matroska",
    "audio/mp4": "mov",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/wav": "wav",
}
VIDEO_CODECS = {"h264", "hevc", "vp8", "vp9", "libdav1d", "av1", "mpeg4", "mjpeg", "theora", "prores", "h263"}
SOUND_CODECS = {
    "aac",
    "mp3",
    "mp3float",
    "opus",
    "libopus",
    "vorbis",
    "libvorbis",
    "flac",
    "alac",
    "ac3",
    "eac3",
    "amrnb",
}
STREAMS = 24  # cameras of phones write up to ten
BUFFER = 256 * 1024
FASTEST = Fraction(1, 61)  # seconds between two frames; what comes sooner is left out
POSTER_AT = 1.0  # seconds
# The shorter side -> bits a second at most; the longer side goes up to 8/3 of it.
BITS = {480: 1_200_000, 720: 2_800_000}
BT709 = 1  # as H.273 numbers matrices, primaries and transfer characteristics
TABLE = "light.cube"  # in the job's folder, where this process stands
PEAKS, SKIPPED = 48, 8  # of the drawing of a sound; of eight samples one is looked at
SOUND_BITS, SOUND_RATE, SOUND_FRAME = 128_000, 48_000, 1024


def refuse_other(url: str, flags: int, options: dict[str, Any]) -> Any:
    """A file that wants to have another one opened, here or elsewhere."""
    raise Refused("broken")


@contextlib.contextmanager
def opened(job: dict[str, Any]) -> Iterator[Any]:
    """The source, read through an open file: no address is ever handed to the demuxer, and no protocol is allowed."""
    import av

    av.logging.set_level(None)
    options = {"max_streams": str(STREAMS), "protocol_whitelist": "none", "enable_drefs": "0"}
    demuxer = DEMUXERS[job["kind"]]
    with open(job["source"], "rb") as file:
        try:
            source = av.open(file, format=demuxer, container_options=options, io_open=refuse_other, buffer_size=BUFFER)
        except MemoryError:  # what FFmpeg says of too many streams
            raise Refused("broken") from None
        with source:
            yield source


def the_streams(source: Any) -> tuple[Any, Any]:
    """The first moving picture and the first sound, None where there is none; a cover is no moving picture."""
    from av.stream import Disposition

    moving = [one for one in source.streams.video if not one.disposition & Disposition.attached_pic]
    video, sound = next(iter(moving), None), next(iter(source.streams.audio), None)
    for stream, known in ((video, VIDEO_CODECS), (sound, SOUND_CODECS)):
        name = stream.codec_context.name if stream else ""
        if name and name not in known and not name.startswith("pcm_"):
            raise Refused("unknown_codec")
    return video, sound


def probe(job: dict[str, Any]) -> dict[str, Any]:
    """What it is, from its packets rather than from what its header says."""
    with opened(job) as source:
        video, sound = the_streams(source)
        wanted = [one for one in (video, sound) if one]
        if not wanted:
            raise Refused("no_stream")
        began, end = start_of(source), 0.0
        for packet in source.demux(*wanted):
            if packet.pts is not None:
                last = float((packet.pts + (packet.duration or 0)) * packet.time_base) - began
                end = max(end, last)
                if end > job["max_seconds"] + 1:
                    raise Refused("too_long")
    seen = {"duration": round(end * 1000), "codec": ", ".join(one.codec_context.name for one in wanted)}
    if not video:
        with opened(job) as source:
            if not any(True for _frame in source.decode(the_streams(source)[1])):
                raise Refused("broken")
        return {"medium": "audio", "width": 0, "height": 0, "turn": 0, "rate": 0.0, "sound": True, **seen}
    with opened(job) as source:
        frame = next(source.decode(the_streams(source)[0]), None)
        if frame is None:
            raise Refused("broken")
        if frame.width * frame.height > job["max_pixels"]:
            raise Refused("too_many_pixels")
        ratio = source.streams.video[0].sample_aspect_ratio or 1
        width = max(1, round(frame.width * min(max(ratio, Fraction(1, 4)), Fraction(4))))
        turn = round(-frame.rotation / 90) % 4  # quarters, clockwise
        size = (frame.height, width) if turn % 2 else (width, frame.height)
        rate = float(source.streams.video[0].average_rate or 25)
    return {
        "medium": "video",
        "width": size[0],
        "height": size[1],
        "turn": turn,
        "rate": min(max(rate, 1.0), 60.0),
        "sound": bool(sound),
        **seen,
    }


def start_of(source: Any) -> float:
    """Seconds; what a file calls its beginning need not be nought."""
    return float(source.start_time or 0) / 1_000_000


def fitting(facts: dict[str, Any], short: int) -> tuple[int, int]:
    """Even, and never larger than the source but for that."""
    sides = facts["width"], facts["height"]
    scale = min(1.0, short / min(sides), short * 8 / 3 / max(sides))
    width, height = (max(2, round(side * scale / 2) * 2) for side in sides)
    return width, height


def chained(graph: Any, first: Any, steps: list[tuple[str, Any]], end: str) -> Any:
    """The graph, with these filters (name, arguments) one after the other between its first one and its end."""
    last = first
    for name, arguments in [*steps, (end, None)]:
        step = graph.add(name, arguments)
        last.link_to(step)
        last = step
    graph.configure()
    return graph


class Upright:
    """Frames come out in one size, turned as the camera was held, in the colours that every player knows."""

    def __init__(self, job: dict[str, Any], size: tuple[int, int]) -> None:
        self.facts, self.folder, self.size = job["facts"], job["folder"], size
        self.graph: Any = None
        self.kind: Any = None

    def __call__(self, frame: Any) -> Any:
        kind = (frame.width, frame.height, frame.format.name, frame.color_trc)
        if kind != self.kind:  # also in the middle of a stream
            self.kind, self.graph = kind, self.build(frame)
        pts, base = frame.pts, frame.time_base
        self.graph.push(frame)
        made = self.graph.pull()
        made.pts, made.time_base = pts, base
        made.color_trc = made.color_primaries = BT709
        return made

    def build(self, frame: Any) -> Any:
        import av.filter

        graph = av.filter.Graph()
        first = graph.add_buffer(
            width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, 1000)
        )
        turns: dict[int, list[Any]] = {
            1: [("transpose", "clock")],
            2: [("hflip", None), ("vflip", None)],
            3: [("transpose", "cclock")],
        }
        scaled, colours = f"{self.size[0]}:{self.size[1]}:flags=bicubic", "out_color_matrix=bt709:out_range=tv"
        if frame.color_trc in (light.PQ, light.HLG):
            Path(self.folder, TABLE).write_text(light.table(frame.color_trc))
            fit = [("scale", scaled), ("format", "gbrp12le"), ("lut3d", TABLE), ("scale", colours)]
        else:
            fit = [("scale", f"{scaled}:{colours}")]
        steps = [*turns.get(self.facts["turn"], []), *fit, ("setsar", "1"), ("format", "yuv420p")]
        return chained(graph, first, steps, "buffersink")


def poster(job: dict[str, Any]) -> dict[str, Any]:
    """One frame, upright, as a picture that decode.py takes like any other."""
    facts, chosen = job["facts"], None
    target = min(POSTER_AT, facts["duration"] / 1000 / 4)
    with opened(job) as source:
        began = start_of(source)
        for frame in source.decode(the_streams(source)[0]):
            chosen = frame
            if frame.time is not None and frame.time - began >= target:
                break
        Upright(job, fitting(facts, 1080))(chosen).to_image().save(f"{job['folder']}/poster.png", compress_level=1)
    return {}


def moving(job: dict[str, Any], short: int) -> dict[str, Any]:
    """H.264 and AAC in an MP4 that plays from its beginning."""
    import av

    facts, path = job["facts"], f"{job['folder']}/{short}p.mp4"
    size = fitting(facts, short)
    with opened(job) as source, av.open(path, "w", format="mp4", options={"movflags": "+faststart"}) as target:
        streams = the_streams(source)
        picture = target.add_stream("libx264", rate=Fraction(facts["rate"]).limit_denominator(1001))
        picture.width, picture.height, picture.pix_fmt = size[0], size[1], "yuv420p"
        picture.time_base = picture.codec_context.time_base = Fraction(1, 90_000)
        picture.codec_context.thread_count = 1
        most = {"maxrate": str(BITS[short]), "bufsize": str(2 * BITS[short])}
        picture.options = {"preset": "veryfast", "crf": "23", "profile": "main", "g": "120", **most}
        picture.codec_context.colorspace, picture.codec_context.color_range = BT709, 1
        picture.codec_context.color_primaries = picture.codec_context.color_trc = BT709
        sound = Sound(target) if streams[1] else None
        upright, last, began, told = Upright(job, size), None, start_of(source), Told(job)
        for frame in source.decode(*(one for one in streams if one)):
            if frame.pts is None:
                continue
            at = Fraction(frame.pts) * frame.time_base - Fraction(began)
            if at > job["max_seconds"] + 1:
                raise Refused("too_long")
            if sound and isinstance(frame, av.AudioFrame):
                sound.take(frame, at)
            elif last is None or at - last >= FASTEST:
                made, last = upright(frame), at
                made.pts, made.time_base = round(max(at, Fraction(0)) * 90_000), Fraction(1, 90_000)
                made.pict_type = 0
                target.mux(picture.encode(made))
                told.at(at)
        target.mux(picture.encode())
        if sound:
            sound.end()
    return {"w": size[0], "h": size[1], "bytes": os.path.getsize(path)}


def heard(job: dict[str, Any]) -> dict[str, Any]:
    """AAC in an M4A."""
    import av

    path, told = f"{job['folder']}/sound.m4a", Told(job)
    with opened(job) as source, av.open(path, "w", format="ipod", options={"movflags": "+faststart"}) as target:
        sound, began = Sound(target, listens=True), Fraction(start_of(source))
        for frame in source.decode(the_streams(source)[1]):
            at = Fraction(frame.pts or 0) * frame.time_base - began
            if at > job["max_seconds"] + 1:
                raise Refused("too_long")
            sound.take(frame, at)
            told.at(at)
        sound.end()
    return {"w": 0, "h": 0, "bytes": os.path.getsize(path), "peaks": peaks(sound.loud)}


def peaks(loud: list[float]) -> list[int]:
    """How loud it is from its beginning to its end, for a drawing of it: of 100, against the loudest."""
    count, most = min(PEAKS, len(loud)), max(loud, default=0) or 1
    pieces = [loud[len(loud) * at // count : len(loud) * (at + 1) // count] for at in range(count)]
    return [round(min(1.0, max(piece) / most) * 100) for piece in pieces]


class Sound:
    """Frames of any sound come out as AAC in stereo, with silence where the source has nothing."""

    def __init__(self, target: Any, *, listens: bool = False) -> None:
        self.target, self.listens = target, listens
        self.stream = target.add_stream("aac", rate=SOUND_RATE, layout="stereo")
        self.stream.bit_rate = SOUND_BITS
        self.graph: Any = None
        self.kind: Any = None
        self.loud: list[float] = []  # of each frame

    def take(self, frame: Any, at: Fraction) -> None:
        kind = (frame.sample_rate, frame.format.name, frame.layout.name)
        if self.graph is None:
            self.kind, self.graph = kind, self.build(frame)
        elif kind != self.kind:  # a stream that changes its mind: what does not fit any more is left out
            return
        frame.pts, frame.time_base = round(at * frame.sample_rate), Fraction(1, frame.sample_rate)
        self.graph.push(frame)
        self.drain()

    def build(self, frame: Any) -> Any:
        import av.filter

        graph = av.filter.Graph()
        first = graph.add_abuffer(
            sample_rate=frame.sample_rate,
            format=frame.format.name,
            layout=frame.layout.name,
            time_base=Fraction(1, frame.sample_rate),
        )
        shape = f"sample_fmts=fltp:sample_rates={SOUND_RATE}:channel_layouts=stereo"
        steps = [("aresample", f"{SOUND_RATE}:async=1000:first_pts=0"), ("aformat", shape)]
        steps.append(("asetnsamples", f"n={SOUND_FRAME}:p=0"))
        return chained(graph, first, steps, "abuffersink")

    def drain(self) -> None:
        from av.error import BlockingIOError as Empty
        from av.error import EOFError as Ended

        with contextlib.suppress(Empty, Ended):
            while True:
                frame = self.graph.pull()
                if self.listens:
                    self.loud.append(max(map(abs, memoryview(frame.planes[0]).cast("B").cast("f")[::SKIPPED])))
                self.target.mux(self.stream.encode(frame))

    def end(self) -> None:
        if self.graph is not None:
            self.graph.push(None)
            self.drain()
        self.target.mux(self.stream.encode())


class Told:
    """How far this step is, for the process that waits."""

    def __init__(self, job: dict[str, Any]) -> None:
        self.seconds, self.percent = job["facts"]["duration"] / 1000, 0
        self.file = os.open(f"{job['folder']}/progress", os.O_WRONLY | os.O_CREAT, 0o600)

    def at(self, seconds: Fraction) -> None:
        percent = min(99, int(float(seconds) / max(self.seconds, 0.001) * 100))
        if percent > self.percent:
            self.percent = percent
            os.pwrite(self.file, b"%3d" % percent, 0)  # in one go: whoever reads meanwhile reads a number


def work(job: dict[str, Any]) -> dict[str, Any]:
    os.nice(NICE)
    step = job["step"]
    if step in ("probe", "poster"):
        return {"probe": probe, "poster": poster}[step](job)
    return heard(job) if step == "sound" else moving(job, int(step.removesuffix("p")))


if __name__ == "__main__":
    decode.serve(work, LIMITS)
