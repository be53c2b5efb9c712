"""The ASGI application: pages, API and the one socket. Any process can serve all of it; deployments split by path."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "socialsite.settings")

from django.core.asgi import get_asgi_application

http = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import path

from core.consumers import Socket
from core.lifespan import Lifespan

application = Lifespan(
    ProtocolTypeRouter({"http": http, "websocket": URLRouter([path("ws/", Socket.as_asgi())])})
)
