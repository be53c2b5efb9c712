"""Broken, huge, forged and foreign input against the real server: a clear answer, nothing half written, it lives on."""

import contextlib
import json
import secrets
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from e2e import pictures
from e2e.village import PASSWORD, Village

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180, func_only=True)]

MEGABYTE = 1024 * 1024
# What every request may leave behind; the rest of these rooms' tables must not grow by what was refused.
LEFT_OUT = {"accounts_device", "uploads_stored"}  # the latter: what is refused goes by the clock
BEHIND = "chat_messagewords"  # a worker writes it when it comes to it, for rows that are counted themselves


def rows(site: Village) -> dict[str, int]:
    """How many rows there are in every table that input could reach."""
    with contextlib.closing(sqlite3.connect(f"file:{site.data / 'db.sqlite3'}?mode=ro", uri=True)) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        ours = [name for name in names if name.split("_")[0] in {"accounts", "uploads", "feed", "chat"}]
        return {
            name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]
            for name in ours
            if name not in LEFT_OUT and not name.startswith(BEHIND)
        }


class Person:
    """An app of one member, with their token."""

    def __init__(self, site: Village, who: str) -> None:
        self.site, self.session = site, requests.Session()
        answer = self.post("auth/login", json={"login": who, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        self.session.headers["Authorization"] = f"Bearer {answer.json()['access']}"
        self.id: int = answer.json()["user"]["id"]

    def ask(self, method: str, path: str, **given: Any) -> requests.Response:
        return self.session.request(method, f"{self.site.url}/api/v1/{path}", timeout=60, **given)

    def get(self, path: str, **given: Any) -> requests.Response:
        return self.ask("GET", path, **given)

    def post(self, path: str, **given: Any) -> requests.Response:
        return self.ask("POST", path, **given)

    def upload(self, content: bytes, name: str = "a.jpg", kind: str = "image/jpeg") -> requests.Response:
        return self.post("uploads", files={"file": (name, content, kind)}, data={"purpose": "post"})

    def prepared(self, answer: requests.Response) -> dict[str, Any]:
        """The upload as it is once it is ready or has failed."""
        assert answer.status_code == 202, answer.text
        end = time.monotonic() + 60
        while (state := self.get(f"uploads/{answer.json()['key']}").json())["state"] not in {"ready", "failed"}:
            assert time.monotonic() < end, state
            time.sleep(0.2)
        return state

    def line(self, **given: Any) -> ClientConnection:
        ticket = self.post("auth/ticket").json()["ticket"]
        return connect(f"ws://localhost:{self.site.port}/ws/?ticket={ticket}", **given)


@pytest.fixture(scope="module")
def pia(village: Village) -> Person:
    return Person(village, "pia")


@pytest.fixture(scope="module")
def leo(village: Village) -> Person:
    return Person(village, "leo")


@pytest.fixture
def unchanged(village: Village) -> Iterator[None]:
    """Nothing was written, whatever was refused, and the site still serves."""
    before, said = rows(village), len(village.output())
    yield
    assert village.process is not None
    assert village.process.poll() is None, "the server died"
    assert requests.get(f"{village.url}/healthz", timeout=10).text == "ok"
    assert rows(village) == before
    assert "Traceback" not in village.output()[said:], "what strangers send is no news for the log"


def is_problem(answer: requests.Response, status: int) -> None:
    assert answer.status_code == status, answer.text[:300]
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert body["detail"], "in plain words"


def alike(hidden: requests.Response, absent: requests.Response) -> None:
    """Forged and absent: the same status and the same words."""
    assert hidden.status_code == absent.status_code == 404, (hidden.text, absent.text)
    assert hidden.text == absent.text
    ignored = {"Date", "Content-Length", "Set-Cookie"}
    assert {k for k in hidden.headers if k not in ignored} == {k for k in absent.headers if k not in ignored}


# -- Pictures ----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    ("make", "status"),  # made when the test runs: collecting is for every process
    [
        pytest.param(lambda: b"", 422, id="empty"),
        pytest.param(lambda: b"GIF89a is what I say I am" * 4, 422, id="only the first bytes are right"),
        pytest.param(lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", 422, id="svg"),
        pytest.param(lambda: b"%PDF-1.7 no picture at all", 422, id="mislabelled"),
        pytest.param(lambda: b"\xff\xd8\xff" + b"\0" * (21 * MEGABYTE), 413, id="oversized"),
        pytest.param(pictures.bomb, 422, id="bomb"),
    ],
)
def test_a_picture_that_is_none_is_refused_at_the_door(pia: Person, make: Callable[[], bytes], status: int) -> None:
    answer = pia.upload(make())
    is_problem(answer, status)
    assert "file" in answer.json().get("errors", {"file": 1})


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: pictures.photo()[:4000], id="truncated"),
        pytest.param(lambda: pictures.png()[:60], id="truncated png"),
        pytest.param(pictures.lying_bomb, id="a bomb that calls itself small"),
    ],
)
def test_a_picture_that_cannot_be_opened_fails_in_words_and_leaves_nothing(
    village: Village, pia: Person, make: Callable[[], bytes]
) -> None:
    before = rows(village)
    answer = pia.upload(make())
    if answer.status_code == 202:
        state = pia.prepared(answer)
        if state["state"] == "failed":
            assert state["detail"]
            key = state["key"]
            refused = pia.post("posts", json={"text": "with a broken one", "pictures": [{"key": key}]})
            assert refused.status_code in {409, 422}
        else:  # decoders that read what is there make a small picture of it, at no cost
            key = state["key"]
        assert pia.ask("DELETE", f"uploads/{key}").status_code == 204
    else:
        is_problem(answer, 422)
    after = rows(village)
    assert after == before
    assert requests.get(f"{village.url}/healthz", timeout=10).text == "ok"


def test_a_jpeg_that_calls_itself_png_is_what_it_is(pia: Person) -> None:
    state = pia.prepared(pia.upload(pictures.photo(), "a.png", "image/png"))
    assert state["state"] == "ready"
    assert pia.ask("DELETE", f"uploads/{state['key']}").status_code == 204


# -- Words -------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("unchanged")
def test_ten_megabytes_of_text(village: Village, pia: Person) -> None:
    flood = "water " * (10 * MEGABYTE // 6)
    assert pia.post("posts", json={"text": flood}).status_code == 413
    assert pia.post("posts", json={"text": "x" * (MEGABYTE - 100)}).status_code == 422
    page = requests.Session()
    token = page.get(f"{village.url}/login/", timeout=10).cookies["csrf"]
    for body in ({"login": flood, "password": "x"}, {"login": "x", "password": flood}):
        answer = page.post(f"{village.url}/login/", data={**body, "csrfmiddlewaretoken": token}, timeout=60)
        assert answer.status_code == 413
        assert "<h1>" in answer.text, "a page in words"
    endless = requests.post(f"{village.url}/login/", data=(b"x" * 65536 for _ in range(160)), timeout=60)
    assert endless.status_code == 413, "also when its length was not announced"


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b'{"text": {"a": 1}}',
        b'{"text": "\\ud800"}',
        b"\xff\xfe\x00",
        b"",
    ],
)
def test_json_that_is_none_or_another_shape(pia: Person, body: bytes) -> None:
    answer = pia.post("posts", data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in {400, 422}, answer.text
    assert answer.json()["detail"]


@pytest.mark.usefixtures("unchanged")
def test_wrong_codes_end_the_sign_up(village: Village) -> None:
    page, address = requests.Session(), f"guess{secrets.token_hex(3)}@example.org"
    form = {"email": address, "display_name": "G", "handle": f"g{secrets.token_hex(4)}", "password": PASSWORD}

    def send(path: str, **given: str) -> requests.Response:
        token = page.cookies.get("csrf") or page.get(f"{village.url}/signup/", timeout=10).cookies["csrf"]
        return page.post(f"{village.url}{path}", data={**given, "csrfmiddlewaretoken": token}, timeout=30)

    assert "Look into your mail" in send("/signup/", **form).text
    right = village.mail_code(address)
    wrong = f"{(int(right) + 7) % 1_000_000:06}"
    answers = [send("/signup/code/", action="verify", code=wrong) for _try in range(5)]
    assert [one.status_code for one in answers[:4]] == [422] * 4
    assert answers[4].url.endswith("/signup/"), "the fifth wrong one ends it"
    send("/signup/code/", action="verify", code=right)
    assert requests.get(f"{village.url}/@{form['handle']}/", timeout=10).status_code == 404


# -- What belongs to others --------------------------------------------------------------------------------------------


def test_ids_of_other_peoples_things_answer_as_if_absent(village: Village, pia: Person, leo: Person) -> None:
    key = leo.prepared(leo.upload(pictures.photo()))["key"]
    secret = leo.post("posts", json={"text": "for nobody", "audience": "only_me"}).json()
    talk = leo.post("conversations", json={"user": Person(village, "kofi").id}).json()["id"]
    assert leo.post(f"conversations/{talk}/messages", json={"client_id": str(uuid.uuid4()), "text": "psst"}).ok
    before = rows(village)

    nobody, post, none = str(uuid.uuid4()), secret["id"], 10**9
    for method in ("GET", "DELETE"):
        alike(pia.ask(method, f"uploads/{key}"), pia.ask(method, f"uploads/{nobody}"))
    alike(pia.get(f"uploads/{key}/picture"), pia.get(f"uploads/{nobody}/picture"))
    alike(
        pia.post("posts", json={"text": "mine?", "pictures": [{"key": key}]}),
        pia.post("posts", json={"text": "mine?", "pictures": [{"key": nobody}]}),
    )
    for method, tail, body in (
        ("GET", "", None),
        ("PATCH", "", {"text": "mine now"}),
        ("DELETE", "", None),
        ("POST", "/undo", None),
        ("PUT", "/reaction", {"kind": "like"}),
        ("DELETE", "/reaction", None),
        ("GET", "/comments", None),
        ("POST", "/comments", {"text": "hm"}),
    ):
        alike(pia.ask(method, f"posts/{post}{tail}", json=body), pia.ask(method, f"posts/{none}{tail}", json=body))
    message = {"client_id": str(uuid.uuid4()), "text": "let me in"}
    for method, tail, body in (
        ("GET", "", None),
        ("GET", "/messages", None),
        ("POST", "/messages", message),
        ("POST", "/read", {"seq": 1}),
    ):
        alike(
            pia.ask(method, f"conversations/{talk}{tail}", json=body),
            pia.ask(method, f"conversations/{none}{tail}", json=body),
        )
    with pia.line() as line:
        hear(line, "hello")
        for kind, data in (("chat.send", message), ("chat.catch_up", {"after": 0})):
            refusals = [ask(line, kind, {**data, "conversation": id}) for id in (talk, none)]
            assert refusals[0] == refusals[1]
            assert refusals[0]["status"] == 404
        assert ask(line, "feed.watch", {"posts": [post, none]})["data"] == {"posts": []}
        ask(line, "chat.typing", {"conversation": talk})
        ask(line, "chat.read", {"conversation": talk, "seq": 1})
    assert rows(village) == before
    assert leo.get(f"posts/{post}").json()["text"] == "for nobody"


def test_a_forged_link_to_a_picture(village: Village, leo: Person) -> None:
    key = leo.prepared(leo.upload(pictures.photo()))["key"]
    for query in ("", "?e=1&s=x", "?e=99999999999&s=AAAA", "?s=AAAA", "?e=%00&s=%ff"):
        answer = requests.get(f"{village.url}/media/{key}/640.webp{query}", timeout=10)
        assert answer.status_code == 404
    for path in (
        "/media/../db.sqlite3",
        "/media/%2e%2e/secret_key",
        "/static/../manage.py",
        "/static/%2e%2e/db.sqlite3",
    ):
        with requests.Session() as session:
            request = requests.Request("GET", village.url).prepare()
            request.url = village.url + path
            assert session.send(request, timeout=10).status_code in {400, 404}


# -- The socket --------------------------------------------------------------------------------------------------------


def hear(line: ClientConnection, *kinds: str) -> dict[str, Any]:
    """The next frame of one of these kinds."""
    while (frame := json.loads(line.recv(timeout=15)))["type"] not in kinds:
        pass
    return frame


def ask(line: ClientConnection, kind: str, data: dict[str, Any]) -> dict[str, Any]:
    line.send(json.dumps({"type": kind, "id": 1, "data": data}))
    return hear(line, "ack", "error")


def ending(line: ClientConnection, frames: list[str]) -> int | None:
    """Sends all of these and reads until the server ends the line; with which code, None when it just hung up."""
    try:
        for frame in frames:
            line.send(frame)
        while True:
            line.recv(timeout=15)
    except ConnectionClosed as ended:
        return ended.rcvd.code if ended.rcvd else None


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "frame",
    [
        "no json",
        "[]",
        "7",
        "{}",
        '{"type": 7}',
        '{"type": "unknown.kind", "id": 1}',
        '{"type": "ping", "id": {}}',
        '{"type": "ping", "data": []}',
        '{"type": "chat.send", "id": 1, "data": {"conversation": "x", "client_id": "y", "text": 7}}',
        '{"type": "chat.send", "id": 1, "data": {"conversation": 1e400}}',
        '{"type": "feed.watch", "id": 1, "data": {"posts": [true, -1, "a"]}}',
        '{"type": "chat.resume", "id": 1, "data": {"conversations": {"x": 1}}}',
        "[" * 20_000,
        b"bytes",
        b"\xff\xfe\x00",
    ],
    ids=lambda frame: repr(frame[:40]),
)
def test_a_frame_that_makes_no_sense_is_answered_and_the_line_stays(pia: Person, frame: str | bytes) -> None:
    with pia.line() as line:
        hear(line, "hello")
        line.send(frame)
        refused = hear(line, "error")
        assert refused["status"] in {404, 413, 422}
        assert refused["detail"]
        assert ask(line, "ping", {})["type"] == "ack"


@pytest.mark.usefixtures("unchanged")
def test_a_huge_frame_ends_the_line(pia: Person) -> None:
    with pia.line() as line:
        hear(line, "hello")
        assert ending(line, ['{"type": "ping", "data": {"x": "' + "x" * (5 * MEGABYTE) + '"}}']) in {None, 1009}
    with pia.line() as line:
        hear(line, "hello")


@pytest.mark.usefixtures("unchanged")
def test_too_many_frames_are_refused_and_a_flood_is_ended(pia: Person) -> None:
    with pia.line() as line:
        hear(line, "hello")
        assert ending(line, ['{"type": "ping"}'] * 5_000) == 4429
    with pia.line() as line:
        hear(line, "hello")


@pytest.mark.usefixtures("unchanged")
def test_a_foreign_origin_is_refused(village: Village, pia: Person) -> None:
    for origin in ("https://evil.example", f"http://localhost:{village.port}.evil.example", "null"):
        with pytest.raises(InvalidStatus) as refused:
            pia.line(origin=origin).close()
        assert refused.value.response.status_code == 403
    page = requests.Session()
    token = page.get(f"{village.url}/login/", timeout=10).cookies["csrf"]
    form = {"login": "pia", "password": PASSWORD, "csrfmiddlewaretoken": token}
    answer = page.post(f"{village.url}/login/", data=form, headers={"Origin": "https://evil.example"}, timeout=10)
    assert answer.status_code == 403
    answer = requests.get(f"{village.url}/", headers={"Host": "evil.example"}, timeout=10)
    assert answer.status_code == 400


@pytest.mark.usefixtures("unchanged")
def test_a_line_without_a_login_is_closed(village: Village) -> None:
    for query in ("", "?ticket=forged"):
        with (
            connect(f"ws://localhost:{village.port}/ws/{query}") as line,
            pytest.raises(ConnectionClosed) as ended,
        ):
            line.recv(timeout=10)
        assert ended.value.rcvd
        assert ended.value.rcvd.code == 4401
