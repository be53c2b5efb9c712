"""What a browser does with a slot whose file comes to us, in parts."""

from uploads.tests import factories

URL = "/api/v1/uploads/slots"
PICTURE = factories.png(700, 500).getvalue()


def lying(disk) -> set[str]:
    return {str(path.relative_to(disk)) for path in disk.rglob("*") if path.is_file()}


def opened(api, data=PICTURE, **words) -> dict:
    given = {"purpose": factories.PURPOSE, "name": "cat.png", "type": "image/png", "bytes": len(data)}
    answer = api.post(URL, given | words, format="json")
    assert answer.status_code == 201, answer.content
    return answer.json()


def send(client, slot, data=PICTURE, numbers=None) -> list[int]:
    """Without any login: whoever has the address may send."""
    found = []
    for way in slot["ways"]:
        if numbers is None or way["number"] in numbers:
            begin = (way["number"] - 1) * slot["part_bytes"]
            piece = data[begin : begin + way["bytes"]]
            found.append(client.put(way["url"], piece, content_type="application/octet-stream").status_code)
    return found


def finish(api, slot):
    return api.post(f"{URL}/{slot['key']}/finish")


def land(api, slot):
    return factories.land(api, slot["key"])
