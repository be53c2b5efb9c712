"""What follows from the owner's name and colour: a style sheet of two numbers, the manifest, the service worker."""

import hashlib
import json
from functools import lru_cache
from typing import Any

from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.cache import patch_cache_control
from django.utils.http import quote_etag
from django.utils.translation import gettext
from django.views.decorators.http import condition, require_safe

from core import frame

SHELL = ("css/core.css", "css/parts.css", "css/plain.css", "img/icons.svg", "img/oops-wait.svg", "img/favicon.svg")


def _theme_css() -> str:
    site = frame.site()
    # Out of range would break the promise of contrast that the tokens make for every hue.
    hue = min(max(float(site.accent_h), 0), 360)
    chroma = min(max(float(site.accent_c), 0), 0.2)
    return f"@layer tokens{{:root{{--accent-h:{hue:g};--accent-c:{chroma:g}}}}}\n"


def _theme_tag(request: HttpRequest) -> str:
    return quote_etag(hashlib.sha256(_theme_css().encode()).hexdigest()[:16])


@require_safe
@condition(etag_func=_theme_tag)
def theme_css(request: HttpRequest) -> HttpResponse:
    """The owner's colour. Kept by browsers for five minutes, then asked for by its tag."""
    response = HttpResponse(_theme_css(), content_type="text/css; charset=utf-8")
    patch_cache_control(response, public=True, max_age=300)
    return response


@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """The web app manifest, so that the site can be installed under the owner's name."""
    site = frame.site()
    icons: list[dict[str, Any]] = [
        {"src": static(f"img/app/icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": "any"}
        for size in (192, 512)
    ]
    icons.append(
        {"src": static("img/app/maskable-512.png"), "sizes": "512x512", "type": "image/png", "purpose": "maskable"}
    )
    icons.append({"src": static("img/app/icon.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any"})
    body = {
        "id": "/",
        "name": site.name,
        "short_name": site.name[:12],
        "description": str(site.tagline),
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#f9f6f1",
        "theme_color": "#f9f6f1",
        "categories": ["social"],
        "icons": icons,
    }
    response = JsonResponse(body, content_type="application/manifest+json")
    patch_cache_control(response, public=True, max_age=3600)
    return response


@lru_cache(maxsize=1)
def _worker_source() -> str:
    path = finders.find("js/sw.js")
    if not path:
        raise FileNotFoundError("static/js/sw.js")
    with open(path, encoding="utf-8") as source:
        return source.read()


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """static/js/sw.js at the root, so that its scope is the site, with the names of the shell's files before it."""
    names = [static(name) for name in SHELL]
    source = _worker_source()
    version = hashlib.sha256((source + "".join(names)).encode()).hexdigest()[:12]
    head = f"const VERSION = {version!r};\nconst SHELL = {json.dumps(names)};\n"
    response = HttpResponse(head + source, content_type="text/javascript; charset=utf-8")
    patch_cache_control(response, no_cache=True)
    return response


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """The page that the service worker keeps for the time without a connection."""
    return render(request, "offline.html", {"title": gettext("You are offline")})
