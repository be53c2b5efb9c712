"""Links: their end, their signature, and what they may not be bent into."""

import base64
import time
import uuid
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import CredentialRetrievalError
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from uploads import links, presign, storage

KEY = uuid.UUID("5f0c1d7e-6c0b-4f0e-9d0a-0123456789ab")
OTHER = uuid.UUID("5f0c1d7e-6c0b-4f0e-9d0a-0123456789ac")


def parts(url: str) -> dict[str, str]:
    query = parse_qs(urlsplit(url).query)
    return {"end": query.get("e", [""])[0], "signature": query["s"][0]}


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("12:00:00", "13:00:00"),
        ("12:00:01", "13:00:00"),
        ("12:29:59", "13:00:00"),
        ("12:30:00", "13:30:00"),
        ("12:59:59", "13:30:00"),
    ],
)
def test_ends_on_a_half_hour_at_most_an_hour_off(now, end):
    with time_machine.travel(f"2026-11-20T{now}+00:00", tick=False):
        made = parts(links.url(KEY, "640"))
        left = links.seconds_left(KEY, "640", **made)
    assert 1800 < left <= 3600
    with time_machine.travel(f"2026-11-20T{end}+00:00", tick=False):
        assert links.seconds_left(KEY, "640", **made) is None
    with time_machine.travel(int(made["end"]) - 1, tick=False):
        assert links.seconds_left(KEY, "640", **made) == 1


def test_is_the_same_for_all_within_the_half_hour():
    with time_machine.travel("2026-11-20T12:00:00+00:00", tick=False):
        first = links.url(KEY, "640")
    with time_machine.travel("2026-11-20T12:29:59+00:00", tick=False):
        assert links.url(KEY, "640") == first


def test_a_public_link_has_no_end():
    with time_machine.travel("2026-11-20T12:00:00+00:00", tick=False):
        made = links.url(KEY, "640", public=True)
    assert made.count("?s=") == 1
    with time_machine.travel("2036-11-20T12:00:00+00:00", tick=False):
        assert links.url(KEY, "640", public=True) == made
        assert links.seconds_left(KEY, "640", **parts(made)) == 365 * 86400


def test_cannot_be_bent():
    made = parts(links.url(KEY, "640"))
    assert links.seconds_left(KEY, "640", **made)
    signature, end = made["signature"], made["end"]
    for key, variant, bent in (
        (OTHER, "640", made),
        (KEY, "2048", made),
        (KEY, "640", {"end": str(int(end) + 1800), "signature": signature}),
        (KEY, "640", {"end": "", "signature": signature}),
        (KEY, "640", {"end": links.FOREVER, "signature": signature}),
        (KEY, "640", {"end": f" {end}", "signature": signature}),
        (KEY, "640", {"end": "x", "signature": signature}),
        (KEY, "640", {"end": end, "signature": ""}),
        (KEY, "640", {"end": end, "signature": "ä\udc80"}),
        (KEY, "640", {"end": end, "signature": signature[:-1]}),
        (KEY, "640", {"end": end, "signature": signature.swapcase()}),
    ):
        assert links.seconds_left(key, variant, **bent) is None


def test_old_secrets_still_open(settings):
    made = parts(links.url(KEY, "640"))
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a new one " * 5, [settings.SECRET_KEY]
    assert links.seconds_left(KEY, "640", **made)
    settings.SECRET_KEY_FALLBACKS = []
    assert links.seconds_left(KEY, "640", **made) is None


def test_none_lasts_longer_than_what_it_shows():
    with time_machine.travel("2026-11-20T12:00:00+00:00", tick=False):
        soon = datetime(2026, 11, 20, 12, 7, tzinfo=UTC)
        made = parts(links.url(KEY, "640", until=soon))
        later = links.url(KEY, "640", until=datetime(2026, 11, 21, tzinfo=UTC))
        assert later == links.url(KEY, "640")
    with time_machine.travel(soon - timedelta(seconds=1), tick=False):
        assert links.seconds_left(KEY, "640", **made) == 1
    with time_machine.travel(soon, tick=False):
        assert links.seconds_left(KEY, "640", **made) is None


# CloudFront


@pytest.fixture
def cloudfront(settings):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = serialization.PrivateFormat.PKCS8
    pem = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()
    settings.CLOUDFRONT = {"url": "https://cdn.example.org", "key_id": "K123", "key": pem}
    links._signed.cache_clear()
    yield key
    links._signed.cache_clear()


def test_cloudfront_takes_what_is_signed_with_its_key(cloudfront):
    with time_machine.travel("2026-11-20T12:00:00+00:00", tick=False):
        url = links.url(KEY, "640")
    address, _mark, query = url.partition("?")
    assert address == f"https://cdn.example.org/processed/images/{KEY}/640.webp"
    words = {name: values[0] for name, values in parse_qs(query).items()}
    end = int(datetime(2026, 11, 20, 13, tzinfo=UTC).timestamp())
    assert (words["Expires"], words["Key-Pair-Id"]) == (str(end), "K123")
    policy = f'{{"Statement":[{{"Resource":"{address}","Condition":{{"DateLessThan":{{"AWS:EpochTime":{end}}}}}}}]}}'
    signature = base64.b64decode(words["Signature"].translate(str.maketrans("-_~", "+=/")))
    cloudfront.public_key().verify(signature, policy.encode(), padding.PKCS1v15(), hashes.SHA1())  # noqa: S303


def test_is_signed_once_for_an_object_and_its_end_by_all_processes_together(cloudfront, monkeypatch):
    made = []
    real = presign.cloudfront
    monkeypatch.setattr(presign, "cloudfront", lambda name, **ends: made.append(name) or real(name, **ends))
    with time_machine.travel("2026-11-20T12:00:00+00:00", tick=False):
        first = links.url(KEY, "640")
        links._signed.cache_clear()  # as in another process
        assert links.url(KEY, "640") == first
        assert len(made) == 1
    with time_machine.travel("2026-11-20T12:30:00+00:00", tick=False):
        assert links.url(KEY, "640") != first


def test_what_never_ends_stays_with_us(cloudfront, settings):
    settings.BUCKET_URL = "https://bucket.example.org"
    assert links.url(KEY, "640", public=True).startswith("/media/")


def test_while_files_move_all_links_are_ours(cloudfront, monkeypatch):
    monkeypatch.setattr(storage, "is_moving", lambda: True)
    assert links.url(KEY, "640").startswith("/media/")


# Keys of a role


class Role:
    """Who gives the keys of this machine: slow to ask, and away now and then."""

    def __init__(self):
        self.asked, self.away, self.number = 0, False, 0

    def get_frozen_credentials(self):
        self.asked += 1
        if self.away:
            raise CredentialRetrievalError(provider="role", error_msg="timed out")
        return ReadOnlyCredentials(f"key-{self.number}", "secret", f"token-{self.number}", None)


@pytest.fixture
def role(settings, monkeypatch):
    settings.BUCKET_URL = "https://bucket.example.org"
    made = Role()
    monkeypatch.setattr(presign, "_machine", lambda: made)
    monkeypatch.setattr(presign, "_kept", None)
    without_keys = SimpleNamespace(access_key=None, region_name="eu-central-1", bucket_name="bucket")
    monkeypatch.setattr(presign, "default_storage", without_keys)
    links._signed.cache_clear()
    yield made
    links._signed.cache_clear()


def whose(url: str) -> str:
    words = parse_qs(urlsplit(url).query)
    return f"{words['X-Amz-Credential'][0].partition('/')[0]} {words['X-Amz-Security-Token'][0]}"


def test_no_request_waits_for_the_keys_of_a_role(role):
    presign.renew()
    assert role.asked == 1
    role.away = True
    now = datetime.now(UTC)
    assert whose(links.elsewhere(KEY, "640", end="")[0]) == "key-0 token-0"
    fields = presign.form("uploads/temp/x", size=3, begins=now, lasts=timedelta(minutes=15))
    assert fields["x-amz-security-token"] == "token-0"
    assert whose(links.download("x", file_name="x.txt", kind="text/plain")) == "key-0 token-0"
    assert role.asked == 1, "whoever gives them is asked by a clock, and not by requests"
    presign.renew()
    assert whose(links.download("x", file_name="x.txt", kind="text/plain")) == "key-0 token-0", "the old ones stay"
    role.away, role.number = False, 1
    presign.renew()
    assert whose(links.download("x", file_name="x.txt", kind="text/plain")) == "key-1 token-1"


def test_new_keys_of_a_role_sign_all_links_anew(role):
    presign.renew()
    assert whose(links.url(KEY, "640")) == whose(links.elsewhere(KEY, "640", end="")[0]) == "key-0 token-0"
    role.number = 1
    presign.renew()
    assert whose(links.url(KEY, "640")) == whose(links.elsewhere(KEY, "640", end="")[0]) == "key-1 token-1"


def test_nobody_keeps_a_way_for_longer_than_the_keys_of_a_role_last(role, monkeypatch):
    with time_machine.travel("2026-11-20T12:00:00+00:00", tick=False):
        end = links.end_of(time.time())
        for given in ("", str(end), f"{end}{links.SHARED}"):
            assert links.elsewhere(KEY, "640", end=given)[1] == 300
        monkeypatch.setattr(presign, "is_lasting", lambda: True)
        assert links.elsewhere(KEY, "640", end=str(end))[1] == 3600
    with time_machine.travel(end - 60, tick=False):
        monkeypatch.setattr(presign, "is_lasting", lambda: False)
        assert links.elsewhere(KEY, "640", end=str(end))[1] == 60


def test_a_process_that_does_not_serve_asks_by_itself(role):
    assert whose(links.download("x", file_name="x.txt", kind="text/plain")) == "key-0 token-0"
    role.number = 1
    assert whose(links.download("x", file_name="x.txt", kind="text/plain")) == "key-1 token-1"


def test_a_machine_without_keys_says_so(role, monkeypatch):
    monkeypatch.setattr(presign, "_machine", lambda: None)
    presign.renew()
    with pytest.raises(OSError, match="no keys"):
        links.download("x", file_name="x.txt", kind="text/plain")
