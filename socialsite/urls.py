"""Routes of the whole site: each room brings its own."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from accounts.views import entrance

handler400 = "core.views.bad_request"
handler403 = "core.views.permission_denied"
handler404 = "core.views.page_not_found"
handler429 = "accounts.views.entrance.too_many"  # where allauth looks
handler500 = "core.views.server_error"

urlpatterns = [
    # The admin's own would leave apps and other browsers logged in.
    path("admin/password_change/", RedirectView.as_view(pattern_name="accounts:settings_account")),
    path("admin/logout/", entrance.logout),
    path("admin/", admin.site.urls),
    path("", include("core.urls")),
    path("", include("uploads.urls")),
    path("", include("moderation.urls")),  # before any tab of a profile: /@linh/report/
    path("", include("accounts.urls")),
    path("", include("accounts.allauth_urls")),
    path("", include("feed.urls")),
    path("", include("chat.urls")),
]
