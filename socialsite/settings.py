"""All settings. Every difference between one machine and many is an environment variable, read through `env`."""

import sys
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from socialsite import env

BASE_DIR = Path(__file__).resolve().parent.parent
TESTING = env.boolean("SOCIALSITE_TESTING")
WAKE_IN_TESTS = False  # tests drain the log themselves; those about workers switch this on
DEBUG = env.boolean("DEBUG")

# -- Where it runs ----------------------------------------------------------------------------------------------------
DATA_DIR = env.folder("DATA_DIR", BASE_DIR / ".data")
HOST = env.text("HOST", "127.0.0.1")
PORT = env.number("PORT", 8000, low=1, high=65535)
SITE_URL = env.site_url(f"http://localhost:{PORT}")
REALTIME_URL = env.realtime_url()
DATABASE_URL = env.text("DATABASE_URL")
REDIS_URL = env.redis("REDIS_URL")
# How long a process that ends takes to send its sockets elsewhere; alone it has nowhere to send them.
DRAIN_SECONDS = env.number("DRAIN_SECONDS", 10 if REDIS_URL else 0, low=0, high=600)
PING_SECONDS = env.number(
    "PING_SECONDS", 25, low=1, high=3600
)  # a socket that has not answered before the next is dead
REALTIME_SERVER = env.choice("REALTIME_SERVER", "uvicorn", ["uvicorn", "daphne"])
EMBEDDED = not (DATABASE_URL or REDIS_URL)
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")  # older keys, which still open what they sealed
SECRET_KEY = env.secret_key(DATA_DIR, required=not EMBEDDED and not TESTING)

_site = urlsplit(SITE_URL)
HTTPS = _site.scheme == "https"
_local = {"localhost", "127.0.0.1", "[::1]"} if _site.hostname in {"localhost", "127.0.0.1"} else set()
ALLOWED_HOSTS = sorted({str(_site.hostname), *_local, *env.words("ALLOWED_HOSTS")})
TRUSTED_PROXIES = env.networks("TRUSTED_PROXIES")
RATE_LIMIT_EXEMPT = env.networks("RATE_LIMIT_EXEMPT")
_local_origins = (
    {f"http://{host}:{_site.port}" for host in ("localhost", "127.0.0.1")} if _local and _site.port else set()
)
SITE_ORIGINS = sorted({SITE_URL, *_local_origins, *env.words("EXTRA_ORIGINS")})
CSRF_TRUSTED_ORIGINS = SITE_ORIGINS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None

# -- Parts ------------------------------------------------------------------------------------------------------------
# From the lowest room to the highest; architecture.md says who may import whom.
ROOMS = ["core", "uploads", "accounts", "feed", "chat", "moderation", "socialsite"]
INSTALLED_APPS = [
    "daphne",
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "servestatic.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "anymail",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.headless",
    *ROOMS,
]
MIDDLEWARE = [
    "core.middleware.RequestContext",
    "core.middleware.Compress",
    "django.middleware.security.SecurityMiddleware",
    "core.static.Static",
    "csp.middleware.CSPMiddleware",
    "core.middleware.WiderPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.LastSeen",
    "accounts.middleware.FactorGate",
    "accounts.middleware.Leavers",
    "core.middleware.Errors",
    "core.middleware.Limits",
]
ROOT_URLCONF = "socialsite.urls"
ASGI_APPLICATION = "socialsite.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "core.frame.frame",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", "core.templatetags.ui"],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# -- Data -------------------------------------------------------------------------------------------------------------
DATABASES = {"default": env.database(DATA_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    "default": (
        {
            "BACKEND": "core.cache.RedisCache",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": "socialsite",
            "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1, "max_connections": 20},
        }
        if REDIS_URL
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 10_000}}
    )
}
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
SESSION_COOKIE_SAMESITE = "Lax"
STORAGES = {
    "default": env.storage(DATA_DIR),
    "staticfiles": {
        "BACKEND": "core.static.HashedStaticFilesStorage"
        if not (DEBUG or TESTING)
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
BUCKET_URL = env.bucket_url()  # where browsers reach the storage; empty: through us
if env.text("STORAGE_OLD_URL"):  # while `manage.py migrate_media` moves what lies there
    STORAGES["old"] = env.old_storage(DATA_DIR, STORAGES["default"])
CLOUDFRONT = env.cdn()
MEDIA_ACCEL = env.text("MEDIA_ACCEL")  # nginx serves the data folder's media below this internal location
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(env.text("STATIC_ROOT") or DATA_DIR / "static")
# Each client of a test begins the middleware anew, and would look at every file: tests ask for none of them.
SERVESTATIC_USE_FINDERS = DEBUG
SERVESTATIC_USE_STATIC_ROOT = not (DEBUG or TESTING)
SERVESTATIC_AUTOREFRESH = DEBUG
SERVESTATIC_USE_MANIFEST = False
FILE_UPLOAD_TEMP_DIR = env.folder("UPLOAD_TEMP_DIR", DATA_DIR / "tmp")
FILE_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 20
MAX_IMAGE_BYTES = env.number("MAX_IMAGE_BYTES", 10 * 1024 * 1024, low=1024)
MAX_API_IMAGE_BYTES = 2 * MAX_IMAGE_BYTES
MAX_IMPORT_BYTES = env.number("MAX_IMPORT_BYTES", 512 * 1024 * 1024, low=1024)
# Home timelines: a post is copied to so many readers at once, to more of them behind the request, and to none where
# more than the limit subscribe.
HOME_COPY_AT_ONCE = env.number("HOME_COPY_AT_ONCE", 50)
HOME_COPY_LIMIT = env.number("HOME_COPY_LIMIT", 2000)
# All exports that are kept for their week together; what exports and imports leave of the disk to everything else.
MAX_EXPORTS_BYTES = env.number("MAX_EXPORTS_BYTES", 20 * 2**30, low=2**20, high=2**60)
MAX_HELD_BYTES = env.number("MAX_HELD_BYTES", 5 * 2**30, low=2**20, high=2**60)  # in the database, for the bucket
MIN_FREE_BYTES = env.number("MIN_FREE_BYTES", 256 * 2**20, high=2**60)
MAX_IMAGE_PIXELS = env.number("MAX_IMAGE_PIXELS", 50_000_000, low=10_000)
# Sounds, too. A bucket copies no more in one go.
MAX_VIDEO_BYTES = env.number("MAX_VIDEO_BYTES", 200 * 2**20, low=1024, high=5 * 2**30)
# What one member may have on its way and waiting to be used, together.
MAX_UNUSED_BYTES = env.number("MAX_UNUSED_BYTES", max(2**30, MAX_VIDEO_BYTES), low=2**20, high=2**60)
MAX_VIDEO_SECONDS = env.number("MAX_VIDEO_SECONDS", 600, low=1)
LINK_PREVIEWS = env.boolean("LINK_PREVIEWS", default=True)  # workers fetch what the first link of a post leads to

# -- Work off the request ---------------------------------------------------------------------------------------------
CELERY_BROKER_URL = env.text("CELERY_BROKER_URL") or REDIS_URL or "memory://localhost/"
CELERY_TASK_IGNORE_RESULT = True
# Messages are wake-ups: one that dies with its worker is found again by a sweep within seconds, one that comes back
# after Redis' hour of patience would be of no use.
CELERY_TASK_ACKS_LATE = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_DEFAULT_QUEUE = "events"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, float] = (
    {"polling_interval": 0.05}  # the default of a second would be the delay of everything live on the embedded site
    if CELERY_BROKER_URL.startswith("memory")
    else {"socket_timeout": 5, "socket_connect_timeout": 2, "visibility_timeout": 3600}
)
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_TIMEZONE = "UTC"

CHANNEL_LAYERS = {
    "default": (
        {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [REDIS_URL], "prefix": "socialsite"},
        }
        if REDIS_URL
        else {"BACKEND": "core.channel_layer.InProcessChannelLayer"}
    )
}

# -- People -----------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.adapters.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.BCryptSHA256PasswordHasher",
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *PASSWORD_HASHERS]
_validators = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": f"{_validators}.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("handle", "display_name", "email")},
    },
    {"NAME": f"{_validators}.CommonPasswordValidator"},
    {"NAME": f"{_validators}.NumericPasswordValidator"},
    {"NAME": f"{_validators}.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
]
GEOIP_PATH = env.address_ranges("GEOIP_PATH")
OIDC_PROVIDERS = env.oidc_providers("OIDC_PROVIDERS")
APP_REDIRECTS = env.app_redirects("APP_REDIRECTS")
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "feed:home"
LOGOUT_REDIRECT_URL = "feed:home"

# -- Mail -------------------------------------------------------------------------------------------------------------
globals().update(env.email(DATA_DIR))
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", f"Socialsite <noreply@{_site.hostname}>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
EMAIL_SUBJECT_PREFIX = ""

# -- Words ------------------------------------------------------------------------------------------------------------
SITE_NAME = env.text("SITE_NAME", "Willowbank")
SITE_TAGLINE = env.text("SITE_TAGLINE") or _("A place of our own")
LANGUAGES = [("en", _("English")), ("vi", _("Vietnamese")), ("th", _("Thai"))]
LANGUAGE_CODE = env.choice("LANGUAGE_CODE", "en", [code for code, _name in LANGUAGES])
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_I18N = True
FORMAT_MODULE_PATH = "socialsite.formats"
USE_TZ = True

# -- Safety -----------------------------------------------------------------------------------------------------------
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "core.views.csrf_failure"
# TLS ends in front of us: only a proxy that says how people came lets us tell plain HTTP from HTTPS.
SECURE_SSL_REDIRECT = HTTPS and bool(TRUSTED_PROXIES)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
_sockets = [REALTIME_URL.split("/ws/")[0]] if REALTIME_URL else [o.replace("http", "ws", 1) for o in SITE_ORIGINS]
_media = env.origins(BUCKET_URL, CLOUDFRONT.get("url", ""))
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "blob:", "data:", *_media],
        "media-src": [SELF, "blob:", *_media],
        "font-src": [SELF],
        "connect-src": [SELF, *_sockets, *_media],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

# -- API --------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.tokens.TokenAuthentication", "accounts.tokens.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["core.api.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["core.api.JSONParser", "rest_framework.parsers.MultiPartParser"],
    "DEFAULT_PAGINATION_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "core.openapi.Schema",
    "DEFAULT_THROTTLE_CLASSES": ["core.api.Throttle"],
    "EXCEPTION_HANDLER": "core.api.problem",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "NUM_PROXIES": 0,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Socialsite API",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVERS": [{"url": "/"}],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"persistAuthorization": False, "deepLinking": True},
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "AudienceEnum": "accounts.models.relations.Audience",
        "FieldKind": "accounts.models.fields.FieldKind",
        "ArchiveState": "accounts.models.archives.ArchiveState",
        "WelcomeEnum": "accounts.models.people.Welcome",
        "ReportReason": "moderation.models.Reason",
        "WhoEnum": "chat.models.conversations.Who",
        "FileKind": "chat.models.files.FileKind",
    },
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "core.openapi.document_problems"],
}
UNFOLD = {"SITE_TITLE": "Socialsite", "SITE_HEADER": "Socialsite"}

# -- Sign-up and codes (allauth) --------------------------------------------------------------------------------------
from accounts.allauth_settings import *  # noqa: E402, F403

# -- Logs -------------------------------------------------------------------------------------------------------------
LEVELS = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"()": "core.logs.PlainFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "stream": sys.stderr, "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": env.choice("LOG_LEVEL", "INFO", LEVELS)},
    "loggers": {
        "django.server": {"level": "WARNING"},
        "daphne": {"level": "WARNING"},
        "uvicorn": {"level": "WARNING"},
        "celery": {"level": "WARNING"},
        "kombu": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
        "django.security.DisallowedHost": {"level": "CRITICAL"},  # a stranger's guess; 400 is the answer
        "psycopg.pool": {"level": "ERROR"},  # who asked says it better, and once
    },
}
