// The verdicts there are, the graver ones last, as `dashboard/reviews/verdict_table.py`
// has them; `tests/unit/test_both_sides.py` holds the two together. Every other script
// takes order, words, letters and keys from here.

/** By verdict as it is stored: the word on buttons, and the letter in small maps, which is its key too. */
export const VERDICTS = {
  pass: { word: "Pass", letter: "p" },
  flag: { word: "Flag", letter: "l" },
  fail: { word: "Fail", letter: "f" },
}

export const VERDICT_NAMES = /** @type {(keyof typeof VERDICTS)[]} */ (Object.keys(VERDICTS))

/** Names of all verdicts in a sentence: "pass, flag or fail"; of keys, with another last word. @param {string[]} words @param {string} last */
export const listed = (words, last) => `${words.slice(0, -1).join(", ")} ${last} ${words.at(-1)}`
