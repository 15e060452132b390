// One file to the server, with progress. A request of the old kind, because `fetch`
// does not tell how far an upload has come.

/**
 * Return `{promise, stop}`; the promise holds the server's answer.
 * @param {string} url @param {string} page its token @param {File} file @param {(part: number) => void} onPart
 */
export function sendFile(url, page, file, onPart) {
  const request = new XMLHttpRequest()
  const promise = new Promise((resolve, reject) => {
    request.open("POST", url)
    request.setRequestHeader("X-Hcs-Page", page)
    request.setRequestHeader("X-Filename", encodeURIComponent(file.name))
    request.setRequestHeader("Content-Type", "application/octet-stream")
    request.upload.addEventListener("progress", (event) => event.lengthComputable && onPart(event.loaded / event.total))
    request.upload.addEventListener("load", () => onPart(1))
    request.addEventListener("load", () => {
      let answer = null
      try {
        answer = JSON.parse(request.responseText)
      } catch { /* said below */ }
      if (request.status < 300 && answer && !answer.error) resolve(answer)
      else reject(new Error(answer?.error || `The server did not take the file (${request.status}).`))
    })
    request.addEventListener("error", () => reject(new Error("The file did not arrive: the connection broke, or the server refused it.")))
    request.addEventListener("abort", () => reject(new Error("Cancelled.")))
    request.send(file)
  })
  return { promise, stop: () => request.abort() }
}
