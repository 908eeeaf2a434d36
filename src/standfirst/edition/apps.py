from django.apps import AppConfig


class EditionConfig(AppConfig):
    name = "standfirst.edition"
    label = "edition"
    verbose_name = "Edition"
