from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class UploadsConfig(AppConfig):
    name = "uploads"
    verbose_name = _("Uploads")

    def ready(self) -> None:
        from core import bodies

        bodies.takes_files("uploads:api_uploads", 24 * 1024 * 1024)
