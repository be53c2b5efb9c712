"""Static files under names that carry their hash, imports of ES modules included, so that they are cached for ever."""

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage

_css = ManifestStaticFilesStorage.patterns[0][1]
_imports = ManifestStaticFilesStorage._js_module_import_aggregation_patterns[1]  # type: ignore[attr-defined]


class HashedStaticFilesStorage(ManifestStaticFilesStorage):
    # Addresses in style sheets everywhere, imports in our own modules only: other people's scripts speak in their
    # comments of files, and of source maps, that they do not bring, and one such word would stop the whole collection.
    patterns = (("*.css", _css[:2]), ("js/*.js", _imports))
    manifest_strict = False
    keep_intermediate_files = False
