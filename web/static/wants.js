// What a reader wants, remembered in this browser: {sound: true} and the like.
//
//   remember("sound", true) ──▶ localStorage["orderwire-wants"] ──▶ recall("sound", false)

const KEY = "orderwire-wants";

let wants = read();

// `otherwise`: what holds until the reader has chosen.
export function recall(name, otherwise) {
  return wants[name] ?? otherwise;
}

export function remember(name, value) {
  wants = { ...wants, [name]: value };
  try {
    localStorage.setItem(KEY, JSON.stringify(wants));
  } catch {
    // storage is barred in this browser: the choice lasts as long as the page
  }
}

function read() {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return found !== null && typeof found === "object" ? found : {};
  } catch {
    return {};
  }
}
