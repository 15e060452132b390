// Why the server did not send a picture or a plane, in its own words where it gave some.

/** A picture, decoded, and the answer that it came in. @param {string} url @param {AbortSignal} signal */
export async function bitmapOf(url, signal) {
  const answer = await fetch(url, { signal })
  if (!answer.ok) throw new Error(await reason(answer))
  return { answer, bitmap: await createImageBitmap(await answer.blob()) }
}

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
