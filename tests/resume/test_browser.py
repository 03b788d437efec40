import pytest

from tests.web.browser import browser
from tests.web.commands.processes import until
from tests.web.fakes import ALL_TYPES

from .gateway import gateway

LISTEN = """types => {
  window.places = [];
  const stream = new EventSource("/events/stream");
  for (const type of types) {
    stream.addEventListener(type, (event) => {
      const frame = JSON.parse(event.data);
      if (event.lastEventId !== `${frame.epoch}:${frame.offset}`) throw new Error("a wrong id");
      window.places.push(frame.offset);
    });
  }
}"""


@pytest.mark.browser
def test_a_browser_resumes_by_itself(tmp_path):
    """P4: `EventSource`, with no line of ours, has every offset once and in order across kill -9."""
    with gateway(tmp_path, 20) as running, browser() as chromium:
        page = chromium.new_page()
        page.goto(running.url)
        page.evaluate(LISTEN, ALL_TYPES)
        until(lambda: page.evaluate("window.places.length") >= 20, "the first events")
        running.kill()
        running.start()
        until(lambda: page.evaluate("window.places.length") >= 80, "events after the restart")
        places = page.evaluate("window.places")
    assert places == list(range(places[0], places[0] + len(places)))
