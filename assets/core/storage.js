// All that the browser keeps, for whom, and under which keys. Nothing else touches its
// stores, but the line in `page.html` that sets the theme before anything is drawn.
//
// A browser shares what it keeps among the tabs of an origin (host and port), and one
// origin may serve several workspaces: below prefixes, or one after the other. So
//
// - a person's: theme, keys, the order of the queue and of the plates, what was last run by its name,
//   which hints are read, which metrics were used last and the choice of colours are alike in every tab;
// - the name is of one tab, as two may sit at one browser; a new tab begins with the last;
// - what is typed about a plate belongs to its workspace and the plate's id.
//
// Storage may be forbidden or full; then all of it lives as long as the page.

const PREFERENCES = { theme: "hcs-theme", keys: "hcs-keys", order: "hcs-order", recent: "hcs-recent", hints: "hcs-hints", metrics: "hcs-metrics", view: "hcs-view", colours: "hcs-colours", plates: "hcs-plates" }
const NAME = "hcs-reviewer"
const DRAFT = "hcs-draft:"
const UNSAVED = "hcs-unsaved:"
const MOST_DRAFTS = 200

// Kept by earlier versions, keyed by nothing that says to which plate they belong.
const OUTLIVED = ["hcs-note", "hcs-unsaved"]

/** A store that never raises: what it does not take lives as long as the page.
 *  @param {"localStorage" | "sessionStorage"} name */
function storeOf(name) {
  /** @type {Map<string, string>} */
  const own = new Map()
  /** @template Result @param {(store: Storage) => Result} act @returns {NonNullable<Result> | null | undefined} */
  const real = (act) => {
    try {
      return act(globalThis[name]) ?? null
    } catch {
      return undefined
    }
  }
  return {
    /** @param {string} key @returns {string | null} */
    get: (key) => own.get(key) ?? real((store) => store.getItem(key)) ?? null,
    /** @param {string} key @param {string} value */
    put: (key, value) => {
      if (real((store) => store.setItem(key, value)) === undefined) own.set(key, value)
      else own.delete(key)
    },
    /** @param {string} key */
    drop: (key) => {
      own.delete(key)
      real((store) => store.removeItem(key))
    },
    keys: () => [...new Set([...own.keys(), ...(real((store) => Object.keys(store)) ?? [])])],
  }
}

const browser = storeOf("localStorage")
const tab = storeOf("sessionStorage")

OUTLIVED.forEach(browser.drop)

const CUTS = "hcs-cuts"

/** How often in a row this tab's connection was cut soon after it had opened: kept over reloads. */
export const cuts = () => Number(tab.get(CUTS)) || 0

/** @param {number} count */
export const keepCuts = (count) => tab.put(CUTS, String(count))

/** @param {string | null} text @returns {any} */
function parsed(text) {
  try {
    const value = JSON.parse(text ?? "null")
    return value && typeof value === "object" ? value : null
  } catch {
    return null // written by something else; as good as nothing
  }
}

/** @typedef {keyof typeof PREFERENCES} Preference */

/** A person's preference: one of `PREFERENCES`; "" where there is none. @param {Preference} name */
export const preference = (name) => browser.get(PREFERENCES[name]) ?? ""

/** @param {Preference} name @param {string} value */
export const setPreference = (name, value) => browser.put(PREFERENCES[name], value)

/** Hear of a preference that another tab has changed.
 *  @param {Preference} name @param {(value: string) => void} listener */
export function onPreference(name, listener) {
  return onChange((key) => { if (key === PREFERENCES[name]) listener(preference(name)) })
}

/** Who sits at this tab. */
export const rememberedName = () => tab.get(NAME) ?? browser.get(NAME) ?? ""

/** @param {string} name */
export function rememberName(name) {
  tab.put(NAME, name)
  browser.put(NAME, name)
}

/** What is typed about one plate of one workspace. */
export class PlateNotes {
  /** @param {string} workspace @param {string} plate */
  constructor(workspace, plate) {
    /** @param {string} subject */
    this.draftKey = (subject) => DRAFT + JSON.stringify([workspace, plate, subject])
    this.unsavedStart = UNSAVED + JSON.stringify([workspace, plate])
  }

  /** The note that is being written about a subject; "" without. @param {string} subject */
  draft(subject) {
    const text = parsed(browser.get(this.draftKey(subject)))?.text
    return typeof text === "string" ? text : ""
  }

  /** @param {string} subject @param {string} text */
  keepDraft(subject, text) {
    const key = this.draftKey(subject)
    if (!text) return browser.drop(key)
    browser.put(key, JSON.stringify({ text, at: Date.now() }))
    const drafts = browser.keys().filter((each) => each.startsWith(DRAFT))
    if (drafts.length <= MOST_DRAFTS) return undefined
    const age = (/** @type {string} */ each) => parsed(browser.get(each))?.at ?? 0
    drafts.sort((a, b) => age(a) - age(b))
    return drafts.slice(0, drafts.length - MOST_DRAFTS).forEach(browser.drop)
  }

  /** Messages that the server has not confirmed, see `unsaved.js`. @returns {UnsavedDecision[]} */
  unsaved() {
    const keys = browser.keys().filter((key) => key.startsWith(this.unsavedStart))
    return keys.map((key) => parsed(browser.get(key))).filter((message) => message !== null)
  }

  /** @param {UnsavedDecision} message */
  keepUnsaved(message) {
    browser.put(this.unsavedStart + message.batch, JSON.stringify(message))
  }

  /** @param {string} batch */
  dropUnsaved(batch) {
    browser.drop(this.unsavedStart + batch)
  }
}

/** Hear of a draft that another tab has changed. @param {() => void} listener */
export const onDraft = (listener) => onChange((key) => { if (key.startsWith(DRAFT)) listener() })

/** @param {(key: string) => void} listener */
function onChange(listener) {
  globalThis.addEventListener?.("storage", ({ key }) => { if (key !== null) listener(key) })
}
