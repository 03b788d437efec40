// The page: builds the app, puts each panel into its element, and follows the stream.
//
//   gateway ══▶ OrderStream ──frames──▶ App.book ──┐
//                    └───────state────▶ App.link ──┴──▶ app.redraw ──▶ panels, once a frame

import * as accounts from "./accounts.js";
import * as actions from "./actions.js";
import * as alerts from "./alerts.js";
import { App } from "./app.js";
import * as away from "./away.js";
import * as banner from "./banner.js";
import * as batchForm from "./batch_form.js";
import * as batches from "./batches.js";
import * as cards from "./cards.js";
import * as controls from "./controls.js";
import * as detail from "./detail.js";
import { at } from "./dom.js";
import * as exposure from "./exposure.js";
import { follow } from "./follow.js";
import * as foot from "./foot.js";
import * as keys from "./keys.js";
import * as say from "./say.js";
import * as table from "./table.js";
import * as tabs from "./tabs.js";
import * as travel from "./travel.js";

// Panels in the order in which they draw: the table first, since it measures the screen, and what
// was written before that would have to be laid out at once. Each has the element of its name.
const PANELS = {
  table,
  say,
  banner,
  accounts,
  away,
  cards,
  controls,
  tabs,
  batches,
  exposure,
  detail,
  batch_form: batchForm,
  actions,
  travel,
  alerts,
};

const app = new App();
for (const [name, panel] of Object.entries(PANELS)) app.mount(name, panel, at(name));
foot.mount(app);
keys.mount(app);
follow(app);
