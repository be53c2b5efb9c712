from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "core"

    def ready(self) -> None:
        from core import (
            access_log,
            drain,
            handlers,  # noqa: F401  registers the subscribers
            openapi,  # noqa: F401  registers the schemes
            realtime,
        )

        realtime.background["access-log"] = access_log.watch
        realtime.starters.append(drain.arm)
