"""Words as one compares them: without case, accents and punctuation, so that "Café" is found in "CAFE, please"."""

import re
import unicodedata

# Marks that a reader takes for the same letter: accents, vowel points of Hebrew and Arabic, variants of signs. The
# vowels of Thai, Khmer or Hindi are marks as well, but without them it is another word.
MARKS = re.compile(
    r"[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f]"
)
TWINS = str.maketrans({"đ": "d", "ø": "o", "ł": "l", "ı": "i", "ħ": "h", "æ": "ae", "œ": "oe", "ё": "е"})
# Scripts that set no spaces between words, and pictures: there a word is found anywhere.
UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u2600-\u27bf"
    r"\U00020000-\U0003ffff\U0001f000-\U0001faff]"
)


class _Kept(dict[int, str]):
    """For str.translate: letters, marks, digits and pictures stay, everything else is a space. Learns as it goes."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        kind = unicodedata.category(char)
        self[code] = kept = char if kind[0] in "LMN" or kind == "So" else " "
        return kept


_kept = _Kept()


def fold(text: str) -> str:
    """A text to search in, with a space around every word."""
    text = text.casefold()
    if not text.isascii():
        bare = MARKS.sub("", unicodedata.normalize("NFKD", text))
        text = unicodedata.normalize("NFC", bare).translate(TWINS)
    return f" {' '.join(text.translate(_kept).split())} "


def needle(phrase: str) -> str:
    """What `fold(text)` contains when the text has this word or phrase; empty when there is no letter in it. Whole
    words in languages with spaces."""
    folded = fold(phrase)
    if not folded.strip():
        return ""
    start = 1 if UNSPACED.match(folded[1]) else 0
    end = -1 if UNSPACED.match(folded[-2]) else None
    return folded[start:end]
