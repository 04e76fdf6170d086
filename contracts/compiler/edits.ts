import type { ByteText } from './byte-text.ts'

/** A stretch of text that goes in: new, copied from a range of the text that is edited, or new and about a place in that. */
export type Piece =
  | string
  | { readonly start: number; readonly end: number }
  | { readonly text: string; readonly about: number }

interface Edit {
  readonly start: number
  readonly end: number
  readonly pieces: readonly Piece[]
}

/** Replacements in a text, collected in any order; they must not overlap. */
export class Edits {
  readonly #edits: Edit[] = []

  replace(start: number, end: number, ...pieces: readonly Piece[]): void {
    this.#edits.push({ start, end, pieces })
  }

  /** What is inserted at one place stays in the order of these calls, and before what replaces from there on. */
  insert(at: number, ...pieces: readonly Piece[]): void {
    this.replace(at, at, ...pieces)
  }

  add(other: Edits): void {
    this.#edits.push(...other.#edits)
  }

  apply(text: ByteText): EditedText {
    const isReplacement = (edit: Edit) => (edit.end > edit.start ? 1 : 0)
    const edits = [...this.#edits].sort((a, b) => a.start - b.start || isReplacement(a) - isReplacement(b))
    const result = new EditedText()
    let at = 0
    for (const { start, end, pieces } of edits) {
      if (start < at) throw new Error(`edits overlap at ${start}`)
      result.copy(text, at, start)
      for (const piece of pieces) {
        if (typeof piece === 'string') result.write(piece, start)
        else if ('text' in piece) result.write(piece.text, piece.about)
        else result.copy(text, piece.start, piece.end)
      }
      at = end
    }
    result.copy(text, at, text.length)
    return result
  }
}

interface Segment {
  readonly start: number
  /** Where it comes from; for new text, where it was put or what it is about. */
  readonly origin: number
  readonly isCopy: boolean
}

/** A text after edits that knows where each of its bytes was before them. */
export class EditedText {
  text: ByteText = ''
  readonly #segments: Segment[] = []

  copy(text: ByteText, start: number, end: number): void {
    if (end <= start) return
    this.#segments.push({ start: this.text.length, origin: start, isCopy: true })
    this.text += text.slice(start, end)
  }

  write(text: ByteText, origin: number): void {
    if (text === '') return
    this.#segments.push({ start: this.text.length, origin, isCopy: false })
    this.text += text
  }

  /** Where the byte at this offset was; for new text, where it was put or what it is about. */
  originOf(offset: number): number {
    const segment = this.#segmentAt(offset)
    if (segment === undefined) return 0
    return segment.isCopy ? segment.origin + offset - segment.start : segment.origin
  }

  /** Whether the byte at this offset was not there before. */
  isNew(offset: number): boolean {
    return this.#segmentAt(offset)?.isCopy === false
  }

  /** The range before the edits that a range after them is about. */
  rangeOf(start: number, end: number): { readonly start: number; readonly end: number } {
    const origin = this.originOf(start)
    if (end <= start) return { start: origin, end: origin }
    const last = this.isNew(end - 1) ? this.originOf(end - 1) : this.originOf(end - 1) + 1
    return { start: origin, end: Math.max(origin, last) }
  }

  #segmentAt(offset: number): Segment | undefined {
    let low = 0
    let high = this.#segments.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#segments[middle] as Segment).start <= offset) low = middle + 1
      else high = middle
    }
    return this.#segments[low - 1]
  }
}
