// Verdicts that the server has not confirmed, kept in the browser until it does: a
// closed page, a lost connection or a busy database loses nothing that was typed.

const KEY = "hcs-unsaved"

function read() {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) ?? "{}")
    return found && typeof found === "object" ? found : {}
  } catch {
    return {} // storage may be forbidden; then they live as long as the page
  }
}

function write(found) {
  try {
    localStorage.setItem(KEY, JSON.stringify(found))
  } catch { /* see `read` */ }
}

/** Keep a message until `forget`. */
export function keep(message) {
  write({ ...read(), [message.batch]: message })
}

export function forget(batch) {
  const found = read()
  delete found[batch]
  write(found)
}

/** What earlier pages left for a plate. */
export function left(plate, apart) {
  return Object.values(read()).filter((one) => one?.plate === plate && !apart.has(one.batch))
}

/** 32 hexadecimal digits that nobody has used. */
export function newBatch() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("")
}
