// Whether a well is on the screen, so that it can be judged. Pure.

/**
 * Why nobody can judge a well by its pictures yet; "" where they are on the screen.
 *
 * Its pictures may be drawn before the verdict bar knows of the well, or of the field
 * that is open in it: that comes in a text of its own. `open` is the key that opens a well.
 *
 * @param {string} well
 * @param {{well: string, stage: string, field: string}} bar what the bar knows from the server
 * @param {{well: string, field: string, drawn: boolean}} pictures what is drawn
 * @param {string} open
 */
export function notDrawn(well, bar, pictures, open) {
  if (bar.well === well && bar.stage === "canvas") return `The fields of ${well} are not on the screen: ${open} opens them. Nothing was decided.`
  return bar.well === well && pictures.well === well && pictures.field === bar.field && pictures.drawn ? "" : `${well} is not drawn yet: nothing was decided.`
}
