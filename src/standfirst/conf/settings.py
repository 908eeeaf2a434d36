"""Django's settings, made from the newsroom's options. Nobody edits this file to run a newsroom."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from standfirst.conf.options import in_ascii, load
from standfirst.kit.errors import Problem
from standfirst.kit.files import write_atomically
from standfirst.pictures import limits

try:
    STANDFIRST = load()
except Problem as _problem:
    raise ImproperlyConfigured(str(_problem)) from _problem

HOME: Path = STANDFIRST.home


def _secret_key() -> str:
    if STANDFIRST.secret_key:
        return STANDFIRST.secret_key
    path = HOME / "secret"
    if not HOME.is_dir():
        # A command looks at a newsroom that is not there: it signs nothing and makes nothing.
        return secrets.token_urlsafe(48)
    try:
        if not path.exists():
            write_atomically(path, secrets.token_urlsafe(48).encode(), mode=0o600)
        return path.read_text("utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"STANDFIRST_HOME is {HOME}: its file {path.name} can be neither read nor made ({error.strerror})."
        ) from error


def _database(option: str, url: str, name: str, also: str = "") -> dict[str, Any]:
    if url:
        try:
            parsed = dict(dj_database_url.parse(url))
        except ValueError as error:
            # Its words are not repeated: there may be a password in them.
            raise ImproperlyConfigured(
                f"{option} cannot be read: write it as postgresql://user:password@host:port/name."
            ) from error
        # Kept by each thread of the newsroom process: a new one costs a request as much as all that it asks.
        return {**parsed, "CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
    # mode=rw: a database that was removed is an error at once, never an empty newsroom.
    return {
        "ENGINE": "standfirst.changes.sqlite3",
        "NAME": f"file:{HOME / name}?mode=rw",
        "OPTIONS": {
            "uri": True,
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": f"PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; {also}",
        },
        "TEST": {"NAME": str(HOME / f"test-{os.environ.get('PYTEST_XDIST_WORKER', 'gw')}-{name}")},
    }


SECRET_KEY = _secret_key()
DEBUG = False
_origin = urlsplit(STANDFIRST.origin)
_host = in_ascii(_origin.hostname or "127.0.0.1")
_hosts = [in_ascii(host) for host in STANDFIRST.hosts]
ALLOWED_HOSTS = [_host, "127.0.0.1", "localhost", "[::1]", *_hosts]
_port = f":{_origin.port}" if _origin.port else ""
_at = f"{_origin.scheme}://{_host}{_port}"
CSRF_TRUSTED_ORIGINS = [
    STANDFIRST.origin if STANDFIRST.origin.isascii() else _at,
    *(f"{_origin.scheme}://{host}" for host in _hosts),
]
USE_X_FORWARDED_HOST = False
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _origin.scheme == "https"
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = "/newsroom/"
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"

# A ledger is written all over (docs/decisions/database.md).
_OF_THE_LEDGER = "PRAGMA cache_size=-32768; PRAGMA wal_autocheckpoint=4000; PRAGMA journal_size_limit=16777216;"

DATABASES = {
    "default": _database("DATABASE_URL", STANDFIRST.database_url, "newsroom.sqlite3"),
    "press": _database("PRESS_DATABASE_URL", STANDFIRST.press_database_url, "press.sqlite3", _OF_THE_LEDGER),
}
DATABASE_ROUTERS: list[str] = ["standfirst.conf.routers.OnlyDefault"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "standfirst.conf.apps.ConfConfig",
    "standfirst.press.apps.PressConfig",
    "standfirst.edition.apps.EditionConfig",
    "standfirst.archive.apps.ArchiveConfig",
    "standfirst.desk.apps.DeskConfig",
    "standfirst.wire.apps.WireConfig",
    "standfirst.library.apps.LibraryConfig",
    "standfirst.readership.apps.ReadershipConfig",
    "standfirst.stories.apps.StoriesConfig",
    "standfirst.pictures.apps.PicturesConfig",
    "standfirst.people.apps.PeopleConfig",
    "standfirst.changes.apps.ChangesConfig",
    "wagtail.sites",
    "wagtail.users",
    "standfirst.conf.apps.SnippetsConfig",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "django_filters",
    "django_tasks",
    "django_tasks_db",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
]

MIDDLEWARE = [
    "standfirst.conf.middleware.DatabaseGone",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "standfirst.conf.middleware.NewsroomZone",
    "standfirst.desk.middleware.Refusals",
]

ROOT_URLCONF = "standfirst.conf.urls"
WSGI_APPLICATION = "standfirst.conf.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

AUTH_USER_MODEL = "people.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "wagtailadmin_login"
LOGIN_REDIRECT_URL = "wagtailadmin_home"

LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/newsroom/static/"
STATIC_ROOT = HOME / "static"
MEDIA_URL = "/newsroom/private/"
MEDIA_ROOT = HOME / "private"
STORAGES = {
    # Private: readers get the copies that the press bakes, never these files.
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_MEMORY_SIZE = STANDFIRST.upload_limit
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000

if STANDFIRST.mail:
    _mail = urlsplit(STANDFIRST.mail)
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST = _mail.hostname or "localhost"
    EMAIL_PORT = _mail.port or (465 if _mail.scheme == "smtps" else 25)
    EMAIL_HOST_USER = unquote(_mail.username or "")
    EMAIL_HOST_PASSWORD = unquote(_mail.password or "")
    EMAIL_USE_SSL = _mail.scheme == "smtps"
    # STARTTLS: a password never goes over an open line.
    EMAIL_USE_TLS = not EMAIL_USE_SSL and bool(EMAIL_HOST_PASSWORD)
    EMAIL_TIMEOUT = 10
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(HOME / "mail")
DEFAULT_FROM_EMAIL = SERVER_EMAIL = STANDFIRST.mail_from

# Wagtail's small jobs (the search index, its index of references, files of deleted pictures) are done where they arise:
# 10 ms a story, and what was saved is found. Put off, they would wait for a worker of their own.
TASKS = {"default": {"BACKEND": "standfirst.changes.jobs.JobsAtOnce"}}

WAGTAIL_SITE_NAME = "Standfirst"
WAGTAILADMIN_BASE_URL = STANDFIRST.origin
WAGTAILADMIN_USER_LOGIN_FORM = "standfirst.people.forms.SignInForm"
WAGTAILIMAGES_IMAGE_MODEL = "pictures.Picture"
WAGTAILDOCS_DOCUMENT_MODEL = "pictures.File"
WAGTAILIMAGES_MAX_UPLOAD_SIZE = STANDFIRST.upload_limit
WAGTAILIMAGES_MAX_IMAGE_PIXELS = limits.MOST_PIXELS
WAGTAILIMAGES_IMAGE_FORM_BASE = "standfirst.pictures.forms.PictureForm"
WAGTAILIMAGES_EXTENSIONS = ["jpg", "jpeg", "png", "gif", "webp", "avif", "heic"]
WAGTAILDOCS_SERVE_METHOD = "serve_view"
WAGTAIL_I18N_ENABLED = False
WAGTAIL_CONTENT_LANGUAGES = [("en", "English")]
WAGTAILREDIRECTS_AUTO_CREATE = False
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_ALLOW_UNICODE_SLUGS = True
WAGTAIL_MODERATION_ENABLED = True
WAGTAILSEARCH_BACKENDS = MODELSEARCH_BACKENDS = {
    "default": {"BACKEND": "standfirst.library.backend", "AUTO_UPDATE": True},
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "filters": {"stranger": {"()": "standfirst.conf.log.Stranger"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "standfirst": {"level": STANDFIRST.log_level},
        "django.request": {"level": "ERROR"},
        "django.security.DisallowedHost": {"filters": ["stranger"]},
    },
}
SILENCED_SYSTEM_CHECKS: list[str] = []
