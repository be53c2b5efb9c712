"""Why a file was not taken: codes as they are stored, and the sentence for each."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

UNKNOWN_TYPE = "unknown_type"
EMPTY = "empty"
TOO_LARGE = "too_large"
TOO_MANY_PIXELS = "too_many_pixels"
TOO_MANY_FRAMES = "too_many_frames"
BROKEN = "broken"
LOST = "lost"
TIMEOUT = "timeout"
MEMORY = "memory"
CRASHED = "crashed"
GAVE_UP = "gave_up"
AWAY = "away"
TOO_LONG = "too_long"
UNKNOWN_CODEC = "unknown_codec"
NO_STREAM = "no_stream"
NOT_A_SOUND = "not_a_sound"
UNKNOWN_FILE = "unknown_file"
FULL = "full"
WRONG_SIZE = "wrong_size"
INCOMPLETE = "incomplete"

# Worth another attempt: the machine may have been busy. The others are what the file is, and stay so.
PASSING = {TIMEOUT, MEMORY, CRASHED, AWAY, FULL}
# Worth a try by the owner, later.
AGAIN = {*PASSING, GAVE_UP}

SENTENCES: dict[str, Promise] = {
    UNKNOWN_TYPE: _("This is not a picture we know. JPEG, PNG, GIF, WebP, AVIF and HEIC work."),
    UNKNOWN_FILE: _("This is not a file we know. Pictures, MP4 and WebM videos, MP3, M4A, OGG and WAV sounds work."),
    EMPTY: _("This file is empty."),
    TOO_LARGE: _("This file is too large."),
    TOO_MANY_PIXELS: _("This picture has too many pixels. Please make it smaller first."),
    TOO_MANY_FRAMES: _("This animation is too long or too large. Please shorten it first."),
    BROKEN: _("This file is damaged and cannot be opened. Perhaps save it again and retry."),
    LOST: _("This file got lost on its way. Please upload it again."),
    TIMEOUT: _("This file took too long to prepare. A smaller version will work better."),
    MEMORY: _("This file needs more memory than we have. A smaller version will work better."),
    CRASHED: _("This file could not be prepared. Perhaps save it again and retry."),
    GAVE_UP: _("This file could not be prepared, although we tried three times."),
    TOO_LONG: _("This is longer than we take. Please shorten it first."),
    UNKNOWN_CODEC: _("This video or sound is made in a way we cannot play. An MP4 file works best."),
    NO_STREAM: _("There is neither a picture nor a sound in this file."),
    NOT_A_SOUND: _("This is not a recording of sound alone."),
    FULL: _("There is no room for files left at the moment. We have been told; please try again later."),
    INCOMPLETE: _("Not everything has arrived yet. Please send the rest, then try again."),
    WRONG_SIZE: _("What arrived is not as large as was announced. Please upload it again."),
    AWAY: _("The place where files are kept does not answer at the moment. Please try again later."),
}


def sentence(reason: str) -> Promise:
    """The plain sentence for a code; unknown ones (of a newer version) read like a failure after all attempts."""
    return SENTENCES.get(reason, SENTENCES[GAVE_UP])
