"""Uploads through /api/v1."""

import uuid
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import errors, limits, scopes
from uploads import access, captions, queries, reasons, serializers
from uploads.actions import captioning, preparing, receiving, slots, using

FRAMING = 64 * 1024  # what a multipart body carries besides its file


class Uploads(APIView):
    scopes = scopes.Scopes(change=scopes.WRITE)
    parser_classes = [MultiPartParser]

    @extend_schema(request=serializers.UploadIn, responses={202: serializers.UploadOut}, operation_id="upload_create")
    def post(self, request: Request) -> Response:
        """Takes a picture, a video or a sound and prepares it; ask for it again, or listen for `upload.progress`,
        `upload.ready` and `upload.failed`."""
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.MAX_API_IMAGE_BYTES + FRAMING:
            raise errors.TooLarge(reasons.sentence(reasons.TOO_LARGE), field="file")
        form = serializers.UploadIn(data=request.data)
        form.is_valid(raise_exception=True)
        given: dict[str, Any] = form.validated_data
        upload = receiving.receive_upload(
            actor=request.user,
            purpose=given["purpose"],
            file=given["file"],
            alt=given["alt"],
            name=given["file"].name,
            max_bytes=settings.MAX_API_IMAGE_BYTES,
        )
        return Response(serializers.present(upload), status=202, headers={"Location": f"{request.path}/{upload.key}"})


class OneUpload(APIView):
    scopes = scopes.Scopes(look=scopes.WRITE, change=scopes.WRITE)

    @extend_schema(responses=serializers.UploadOut, operation_id="upload_retrieve")
    def get(self, request: Request, key: uuid.UUID) -> Response:
        """How far one's own upload is."""
        return Response(serializers.present(queries.sent_upload(request.user, key)))

    @extend_schema(request=serializers.DescriptionIn, responses=serializers.UploadOut, operation_id="upload_describe")
    def patch(self, request: Request, key: uuid.UUID) -> Response:
        """Words for those who do not see one's own picture, before or after it hangs on something. What is sent along
        with a post or a comment counts there instead; what hangs on a message is described there."""
        form = serializers.DescriptionIn(data=request.data)
        form.is_valid(raise_exception=True)
        return Response(serializers.present(using.describe_upload(actor=request.user, key=key, **form.validated_data)))

    @extend_schema(responses={204: None}, operation_id="upload_delete")
    def delete(self, request: Request, key: uuid.UUID) -> Response:
        """Away with an upload that is not in use."""
        using.delete_upload(actor=request.user, key=key)
        return Response(status=204)


class CropUpload(APIView):
    scopes = scopes.Scopes(change=scopes.WRITE)

    @extend_schema(request=serializers.PieceIn, responses={201: serializers.UploadOut}, operation_id="upload_crop")
    def post(self, request: Request, key: uuid.UUID) -> Response:
        """A piece of one's own ready picture, as a new upload that is ready at once (or says in `state` that it is not
        yet). The whole one stays as it is."""
        limits.check(limits.WRITING, request.user.pk)
        form = serializers.PieceIn(data=request.data)
        form.is_valid(raise_exception=True)
        source = access.access_upload(request.user, key)
        given: dict[str, Any] = form.validated_data
        made = receiving.cut_upload(
            actor=request.user,
            key=key,
            purpose=source.purpose,
            crop=(given["left"], given["top"], given["width"], given["height"]),
        )
        return Response(serializers.present(made), status=201)


class Slots(APIView):
    scopes = scopes.Scopes(change=scopes.WRITE)

    @extend_schema(request=serializers.SlotIn, responses={201: serializers.SlotOut}, operation_id="slot_create")
    def post(self, request: Request) -> Response:
        """A place for a file, which then goes straight to the storage: send each part to its address, then finish.
        While it says `opening` there are none yet: ask for it again."""
        form = serializers.SlotIn(data=request.data)
        form.is_valid(raise_exception=True)
        slot = slots.open_slot(actor=request.user, **form.validated_data)
        where = {"Location": f"{request.path}/{slot.key}"}
        return Response(serializers.present_slot(slot, {}), status=201, headers=where)


class OneSlot(APIView):
    scopes = scopes.Scopes(look=scopes.WRITE, change=scopes.WRITE)

    @extend_schema(responses=serializers.SlotOut, operation_id="slot_retrieve")
    def get(self, request: Request, key: uuid.UUID) -> Response:
        """What has arrived, and new addresses for the rest: to go on after a lost connection, or after 15 minutes.
        While it says `opening` the storage is being asked: ask again in half a second."""
        slot, arrived = slots.renew_slot(actor=request.user, key=key)
        return Response(serializers.present_slot(slot, arrived))

    @extend_schema(responses={204: None}, operation_id="slot_delete")
    def delete(self, request: Request, key: uuid.UUID) -> Response:
        """Away with it, and with what has arrived."""
        slots.delete_slot(actor=request.user, key=key)
        return Response(status=204)


class Finish(APIView):
    scopes = scopes.Scopes(change=scopes.WRITE)

    @extend_schema(request=None, responses={202: serializers.UploadOut}, operation_id="slot_finish")
    def post(self, request: Request, key: uuid.UUID) -> Response:
        """Everything is sent: a worker takes it over as an upload of the same key, and prepares it. Ask for that upload
        how far it is, or why it was refused; with `incomplete`, send the rest and finish once more."""
        return Response(serializers.present(slots.finish_slot(actor=request.user, key=key)), status=202)


class Picture(APIView):
    scopes = scopes.Scopes(look=scopes.READ)

    @extend_schema(responses=serializers.PictureOut, operation_id="picture_retrieve")
    def get(self, request: Request, key: uuid.UUID) -> Response:
        """Fresh links to a picture one may see, for pages that are open longer than links last."""
        return Response(serializers.present_picture(access.access_upload(request.user, key, to="see")))


class Film(APIView):
    scopes = scopes.Scopes(look=scopes.READ)

    @extend_schema(responses=serializers.VideoOut, operation_id="film_retrieve")
    def get(self, request: Request, key: uuid.UUID) -> Response:
        """Fresh links to a video or a sound one may see, for pages that are open longer than links last."""
        upload = access.access_upload(request.user, key, to="see")
        if not upload.is_film:
            raise errors.NotFound
        return Response(serializers.present_film(upload))


class Retry(APIView):
    scopes = scopes.Scopes(change=scopes.WRITE)

    @extend_schema(request=None, responses={202: serializers.UploadOut}, operation_id="upload_retry")
    def post(self, request: Request, key: uuid.UUID) -> Response:
        """Three more attempts for one's own upload that failed for a reason that may have passed (`can_retry`)."""
        upload = preparing.retry_own_upload(actor=request.user, key=key)
        return Response(serializers.present(upload), status=202)


class Captions(APIView):
    scopes = scopes.Scopes(change=scopes.WRITE)
    parser_classes = [MultiPartParser]

    @extend_schema(
        request=serializers.CaptionsIn, responses={201: serializers.UploadOut}, operation_id="upload_captions_set"
    )
    def post(self, request: Request, key: uuid.UUID) -> Response:
        """What is said in one's own video or sound, as WebVTT, in place of those of the same language."""
        form = serializers.CaptionsIn(data=request.data)
        form.is_valid(raise_exception=True)
        given: dict[str, Any] = form.validated_data
        words = given["file"].read(captions.BYTES + 1)
        upload = captioning.set_captions(actor=request.user, key=key, language=given["language"], file=words)
        return Response(serializers.present(upload), status=201)


class OneCaption(APIView):
    scopes = scopes.Scopes(change=scopes.WRITE)

    @extend_schema(responses={204: None}, operation_id="upload_captions_delete")
    def delete(self, request: Request, key: uuid.UUID, language: str) -> Response:
        """Away with the captions of one language."""
        captioning.delete_captions(actor=request.user, key=key, language=language)
        return Response(status=204)
