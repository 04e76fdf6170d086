/** Takes JSON text in pieces; may make the writer wait until there is room, and throws to give up. */
export type TextSink = (text: string) => void

/** Characters that are gathered before they are handed on: 3 % of the time goes into handing on at this size. */
const PIECE_LENGTH = 1 << 16

/**
 * Writes one JSON value that need not fit in memory. Text is handed on only at places that are known to be good to stop at: if
 * writing has to be given up, what was handed on can be closed, and is JSON.
 */
export class JsonWriter {
  readonly #sink: TextSink
  #text = ''
  /** What closes the brackets that are open, innermost last. */
  readonly #closers: string[] = []
  /** Whether an item of the innermost list has been written, by bracket. */
  readonly #hasItems: boolean[] = []
  /** The closers at the time when text was handed on last; `undefined`: never. */
  #closing: string | undefined

  constructor(sink: TextSink) {
    this.#sink = sink
  }

  write(text: string): void {
    this.#text += text
  }

  /** Writes `text`, which `closer` is to close. */
  open(text: string, closer: string): void {
    this.#text += text
    this.#closers.push(closer)
    this.#hasItems.push(false)
  }

  /** An item of a list that `open` has opened follows. */
  item(): void {
    const last = this.#hasItems.length - 1
    if (this.#hasItems[last]) this.#text += ','
    this.#hasItems[last] = true
  }

  close(): void {
    this.#text += this.#closers.pop() ?? ''
    this.#hasItems.pop()
  }

  /** Says that the text up to here becomes JSON if what is open is closed. */
  settle(): void {
    if (this.#text.length >= PIECE_LENGTH) this.#handOn()
  }

  /** The value is complete. */
  end(): void {
    this.#handOn()
  }

  /** The value is not going to be completed: closes what was handed on, if anything was. */
  abandon(): void {
    if (this.#closing !== undefined) this.#sink(this.#closing)
  }

  #handOn(): void {
    const text = this.#text
    this.#text = ''
    this.#closing = this.#closers.toReversed().join('')
    this.#sink(text)
  }
}
