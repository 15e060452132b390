import assert from "node:assert/strict"
import test from "node:test"

import { unknownWells } from "../../assets/plate/canvas/details.js"
import { waitingWells } from "../../assets/plate/canvas/overview.js"
import { pixelText, placeText } from "../../assets/plate/canvas/place_text.js"
import { nextToFetch } from "../../assets/plate/canvas/queue.js"
import { detailed, fieldAt, largestScale, layerOf, needs, visible, wellAt } from "../../assets/plate/canvas/scene.js"
import { Viewport } from "../../assets/pixels/viewport.js"

const PLATE = {
  rows: ["A", "B"], columns: ["1", "2", "3"], labels: ["A1", "A2", "A3", "B1", "B2", "B3"],
  states: [0, 0, 0, 1, 0, 0], errors: {}, digest: "d", cell: 64, sprite_cell: 128,
  z: 2, t: null, projection: "", channels: "0:FF0000:0:10:1",
}
const FIELD = {
  label: "s1", box: [0, 0, 0.5, 0.5], levels: [[4000, 2000], [2000, 1000], [1000, 500]], channels: 2,
  plane: "/pixels/p/A1/0/v/plane.bin?level=0&channel=0", picture: "/pixels/p/A1/0/v/field.jpg?level=0&channels=",
}

function view(scale = 100) {
  const viewport = new Viewport()
  viewport.largest = 1000
  viewport.fit(300, 200, [3, 2])
  viewport.zoom(scale / viewport.scale)
  return viewport
}

test("a place of the plate is in a well, or beside the plate", () => {
  assert.deepEqual([wellAt(PLATE, 1.5, 1.5).index, wellAt(PLATE, -0.1, 0), wellAt(PLATE, 3, 0)], [4, null, null])
  assert.ok(Math.abs(wellAt(PLATE, 1.5, 0.5).x - 0.5) < 1e-9)
})

test("a place of a well is in the field that was drawn last", () => {
  const well = { fields: [FIELD, { ...FIELD, label: "s2", box: [0.25, 0.25, 0.5, 0.5] }] }
  assert.equal(fieldAt(well, 0.3, 0.3).field.label, "s2")
  assert.equal(fieldAt(well, 0.1, 0.1).field.label, "s1")
  assert.equal(fieldAt(well, 0.9, 0.9), null)
  assert.equal(fieldAt(undefined, 0.5, 0.5), null)
})

test("the wells in view are those that the window cuts", () => {
  assert.deepEqual(visible(PLATE, view()), [0, 1, 2, 3, 4, 5])
  const near = view(300)
  near.pan(-1e6, -1e6)
  assert.deepEqual(visible(PLATE, near), [5])
})

test("fields are worth asking for when few wells are large", () => {
  assert.equal(detailed(PLATE, 6, 80), true)
  assert.equal(detailed(PLATE, 6, 60), false)
  assert.equal(detailed(PLATE, 49, 500), false)
})

test("one may zoom in until a pixel of the largest field is large", () => {
  assert.equal(largestScale([]), largestScale([undefined]))
  assert.ok(largestScale([{ fields: [FIELD] }]) > largestScale([]))
})

test("a field is drawn from the coarsest level that has enough pixels, and at last from its own", () => {
  const whole = [0, 0, 1, 1]
  assert.equal(layerOf(FIELD, 200, whole, 128).kind, "sprite")
  assert.deepEqual(layerOf(FIELD, 1600, whole, 128), { kind: "picture", level: 2, tiles: [null] })
  assert.equal(layerOf(FIELD, 4000, whole, 128).level, 1)
  assert.equal(layerOf({ ...FIELD, error: "broken" }, 4000, whole, 128).kind, "sprite")
})

test("of a large plane only the tiles in view are fetched", () => {
  const layer = layerOf(FIELD, 8000, [0, 0, 0.1, 0.1], 128)
  assert.deepEqual([layer.kind, layer.level, layer.tiles], ["planes", 0, [[0, 0, 1024, 1024]]])
  const edge = layerOf(FIELD, 8000, [0.45, 0.45, 1, 1], 128)
  assert.deepEqual(edge.tiles, [[3072, 1024, 928, 976]])
})

test("planes and pictures have the addresses that the server and the viewer have for them", () => {
  const channels = [{ index: 0 }, { index: 1 }, { index: 7 }]
  const [{ parts }] = needs(PLATE, FIELD, { kind: "planes", level: 0, tiles: [null] }, channels)
  assert.deepEqual(parts.map(({ url }) => url), [0, 1].map((channel) => `/pixels/p/A1/0/v/plane.bin?level=0&channel=${channel}&z=2`))
  const [picture] = needs(PLATE, FIELD, { kind: "picture", level: 1, tiles: [[0, 0, 10, 10]] }, channels)
  assert.equal(picture.parts[0].url, "/pixels/p/A1/0/v/field.jpg?level=1&channels=0:FF0000:0:10:1&z=2&region=0,0,10,10")
})

test("at most four parts are fetched at once, and none twice", () => {
  const parts = ["a", "b", "b", "c", "d", "e", "f"].map((key) => ({ key }))
  const never = () => false
  assert.deepEqual(nextToFetch(parts, new Set(), never).map(({ key }) => key), ["a", "b", "c", "d"])
  assert.deepEqual(nextToFetch(parts, new Set(["x", "a", "y"]), never).map(({ key }) => key), ["b"])
  assert.deepEqual(nextToFetch(parts, new Set(), (key) => key < "e").map(({ key }) => key), ["e", "f"])
})

test("a picture of the plate says by bits which wells are not on it yet", () => {
  assert.deepEqual([...waitingWells("81")], [0, 7])
  assert.deepEqual([...waitingWells("f")], [0, 1, 2, 3])
  assert.deepEqual([...waitingWells("")], [])
})

test("wells are asked about once for each state of the plate", () => {
  const known = new Map([[0, { of: "d" }], [1, { of: "old" }]])
  assert.deepEqual(unknownWells(PLATE, [0, 1, 2, 3], known), [1, 2])
})

test("a place is said with its state, verdict, field and pixel", () => {
  assert.equal(placeText(PLATE, 0, { error: "" }, FIELD, "pass", ["x 1, y 2"]), "A1 · pass · s1 · x 1, y 2")
  assert.equal(placeText(PLATE, 3, undefined, null, "", []), "B1 · listed, but nothing is there")
  assert.equal(placeText(PLATE, 0, undefined, { ...FIELD, error: "broken" }, "", ["x 1, y 2"]), "A1 · s1 · broken")
})

test("a pixel's values are read from the tile that it is in", () => {
  const plane = { width: 2, data: [1, 2, 3, 4] }
  const tiles = [{ tile: [10, 0, 2, 2], planes: [plane, undefined] }, { tile: [0, 0, 2, 2], planes: [{ width: 2, data: [9, 9, 9, 9] }, plane] }]
  const channels = [{ index: 0, name: "DNA" }, { index: 1 }]
  assert.deepEqual(pixelText([11, 1], tiles, channels), ["x 11, y 1", "DNA 4"])
  assert.deepEqual(pixelText([1, 0], tiles, channels), ["x 1, y 0", "DNA 9", "channel 1 2"])
  assert.deepEqual(pixelText([1, 1], [{ tile: null, planes: [plane] }], channels), ["x 1, y 1", "DNA 4"])
})
