from django.apps import AppConfig


class ArchiveConfig(AppConfig):
    name = "standfirst.archive"
    label = "archive"
    verbose_name = "Archive"
