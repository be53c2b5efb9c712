"""Asks the site in this container whether it is alive; the exit code tells. In Python, so the image needs no curl."""

import os
import sys
import urllib.request
from urllib.parse import urlsplit

port = os.environ.get("PORT") or "8000"
site = urlsplit(os.environ.get("SITE_URL") or f"http://localhost:{port}")
# Asked as the proxy in front would ask: by the site's own name and scheme.
request = urllib.request.Request(
    f"http://127.0.0.1:{port}/healthz", headers={"Host": site.netloc, "X-Forwarded-Proto": site.scheme}
)
try:
    with urllib.request.urlopen(request, timeout=4) as answer:
        sys.exit(answer.status != 200)
except OSError as error:
    print(f"/healthz does not answer: {error}", file=sys.stderr)
    sys.exit(1)
