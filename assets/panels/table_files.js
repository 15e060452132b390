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

/** The bytes of a file as base64. @param {Blob} file @returns {Promise<string>} */
export function base64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(String(reader.result).split(",")[1] ?? "")
    reader.onerror = () => reject(reader.error)
    reader.readAsDataURL(file)
  })
}
