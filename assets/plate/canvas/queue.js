// What is fetched next for the plate canvas. Pure.

const AT_ONCE = 4 // requests; a browser opens six to a host, and a click needs one

/**
 * The parts to ask for now, in their order.
 *
 * @template {{key: string}} Part
 * @param {Part[]} parts  most important first
 * @param {Set<string>} flying  keys that are being fetched
 * @param {(key: string) => boolean} leave  whether it is here already, or has just failed
 */
export function nextToFetch(parts, flying, leave) {
  const busy = new Set(flying)
  const next = []
  for (const part of parts) {
    if (busy.size >= AT_ONCE) break
    if (busy.has(part.key) || leave(part.key)) continue
    busy.add(part.key)
    next.push(part)
  }
  return next
}
