"""Measures WordPress with the same copy, beside our reader process: Debian's packages, its default theme.

    python -m bench.wordpress --stories 3000

MariaDB, php-fpm and nginx are started by hand in a temporary folder, on sockets and the loopback, and stopped
afterwards; the machine's own are not touched. Posts, authors, categories and tags are loaded by SQL. Nothing is cached
but what PHP and MariaDB cache by themselves (compiled code, pages of tables): no plugin that keeps whole pages.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote

from bench import copies, machine
from bench.load import WARM, Round, addresses, look_at, ratio, round_on, summed_up
from bench.machine import say
from bench.processes import measured, peaks_mb, serving, shared_out_mb
from bench.reader import MIX, nginx, our_reader

SITE = Path("/usr/share/wordpress")
THEME = "twentytwentythree"
CHILDREN = 5
"""PHP processes: Debian's own number."""

CONFIG = """<?php
define('DB_NAME', 'wordpress'); define('DB_USER', 'root'); define('DB_PASSWORD', '');
define('DB_HOST', 'localhost:%(socket)s'); define('DB_CHARSET', 'utf8mb4');
$here = 'http://' . ($_SERVER['HTTP_HOST'] ?? 'localhost');
define('WP_HOME', $here); define('WP_SITEURL', $here);
define('DISABLE_WP_CRON', true); define('WP_HTTP_BLOCK_EXTERNAL', true); define('AUTOMATIC_UPDATER_DISABLED', true);
foreach (['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'] as $it) {
    define($it . '_KEY', 'a bench has'); define($it . '_SALT', 'no secrets');
}
$table_prefix = 'wp_';
if (!defined('ABSPATH')) define('ABSPATH', __DIR__ . '/');
require_once ABSPATH . 'wp-settings.php';
"""

INSTALL = """<?php
$_SERVER['HTTP_HOST'] = 'localhost'; $_SERVER['REQUEST_URI'] = '/';
define('WP_INSTALLING', true);
require __DIR__ . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
function wp_new_blog_notification(...$all) {}
wp_install('The Bench Post', 'admin', 'admin@bench.example', true, '', 'a bench has no secrets');
update_option('permalink_structure', '/%year%/%monthnum%/%day%/%postname%/');
update_option('timezone_string', 'Africa/Lagos');
update_option('default_comment_status', 'closed');
switch_theme('twentytwentythree');
flush_rewrite_rules(false);
"""


# --- the servers --------------------------------------------------------------------------------------------------


@contextmanager
def mariadb(folder: Path) -> Iterator[tuple[Path, int]]:
    """MariaDB on a socket in the folder, with its own defaults."""
    data, socket = folder / "mariadb", folder / "mariadb.sock"
    user = [f"--user={_user()}"]
    setting_up = [
        "mariadb-install-db",
        "--no-defaults",
        f"--datadir={data}",
        "--auth-root-authentication-method=normal",
    ]
    measured([*setting_up, *user, "--skip-test-db"])
    command = [machine.program("mariadbd") or "mariadbd", "--no-defaults", f"--datadir={data}", f"--socket={socket}"]
    alive = ["mariadb", "--no-defaults", f"--socket={socket}", "-uroot", "-e", "select 1"]
    with serving(
        [*command, *user, "--skip-networking", f"--pid-file={folder / 'mariadb.pid'}"],
        lambda: subprocess.run(alive, capture_output=True, check=False).returncode == 0,
        log=folder / "mariadb.log",
    ) as pid:
        yield socket, pid


@contextmanager
def php(folder: Path) -> Iterator[tuple[Path, int]]:
    """php-fpm on a socket in the folder."""
    socket, file = folder / "php.sock", folder / "php-fpm.conf"
    user = f"user = {_user()}\ngroup = {_user()}\n" if os.geteuid() == 0 else ""
    file.write_text(
        f"[global]\nerror_log = {folder}/php.log\ndaemonize = no\n[www]\n{user}listen = {socket}\n"
        f"listen.backlog = 511\npm = static\npm.max_children = {CHILDREN}\n"
    )
    command = [machine.program("php-fpm") or "php-fpm", "--nodaemonize", "--fpm-config", str(file)]
    if os.geteuid() == 0:
        command.append("--allow-to-run-as-root")
    with serving(command, socket.exists, log=folder / "php-out.log") as pid:
        yield socket, pid


def _user() -> str:
    import pwd

    return pwd.getpwuid(os.geteuid()).pw_name


@contextmanager
def wordpress(copy: copies.Copy, folder: Path) -> Iterator[tuple[str, list[int]]]:
    """WordPress with the copy: its address, and the first process of each of its three servers."""
    site = folder / "site"
    shutil.copytree(SITE, site, ignore=shutil.ignore_patterns("wp-config*.php", ".htaccess"))
    with ExitStack() as running:
        database, first = running.enter_context(mariadb(folder))
        (site / "wp-config.php").write_text(CONFIG % {"socket": database})
        (site / "install.php").write_text(INSTALL)
        client = ["mariadb", "--no-defaults", f"--socket={database}", "-uroot"]
        subprocess.run([*client, "-e", "create database wordpress character set utf8mb4"], check=True)
        measured(["php", str(site / "install.php")])
        (site / "install.php").unlink()
        say("Loading the copy into WordPress ...")
        file = folder / "copy.sql"
        with file.open("w") as out:
            out.writelines(f"{line};\n" for line in statements(copy))
        with file.open() as whole:
            subprocess.run([*client, "wordpress"], stdin=whole, check=True)
        listening, second = running.enter_context(php(folder))
        server = (
            f"root {site}; index index.php; location / {{ try_files $uri $uri/ /index.php?$args; }} "
            f"location ~ \\.php$ {{ include /etc/nginx/fastcgi_params; "
            f"fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name; fastcgi_pass unix:{listening}; }}"
        )
        base, third = running.enter_context(nginx(site, folder, upstream=server))
        yield base, [first, second, third]


# --- the copy -----------------------------------------------------------------------------------------------------


def quoted(text: str) -> str:
    """A text as SQL has it."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def address(story: dict[str, str]) -> str:
    """Where WordPress has a story: the day and its last part."""
    return f"/{story['day'].replace('-', '/')}/{story['path'].rstrip('/').rpartition('/')[2]}/"


def statements(copy: copies.Copy) -> Iterator[str]:
    """SQL that puts sections, authors and stories into a new WordPress."""
    yield "set autocommit=0"
    yield "delete from wp_posts"
    yield "delete from wp_comments"
    yield "delete from wp_term_relationships"
    terms: dict[tuple[str, str], int] = {}

    def term(kind: str, name: str, slug: str, parent: int = 0) -> Iterator[str]:
        terms[kind, slug] = number = len(terms) + 100
        yield f"insert into wp_terms (term_id, name, slug) values ({number}, {quoted(name)}, {quoted(slug)})"
        yield (
            "insert into wp_term_taxonomy (term_taxonomy_id, term_id, taxonomy, description, parent, count) "
            f"values ({number}, {number}, '{kind}', '', {parent}, 0)"
        )

    sections: dict[int, int] = {}
    for section in copy.of("section"):
        if "parent" in section:
            slug = section["path"].strip("/").replace("/", "-")
            yield from term("category", section["name"], slug, sections.get(section["parent"], 0))
            sections[section["id"]] = terms["category", slug]
    for author in copy.of("author"):
        yield (
            "insert into wp_users (ID, user_login, user_nicename, user_email, display_name) values "
            f"({author['id'] + 100}, 'a{author['id']}', 'author-{author['id']}', '', {quoted(author['name'])})"
        )
    rows: list[str] = []
    related: list[str] = []
    for story in copy.of("story"):
        when = story["published"].replace("T", " ").rstrip("Z")
        body = "\n\n".join(
            f"<!-- wp:paragraph -->\n<p>{block['html']}</p>\n<!-- /wp:paragraph -->"
            for block in story["body"]
            if block["type"] == "paragraph"
        )
        local = f"date_add('{when}', interval 1 hour)"
        writer = int(story["authors"][0]) + 100 if story.get("authors") else 1
        slug = story["path"].rstrip("/").rpartition("/")[2]
        rows.append(
            f"({story['id']}, {writer}, {local}, '{when}', {quoted(body)}, {quoted(story['headline'])}, "
            f"{quoted(story.get('standfirst', ''))}, 'publish', 'closed', 'closed', {quoted(slug)}, '', '', "
            f"{local}, '{when}', '', 'post')"
        )
        related.append(f"({story['id']}, {sections[story['section']]})")
        if word := story.get("kicker", ""):
            if ("post_tag", word.lower()) not in terms:
                yield from term("post_tag", word, word.lower())
            related.append(f"({story['id']}, {terms['post_tag', word.lower()]})")
        if len(rows) == 200:
            yield from _rows(rows, related)
            rows, related = [], []
    if rows:
        yield from _rows(rows, related)
    yield (
        "update wp_term_taxonomy t set count = "
        "(select count(*) from wp_term_relationships r where r.term_taxonomy_id = t.term_taxonomy_id)"
    )
    yield "commit"


def _rows(rows: list[str], related: list[str]) -> Iterator[str]:
    names = (
        "ID, post_author, post_date, post_date_gmt, post_content, post_title, post_excerpt, post_status, "
        "comment_status, ping_status, post_name, to_ping, pinged, post_modified, post_modified_gmt, "
        "post_content_filtered, post_type"
    )
    yield f"insert into wp_posts ({names}) values {', '.join(rows)}"
    yield f"insert into wp_term_relationships (object_id, term_taxonomy_id) values {', '.join(related)}"


# --- measuring ----------------------------------------------------------------------------------------------------


def measure(stories: int, seconds: float, rounds: int) -> machine.Figures:
    """The newsroom, the servers, the rounds."""
    about = machine.describe(
        wrk=machine.version(machine.program("wrk") or "wrk", "-v"),
        nginx=machine.version(machine.program("nginx") or "nginx", "-v"),
        php=machine.version("php", "-v"),
        mariadb=machine.version(machine.program("mariadbd") or "mariadbd", "--version"),
        wordpress=machine.version("grep", "^.wp_version =", str(SITE / "wp-includes" / "version.php")),
    )
    home = Path(tempfile.mkdtemp(prefix="standfirst-bench-"))
    try:
        copies.newsroom(home, stories)
        copies.printed(home)
        copy = copies.Copy(copies.exported(home))
        folder = home / "peers"
        folder.mkdir()
        some = random.Random(4).sample(list(copy.of("story")), min(MIX, stories))
        lists = {
            "reader": [quote(story["path"]) for story in some],
            "wordpress": [quote(address(story)) for story in some],
        }
        headlines = [story["headline"] for story in some]
        with our_reader(home, folder, 256) as (ours, reader), wordpress(copy, folder) as (theirs, peers):
            servers = {"reader": (ours, [reader]), "wordpress": (theirs, peers)}
            for name, (base, _) in servers.items():
                look_at(base, dict(zip(lists[name], headlines, strict=True)))
            found: machine.Figures = {"about": about, "stories": stories, "seconds": seconds}
            for kind, number in (("one", 1), ("many", len(some))):
                told: dict[str, list[Round]] = {"reader": [], "wordpress": []}
                for turn in range(rounds + 1):
                    for name, (base, pids) in servers.items():
                        paths = addresses(folder / f"{name}-{kind}", lists[name][:number])
                        each = round_on(base, paths, pids, seconds if turn else WARM, seed=turn + 1)
                        if turn:
                            told[name].append(each)
                            say(f"  {kind}, round {turn} of {rounds}: {name:10} {each.a_second:9,.0f} a second")
                found[kind] = {
                    "servers": {name: summed_up(each) for name, each in told.items()},
                    "reader_to_wordpress": ratio(told["reader"], told["wordpress"]),
                }
            found["memory"] = {
                name: {
                    "peak_mb": round(sum(sum(peaks_mb(pid).values()) for pid in pids)),
                    "shared_out_mb": round(sum(shared_out_mb(pid) for pid in pids)),
                }
                for name, (_, pids) in servers.items()
            }
        return found
    finally:
        shutil.rmtree(home, ignore_errors=True)


def tell(found: machine.Figures) -> None:
    """The figures."""
    print(f"{found['about']['cores']} cores, {found['about']['cpu']}, load before {found['about']['load_before'][0]}")
    for kind, title in (("one", "one story page"), ("many", "stories at random")):
        print(f"\n{title}: requests a second (least-most), p50 / p99 ms, CPU s per 1,000")
        for name, each in found[kind]["servers"].items():
            speed = each["requests_a_second"]
            print(
                f"  {name:10} {speed['median']:9,.0f} ({speed['least']:,.0f}-{speed['most']:,.0f})"
                f"  {each['p50_ms']['median']:.1f} / {each['p99_ms']['median']:.1f}"
                f"  {each['cpu_s_per_1000']['median']:.3f}"
            )
        print(f"  the reader answers {found[kind]['reader_to_wordpress']['median']:,.0f} times as many")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stories", type=int, default=3000)
    parser.add_argument("--seconds", type=float, default=5, help="of a round")
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    if lacking := machine.lacks("wrk", "nginx", "php-fpm", "php", "mariadbd"):
        machine.skip(lacking)
    if not (SITE / "wp-content" / "themes" / THEME).is_dir():
        machine.skip(f"This needs WordPress. On Debian and Ubuntu: apt install wordpress wordpress-theme-{THEME}")
    machine.end_cleanly()
    found = measure(asked.stories, asked.seconds, asked.rounds)
    tell(found)
    machine.save("wordpress", found)


if __name__ == "__main__":
    main()
