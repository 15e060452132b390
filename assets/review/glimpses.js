// Wells that were seen among others: what the record says of a verdict on many of them.

import { listen } from "../core/bus.js"
import { everyFrame } from "../core/dom.js"

/** Tell the server of them, those of one frame together. Returns what ends it. @param {Send} send */
export function tellGlimpsed(send) {
  const glimpsed = new Map()
  const tell = everyFrame(() => {
    send("glimpsed", { wells: [...glimpsed] })
    glimpsed.clear()
  })
  return listen("glimpsed", ({ well, digest }) => {
    if (!well || !digest) return
    glimpsed.set(well, digest)
    tell()
  })
}
