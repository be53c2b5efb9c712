"""What people of Willowbank sent each other in the chat: two pictures, a list, and a hummed tune. All made by code and
prepared as every file is."""

import hashlib
import io
import math
import struct
import uuid
import wave
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from accounts.models.people import User
from chat.models.files import MESSAGE, VOICE, FileKind, MessageFile
from chat.models.messages import Message
from socialsite.demo import pictures
from socialsite.demo.groups import CREW, LIST_LINE, PHOTO_LINE, TUNE_LINE
from socialsite.demo.pictures import Prepared
from uploads import child, storage
from uploads.models import Stored, Upload

SHOWN = ("art:lanterns", "art:map")
LIST = b"Lantern Walk, what we need\n\n412 lanterns\n412 candles (1 missing)\n6 long lighters\n2 boats\nsoup\n"
RATE = 16_000
TUNE = ((392, 0.5), (440, 0.5), (494, 0.5), (587, 1.2), (494, 0.4), (440, 0.5), (392, 1.4))  # hertz, seconds


@dataclass
class Sent:
    """An upload to be, whose it is of the known, and the line of the group that carries it."""

    upload: Upload
    by: int
    line: str


def prepare(prepared: dict[str, Prepared], folder: Path, now: datetime) -> list[Sent]:
    """Files into storage; the rows are still to be saved."""
    made = [Sent(_picture(prepared[name], now), 4, PHOTO_LINE) for name in SHOWN if name in prepared]
    return [*made, Sent(_list(now), 3, LIST_LINE), Sent(_tune(folder, now), 7, TUNE_LINE)]


def _upload(now: datetime, **says: Any) -> Upload:
    key = uuid.uuid4()
    Stored.objects.create(key=key)
    done = {"state": Upload.State.READY, "attempts": 1, "due_at": None, "original": False, "progress": 100}
    return Upload(key=key, created_at=now, attached_at=now, **{"purpose": MESSAGE, **done, **says})


def _picture(drawn: Prepared, now: datetime) -> Upload:
    says = {"type": drawn.facts.type, "bytes": drawn.facts.bytes, "sha256": drawn.facts.sha256, "color": drawn.color}
    made = _upload(now, width=drawn.width, height=drawn.height, variants=drawn.variants, **says)
    pictures.place(made.key, drawn)
    return made


def _list(now: datetime) -> Upload:
    says = {"name": "lantern-walk.txt", "medium": Upload.Medium.FILE, "type": "application/octet-stream"}
    kept = {storage.FILE: {"w": 0, "h": 0, "bytes": len(LIST)}}
    made = _upload(now, bytes=len(LIST), sha256=hashlib.sha256(LIST).hexdigest(), renditions=kept, **says)
    storage.keep(storage.variant(made.key, storage.FILE), io.BytesIO(LIST))
    return made


def _tune(folder: Path, now: datetime) -> Upload:
    place = folder / "tune"
    place.mkdir()
    _hum(place / "original")
    job = {"kind": "audio/wav", "max_seconds": 60, "max_pixels": 1}
    seen = child.step(place, "probe", told=_nobody, **job)
    kept = child.step(place, storage.SOUND, told=_nobody, facts=seen, **job)
    words = (place / "original").read_bytes()
    says = {"type": "audio/wav", "bytes": len(words), "sha256": hashlib.sha256(words).hexdigest(), "purpose": VOICE}
    says |= {name: seen[name] for name in ("medium", "duration", "codec")}
    made = _upload(now, renditions={storage.SOUND: kept}, **says)
    with (place / "sound.m4a").open("rb") as file:
        storage.keep(storage.variant(made.key, storage.SOUND), file)
    return made


def _hum(path: Path) -> None:
    """Each note swells and fades."""
    samples = []
    for pitch, seconds in TUNE:
        count = round(seconds * RATE)
        samples += [
            round(9000 * math.sin(math.pi * at / count) * math.sin(2 * math.pi * pitch * at / RATE))
            for at in range(count)
        ]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(struct.pack(f"<{len(samples)}h", *samples))


def write(users: list[User], sent: list[Sent]) -> None:
    """After the groups. A small demo has none, and what was prepared for it is nobody's: it goes."""
    rows = {row.text: row for row in Message.objects.filter(conversation__name=CREW)}
    for one in sent:
        row = rows.get(one.line)
        if row is None:
            Stored.objects.filter(key=one.upload.key).update(due_at=one.upload.created_at)
            continue
        one.upload.owner = users[one.by]
        one.upload.save()
        sound, shown = one.upload.purpose == VOICE, one.upload.medium == Upload.Medium.PICTURE
        kind = FileKind.VOICE if sound else FileKind.MEDIA if shown else FileKind.FILE
        MessageFile.objects.create(
            message=row, upload=one.upload, conversation_id=row.conversation_id, kind=kind, position=row.files_count
        )
        row.files_count += 1
        row.save(update_fields=["files_count"])


def _nobody(percent: int) -> None:
    """Who would hear how far it is."""
