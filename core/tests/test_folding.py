"""Words as one compares them."""

import pytest

from core.folding import fold, needle


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("café", "CAFE, please"),
        ("CAFE", "the **café**."),
        ("crème brulee", "Crème-Brûlée!"),
        ("phở", "Pho for two"),
        ("đà lạt", "Da Lat in June"),
        ("straße", "Strasse"),
        ("#soup", "all about #Soup"),
        ("ข้าว", "กินข้าวกัน"),
        ("寿司", "今日は寿司を食べた"),
        ("🍲", "dinner🍲now"),
        ("Ελλάδα", "ελλαδα"),
        ("שָׁלוֹם", "שלום לכולם"),
    ],
)
def test_a_phrase_is_found(phrase: str, text: str) -> None:
    assert needle(phrase) in fold(text)


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("soup", "soups and souper"),
        ("night", "tonight"),
        ("pho", "phone"),
        ("ข้าว", "ข่าวด่วน"),
        ("rain dance", "rain, then a dance"),
        ("が", "か"),
    ],
)
def test_and_another_is_not(phrase: str, text: str) -> None:
    assert needle(phrase) not in fold(text)


@pytest.mark.parametrize("phrase", ["", "  ", "?!", "...", "***"])
def test_what_has_no_letter_is_no_phrase(phrase: str) -> None:
    assert needle(phrase) == ""
