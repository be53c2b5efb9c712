"""What a browser does with a slot whose file goes straight to a bucket."""

import os

import requests

from uploads import tasks
from uploads.models import Slot
from uploads.tests import factories

URL = "/api/v1/uploads/slots"
MIB = 2**20


def picture(size: int = 0) -> bytes:
    """A PNG of at least so many bytes: readers leave alone what comes after its end."""
    drawn = factories.png(700, 500).getvalue()
    return drawn + os.urandom(max(0, size - len(drawn)))


def opened(api, data: bytes, **words) -> dict:
    given = {"purpose": factories.PURPOSE, "name": "cat.png", "type": "image/png", "bytes": len(data)}
    answer = api.post(URL, given | words, format="json")
    assert answer.status_code == 201, answer.content
    slot = answer.json()
    return renewed(api, slot["key"]) if slot["opening"] else slot


def renewed(api, key: str) -> dict:
    """What a client reads that comes by again until a worker has asked the bucket."""
    slot = api.get(f"{URL}/{key}").json()
    if slot["opening"]:
        tasks.look(str(Slot.objects.get(key=key).pk))
        slot = api.get(f"{URL}/{key}").json()
    assert not slot["opening"]
    return slot


def send(slot: dict, data: bytes, numbers=None) -> list[int]:
    """As a browser does; the statuses of the answers."""
    found = []
    for way in slot["ways"]:
        if numbers and way["number"] not in numbers:
            continue
        begin = (way["number"] - 1) * slot["part_bytes"]
        piece = data[begin : begin + way["bytes"]]
        if way["method"] == "POST":
            answer = requests.post(way["url"], data=way["form"], files={"file": piece}, timeout=20)
        else:
            answer = requests.put(way["url"], data=piece, timeout=20)
        found.append(answer.status_code)
    return found


def finish(api, key):
    return api.post(f"{URL}/{key}/finish")


def names(bucket) -> set[str]:
    return set(bucket.names(""))


def land(api, key) -> dict:
    return factories.land(api, key)
