"""The page's own record of the batches, told by a stand-in for the app: answers, frames, epochs."""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.process]

STORY = """async () => {
  const { batchesOf } = await import("/static/batch_store.js");
  const batch = (id, outcome, more = {}) => ({
    batch_id: id, account_id: "a", created_at: id, order_ids: [], rollback: [], residual: [],
    outcome, cleared_at: null, revised_at: null, ...more,
  });
  const hearers = {};
  let lists = { epoch: "e", offset: 10, data: [batch("1", null), batch("2", "complete")] };
  const app = {
    on: (event, fn) => { hearers[event] = fn; },
    api: async (method, path) => ({ data: path === "/accounts" ? { data: [{ account_id: "a" }] } : lists }),
  };
  const store = batchesOf(app);
  const told = (offset, data) => hearers.frame({ type: "batch_update", offset, data });
  const seen = () => store.newest().map((one) => `${one.batch_id} ${one.outcome}`);
  const settled = () => new Promise((done) => setTimeout(done));
  const story = [];
  told(12, batch("1", "exposed"));
  hearers.link({ phase: "live" });
  await settled();
  story.push(seen(), store.exposed().length);
  told(11, batch("1", null));
  story.push(seen());
  told(13, batch("1", null, { revised_at: "now" }));
  story.push(store.exposed().length);
  told(14, batch("1", "exposed", { cleared_at: "now" }));
  story.push(store.exposed().length);
  lists = { epoch: "f", offset: 3, data: [batch("9", "kept")] };
  hearers.frame({ type: "connection_established", epoch: "f" });
  hearers.link({ phase: "live" });
  await settled();
  story.push(seen());
  return story;
}"""


def test_batches_are_whole_after_every_opening(page):
    """P4: what snapshots lack is asked for at each opening of the line; an older fact never takes a
    newer one's place; one that is unwound again still counts as exposed, one that is cleared does
    not; another epoch is another record.
    """
    assert page.evaluate(STORY) == [
        ["2 complete", "1 exposed"],
        1,
        ["2 complete", "1 exposed"],
        1,
        0,
        ["9 kept"],
    ]
