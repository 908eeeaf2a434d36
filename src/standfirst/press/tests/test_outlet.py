"""The outlet of files: what readers find, at rest and at every instant of a write that is cut short."""

import errno
import gzip
import os
import resource
import shutil
import signal
from pathlib import Path

import brotli
import pytest

from standfirst.kit import sitefiles
from standfirst.pages.output import Output
from standfirst.press import outlet as module
from standfirst.press.engine.outlet import Stuck
from standfirst.press.outlet import BadAddress, LocalOutlet, OutletProblem, PlaceProblem, WrongNewsroom

PATH = "/world/2026/11/22/a-story/"
OLD = Output(b"<p>Seven boats are out.</p>" * 50)
NEW = Output(b"<p>Eight boats are out.</p>" * 50)
NOTICE = Output(b"<p>This story was taken down.</p>" * 9, status=410)
MOVED = Output(b"", status=301, location="/africa/2026/11/22/a-story/")


@pytest.fixture
def root(tmp_path):
    return tmp_path / "output"


@pytest.fixture
def outlet(root):
    return LocalOutlet(root, "newsroom-one")


def served(root: Path, path: str):
    """What a reader gets: (status, content), by the rules of the folder; twins are held to them too."""
    for status in sitefiles.TREES:
        file = root / sitefiles.file_of(path, status)
        if file.is_file():
            body = file.read_bytes()
            twin = Path(sitefiles.twin_of(str(file)))
            if twin.exists() and sitefiles.agrees(twin.read_bytes(), body):
                assert gzip.decompress(twin.read_bytes()) == body
            small = Path(sitefiles.small_twin_of(str(file)))
            if small.exists():
                # Never one of another version, not between any two steps: who serves it need not look.
                assert brotli.decompress(small.read_bytes()) == body
            return status, body
    return None


def squeezed(outlet: LocalOutlet, path: str) -> bool:
    """Give the page at `path` its small twin, as if it had stood there for a minute."""
    file = outlet.root / sitefiles.file_of(path)
    if file.exists():
        then = file.stat().st_mtime_ns - 60_000_000_000
        os.utime(file, ns=(then, then))
    return outlet.squeeze(path)


def as_served(output: Output | None):
    if output is None:
        return None
    return output.status, output.body if output.status != 301 else output.location.encode() + b"\n"


def test_a_page_is_a_file_with_a_twin_and_comes_back_as_it_was_put(outlet, root):
    outlet.put(PATH, OLD)
    file = root / "pages/world/2026/11/22/a-story/index.html"
    assert file.read_bytes() == OLD.body
    assert gzip.decompress((file.parent / "index.html.gz").read_bytes()) == OLD.body
    assert outlet.read(PATH) == OLD

    outlet.put("/news/feed.xml", Output(b"<rss/>", "application/rss+xml; charset=utf-8"))
    assert outlet.read("/news/feed.xml").content_type == "application/rss+xml; charset=utf-8"
    outlet.put("/pictures/0123456789ab-640.webp", Output(b"RIFF", "image/webp"))
    assert not (root / "pages/pictures/0123456789ab-640.webp.gz").exists()
    outlet.put("/old/", MOVED)
    assert (root / "moved/old/index.html").read_text() == MOVED.location + "\n"
    assert outlet.read("/old/") == Output(b"", status=301, location=MOVED.location)
    assert sorted(outlet.list()) == sorted([PATH, "/news/feed.xml", "/pictures/0123456789ab-640.webp", "/old/"])
    assert outlet.read("/nothing/") is None


@pytest.mark.parametrize("after", [OLD, NEW, NOTICE, MOVED], ids=lambda output: str(output.status))
@pytest.mark.parametrize("before", [OLD, NOTICE, MOVED], ids=lambda output: str(output.status))
def test_a_path_has_one_status_at_rest(outlet, root, before, after):
    outlet.put(PATH, before)
    outlet.put(PATH, after)
    assert as_served(outlet.read(PATH)) == served(root, PATH) == as_served(after)
    standing = [status for status in sitefiles.TREES if PATH in outlet.standing(status)]
    assert standing == [after.status]
    assert list(outlet.list()) == [PATH]
    # No file of the path is left in another status, and no twin.
    left = [file for file in (root).rglob("*") if file.is_file() and "a-story" in str(file)]
    assert {file.relative_to(root).parts[0] for file in left} == {sitefiles.TREES[after.status]}


def test_removing_takes_twins_and_empty_folders_and_spares_what_others_use(outlet, root):
    outlet.put(PATH, OLD)
    outlet.put("/world/", NEW)
    outlet.remove(PATH)
    assert outlet.read(PATH) is None
    assert not (root / "pages/world/2026").exists()
    assert outlet.read("/world/") == NEW
    outlet.remove(PATH)
    outlet.remove("/world/")
    assert list((root / "pages").iterdir()) == []
    assert list(outlet.list()) == []


STATES = {"nothing": None, "page": OLD, "notice": NOTICE, "moved": MOVED}
ACTS = {"page": NEW, "notice": NOTICE, "moved": MOVED, "remove": None}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("state", STATES)
def test_killed_at_any_step_it_serves_the_old_or_the_new_and_doing_it_again_mends(tmp_path, state, act):
    before, after = STATES[state], ACTS[act]

    def do(outlet: LocalOutlet) -> None:
        if after is None:
            outlet.remove(PATH)
        else:
            outlet.put(PATH, after)

    steps: list[str] = []
    for cut in range(30):
        root = tmp_path / str(cut)
        first = LocalOutlet(root, "one")
        first.put("/world/", OLD)
        if before is not None:
            first.put(PATH, before)
            squeezed(first, PATH)
        if cut == 0:
            shutil.copytree(root, tmp_path / "rehearsal")
            do(LocalOutlet(tmp_path / "rehearsal", "one", step=steps.append))
        if cut == len(steps):
            break
        child = os.fork()
        if child == 0:
            countdown = iter(range(cut, -1, -1))

            def cut_the_power(step: str, countdown=countdown) -> None:
                if next(countdown) == 0:
                    os.kill(os.getpid(), signal.SIGKILL)

            do(LocalOutlet(root, "one", step=cut_the_power))
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
        assert served(root, PATH) in (as_served(before), as_served(after)), steps[cut]
        if before is not None and after is not None:
            assert served(root, PATH) is not None
        assert served(root, "/world/") == as_served(OLD)

        again = LocalOutlet(root, "one")
        do(again)
        assert served(root, PATH) == as_served(again.read(PATH)) == as_served(after)
        assert [status for status in sitefiles.TREES if PATH in again.standing(status)] == (
            [after.status] if after else []
        )
        file = root / sitefiles.file_of(PATH, after.status if after else 200)
        if after is not None and after.status != 301:
            assert gzip.decompress(Path(sitefiles.twin_of(str(file))).read_bytes()) == after.body
    assert len(steps) >= 4


def test_a_page_that_has_stood_for_a_while_gets_a_smaller_twin(outlet, root):
    outlet.put(PATH, OLD)
    small = root / "pages/world/2026/11/22/a-story/index.html.br"
    assert not outlet.squeeze(PATH), "it may change again"
    assert squeezed(outlet, PATH)
    assert brotli.decompress(small.read_bytes()) == OLD.body
    assert len(small.read_bytes()) < len(sitefiles.pack(OLD.body))
    assert not outlet.squeeze(PATH), "it has one"
    assert list(outlet.list()) == [PATH]

    outlet.put(PATH, NEW)
    assert not small.exists()
    # One that another worker made of an older version, and wrote late, is made again.
    small.write_bytes(sitefiles.squeeze(OLD.body))
    assert squeezed(outlet, PATH)
    assert brotli.decompress(small.read_bytes()) == NEW.body
    outlet.put(PATH, NOTICE)
    assert not small.exists()
    outlet.put(PATH, OLD)
    squeezed(outlet, PATH)
    outlet.remove(PATH)
    assert not (root / "pages/world").exists()


def test_what_gains_nothing_has_no_twins(outlet, root):
    outlet.put("/robots.txt", Output(b"User-agent: *\n" * 9, "text/plain; charset=utf-8"))
    assert (root / "pages/robots.txt.gz").exists()
    outlet.put("/robots.txt", Output(b"Allow: /\n", "text/plain; charset=utf-8"))
    assert not (root / "pages/robots.txt.gz").exists()
    assert not squeezed(outlet, "/robots.txt")
    outlet.put("/a.jpg", Output(os.urandom(5000), "image/jpeg"))
    outlet.put("/old/", MOVED)
    for path in ("/a.jpg", "/old/", "/nowhere/"):
        assert not squeezed(outlet, path)


def test_a_page_that_changes_while_it_is_packed_keeps_no_twin_of_the_old_one(root):
    first = LocalOutlet(root, "one")
    first.put(PATH, OLD)

    def step(name: str) -> None:
        if name == "rename " + sitefiles.small_twin_of(sitefiles.file_of(PATH)):
            first.put(PATH, NEW)

    squeezed(LocalOutlet(root, "one", step=step), PATH)
    assert served(root, PATH) == as_served(NEW)
    assert not list(root.rglob("*.br"))


def test_a_small_twin_of_a_page_that_is_gone_is_not_sound(outlet, root):
    outlet.put(PATH, OLD)
    squeezed(outlet, PATH)
    small = next(root.rglob("*.br"))
    kept = small.read_bytes()
    outlet.put(PATH, Output(body=b"Taken down.", status=410))
    assert outlet.sound(PATH) and not outlet.tidy(PATH)
    small.parent.mkdir(parents=True, exist_ok=True)
    small.write_bytes(kept)  # renamed late, by a worker that died then
    assert not outlet.sound(PATH)
    assert outlet.tidy(PATH) and not small.exists()
    assert outlet.sound(PATH)


def test_small_twins_that_lost_their_page_are_cleaned_away(outlet, root):
    outlet.put(PATH, OLD)
    squeezed(outlet, PATH)
    (root / sitefiles.file_of(PATH)).unlink()
    assert outlet.clean() == 0, "somebody may be about to remove it"
    small = next(root.rglob("*.br"))
    os.utime(small, (0, 0))
    assert outlet.clean() == 1


def test_a_twin_of_another_version_is_known_as_such(tmp_path):
    root = tmp_path / "output"
    LocalOutlet(root, "one").put(PATH, OLD)

    class PowerCut(BaseException):
        pass

    def step(name: str) -> None:
        if name == "rename " + sitefiles.file_of(PATH):
            raise PowerCut

    with pytest.raises(PowerCut):
        LocalOutlet(root, "one", step=step).put(PATH, NEW)
    file = root / sitefiles.file_of(PATH)
    twin = Path(sitefiles.twin_of(str(file))).read_bytes()
    assert gzip.decompress(twin) == NEW.body
    assert file.read_bytes() == OLD.body
    assert len(OLD.body) == len(NEW.body)
    assert not sitefiles.agrees(twin, OLD.body)


def test_every_version_of_a_file_can_be_told_from_the_one_before(outlet, root):
    seen = set()
    for number in range(200):
        outlet.put("/a/", Output(f"{number:03}".encode()))
        about = (root / "pages/a/index.html").stat()
        seen.add((about.st_mtime_ns, about.st_size, about.st_ino))
    assert len(seen) == 200


def test_it_adopts_an_empty_folder_and_no_other_newsrooms(tmp_path):
    root = tmp_path / "output"
    (root / "lost+found").mkdir(parents=True)
    LocalOutlet(root, "one").put("/", OLD)
    assert (root / ".newsroom").read_text() == "one\n"
    assert LocalOutlet(root, "one").read("/") == OLD
    with pytest.raises(WrongNewsroom, match="belongs to the newsroom one, not to two"):
        LocalOutlet(root, "two")
    assert LocalOutlet(root, "one").read("/") == OLD

    strange = tmp_path / "strange"
    strange.mkdir()
    (strange / "holiday.jpg").write_bytes(b"sea")
    with pytest.raises(WrongNewsroom, match="has files, but none that says which newsroom") as refused:
        LocalOutlet(strange, "one")
    assert f"put its id back with `echo one >{strange}/.newsroom`" in str(refused.value)
    assert [file.name for file in strange.iterdir()] == ["holiday.jpg"]


def test_it_stops_when_the_folder_is_swapped_under_it(outlet, root):
    outlet.put("/", OLD)
    (root / ".newsroom").unlink()
    for act in (lambda: outlet.put("/", NEW), lambda: outlet.remove("/"), lambda: outlet.put_prefixes({})):
        with pytest.raises(WrongNewsroom, match="is its disk mounted"):
            act()
    (root / ".newsroom").write_text("two\n")
    with pytest.raises(WrongNewsroom, match="belongs to the newsroom two"):
        outlet.put("/", NEW)
    assert outlet.read("/") == OLD


def test_it_refuses_addresses_and_targets_that_cannot_be_served(outlet, root):
    for path in ("/../secret", "/a//b", "/a/.hidden", "/a\0", "relative"):
        for act in (lambda path=path: outlet.put(path, OLD), lambda path=path: outlet.remove(path)):
            with pytest.raises(OutletProblem, match="cannot be served"):
                act()
    for target in ("https://example.com/", "//example.com/", "", "/a/../b"):
        with pytest.raises(OutletProblem, match="cannot move to"):
            outlet.put("/a/", Output(b"", status=301, location=target))
    with pytest.raises(OutletProblem, match="status 404"):
        outlet.put("/a/", Output(b"", status=404))
    outlet.put("/about", OLD)
    with pytest.raises(OutletProblem, match="a file is where its folder must be"):
        outlet.put("/about/us/", OLD)
    outlet.put("/news/feed.xml", OLD)
    with pytest.raises(OutletProblem, match="a folder is where the file must be"):
        outlet.put("/news", OLD)
    assert sorted(outlet.list()) == ["/about", "/news/feed.xml"]
    assert not list(root.rglob("*.part"))


def test_what_the_disk_refuses_is_a_sentence_and_the_last_good_copy_stays(outlet, root):
    outlet.put(PATH, OLD)
    before = sorted(file for file in root.rglob("*"))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16, hard))
    try:
        for write in (
            lambda: outlet.put(PATH, NEW),
            lambda: outlet.put("/world/new/", NEW),
            lambda: outlet.put(PATH, NOTICE),
            lambda: outlet.put_prefixes({"/world/": "/news/world/"}),
        ):
            with pytest.raises(OutletProblem, match=r"cannot be written .*large"):
                write()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert served(root, PATH) == (200, OLD.body)
    assert sorted(file for file in root.rglob("*") if file.is_file()) == [file for file in before if file.is_file()]
    outlet.put(PATH, NEW)
    assert served(root, PATH) == (200, NEW.body)


def test_a_page_that_cannot_be_written_leaves_no_packed_copy_of_it_beside_the_old_one(outlet, root):
    """Web servers that pick packed copies up by their names do not look into them."""
    outlet.put(PATH, OLD)

    def step(name: str) -> None:
        if name == "rename " + sitefiles.file_of(PATH):
            raise OSError(errno.EIO, "Input/output error")

    with pytest.raises(OutletProblem):
        LocalOutlet(root, "newsroom-one", step=step).put(PATH, NEW)
    file = root / sitefiles.file_of(PATH)
    assert file.read_bytes() == OLD.body
    assert not Path(sitefiles.twin_of(str(file))).exists()


def test_a_packed_copy_of_another_version_is_taken_away_and_one_that_agrees_stays(outlet, root):
    outlet.put(PATH, OLD)
    twin = Path(sitefiles.twin_of(str(root / sitefiles.file_of(PATH))))
    assert not outlet.tidy(PATH)
    assert twin.exists()
    twin.write_bytes(sitefiles.pack(NEW.body))
    assert not outlet.sound(PATH)
    assert outlet.tidy(PATH)
    assert not twin.exists()
    assert not outlet.tidy(PATH)
    assert not outlet.sound(PATH)
    outlet.put(PATH, Output(b"<p>"))  # it would not be shorter packed, so it has no packed copy
    assert not twin.exists()
    assert outlet.sound(PATH)
    outlet.put("/old/", MOVED)
    assert not outlet.tidy("/old/")
    assert not outlet.tidy("/nothing/")


def test_a_path_that_can_be_no_file_is_a_bad_address_whatever_is_asked_of_it(outlet):
    for ask in (outlet.read, outlet.tidy, outlet.sound):
        with pytest.raises(BadAddress):
            ask(f"/world/{'x' * 300}/")


def test_a_damaged_address_that_moved_is_another_one_and_no_error(outlet, root):
    outlet.put("/old/", MOVED)
    (root / "moved/old/index.html").write_bytes(b"/afr\xff\xfeica/\n")
    found = outlet.read("/old/")
    assert found.status == 301
    assert found.location != MOVED.location
    outlet.put("/old/", MOVED)
    assert outlet.read("/old/") == MOVED


def test_a_full_disk_makes_no_small_twins_and_that_is_nobodys_trouble(outlet, root):
    outlet.put(PATH, OLD)

    def step(name: str) -> None:
        if name.startswith("write "):
            raise OSError(errno.ENOSPC, "No space left on device")

    assert not squeezed(LocalOutlet(root, "newsroom-one", step=step), PATH)
    assert outlet.read(PATH) == OLD


def test_it_tells_a_page_that_cannot_be_written_from_a_disk_that_takes_none(root):
    """Others need not wait for the first, and would wait in vain with the second."""
    refused = ["world/2026"]

    def step(name: str) -> None:
        if name.startswith("write ") and any(part in name for part in refused):
            raise OSError(errno.EACCES, "Permission denied", "/the/place")

    outlet = LocalOutlet(root, "newsroom-one", step=step)
    with pytest.raises(PlaceProblem, match=r"^The page /world/2026/.* \(Permission denied at /the/place\): let the "):
        outlet.put(PATH, NEW)
    outlet.put("/world/", NEW)
    assert served(root, "/world/") == (200, NEW.body)
    refused[:] = [""]
    with pytest.raises(OutletProblem, match=r"^The output folder ") as caught:
        outlet.put(PATH, NEW)
    assert not isinstance(caught.value, Stuck)
    assert [file.name for file in root.rglob("*.part")] == []


def test_a_page_that_cannot_be_read_is_a_sentence(outlet, root, monkeypatch):
    outlet.put(PATH, NEW)

    def fails(*arguments: object, **options: object) -> object:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("standfirst.press.outlet.open", fails, raising=False)
    with pytest.raises(PlaceProblem, match="cannot be read"):
        outlet.read(PATH)


def test_prefix_moves_are_kept_whole(outlet, root):
    assert outlet.prefixes() == {}
    outlet.put_prefixes({"/old/": "/new/", "/a/": "/b/c/"})
    assert outlet.prefixes() == {"/a/": "/b/c/", "/old/": "/new/"}
    with pytest.raises(OutletProblem, match="must end with a slash"):
        outlet.put_prefixes({"/old": "/new/"})
    assert outlet.prefixes() == {"/a/": "/b/c/", "/old/": "/new/"}


def test_it_removes_what_a_killed_process_left_half_written_but_not_what_is_being_written(outlet, root):
    outlet.put(PATH, OLD)
    folder = (root / sitefiles.file_of(PATH)).parent
    left, current = folder / ".0123.part", folder / ".4567.part"
    for file in (left, current):
        file.write_bytes(b"half a pa")
    long_ago = left.stat().st_mtime - module.ASIDE_KEPT_SECONDS - 1
    os.utime(left, (long_ago, long_ago))
    assert outlet.clean() == 1
    assert sorted(file.name for file in folder.iterdir()) == [".4567.part", "index.html", "index.html.gz"]
    assert list(outlet.list()) == [PATH]


def test_a_page_that_was_left_half_written_can_be_written_while_another_process_may_still_be_at_it(outlet, root):
    def stop(step: str) -> None:
        if step.startswith("rename pages"):
            os.kill(os.getpid(), signal.SIGKILL)

    child = os.fork()
    if child == 0:
        LocalOutlet(root, "newsroom-one", step=stop).put(PATH, OLD)
    os.waitpid(child, 0)
    folder = (root / sitefiles.file_of(PATH)).parent
    (left,) = folder.glob(".*.part")
    outlet.put(PATH, NEW)
    assert outlet.read(PATH) == NEW
    assert left.exists()
    long_ago = left.stat().st_mtime - module.ASIDE_KEPT_SECONDS - 1
    os.utime(left, (long_ago, long_ago))
    outlet.put(PATH, OLD)
    assert outlet.read(PATH) == OLD
    assert not left.exists()
