"""Addresses of the wire's screens, below /newsroom/wire/."""

from __future__ import annotations

from django.urls import path

from standfirst.wire import views

app_name = "wire"

urlpatterns = [
    path("", views.listing, name="list"),
    path("items/<int:pk>/", views.item, name="item"),
    path("items/<int:pk>/take/", views.take, name="take"),
    path("items/<int:pk>/spike/", views.spike, name="spike"),
    path("items/<int:pk>/release/", views.release, name="release"),
    path("offers/<int:pk>/", views.offer, name="offer"),
    path("files/<int:pk>/raw/", views.raw, name="raw"),
    path("files/<int:pk>/again/", views.again, name="again"),
    path("files/<int:pk>/put-away/", views.put_away, name="put_away"),
]
