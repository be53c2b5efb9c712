"""The ASGI application: pages, API and the one socket. Any process can serve all of it; deployments split by path."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "socialsite.settings")

import django
from django.conf import settings

django.setup(set_prefix=False)

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402  Django is set up first
from django.urls import path  # noqa: E402  Django is set up first

from core.bodies import BodyLimit  # noqa: E402  Django is set up first
from core.consumers import Socket  # noqa: E402  Django is set up first
from core.handler import Handler, warm  # noqa: E402  Django is set up first
from core.lifespan import Lifespan  # noqa: E402  Django is set up first
from socialsite import upkeep  # noqa: E402  Django is set up first
from socialsite.daphne_frames import RawFrames  # noqa: E402  Django is set up first

application = Lifespan(
    ProtocolTypeRouter(
        {"http": BodyLimit(Handler()), "websocket": RawFrames(URLRouter([path("ws/", Socket.as_asgi())]))}
    )
)
if not settings.TESTING:
    warm()
    upkeep.start()
