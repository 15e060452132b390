// Why the server did not send a picture or a plane, in its own words where it gave some.

/** @param {Response} answer @returns {Promise<string>} */
export async function reason(answer) {
  const named = answer.headers.get("X-Error") // of a picture, whose body is one
  if (named) return decodeURIComponent(named)
  const plain = `The server answered ${answer.status}.`
  const text = (await answer.text().catch(() => "")).trim()
  try {
    return JSON.parse(text).error || plain
  } catch {
    return text && text.length < 500 && !text.startsWith("<") ? text : plain
  }
}
