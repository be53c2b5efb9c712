from django.urls import path, register_converter

from uploads import api, storage, views


class Variant:
    """One of the sizes we make."""

    regex = "|".join(map(str, storage.SIZES))

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(Variant, "variant")

app_name = "uploads"
urlpatterns = [
    path("media/<uuid:key>/<variant:variant>.webp", views.media, name="media"),
    path("media/slots/<uuid:key>/<int:number>", views.part, name="part"),
    path("api/v1/uploads", api.Uploads.as_view(), name="api_uploads"),
    path("api/v1/uploads/slots", api.Slots.as_view(), name="api_slots"),
    path("api/v1/uploads/slots/<uuid:key>", api.OneSlot.as_view(), name="api_slot"),
    path("api/v1/uploads/slots/<uuid:key>/finish", api.Finish.as_view(), name="api_slot_finish"),
    path("api/v1/uploads/<uuid:key>", api.OneUpload.as_view(), name="api_upload"),
    path("api/v1/uploads/<uuid:key>/picture", api.Picture.as_view(), name="api_picture"),
]
