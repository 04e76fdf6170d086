/** A result that is JSON already, in pieces of UTF-8, and may be too long for memory. */
export class JsonStream {
  readonly #pieces: AsyncIterable<Uint8Array>

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces
  }

  /** To be called once. */
  begin(): AsyncIterator<Uint8Array> {
    return this.#pieces[Symbol.asyncIterator]()
  }
}

/** The beginning of a stream. */
export interface StreamHead {
  readonly held: readonly Uint8Array[]
  readonly isWhole: boolean
}

/** Reads pieces until they are longer than `maxBytes`, or there are no more. Rejects as the stream does. */
export async function readHead(pieces: AsyncIterator<Uint8Array>, maxBytes: number): Promise<StreamHead> {
  const held: Uint8Array[] = []
  for (let length = 0; length <= maxBytes; ) {
    const next = await pieces.next()
    if (next.done === true) return { held, isWhole: true }
    held.push(next.value)
    length += next.value.length
  }
  return { held, isWhole: false }
}
