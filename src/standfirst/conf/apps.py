from django.apps import AppConfig


class ConfConfig(AppConfig):
    name = "standfirst.conf"
    label = "conf"
    verbose_name = "Configuration"
