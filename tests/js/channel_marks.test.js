import assert from "node:assert/strict"
import test from "node:test"

import { channelMarks, only, sourceText } from "../../assets/pixels/channel_marks.js"
import { thumbBar } from "../../assets/pixels/scale_bar.js"
import { LEAST_SIDE, counts } from "../../assets/pixels/seen.js"

const look = (index, active, color = "00FF00") => ({ index, name: `c${index}`, color, low: 0, high: 9, gamma: 1, active })
const on = (channels) => channels.map(({ active }) => active)

test("one channel alone by one act, and all again by the same", () => {
  const three = [look(0, true), look(1, false), look(2, true)]
  const alone = only(three, 1)
  assert.deepEqual(on(alone), [false, true, false])
  assert.deepEqual(on(only(alone, 2)), [false, false, true])
  assert.deepEqual(on(only(alone, 1)), [true, true, true])
  assert.deepEqual(on(only(three, null)), [true, true, true])
  assert.deepEqual(on(three), [true, false, true], "the channels that were given stay")
})

test("a channel that is off is a ring, without its colour", () => {
  const marks = channelMarks([look(0, true, "4C6FFF"), look(1, false, "FF4040")])
  assert.match(marks["--hcs-channels"], /#4C6FFF/)
  assert.doesNotMatch(marks["--hcs-channels"], /FF4040/)
  assert.equal(marks["--hcs-channels-width"], "18px")
  assert.equal(channelMarks([])["--hcs-channels"], "none")
})

test("where the contrast comes from is always said", () => {
  for (const source of ["stored", "plate", "dtype", "hand"]) assert.match(sourceText(source, ""), /^Contrast/)
  assert.equal(sourceText("field", "B02 s1"), "Contrast: B02 s1 only")
})

test("thumbnails have a bar of a round length, or say that the size of a pixel is not known", () => {
  assert.deepEqual(thumbBar(332.8, "micrometer"), [`${(100 * 50) / 332.8}%`, "bar 50 µm"])
  assert.deepEqual(thumbBar(640, ""), ["0", "pixel size unknown"])
  assert.deepEqual(thumbBar(0, "micrometer"), ["0", "pixel size unknown"])
})

test("a picture counts as seen once it is drawn, and large enough to show something", () => {
  const image = { complete: true, naturalWidth: 256, clientWidth: LEAST_SIDE, clientHeight: 200 }
  assert.ok(counts(image))
  assert.ok(!counts({ ...image, complete: false }))
  assert.ok(!counts({ ...image, naturalWidth: 0 }), "it could not be loaded")
  assert.ok(!counts({ ...image, clientWidth: LEAST_SIDE - 1 }))
})
