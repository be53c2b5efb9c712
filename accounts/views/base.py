"""What all pages of accounts share."""

from django.http import HttpRequest

from accounts.models.people import User


class Request(HttpRequest):
    """A request of somebody logged in."""

    user: User
