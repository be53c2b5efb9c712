"""Dates in the order the rest of the site has them."""

DATE_FORMAT = "j F Y"
DATETIME_FORMAT = "j F Y, H:i"
