from django.apps import AppConfig


class ReadershipConfig(AppConfig):
    name = "standfirst.readership"
    label = "readership"
    verbose_name = "Readership"
