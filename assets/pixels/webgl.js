// Draws planes with WebGL2: pixel values stay as they are in integer or float textures,
// contrast and colour are uniforms, so that changing them costs one draw and no request.

import { parts } from "../core/colours.js"

const MAX_CHANNELS = 8 // texture units that every WebGL2 device has to spare

/** Names of the inner format, of the format and of the type, and the kind of sampler, by the type of the pixels. */
const FORMATS = /** @type {const} */ ({
  uint8: ["R8UI", "RED_INTEGER", "UNSIGNED_BYTE", "usampler2D"],
  bool: ["R8UI", "RED_INTEGER", "UNSIGNED_BYTE", "usampler2D"],
  uint16: ["R16UI", "RED_INTEGER", "UNSIGNED_SHORT", "usampler2D"],
  uint32: ["R32UI", "RED_INTEGER", "UNSIGNED_INT", "usampler2D"],
  int8: ["R8I", "RED_INTEGER", "BYTE", "isampler2D"],
  int16: ["R16I", "RED_INTEGER", "SHORT", "isampler2D"],
  int32: ["R32I", "RED_INTEGER", "INT", "isampler2D"],
  float32: ["R32F", "RED", "FLOAT", "sampler2D"],
})

/** @param {string} dtype */
const formatOf = (dtype) => FORMATS[/** @type {keyof typeof FORMATS} */ (dtype)]

const VERTEX = `#version 300 es
void main() {
  vec2 corner = vec2((gl_VertexID << 1) & 2, gl_VertexID & 2);
  gl_Position = vec4(corner * 2.0 - 1.0, 0.0, 1.0);
}`

/** @param {string} sampler @param {number} channels */
function fragment(sampler, channels) {
  const each = Array.from({ length: channels }, (_, i) => i)
  return `#version 300 es
precision highp float;
precision highp int;
precision highp ${sampler};
${each.map((i) => `uniform ${sampler} plane${i};`).join("\n")}
uniform vec3 colour[${channels}];
uniform vec3 window[${channels}];
uniform vec2 origin;
uniform vec2 stride;
uniform vec2 extent;
uniform float height;
uniform int taps;
out vec4 painted;
float shade(float value, vec3 limits) {
  float part = clamp((value - limits.x) / max(limits.y - limits.x, 1e-20), 0.0, 1.0);
  return limits.z == 1.0 ? part : pow(part, limits.z);
}
void main() {
  vec2 screen = vec2(gl_FragCoord.x - 0.5, height - gl_FragCoord.y - 0.5);
  vec2 start = origin + screen * stride;
  vec2 middle = start + 0.5 * stride;
  if (middle.x < 0.0 || middle.y < 0.0 || middle.x >= extent.x || middle.y >= extent.y) {
    painted = vec4(0.0);
    return;
  }
  ivec2 last = ivec2(extent) - 1;
  vec3 light = vec3(0.0);
  float share = 1.0 / float(taps * taps);
  for (int row = 0; row < taps; row++) {
    for (int column = 0; column < taps; column++) {
      vec2 offset = (vec2(column, row) + 0.5) / float(taps);
      ivec2 at = clamp(ivec2(floor(start + offset * stride)), ivec2(0), last);
${each.map((i) => `      light += share * colour[${i}] * shade(float(texelFetch(plane${i}, at, 0).r), window[${i}]);`).join("\n")}
    }
  }
  painted = vec4(min(light, 1.0), 1.0);
}`
}

export class Painter {
  /** Throws where the browser has no WebGL2. @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    const gl = canvas.getContext("webgl2", { antialias: false, alpha: true, premultipliedAlpha: true, preserveDrawingBuffer: true })
    if (!gl) throw new Error("This browser has no WebGL2.")
    this.canvas = canvas
    this.gl = gl
    /** @type {Map<string, WebGLProgram>} */
    this.programs = new Map()
    /** @type {Map<Plane, WebGLTexture>} */
    this.textures = new Map()
    this.float = false // whether what is kept is drawn as floats
    this.limit = gl.getParameter(gl.MAX_TEXTURE_SIZE)
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1)
  }

  get lost() {
    return this.gl.isContextLost()
  }

  /** @param {string} sampler @param {number} channels */
  program(sampler, channels) {
    const key = `${sampler}${channels}`
    const program = this.programs.get(key) ?? this.compile(fragment(sampler, channels))
    this.programs.set(key, program)
    return program
  }

  /** @param {string} source */
  compile(source) {
    const { gl } = this
    const program = gl.createProgram()
    for (const [kind, text] of /** @type {[number, string][]} */ ([[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, source]])) {
      const shader = gl.createShader(kind)
      if (!shader) continue // the context is lost
      gl.shaderSource(shader, text)
      gl.compileShader(shader)
      gl.attachShader(program, shader)
      gl.deleteShader(shader)
    }
    gl.linkProgram(program)
    if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program) || "The shader does not link.")
    return program
  }

  /** The texture of a plane; `float` where it is drawn beside planes of another kind. @param {Plane} plane @param {boolean} float */
  texture(plane, float) {
    const { gl } = this
    const made = this.textures.get(plane)
    if (made) return made
    const kind = float ? "float32" : plane.dtype
    const data = kind === "float32" && !(plane.data instanceof Float32Array) ? Float32Array.from(plane.data) : plane.data
    const [inside, format, type] = formatOf(kind)
    const texture = gl.createTexture()
    gl.bindTexture(gl.TEXTURE_2D, texture)
    for (const name of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, name, gl.NEAREST)
    for (const name of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.texParameteri(gl.TEXTURE_2D, name, gl.CLAMP_TO_EDGE)
    gl.texImage2D(gl.TEXTURE_2D, 0, gl[inside], plane.width, plane.height, 0, gl[format], gl[type], data)
    this.textures.set(plane, texture)
    return texture
  }

  /** Forget the textures of planes that are not among `planes`. @param {Plane[]} planes */
  keep(planes) {
    const used = new Set(planes)
    for (const [plane, texture] of this.textures) {
      if (used.has(plane)) continue
      this.gl.deleteTexture(texture)
      this.textures.delete(plane)
    }
  }

  /**
   * Draw `layers` (`{plane, color, low, high, gamma}`, all planes of one size) where
   * `viewport` looks; `size` is that of level 0, `ratio` pixels of the canvas a screen
   * pixel. A coarse picture takes one pixel of the planes for each of its own.
   * @param {(ChannelLook & {plane: Plane})[]} layers @param {Viewport} viewport @param {[number, number]} size @param {number} ratio
   */
  draw(layers, viewport, size, ratio, coarse = false) {
    const { gl, canvas } = this
    gl.viewport(0, 0, canvas.width, canvas.height)
    gl.clearColor(0, 0, 0, 0)
    gl.clear(gl.COLOR_BUFFER_BIT)
    const drawn = layers.slice(0, MAX_CHANNELS)
    if (!drawn.length) return
    const { plane } = drawn[0]
    // 64-bit numbers come as what they fit into, which may differ from plane to plane.
    const kinds = new Set(drawn.map((layer) => formatOf(layer.plane.dtype)?.[3] ?? "sampler2D"))
    const float = kinds.size > 1 || kinds.has("sampler2D")
    const program = this.program(float ? "sampler2D" : [...kinds][0], drawn.length)
    if (float !== this.float) this.keep([])
    this.float = float
    gl.useProgram(program)
    const to = (/** @type {string} */ name) => gl.getUniformLocation(program, name)
    const perPixel = [plane.width / size[0], plane.height / size[1]]
    const [left, top] = viewport.origin()
    const stride = /** @type {const} */ ([perPixel[0] / viewport.scale / ratio, perPixel[1] / viewport.scale / ratio])
    gl.uniform2f(to("origin"), (-left / viewport.scale) * perPixel[0], (-top / viewport.scale) * perPixel[1])
    gl.uniform2f(to("stride"), ...stride)
    gl.uniform2f(to("extent"), plane.width, plane.height)
    gl.uniform1f(to("height"), canvas.height)
    gl.uniform1i(to("taps"), coarse ? 1 : Math.max(1, Math.min(4, Math.round(stride[0]))))
    gl.uniform3fv(to("colour"), drawn.flatMap((layer) => parts(layer.color)))
    gl.uniform3fv(to("window"), drawn.flatMap((layer) => [layer.low, layer.high, layer.gamma]))
    drawn.forEach((layer, unit) => {
      gl.activeTexture(gl.TEXTURE0 + unit)
      gl.bindTexture(gl.TEXTURE_2D, this.texture(layer.plane, float))
      gl.uniform1i(to(`plane${unit}`), unit)
    })
    gl.drawArrays(gl.TRIANGLES, 0, 3)
  }

  /** Wait until what was asked for is painted. */
  finish() {
    const { gl } = this
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4))
  }

  dispose() {
    this.keep([])
    for (const program of this.programs.values()) this.gl.deleteProgram(program)
    this.gl.getExtension("WEBGL_lose_context")?.loseContext()
  }
}
