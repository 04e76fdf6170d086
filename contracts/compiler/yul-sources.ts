import type { EditedText } from './edits.ts'

/** A source of the Solidity that Yul was made of. */
export interface YulOrigin {
  /** Number of the source in source maps. */
  readonly id: number
  readonly edited: EditedText
}

/**
 * Source locations through the compilation of Yul, which loses the number of the source: each source gets a range of offsets of its
 * own before, and they are told apart by it afterwards.
 */
export class YulSources {
  readonly #origins: readonly (YulOrigin & { readonly base: number })[]

  constructor(origins: readonly YulOrigin[]) {
    let base = 0
    this.#origins = [...origins]
      .sort((a, b) => a.id - b.id)
      .map((origin) => {
        const based = { ...origin, base }
        base += origin.edited.text.length + 1
        return based
      })
  }

  /** The Yul with its locations in one space of offsets. */
  merge(yul: string): string {
    return yul
      .replace(/^(\s*)\/\/\/ @use-src .*$/gm, '$1/// @use-src 0:"merged"')
      .replace(/\/\/\/ @src (\d+):(\d+):(\d+)/g, (_, id: string, start: string, end: string) => {
        const base = this.#origins.find((origin) => origin.id === Number(id))?.base
        // Text of the compiler's own is nowhere.
        return base === undefined ? '/// @src -1:-1:-1' : `/// @src 0:${base + Number(start)}:${base + Number(end)}`
      })
  }

  /** A source map of merged Yul as one of the sources as they were written. */
  split(sourceMap: string): string {
    return rewriteSourceMap(sourceMap, (start, length) => {
      const origin = this.#origins.findLast(({ base }) => base <= start)
      return origin === undefined ? undefined : originalRange(origin, start - origin.base, length)
    })
  }
}

/** A source map of edited sources as one of the sources as they were written. */
export function originalSourceMap(sourceMap: string, origins: readonly YulOrigin[]): string {
  const byId = new Map(origins.map((origin) => [origin.id, origin]))
  return rewriteSourceMap(sourceMap, (start, length, id) => {
    const origin = byId.get(id)
    return origin === undefined ? undefined : originalRange(origin, start, length)
  })
}

interface Location {
  readonly start: number
  readonly length: number
  readonly id: number
}

const NOWHERE: Location = { start: -1, length: -1, id: -1 }

function originalRange({ id, edited }: YulOrigin, start: number, length: number): Location {
  const range = edited.rangeOf(start, start + length)
  return { start: range.start, length: range.end - range.start, id }
}

/** Every location of a compressed source map put through a function; jumps and depths of modifiers stay. */
function rewriteSourceMap(
  sourceMap: string,
  locate: (start: number, length: number, id: number) => Location | undefined,
): string {
  if (sourceMap === '') return ''
  const last = ['-1', '-1', '-1', '-', '0']
  let written: readonly string[] = ['', '', '', '', '']
  const entries = sourceMap.split(';').map((entry) => {
    for (const [index, field] of entry.split(':').entries()) if (field !== '') last[index] = field
    const [start, length, id] = last.slice(0, 3).map(Number) as [number, number, number]
    const location = start < 0 ? NOWHERE : (locate(start, length, id) ?? NOWHERE)
    const fields = [location.start, location.length, location.id, ...last.slice(3)].map(String)
    const changed = fields.map((field, index) => (field === written[index] ? '' : field))
    written = fields
    return changed.join(':').replace(/:+$/, '')
  })
  return entries.join(';')
}
