// Files of tables on their way to the server.

/** What a file chooser offers as tables. */
export const TABLES = ".csv,.tsv,.txt,.gz,.xlsx,.parquet,.sqlite,.db"

/**
 * Say why files are too large together, "" where they are not.
 * @param {{name: string, size: number}[]} files
 * @param {number} most bytes
 */
export function tooLarge(files, most) {
  const total = files.reduce((sum, file) => sum + file.size, 0)
  if (total <= most) return ""
  const what = files.length === 1 ? `${files[0].name} is` : `${files.length} files are together`
  return `${what} larger than ${Math.round(most / 1048576)} MiB.`
}

/** Names and bytes of files; throws where they are too large, or cannot be read any more.
 *  @param {File[]} files @param {number} most bytes */
export async function tablesOf(files, most) {
  const large = tooLarge(files, most)
  if (large) throw new Error(large)
  return Promise.all(files.map(async (file) => ({ name: file.name, data: await base64(file) }))).catch(() => {
    throw new Error(`${files.map((file) => file.name).join(", ")} cannot be read (any more): choose it again.`)
  })
}

/** The bytes of a file as base64. @param {Blob} file @returns {Promise<string>} */
function base64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(String(reader.result).split(",")[1] ?? "")
    reader.onerror = () => reject(reader.error)
    reader.readAsDataURL(file)
  })
}
