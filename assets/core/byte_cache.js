// What was loaded, kept while there is room: a bound in bytes, least recently used first
// to go. Pure.

/** @template T */
export class ByteCache {
  /**
   * @param {number} most  bytes
   * @param {(value: T) => void} [onDrop]  hears of each value that goes
   */
  constructor(most, onDrop = () => {}) {
    this.most = most
    this.onDrop = onDrop
    this.nbytes = 0
    /** @type {Map<string, {value: T, nbytes: number}>} */
    this.entries = new Map() // least recently used first
  }

  /** @param {string} key */
  has(key) {
    return this.entries.has(key)
  }

  /** @param {string} key */
  get(key) {
    const entry = this.entries.get(key)
    if (!entry) return undefined
    this.entries.delete(key)
    this.entries.set(key, entry)
    return entry.value
  }

  /**
   * Keep a value. Those that `needed` names go last, and what has just come never.
   * @param {string} key @param {T} value @param {number} nbytes
   * @param {(key: string) => boolean} [needed]
   */
  put(key, value, nbytes, needed = () => false) {
    this.delete(key)
    this.entries.set(key, { value, nbytes })
    this.nbytes += nbytes
    this.shrink((old) => old !== key && !needed(old))
    this.shrink((old) => old !== key)
  }

  /** @param {(key: string) => boolean} may */
  shrink(may) {
    for (const old of [...this.entries.keys()]) {
      if (this.nbytes <= this.most) return
      if (may(old)) this.delete(old)
    }
  }

  /** @param {string} key */
  delete(key) {
    const entry = this.entries.get(key)
    if (!entry) return
    this.entries.delete(key)
    this.nbytes -= entry.nbytes
    this.onDrop(entry.value)
  }

  clear() {
    for (const key of [...this.entries.keys()]) this.delete(key)
  }
}
