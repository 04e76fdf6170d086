import type { BlockAccessIndex, Change } from '../../primitives/block-access-list.ts'

/** The last of the changes, which ascend by index, with a smaller index than the one given; `undefined` if there is none. */
export function changeBefore<T>(changes: readonly Change<T>[], index: BlockAccessIndex): Change<T> | undefined {
  let low = 0
  let high = changes.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (changes[middle]!.index < index) low = middle + 1
    else high = middle
  }
  return changes[low - 1]
}
