import type { Hash } from '../primitives/hex.ts'

/** What is asked of the two chains. */
export interface ChainComparison {
  /** Canonical hash of our block with the number. */
  ourHash(number: bigint): Hash | undefined
  /** Canonical hashes of the peer's blocks with the numbers; shorter where its chain ends. */
  theirHashes(numbers: readonly bigint[]): Promise<readonly Hash[]>
}

/**
 * The highest number at which both chains have the same block; `undefined` when not even genesis is the same. Each round
 * asks for as many hashes as one request may, spread over what is left: the first ones close to our head, where branches
 * mostly part. A million blocks take five rounds of 64 at most.
 */
export async function findCommonAncestor(
  ourHead: bigint,
  chains: ChainComparison,
  maxNumbers: number,
): Promise<bigint | undefined> {
  let low: bigint | undefined
  let high = ourHead + 1n
  let numbers = numbersFromHead(ourHead, maxNumbers)
  for (;;) {
    const hashes = await chains.theirHashes(numbers)
    for (const [index, number] of numbers.entries()) {
      const isCommon = hashes[index] !== undefined && hashes[index] === chains.ourHash(number)
      if (isCommon && (low === undefined || number > low)) low = number
      if (!isCommon && number < high) high = number
    }
    // A chain that changed meanwhile can make the answers contradict each other; the lower bound is then as good as any.
    if (low === undefined || low + 1n >= high) return low
    numbers = numbersBetween(low, high, maxNumbers)
  }
}

/** Ascending: genesis, then ever closer together, our head last. */
function numbersFromHead(head: bigint, count: number): bigint[] {
  const numbers: bigint[] = []
  let distance = 0n
  while (head - distance > 0n && numbers.length < count - 1) {
    numbers.push(head - distance)
    distance = distance < BigInt(count / 4) ? distance + 1n : distance * 2n
  }
  numbers.push(0n)
  return numbers.reverse()
}

/** Ascending, evenly spread, without the ends. */
function numbersBetween(low: bigint, high: bigint, count: number): bigint[] {
  const gap = high - low
  const step = gap > BigInt(count) ? gap / BigInt(count) : 1n
  const numbers: bigint[] = []
  for (let number = low + step; number < high && numbers.length < count; number += step) numbers.push(number)
  return numbers
}
