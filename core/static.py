"""Static files under names that carry their hash, imports of ES modules included, so that they are cached for ever."""

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage


class HashedStaticFilesStorage(ManifestStaticFilesStorage):
    support_js_module_import_aggregation = True
    manifest_strict = False
    keep_intermediate_files = False
