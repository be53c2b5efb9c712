from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "core"

    def ready(self) -> None:
        from core import (
            access_log,
            handlers,  # noqa: F401  registers the subscribers
            realtime,
        )

        realtime.background["access-log"] = access_log.watch
