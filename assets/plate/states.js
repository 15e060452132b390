// States of wells: the codes that the server sends (`dashboard/plates/plate_text.py`), and
// their words. A test holds both against each other.

export const STATE = { present: 0, missing: 1, unreadable: 2, not_acquired: 3, pending: 4 }

/** What a well without pictures is, in words; there are none for one that has them.
 * @type {Record<number, string>} */
export const STATE_WORDS = {
  [STATE.missing]: "listed, but nothing is there",
  [STATE.unreadable]: "cannot be read",
  [STATE.not_acquired]: "not acquired",
  [STATE.pending]: "not written yet",
}
