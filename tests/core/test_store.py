"""The log in the browser: nothing that was stored is lost, whatever tabs, disks and processes do."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, expect

from tests.built import Site
from tests.core.test_log import REVIEW, file_of
from tools.chromium import find

pytestmark = pytest.mark.browser

GRADE = "([card, rating]) => store.grade(card, rating)"
IMPORT = "async (text) => store.import(await previewed(text))"
IDS = "async () => (await store.events()).map((event) => event.id)"
NO_ROOM = """() => {
  const write = IDBObjectStore.prototype.add;
  window.makeRoom = () => (IDBObjectStore.prototype.add = write);
  IDBObjectStore.prototype.add = function (...given) {
    const request = write.apply(this, given);
    request.transaction.abort();
    return request;
  };
}"""


def open_page(context: BrowserContext, site: Site, name: str = "one") -> Page:
    page = context.new_page()
    page.goto(f"{site.url}{name}/store.html")
    expect(page.get_by_role("status")).not_to_be_empty()
    return page


@pytest.fixture
def page(context: BrowserContext, scripts: Site) -> Page:
    return open_page(context, scripts)


def says(page: Page, text: str) -> None:
    expect(page.get_by_role("status")).to_contain_text(text)


def grade(page: Page, card: str, rating: int = 3) -> dict[str, Any]:
    outcome: dict[str, Any] = page.evaluate(GRADE, [card, rating])
    return outcome


def test_a_grade_is_there_after_a_reload_and_gone_after_its_undo(page: Page) -> None:
    page.get_by_role("button", name="Good").click()
    says(page, "1 cards, 1 reviews, browser.")
    page.reload()
    says(page, "1 cards, 1 reviews")

    event = page.evaluate("async () => (await store.events())[0]")
    page.evaluate("(event) => store.undo(event)", event)
    says(page, "0 cards, 0 reviews")
    page.reload()
    says(page, "0 cards, 0 reviews")
    kept = page.evaluate("() => store.events()")
    assert [(e["kind"], e["card"]) for e in kept] == [("review", "card-0"), ("undo", "card-0")]
    assert kept[1]["of"] == kept[0]["id"] and kept[0]["zone"] == -page.evaluate(
        "new Date().getTimezoneOffset()"
    )


def test_a_double_click_is_one_grade_and_a_grade_after_undo_is_another(page: Page) -> None:
    first, second = page.evaluate("() => Promise.all([store.grade('a', 3), store.grade('a', 3)])")
    assert first == second and first["stored"]
    page.evaluate("async (event) => { await store.undo(event); await store.grade('a', 1); }", first["event"])
    says(page, "1 cards, 1 reviews")
    assert len(page.evaluate(IDS)) == 3


def test_undo_goes_back_step_by_step_also_after_a_reload(page: Page) -> None:
    review = "(rating) => store.add({ kind: 'review', card: 'a', rating })"
    made = [page.evaluate(review, rating)["event"] for rating in (3, 3, 4, 1)]
    page.reload()
    says(page, "1 cards, 4 reviews")
    for left in (3, 2, 1):
        page.evaluate("(event) => store.undo(event)", made[left])
        says(page, f"1 cards, {left} reviews")
    page.evaluate("(event) => store.undo(event)", made[0])
    says(page, "0 cards, 0 reviews")


def test_events_of_one_moment_keep_their_order(page: Page) -> None:
    many = "() => Promise.all([...'abcdefgh'].map((card) => store.grade(card, 3)))"
    made = [outcome["event"]["id"] for outcome in page.evaluate(many)]
    assert page.evaluate(IDS) == made


def test_two_tabs_that_grade_at_once_agree_and_lose_nothing(context: BrowserContext, scripts: Site) -> None:
    tabs = [open_page(context, scripts) for _ in range(2)]
    start = """(tab) => { window.all = Promise.all(Array.from({ length: 40 }, async (_, i) => {
      await new Promise((go) => setTimeout(go, i * 3));
      return (await store.grade(`card-${i % 10}-${i % 4 ? tab : "both"}`, 1 + i % 4)).event.id;
    })); }"""
    for number, tab in enumerate(tabs):
        tab.evaluate(start, f"tab-{number}")
    made = {event for tab in tabs for event in tab.evaluate("() => all")}

    for tab in tabs:
        says(tab, f"{len(made)} reviews")  # those of the other one arrive
    states = [tab.evaluate("() => [...store.state.cards].sort()") for tab in tabs]
    assert states[0] == states[1] and set(tabs[0].evaluate(IDS)) == made
    tabs[0].reload()
    assert set(tabs[0].evaluate(IDS)) == made


def test_two_sites_of_one_origin_do_not_see_each_other(context: BrowserContext, scripts: Site) -> None:
    one, two = open_page(context, scripts, "one"), open_page(context, scripts, "two")
    grade(one, "a")
    assert [one.evaluate("store.name"), two.evaluate("store.name")] == ["/one/study", "/two/study"]
    two.reload()
    says(two, "0 cards")


def test_a_full_disk_keeps_the_grade_in_memory_says_so_and_writes_it_later(page: Page) -> None:
    quota = page.context.new_cdp_session(page)
    origin = page.evaluate("location.origin")
    quota.send("Storage.overrideQuotaForOrigin", {"origin": origin, "quotaSize": 1})

    assert grade(page, "a")["stored"] is False
    assert grade(page, "b")["stored"] is False
    says(page, "2 cards, 2 reviews, memory. The browser's storage for this site is full. What you do now is")
    exported = json.loads(page.evaluate("() => exported()"))
    assert [event["card"] for event in exported["events"]] == ["a", "b"]

    quota.send("Storage.overrideQuotaForOrigin", {"origin": origin})
    assert grade(page, "c")["stored"] is True
    says(page, "3 cards, 3 reviews, browser.")
    page.reload()
    says(page, "3 cards, 3 reviews, browser.")


def test_an_import_without_room_changes_nothing_and_says_so(page: Page) -> None:
    grade(page, "a")
    page.evaluate(NO_ROOM)
    text = file_of(*(REVIEW | {"id": f"imported-{n}"} for n in range(5)))
    told = page.evaluate("async (text) => store.import(await previewed(text)).catch((e) => e.message)", text)

    assert told.startswith("Nothing was imported. The browser's storage does not work")
    assert len(page.evaluate(IDS)) == 1


def test_what_only_memory_has_gets_into_no_snapshot(page: Page) -> None:
    grade(page, "a")
    page.evaluate(NO_ROOM)
    assert grade(page, "b")["stored"] is False
    hide(page)
    page.reload()
    says(page, "1 cards, 1 reviews, browser.")


def hide(page: Page) -> None:
    """Make the page believe that it is left, and wait until it has done what it then does."""
    page.evaluate("""() => {
      Object.defineProperty(document, "hidden", { value: true, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
      return store.events();
    }""")


SNAPSHOT = """(change) => new Promise((resolve) => {
  indexedDB.open(store.name).onsuccess = ({ target: { result: db } }) => {
    const cache = db.transaction("cache", "readwrite").objectStore("cache");
    cache.get("snapshot").onsuccess = ({ target: { result } }) => {
      if (change === "forge") result.state.cards.set("forged", result.state.cards.get("a"));
      if (change === "old") result.version = 0;
      if (change === "other") result.total += 1;
      if (change === "broken") result.state.cards = "rubbish";
      const put = cache.put(result, "snapshot");
      put.onsuccess = () => { db.close(); resolve(result !== undefined); };
    };
  };
})"""


@pytest.mark.parametrize("change", ["forge", "old", "other", "broken"])
def test_a_snapshot_is_used_as_it_is_and_one_that_does_not_fit_is_not(page: Page, change: str) -> None:
    grade(page, "a")
    hide(page)
    assert page.evaluate(SNAPSHOT, change)
    page.reload()
    # A forged card shows that no event was read; all others are worked out from the events.
    says(page, "2 cards, 2 reviews" if change == "forge" else "1 cards, 1 reviews, browser.")
    grade(page, "b")
    says(page, "3 cards" if change == "forge" else "2 cards, 2 reviews")
    assert len(page.evaluate(IDS)) == 2


def test_a_snapshot_that_cannot_be_read_hides_no_event(page: Page) -> None:
    grade(page, "a")
    hide(page)
    page.context.add_init_script("""
      const get = IDBObjectStore.prototype.get;
      IDBObjectStore.prototype.get = function (...given) {
        const request = get.apply(this, given);
        if (this.name === "cache") request.transaction.abort();
        return request;
      };""")
    page.reload()
    says(page, "1 cards, 1 reviews, browser.")
    grade(page, "b")
    says(page, "2 cards, 2 reviews, browser.")
    assert len(page.evaluate(IDS)) == 2


def test_a_snapshot_is_there_without_the_page_being_left(page: Page) -> None:
    grade(page, "a")
    page.wait_for_timeout(1000)  # twice as long as it waits for the next event
    assert page.evaluate(SNAPSHOT, "forge")
    page.reload()
    says(page, "2 cards, 2 reviews")


FAILS = """
  if (sessionStorage.getItem("fails")) {
    const open = IDBFactory.prototype.open;
    window.mend = () => (IDBFactory.prototype.open = open);
    IDBFactory.prototype.open = () => { throw new DOMException("no", "UnknownError"); };
  }"""


@pytest.fixture
def failing(page: Page) -> Page:
    """A page with a log of three reviews, whose storage fails since it was opened: until mend()."""
    page.context.add_init_script(FAILS)
    for card in "abc":
        grade(page, card)
    page.evaluate("() => sessionStorage.setItem('fails', 'yes')")
    page.reload()
    says(page, "0 cards, 0 reviews, memory. The browser's storage does not work (UnknownError).")
    return page


def test_a_start_that_failed_hides_nothing_once_storage_works_again(failing: Page) -> None:
    assert grade(failing, "d")["stored"] is False
    says(failing, "1 cards, 1 reviews, memory.")
    failing.evaluate("() => mend()")
    assert len(json.loads(failing.evaluate("() => exported()"))["events"]) == 4

    assert grade(failing, "e")["stored"] is True
    says(failing, "5 cards, 5 reviews, browser.")
    assert len(json.loads(failing.evaluate("() => exported()"))["events"]) == 5
    failing.reload()
    failing.evaluate("() => mend()")
    failing.evaluate("() => { dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })) }")
    says(failing, "5 cards, 5 reviews, browser.")


def test_deletion_after_a_failed_start_deletes_or_says_that_it_did_not(failing: Page) -> None:
    assert failing.evaluate("() => store.clear().catch((error) => error.name)") == "UnknownError"
    failing.evaluate("() => mend()")
    assert len(failing.evaluate(IDS)) == 3
    failing.evaluate("() => store.clear()")
    says(failing, "0 cards, 0 reviews, browser.")
    failing.evaluate("() => sessionStorage.clear()")
    failing.reload()
    says(failing, "0 cards, 0 reviews, browser.")
    assert failing.evaluate(IDS) == []


def test_a_failed_start_does_not_forget_that_there_is_a_log(failing: Page) -> None:
    failing.evaluate("() => localStorage.setItem('/one/study', '1')")
    used = """async () => {
      const { isUsed, memory } = await import("/one/assets/js/ui/memory.js");
      return [(await memory()).mode, isUsed()];
    }"""
    assert failing.evaluate(used) == ["memory", True]


def test_what_could_not_be_loaded_is_tried_again(page: Page) -> None:
    for name in ("study.css", "ui/store.js"):
        page.route(f"**/{name}", lambda route: route.abort())
    page.goto(page.url.replace("store.html", "blank.html"))
    ask = """async () => {
      const { dress, memory } = await import("/one/assets/js/ui/memory.js");
      return (await Promise.allSettled([dress(), memory()])).map(({ status }) => status);
    }"""
    assert page.evaluate(ask) == ["rejected", "rejected"]
    page.unroute_all()
    assert page.evaluate(ask) == ["fulfilled", "fulfilled"]


def test_a_lost_connection_is_opened_again(page: Page) -> None:
    grade(page, "a")
    origin = {"origin": page.evaluate("location.origin"), "storageTypes": "indexeddb"}
    page.context.new_cdp_session(page).send("Storage.clearDataForOrigin", origin)

    assert grade(page, "b")["stored"] is True
    page.reload()
    says(page, "1 cards, 1 reviews, browser.")


def test_a_tab_without_messages_sees_the_other_one_when_it_comes_back(
    context: BrowserContext, scripts: Site
) -> None:
    context.add_init_script("delete globalThis.BroadcastChannel;")
    one, two = (open_page(context, scripts) for _ in range(2))
    assert grade(one, "a")["stored"]
    says(two, "0 cards")
    two.evaluate("() => { dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })) }")
    says(two, "1 cards, 1 reviews, browser.")


def test_the_promise_to_keep_the_data_is_asked_for_and_told(page: Page) -> None:
    browser = page.context.new_cdp_session(page)
    context = browser.send("Target.getTargetInfo")["targetInfo"]["browserContextId"]
    allow = {"permissions": ["durableStorage"], "browserContextId": context}
    browser.send("Browser.grantPermissions", allow)
    assert page.evaluate("() => store.persist()") == "persistent"
    says(page, "0 cards, 0 reviews, persistent.")


def test_blocked_storage_is_told_and_reviews_go_on_in_memory(context: BrowserContext, scripts: Site) -> None:
    blocked = "throw new DOMException('no', 'SecurityError')"
    context.add_init_script(f"IDBFactory.prototype.open = () => {{ {blocked} }};")
    page = open_page(context, scripts)
    says(
        page, "memory. The browser's settings block storage for this site. What you do now is kept only until"
    )

    page.get_by_role("button", name="Good").click()
    says(page, "1 cards, 1 reviews, memory.")
    page.get_by_role("button", name="Undo").click()
    says(page, "0 cards, 0 reviews, memory.")
    assert len(json.loads(page.evaluate("() => exported()"))["events"]) == 2
    page.evaluate("() => store.clear()")  # nothing is there to be deleted but what memory has
    says(page, "0 cards, 0 reviews, memory. The browser's settings block storage")
    assert page.evaluate(IDS) == []


def test_a_browser_that_refuses_messages_between_tabs_still_stores(
    context: BrowserContext, scripts: Site
) -> None:
    refused = "throw new DOMException('The operation is insecure.', 'SecurityError')"
    context.add_init_script(f"globalThis.BroadcastChannel = class {{ constructor() {{ {refused}; }} }};")
    page = open_page(context, scripts)
    assert grade(page, "a")["stored"]
    says(page, "1 cards, 1 reviews, browser.")


def test_a_database_of_a_newer_site_is_left_alone(page: Page) -> None:
    page.evaluate("""async () => {
      await new Promise((done) => {
        indexedDB.open(store.name, 2).onsuccess = (event) => done(event.target.result.close());
      });
    }""")
    page.reload()
    says(page, "memory. A newer version of this site has written here")


DAMAGE = """(records) => new Promise((resolve) => {
  indexedDB.open(store.name).onsuccess = ({ target: { result: db } }) => {
    const events = db.transaction("events", "readwrite").objectStore("events");
    for (const record of records) events.put(record);
    events.transaction.oncomplete = () => { db.close(); resolve(); };
  };
})"""


def test_a_damaged_record_stays_is_named_and_goes_into_the_export(page: Page) -> None:
    grade(page, "a")
    broken, newer = REVIEW | {"id": "broken-001", "rating": 9}, REVIEW | {"id": "newer-0001", "v": 7}
    page.evaluate(DAMAGE, [broken, newer])
    page.reload()

    says(page, "1 cards, 1 reviews, browser.")
    for _ in range(2):  # an import of one's own export changes nothing
        exported = page.evaluate("() => exported()")
        assert [d["record"] for d in json.loads(exported)["damaged"]] == [broken, newer]
        assert "newer than this page" in json.loads(exported)["damaged"][1]["reason"]
        page.evaluate(IMPORT, exported)
        page.reload()
        says(page, "1 cards, 1 reviews")


def test_an_import_mends_a_damaged_record_and_sets_the_damaged_one_aside(page: Page) -> None:
    grade(page, "a")
    broken = REVIEW | {"id": "broken-001", "rating": 9}
    page.evaluate(DAMAGE, [broken])
    page.reload()
    says(page, "1 cards, 1 reviews")

    page.evaluate(IMPORT, file_of(broken | {"rating": 2}))
    for _ in range(2):
        says(page, "2 cards, 2 reviews, browser.")
        exported = json.loads(page.evaluate("() => exported()"))
        assert [e["rating"] for e in exported["events"] if e["id"] == "broken-001"] == [2]
        assert [d["record"] for d in exported["damaged"]] == [broken]
        page.reload()


def test_a_file_imported_twice_adds_its_events_once_also_in_the_other_tab(
    context: BrowserContext, scripts: Site
) -> None:
    tabs = [open_page(context, scripts) for _ in range(2)]
    text = file_of(*(REVIEW | {"id": f"imported-{n}", "card": f"card-{n}"} for n in range(5)), "rubbish")
    assert tabs[1].evaluate("() => store.damaged()") == []  # it has read its log by now
    for _ in range(2):
        tabs[0].evaluate(IMPORT, text)
        for tab in tabs:
            says(tab, "5 cards, 5 reviews, browser.")
    again = tabs[0].evaluate("(text) => previewed(text)", text)
    assert again["added"] == [] and again["known"] == 5
    assert [len(tab.evaluate("() => store.damaged()")) for tab in tabs] == [1, 1]


def test_deleting_everything_empties_every_tab_and_the_disk(context: BrowserContext, scripts: Site) -> None:
    tabs = [open_page(context, scripts) for _ in range(2)]
    grade(tabs[1], "a")
    hide(tabs[1])
    tabs[0].evaluate("() => store.clear()")
    for tab in tabs:
        says(tab, "0 cards, 0 reviews, browser.")
        tab.reload()
        says(tab, "0 cards, 0 reviews, browser.")
        assert tab.evaluate(IDS) == []


def test_fields_that_make_no_event_are_refused(page: Page) -> None:
    refusal = "(x) => store.add(x).then(() => 'stored', (e) => `${e.name}: ${e.message}`)"
    assert (
        page.evaluate(refusal, {"kind": "review", "card": "a", "rating": 7})
        == "TypeError: rating is not 1 to 4"
    )
    says(page, "0 cards")


CLICK_SOON = """() => {
  setTimeout(() => document.querySelector("#good").click(), 100);
  return Date.now() + 100;
}"""


@contextmanager
def started(chromium: str, profile: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A Chromium of its own that can be killed, and the address at which it is controlled."""
    port = profile / "DevToolsActivePort"
    port.unlink(missing_ok=True)
    flags = ["--headless=new", "--remote-debugging-port=0", f"--user-data-dir={profile}", "--no-first-run"]
    flags += ["--disable-background-networking", "--disable-component-update", "--disable-gpu"]
    flags += ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    # A session of its own, so that the helpers, which outlive the browser for a moment, can be ended with it.
    with subprocess.Popen(
        [chromium, *flags, "about:blank"], stderr=subprocess.DEVNULL, start_new_session=True
    ) as run:
        try:
            while not (port.exists() and port.read_text().count("\n")):
                assert run.poll() is None, "Chromium did not start"
                time.sleep(0.02)
            yield run, f"http://127.0.0.1:{port.read_text().split()[0]}"
        finally:
            run.kill()
            run.wait()
            if hasattr(os, "killpg"):
                with suppress(ProcessLookupError):
                    os.killpg(run.pid, signal.SIGKILL)


@pytest.mark.parametrize("times", [20, pytest.param(200, marks=pytest.mark.long)])
def test_a_killed_browser_loses_at_most_the_grade_of_that_moment(
    playwright: Playwright, scripts: Site, times: int
) -> None:
    chromium, chance, confirmed, found = find(), random.Random(times), list[str](), list[str]()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        for number in range(times + 1):
            with started(chromium, Path(profile)) as (run, address):
                browser = playwright.chromium.connect_over_cdp(address)
                page = browser.contexts[0].new_page()
                page.expose_function("confirmed", lambda event: confirmed.append(event))
                page.goto(f"{scripts.url}one/store.html")
                expect(page.get_by_role("status")).not_to_be_empty()
                before, found = found, page.evaluate(IDS)
                assert set(before) <= set(found) and set(confirmed) <= set(found)
                assert len(found) in (len(before), len(before) + 1)
                assert page.evaluate("store.mode") == "browser"
                if number < times:
                    clicked = page.evaluate(CLICK_SOON) / 1000
                    time.sleep(max(0, clicked + chance.uniform(0, 0.05) - time.time()))
                    run.kill()  # SIGKILL; on Windows TerminateProcess, which asks as little
                    run.wait()
    assert 0 < len(confirmed) <= len(found) <= times
