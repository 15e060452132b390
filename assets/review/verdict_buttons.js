// The buttons of the verdict bar: one a verdict, and those that take one back.

import { fill, h, icon, say, set } from "../core/dom.js"
import { keyed } from "../core/keyed.js"
import { keyName } from "../core/keys.js"
import { VERDICTS, VERDICT_NAMES } from "../core/verdict_table.js"

/** @param {(verdict: Verdict) => unknown} onClick */
export function verdictButtons(onClick) {
  const buttons = VERDICT_NAMES.map((verdict) => {
    const { word } = VERDICTS[verdict]
    const key = h("kbd", { "aria-hidden": "true" })
    const button = keyed(h("button", { class: `verdict ${verdict} hcs-verdict-${verdict}`, click: () => onClick(verdict) },
      h("span", { class: "sign", "aria-hidden": "true" }), h("span", word), key), verdict, word)
    return { verdict, word, key, button }
  })

  return {
    elements: buttons.map(({ button }) => button),
    showKeys: () => buttons.forEach(({ key, verdict }) => say(key, keyName(verdict))),
    /** @param {string | undefined} current  the verdict that holds @param {string} barred  why none may be given */
    show(current, barred) {
      for (const { button, verdict, word } of buttons) set(button, { "aria-pressed": current === verdict, disabled: Boolean(barred), title: barred || `${word} (${keyName(verdict)})` })
    },
  }
}

/** @param {(type: "undo" | "redo") => unknown} onClick */
export function turnButtons(onClick) {
  const undo = h("button", { class: "small hcs-undo", click: () => onClick("undo") })
  const redo = h("button", { class: "small hcs-redo", click: () => onClick("redo") })

  /** @param {HTMLElement} button @param {TurnOffer | null | undefined} offer @param {string} barred @param {string} word @param {string} key */
  function showOffer(button, offer, barred, word, key) {
    set(button, { disabled: !offer || Boolean(barred), title: barred || (offer ? `${word}: ${offer.text} (${key}${keyName("undo")})` : `Nothing to ${word.toLowerCase()}`) })
    fill(button, word === "Undo" ? icon("undo") : null, word)
  }

  return {
    elements: [undo, redo],
    /** @param {{undo: TurnOffer | null | undefined, redo: TurnOffer | null | undefined, away: string}} now */
    show(now) {
      showOffer(undo, now.undo, now.away, "Undo", "")
      showOffer(redo, now.redo, now.away, "Redo", "Shift+")
    },
  }
}
