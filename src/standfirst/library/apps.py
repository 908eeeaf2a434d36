from django.apps import AppConfig


class LibraryConfig(AppConfig):
    name = "standfirst.library"
    label = "library"
    verbose_name = "Library"
