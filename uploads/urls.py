from django.urls import path, register_converter

from uploads import api, storage, views


class Variant:
    """One of those we make."""

    regex = "|".join(storage.VARIANTS)

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class Ending(Variant):
    regex = "|".join(storage.CONTENT_TYPES)


register_converter(Variant, "variant")
register_converter(Ending, "ending")

app_name = "uploads"
urlpatterns = [
    path("media/<uuid:key>/<variant:variant>.<ending:ending>", views.media, name="media"),
    path("media/<uuid:key>/captions/<int:id>.vtt", views.captions, name="captions"),
    path("media/slots/<uuid:key>/<int:number>", views.part, name="part"),
    path("api/v1/uploads", api.Uploads.as_view(), name="api_uploads"),
    path("api/v1/uploads/slots", api.Slots.as_view(), name="api_slots"),
    path("api/v1/uploads/slots/<uuid:key>", api.OneSlot.as_view(), name="api_slot"),
    path("api/v1/uploads/slots/<uuid:key>/finish", api.Finish.as_view(), name="api_slot_finish"),
    path("api/v1/uploads/<uuid:key>", api.OneUpload.as_view(), name="api_upload"),
    path("api/v1/uploads/<uuid:key>/crop", api.CropUpload.as_view(), name="api_crop"),
    path("api/v1/uploads/<uuid:key>/retry", api.Retry.as_view(), name="api_retry"),
    path("api/v1/uploads/<uuid:key>/film", api.Film.as_view(), name="api_film"),
    path("api/v1/uploads/<uuid:key>/captions", api.Captions.as_view(), name="api_captions"),
    path("api/v1/uploads/<uuid:key>/captions/<str:language>", api.OneCaption.as_view(), name="api_caption"),
    path("api/v1/uploads/<uuid:key>/picture", api.Picture.as_view(), name="api_picture"),
]
