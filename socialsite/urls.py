"""Routes of the whole site: each room brings its own."""

from django.contrib import admin
from django.urls import include, path

handler400 = "core.views.bad_request"
handler403 = "core.views.permission_denied"
handler404 = "core.views.page_not_found"
handler429 = "accounts.views.entrance.too_many"  # where allauth looks
handler500 = "core.views.server_error"

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("core.urls")),
    path("", include("uploads.urls")),
    path("", include("accounts.urls")),
    path("", include("accounts.allauth_urls")),
    path("", include("feed.urls")),
    path("", include("chat.urls")),
]
