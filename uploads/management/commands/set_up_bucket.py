from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.storage import asking
from uploads import storage


class Command(BaseCommand):
    help = "Sets what the bucket of STORAGE_URL must know: CORS for this site's browsers, a lifecycle of uploads/temp/."

    def handle(self, *args: Any, **options: Any) -> None:
        s3 = storage.s3()
        if s3 is None:
            raise CommandError("Files lie in the data folder: there is no bucket. STORAGE_URL would say which.")
        try:
            with asking():
                s3.mend()
                faults = s3.faults()
        except OSError as error:
            raise CommandError(f"The bucket cannot be set up ({error}). Check STORAGE_URL and its rights.") from None
        if faults:
            raise CommandError(f"The bucket took the settings, but: {'; '.join(faults)}.")
        self.stdout.write("CORS and lifecycle are set.")
