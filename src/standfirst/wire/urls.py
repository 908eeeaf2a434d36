"""Addresses of the wire's screens, below /newsroom/wire/."""

from __future__ import annotations

from django.urls import path

from standfirst.wire import views, views_paste, views_pictures, views_room, views_rules, views_sources, views_threads

app_name = "wire"

urlpatterns = [
    path("", views.listing, name="list"),
    path("fresh/", views.fresh, name="fresh"),
    path("paste/", views_paste.paste, name="paste"),
    path("several/", views.several, name="several"),
    path("facets/", views.facets, name="facets"),
    path("items/<int:pk>/", views.item, name="item"),
    path("items/<int:pk>/take/", views.take, name="take"),
    path("items/<int:pk>/hold/", views.hold, name="hold"),
    path("items/<int:pk>/spike/", views.spike, name="spike"),
    path("items/<int:pk>/put-back/", views.put_back, name="put_back"),
    path("items/<int:pk>/seen/", views.seen, name="seen"),
    path("directives/<int:pk>/", views.answer, name="answer"),
    path("items/<int:pk>/release/", views.release, name="release"),
    path("pictures/<int:pk>/thumbnail/", views_pictures.thumbnail, name="picture_thumbnail"),
    path("pictures/<int:pk>/place/", views_pictures.place, name="picture_place"),
    path("pictures/<int:pk>/keep/", views_pictures.keep, name="picture_keep"),
    path("pictures/<int:pk>/fetch/", views_pictures.fetch, name="picture_fetch"),
    path("offers/<int:pk>/", views.offer, name="offer"),
    path("files/<int:pk>/raw/", views.raw, name="raw"),
    path("files/<int:pk>/again/", views.again, name="again"),
    path("files/<int:pk>/put-away/", views.put_away, name="put_away"),
    path("views/save/", views_room.save_view, name="save_view"),
    path("views/<int:pk>/drop/", views_room.drop_view, name="drop_view"),
    path("rules/", views_rules.listing, name="rules"),
    path("rules/add/", views_rules.edit, name="rule_add"),
    path("rules/said/", views_rules.said, name="rule_said"),
    path("rules/<int:pk>/", views_rules.edit, name="rule"),
    path("rules/<int:pk>/act/", views_rules.act, name="rule_act"),
    path("threads/<int:pk>/", views_threads.thread, name="thread"),
    path("threads/<int:pk>/part/", views_threads.part, name="thread_part"),
    path("threads/<int:pk>/join/", views_threads.join, name="thread_join"),
    path("alarms/", views_room.alarms_now, name="alarms"),
    path("alarms/acknowledge/", views_room.acknowledge, name="acknowledge"),
    path("sources/", views_sources.listing, name="sources"),
    path("sources/add/", views_sources.choose, name="source_choose"),
    path("sources/add/<slug:kind>/", views_sources.add, name="source_add"),
    path("sources/<int:pk>/", views_sources.edit, name="source"),
    path("sources/<int:pk>/try/", views_sources.try_now, name="source_try"),
    path("sources/<int:pk>/switch/", views_sources.switch, name="source_switch"),
    path("sources/<int:pk>/remove/", views_sources.remove, name="source_remove"),
]
