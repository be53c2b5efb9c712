"""What a login was made with, and where, in plain words."""

import os
import struct
from pathlib import Path
from typing import Any

import maxminddb
import pytest
from django.utils import translation

from accounts import browsers, places
from socialsite import env

KIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
IOS = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
LINUX = "Mozilla/5.0 (X11; Linux x86_64)"
DROID = "Mozilla/5.0 (Linux; Android 10; K)"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X)"
IPAD = "Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X)"


@pytest.mark.parametrize(
    ("user_agent", "name", "system"),
    [
        (f"{WINDOWS} {KIT} Chrome/126.0.0.0 Safari/537.36", "Chrome", "Windows"),
        (f"{MAC} {KIT} Chrome/126.0.0.0 Safari/537.36", "Chrome", "macOS"),
        (f"{LINUX} {KIT} Chrome/126.0.0.0 Safari/537.36", "Chrome", "Linux"),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {KIT} Chrome/126.0.0.0 Safari/537.36", "Chrome", "ChromeOS"),
        (f"{DROID} {KIT} Chrome/126.0.0.0 Mobile Safari/537.36", "Chrome", "Android"),
        (f"{IPHONE} {IOS} CriOS/126.0.6478.35 Mobile/15E148 Safari/604.1", "Chrome", "iPhone"),
        (f"{IPAD} {IOS} CriOS/126.0.6478.35 Mobile/15E148 Safari/604.1", "Chrome", "iPad"),
        (f"{LINUX} {KIT} HeadlessChrome/126.0.0.0 Safari/537.36", "Chrome", "Linux"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0", "Firefox", "Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:127.0) Gecko/20100101 Firefox/127.0", "Firefox", "macOS"),
        ("Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", "Firefox", "Linux"),
        ("Mozilla/5.0 (Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0", "Firefox", "Android"),
        (f"{IPHONE} {IOS} FxiOS/127.0 Mobile/15E148 Safari/605.1.15", "Firefox", "iPhone"),
        (f"{MAC} {IOS} Version/17.5 Safari/605.1.15", "Safari", "macOS"),
        (f"{IPHONE} {IOS} Version/17.5 Mobile/15E148 Safari/604.1", "Safari", "iPhone"),
        (f"{IPAD} {IOS} Version/17.5 Mobile/15E148 Safari/604.1", "Safari", "iPad"),
        (f"{WINDOWS} {KIT} Chrome/126.0.0.0 Safari/537.36 Edg/126.0.2592.68", "Edge", "Windows"),
        (f"{MAC} {KIT} Chrome/126.0.0.0 Safari/537.36 Edg/126.0.2592.68", "Edge", "macOS"),
        (f"{DROID} {KIT} Chrome/126.0.0.0 Mobile Safari/537.36 EdgA/126.0.2592.56", "Edge", "Android"),
        (f"{IPHONE} {IOS} Version/17.0 EdgiOS/126.0.2592.56 Mobile/15E148 Safari/605.1.15", "Edge", "iPhone"),
        (f"{WINDOWS} {KIT} Chrome/64.0.3282.140 Safari/537.36 Edge/18.17763", "Edge", "Windows"),
        (f"{DROID} {KIT} SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36", "Samsung Internet", "Android"),
        (f"{WINDOWS} {KIT} Chrome/124.0.0.0 Safari/537.36 OPR/110.0.0.0", "Opera", "Windows"),
        (f"{LINUX} {KIT} Chrome/124.0.0.0 Safari/537.36 OPR/110.0.0.0", "Opera", "Linux"),
        (f"{DROID} {KIT} Chrome/124.0.0.0 Mobile Safari/537.36 OPR/82.0.0.0", "Opera", "Android"),
        (f"{IPHONE} {IOS} Version/17.5 Mobile/15E148 Safari/604.1 OPT/4.7.0", "Opera", "iPhone"),
        ("Opera/9.80 (Windows NT 6.1; WOW64) Presto/2.12.388 Version/12.18", "Opera", "Windows"),
        ("Tusky/25.2 (Android 14; Pixel 8) okhttp/4.12.0", "Tusky", "Android"),
        ("Ivory for Mastodon/1.9 (iPhone; iOS 17.5)", "Ivory for Mastodon", "iPhone"),
        ("Village Reader/v2 (iOS 17.5)", "Village Reader", "iOS"),
        ("Willow-Desk/0.3.1 (Windows)", "Willow-Desk", "Windows"),
        ("curl/8.5.0", "curl", ""),
        ("python-requests/2.32.3", "python-requests", ""),
        ("Mozilla/5.0 (PlayStation 5)", "", ""),
        ("Mozilla/5.0 (X11; Linux x86_64)", "", "Linux"),
        ("", "", ""),
        ("test", "", ""),
        ("/1.0", "", ""),
        ("<b>Bold</b>/1.0 (Windows)", "", "Windows"),
        ('App"><script>alert(1)</script>/2 (iPad)', "", "iPad"),
        ("\u202eevil/1.0", "", ""),
        ("A" * 41 + "/1", "", ""),
    ],
)
def test_browsers_and_apps_are_told_apart(user_agent: str, name: str, system: str) -> None:
    assert browsers.read(user_agent) == browsers.Program(name, system)


# -- Places --


class File:
    """What a reader of address ranges says about one address."""

    def __init__(self, found: Any) -> None:
        self.found = found

    def get(self, address: str) -> Any:
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


HANOI = {
    "city": {"names": {"en": "Hanoi", "vi": "Hà Nội"}},
    "country": {"names": {"en": "Vietnam", "vi": "Việt Nam"}, "iso_code": "VN"},
}


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (HANOI, "Hanoi, Vietnam"),
        ({"country": HANOI["country"]}, "Vietnam"),
        ({"country": {"iso_code": "VN"}}, ""),
        ({"city": "Hanoi"}, ""),
        ("rubbish", ""),
        (None, ""),
        (ValueError("an IPv6 address in a file of IPv4"), ""),
        (maxminddb.InvalidDatabaseError("damaged"), ""),
    ],
)
def test_a_place_is_a_city_and_a_country_or_nothing(monkeypatch: pytest.MonkeyPatch, found: Any, words: str) -> None:
    monkeypatch.setattr(places, "_reader", lambda: File(found))
    assert places.place("203.0.113.7") == words


def test_a_place_is_named_in_the_readers_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "_reader", lambda: File(HANOI))
    with translation.override("vi"):
        assert places.place("203.0.113.7") == "Hà Nội, Việt Nam"
    with translation.override("th"):
        assert places.place("203.0.113.7") == "Hanoi, Vietnam"
    assert places.place(None) == places.place("") == ""


def test_without_a_file_there_is_no_place() -> None:
    assert places.place("203.0.113.7") == ""


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:DB8::0:1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("", None),
        ("testclient", None),
        ("203.0.113.7, 10.0.0.1", None),
    ],
)
def test_addresses_are_kept_in_one_form(raw: str, kept: str | None) -> None:
    assert places.clean_address(raw) == kept


def packed(value: Any) -> bytes:
    """A value as the format of such files has it (MaxMind DB 2.0)."""
    if isinstance(value, str):
        text = value.encode()
        return bytes([2 << 5 | len(text)] if len(text) < 29 else [2 << 5 | 29, len(text) - 29]) + text
    if isinstance(value, bytes):
        return value
    if isinstance(value, list):
        return bytes([len(value), 11 - 7]) + b"".join(packed(one) for one in value)
    return bytes([7 << 5 | len(value)]) + b"".join(packed(key) + packed(one) for key, one in value.items())


def number(value: int, *, bits: int) -> bytes:
    """Readers insist on the width that the format gives a number."""
    head = {16: [5 << 5 | 2], 32: [6 << 5 | 4], 64: [8, 9 - 7]}[bits]
    return bytes(head) + value.to_bytes(bits // 8, "big")


def address_file(path: Path, network: tuple[int, int, int], found: Any) -> Path:
    """A whole file that knows one network of 24 bits."""
    bits = [octet >> 7 - place & 1 for octet in network for place in range(8)]
    size, tree = len(bits), b""
    for place, bit in enumerate(bits):
        onward = place + 1 if place + 1 < size else size + 16  # the first value of the data
        pair = (size, onward) if bit else (onward, size)
        tree += b"".join(struct.pack(">I", one)[1:] for one in pair)
    facts = {
        "node_count": number(size, bits=32),
        "record_size": number(24, bits=16),
        "ip_version": number(4, bits=16),
        "database_type": "Test-City",
        "languages": ["en"],
        "binary_format_major_version": number(2, bits=16),
        "binary_format_minor_version": number(0, bits=16),
        "build_epoch": number(1, bits=64),
        "description": {"en": "test"},
    }
    path.write_bytes(tree + b"\0" * 16 + packed(found) + b"\xab\xcd\xefMaxMind.com" + packed(facts))
    return path


def test_a_real_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    file = address_file(tmp_path / "places.mmdb", (203, 0, 113), HANOI)
    monkeypatch.setenv("GEOIP_PATH", str(file))
    settings.GEOIP_PATH = env.address_ranges("GEOIP_PATH")
    monkeypatch.setattr(places, "_opened", None)
    assert places.place("203.0.113.7") == "Hanoi, Vietnam"
    assert places.place("203.0.114.7") == ""
    assert places.place("2001:db8::1") == ""


def test_a_newer_file_counts_within_a_minute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    file, minute = tmp_path / "places.mmdb", [1000.0]
    settings.GEOIP_PATH = str(address_file(file, (203, 0, 113), HANOI))
    monkeypatch.setattr(places, "_opened", None)
    monkeypatch.setattr(places.time, "monotonic", lambda: minute[0])
    assert places.place("203.0.113.7") == "Hanoi, Vietnam"
    address_file(tmp_path / "new", (203, 0, 114), HANOI).replace(file)
    os.utime(file, (5, 5))
    assert places.place("203.0.114.7") == "", "nobody looks at the file more often"
    minute[0] += 61
    assert places.place("203.0.114.7") == "Hanoi, Vietnam"
    assert places.place("203.0.113.7") == ""
    (tmp_path / "broken").write_bytes(b"half a file")
    (tmp_path / "broken").replace(file)
    minute[0] += 61
    assert places.place("203.0.114.7") == "Hanoi, Vietnam", "the one before stays"
    assert "GEOIP_PATH cannot be read" in caplog.text


@pytest.mark.parametrize("content", [None, b"", b"no such file at all", b"\xab\xcd\xefMaxMind.com"])
def test_a_broken_file_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None) -> None:
    file = tmp_path / "places.mmdb"
    if content is not None:
        file.write_bytes(content)
    for path in (file, tmp_path):
        monkeypatch.setenv("GEOIP_PATH", str(path))
        with pytest.raises(env.BrokenSetting, match="GEOIP_PATH") as raised:
            env.address_ranges("GEOIP_PATH")
        assert "\n" not in str(raised.value)
    monkeypatch.delenv("GEOIP_PATH")
    assert env.address_ranges("GEOIP_PATH") == ""
