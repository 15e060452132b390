// What a few typed words mean: which texts have them, and which entries they name best. Pure.

const MOST = 60
const [WHOLE, START, WORD, INSIDE, ABOUT, LETTERS] = [0, 1, 2, 3, 5, 8]

/** Case and accents say nothing, and signs part words. @param {string} text */
const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase()

/** @param {string} query */
export const wordsOf = (query) => plain(query).split(/\s+/).filter(Boolean)

/** Those of the words that a text has not. @param {string[]} words @param {string} text */
export function missing(words, text) {
  const searched = plain(text)
  return words.filter((word) => !searched.includes(word))
}

/** Those whose text has all words of the query, in any order, in the order they have.
 *  @template Searched @param {Searched[]} all @param {string} query @param {(each: Searched) => string} textOf */
export function withWords(all, query, textOf) {
  const words = wordsOf(query)
  return words.length ? all.filter((each) => !missing(words, textOf(each)).length) : all
}

/** Whether all letters come in this order, the first at the start of a word.
 *  @param {string} letters @param {string} text */
function inOrder(letters, text) {
  for (const start of text.matchAll(/(?<![\p{L}\p{N}])[\p{L}\p{N}]/gu)) {
    let at = start.index
    for (const letter of letters) at = at < 0 ? at : text.indexOf(letter, at) + 1 || -1
    if (at > 0 && at - start.index <= 3 * letters.length + 4) return true
  }
  return false
}

/** How far a typed word is from a name, null where it is another.
 *  @param {string} word @param {string} name @param {string} more */
function distance(word, name, more) {
  if (name === word) return WHOLE
  if (name.startsWith(word)) return START
  const at = name.indexOf(word)
  if (at > 0 && !/[\p{L}\p{N}]/u.test(name[at - 1])) return WORD
  if (at > 0) return INSIDE
  if (more.includes(word)) return ABOUT
  return word.length > 1 && inOrder(word, name) ? LETTERS : null
}

/**
 * Entries that fit, best first: beginnings of words before parts of words before letters
 * in order; of equals, what was used last, then acts, what can be done now, the shorter.
 * @template {Omit<Entry, "run">} Shown
 * @param {Shown[]} entries @param {string} query @param {string[]} recent  ids, the last first
 */
export function ranked(entries, query, recent = []) {
  const words = wordsOf(query)
  const last = (/** @type {Shown} */ { id }) => (recent.includes(id) ? recent.indexOf(id) : recent.length)
  const scored = entries.flatMap((entry, order) => {
    const [name, more] = [plain(entry.name), plain(`${entry.group} ${entry.about ?? ""}`)]
    let far = 0
    for (const word of words) {
      const step = distance(word, name, more)
      if (step === null) return []
      far += step
    }
    return [{ entry, far, used: last(entry), barred: entry.barred ? 1 : 0, sets: entry.sets ? 1 : 0, long: words.length ? name.length : 0, order }]
  })
  scored.sort((a, b) => a.far - b.far || a.used - b.used || a.sets - b.sets || a.barred - b.barred || a.long - b.long || a.order - b.order)
  return scored.slice(0, MOST).map(({ entry }) => entry)
}

/** The ids that were used last, each once and the last first, with another one.
 *  @param {string[]} recent @param {string} id @param {number} most */
export const withUsed = (recent, id, most) => [id, ...recent.filter((each) => each !== id)].slice(0, most)
