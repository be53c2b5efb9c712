from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class UploadsConfig(AppConfig):
    name = "uploads"
    verbose_name = _("Uploads")

    def ready(self) -> None:
        from core import bodies, checkup
        from uploads import access, registry
        from uploads import checkup as our_checkup

        bodies.takes_files("uploads:api_uploads", settings.MAX_API_IMAGE_BYTES + bodies.PLAIN_LIMIT)
        checkup.parts += [
            our_checkup.bucket,
            our_checkup.decoder,
            our_checkup.films,
            our_checkup.held,
            our_checkup.missing,
            our_checkup.moving,
            our_checkup.previews,
        ]
        registry.register("preview", visible=access.visible_card_pictures)
