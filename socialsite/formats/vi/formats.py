"""As in a sentence: Django begins with a capital."""

DATE_FORMAT = "j/n/Y"
DATETIME_FORMAT = "H:i j/n/Y"
