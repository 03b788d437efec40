// Well-known shapes of a batch: what they ask for, and the legs that they come to. Pure, no DOM.
//
//   "spread"   NIFTY25NOV CE, buy 25800, sell 26000  ──▶ BUY …25800CE, SELL …26000CE
//   "straddle" NIFTY25NOV, sell 25800                ──▶ SELL …25800CE, SELL …25800PE
//   "condor"   NIFTY25NOV, 25400 25600 26000 26200   ──▶ BUY PE, SELL PE, SELL CE, BUY CE
//
// Legs are named as the exchange names its options: series, strike, right.

const NUMBER = /^\d+(\.\d+)?$/;
const SERIES = { name: "series", label: "Series", placeholder: "NIFTY25NOV" };
const strike = (name, label) => ({ name, label, inputmode: "decimal" });

export const TEMPLATES = {
  spread: {
    label: "Spread",
    fields: [
      SERIES,
      { name: "right", label: "Right", options: [["CE", "Call"], ["PE", "Put"]] },
      strike("buy", "Buy at strike"),
      strike("sell", "Sell at strike"),
    ],
    legs: ({ series, right, buy, sell }) => [
      ["BUY", series + buy + right],
      ["SELL", series + sell + right],
    ],
  },
  straddle: {
    label: "Straddle",
    fields: [
      SERIES,
      { name: "side", label: "Side", options: [["SELL", "Sell both"], ["BUY", "Buy both"]] },
      strike("strike", "Strike"),
    ],
    legs: ({ series, side, strike: at }) => [
      [side, `${series}${at}CE`],
      [side, `${series}${at}PE`],
    ],
  },
  condor: {
    label: "Iron condor",
    fields: [
      SERIES,
      strike("put_buy", "Buy put"),
      strike("put_sell", "Sell put"),
      strike("call_sell", "Sell call"),
      strike("call_buy", "Buy call"),
    ],
    legs: ({ series, put_buy, put_sell, call_sell, call_buy }) => [
      ["BUY", `${series}${put_buy}PE`],
      ["SELL", `${series}${put_sell}PE`],
      ["SELL", `${series}${call_sell}CE`],
      ["BUY", `${series}${call_buy}CE`],
    ],
  },
};

// The legs of a template as values for the form; `shared` is what they have in common.
export function legsOf(name, values, shared) {
  const clean = Object.fromEntries(
    Object.entries(values).map(([field, text]) => [field, text.trim()]),
  );
  const pairs = TEMPLATES[name].legs({ ...clean, series: clean.series.toUpperCase() });
  return pairs.map(([transaction_type, tradingsymbol]) => ({
    ...shared,
    transaction_type,
    tradingsymbol,
  }));
}

// Which of a template's fields still need something, by name: {strike: "a number is needed"}.
export function faultsOf(name, values) {
  const faults = {};
  for (const field of TEMPLATES[name].fields) {
    const text = (values[field.name] ?? "").trim();
    if (text === "") faults[field.name] = "is needed";
    else if (field.inputmode && !NUMBER.test(text)) faults[field.name] = "a number is needed";
  }
  return faults;
}
