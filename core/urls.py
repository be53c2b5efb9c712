from django.urls import path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from core import styleguide, theme, views

app_name = "core"
urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("theme.css", theme.theme_css, name="theme_css"),
    path("manifest.webmanifest", theme.manifest, name="manifest"),
    path("sw.js", theme.service_worker, name="service_worker"),
    path("offline/", theme.offline, name="offline"),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
    path("api/v1/schema/", SpectacularAPIView.as_view(permission_classes=[], authentication_classes=[]), name="schema"),
    path(
        "api/v1/docs/",
        SpectacularSwaggerSplitView.as_view(url_name="core:schema", permission_classes=[], authentication_classes=[]),
        name="api_docs",
    ),
    path("api/", RedirectView.as_view(pattern_name="core:api_docs")),
]
