import type { SharedBytes } from './protocol.ts'

/** Copies byte strings into shared memory. */
export function shareBytes(parts: readonly Uint8Array[]): SharedBytes {
  let length = 0
  const ends = parts.map((part) => {
    length += part.length
    return length
  })
  const memory = new SharedArrayBuffer(length)
  const bytes = new Uint8Array(memory)
  for (const [index, part] of parts.entries()) bytes.set(part, ends[index]! - part.length)
  return { memory, ends }
}

/** A private copy of one of the strings: native and WASM code does not take shared memory. */
export function readShared({ memory, ends }: SharedBytes, index: number): Uint8Array {
  const end = ends[index]
  if (end === undefined) throw new RangeError(`no byte string ${index} among ${ends.length}`)
  return new Uint8Array(memory).slice(index === 0 ? 0 : ends[index - 1], end)
}
