"""Static files under names that carry their hash, imports of ES modules included, so that they are cached for ever."""

from collections.abc import Callable, Iterator
from typing import Any

from asgiref.sync import async_to_sync, sync_to_async
from django.conf import settings
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.http import HttpRequest, HttpResponse
from servestatic.compress import Compressor
from servestatic.middleware import ServeStaticMiddleware

_css = ManifestStaticFilesStorage.patterns[0][1]
_imports = ManifestStaticFilesStorage._js_module_import_aggregation_patterns[1]  # type: ignore[attr-defined]


class HashedStaticFilesStorage(ManifestStaticFilesStorage):
    # Addresses in style sheets everywhere, imports in our own modules only: other people's scripts speak in their
    # comments of files, and of source maps, that they do not bring, and one such word would stop the whole collection.
    patterns = (("*.css", _css[:2]), ("js/*.js", _imports))
    manifest_strict = False
    keep_intermediate_files = False

    def post_process(
        self, *args: Any, **options: Any
    ) -> Iterator[tuple[str, str, bool] | tuple[str, None, RuntimeError]]:
        yield from super().post_process(*args, **options)
        compressor = Compressor(use_brotli=False, use_zstd=False, quiet=True)
        for name in self.hashed_files.values():  # beside each a smaller one, made once, that the server finds
            if compressor.should_compress(name):
                list(compressor.compress(self.path(name)))


class Static:
    """Lets requests for files through to servestatic, which works in the loop; others do not leave their thread."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.serve = async_to_sync(ServeStaticMiddleware(sync_to_async(get_response)).__call__)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        serve = self.serve if request.path_info.startswith(settings.STATIC_URL) else self.get_response
        return serve(request)
