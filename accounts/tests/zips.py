"""A member with something of everything, and the zips of them."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage

from accounts import tasks
from accounts.actions import archives
from accounts.models.archives import ArchiveState
from accounts.models.people import User
from uploads.actions import receiving as uploads_receiving
from uploads.tests import factories as upload_factories


def zips(shelf: Path) -> list[str]:
    return sorted(path.name for path in shelf.rglob("*.zip"))


def upload(owner: User, purpose: str, name: str = "") -> Any:
    picture = upload_factories.png(90, 60)
    return uploads_receiving.receive_ready_upload(actor=owner, purpose=purpose, file=picture, name=name).key


def build(who: User) -> zipfile.ZipFile:
    export = archives.start_export(actor=who)
    tasks.build_export(str(export.pk))
    export.refresh_from_db()
    assert export.state == ArchiveState.READY
    with default_storage.open(f"archives/export/{export.key}.zip") as file:
        return zipfile.ZipFile(io.BytesIO(file.read()))


def read(answer: Any) -> zipfile.ZipFile:
    assert answer.status_code == 200
    return zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))


def rows(bundle: zipfile.ZipFile, name: str) -> list[dict[str, Any]]:
    return json.loads(bundle.read(name))
