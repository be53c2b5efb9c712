"""The site's settings, with one web server of the test's own that links may lead to, as if it stood in the web."""

import ipaddress
import os

from core import fetch
from socialsite.settings import *  # noqa: F403

HERE, PORT_OF_WEB = ipaddress.ip_address("127.0.0.1"), int(os.environ["WEB_PORT"])
fetch.PORTS = {**fetch.PORTS, "http": PORT_OF_WEB}
fetch.may_connect = lambda address, port: (address, port) == (HERE, PORT_OF_WEB)
fetch.lookup = lambda host, port: [str(HERE)]
