const FIRST_BYTES = 4 * 1024
/** Pieces grow with what is there already up to this: so a long text is copied once, when it is sent. */
const LARGEST_BYTES = 256 * 1024

/** A result that is JSON already: UTF-8 that grows while it is made. */
export class JsonText {
  readonly #full: Uint8Array[] = []
  /** Where to write, from `offset` on. */
  bytes: Uint8Array = Buffer.allocUnsafeSlow(FIRST_BYTES)
  offset = 0

  /** Makes room for so many bytes. */
  reserve(count: number): void {
    if (this.offset + count <= this.bytes.length) return
    const twice = Math.min(2 * this.bytes.length, LARGEST_BYTES)
    this.#full.push(this.bytes.subarray(0, this.offset))
    this.bytes = Buffer.allocUnsafeSlow(Math.max(twice, count))
    this.offset = 0
  }

  append(bytes: Uint8Array): void {
    this.reserve(bytes.length)
    this.bytes.set(bytes, this.offset)
    this.offset += bytes.length
  }

  /** A copy of it between two texts. */
  between(head: string, tail: string): Buffer {
    return Buffer.concat([Buffer.from(head), ...this.#full, this.bytes.subarray(0, this.offset), Buffer.from(tail)])
  }
}
