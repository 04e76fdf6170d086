import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wordToHash } from '../primitives/hex.ts'
import { findCommonAncestor } from './ancestor-search.ts'

/** Two chains that part after `common`; hashes are numbers with a mark for the branch. */
async function search(ourHead: bigint, theirHead: bigint, common: bigint | undefined) {
  let rounds = 0
  const hashOn = (branch: bigint) => (number: bigint) =>
    wordToHash(common !== undefined && number <= common ? number : number + (branch << 128n))
  const ancestor = await findCommonAncestor(
    ourHead,
    {
      ourHash: hashOn(1n),
      theirHashes: async (numbers) => {
        rounds++
        assert.ok(numbers.length >= 1 && numbers.length <= 64, `${numbers.length} numbers`)
        assert.deepEqual(
          numbers,
          [...new Set(numbers)].sort((a, b) => Number(a - b)),
        )
        return numbers.filter((number) => number <= theirHead).map(hashOn(2n))
      },
    },
    64,
  )
  return { ancestor, rounds }
}

test('finds where two chains part, wherever that is', async () => {
  for (const ourHead of [0n, 1n, 2n, 5n, 63n, 64n, 65n, 200n]) {
    for (const theirHead of [0n, 1n, 100n, 300n]) {
      for (let common = 0n; common <= ourHead && common <= theirHead; common++) {
        const { ancestor } = await search(ourHead, theirHead, common)
        assert.equal(ancestor, common, `heads ${ourHead} and ${theirHead}, common ${common}`)
      }
    }
  }
})

test('takes one round near the head, and five at most for a million blocks', async () => {
  assert.deepEqual(await search(1_000_000n, 2_000_000n, 999_995n), { ancestor: 999_995n, rounds: 1 })
  for (const common of [0n, 1n, 123_456n, 777_777n, 999_000n]) {
    const { ancestor, rounds } = await search(1_000_000n, 2_000_000n, common)
    assert.equal(ancestor, common)
    assert.ok(rounds <= 5, `${rounds} rounds for ${common}`)
  }
})

test('tells when there is nothing in common', async () => {
  assert.equal((await search(10n, 10n, undefined)).ancestor, undefined)
})

test('ends, whatever a peer answers', async () => {
  let state = 1
  for (let run = 0; run < 200; run++) {
    let rounds = 0
    await findCommonAncestor(
      100_000n,
      {
        ourHash: (number) => wordToHash(number),
        theirHashes: async (numbers) => {
          rounds++
          assert.ok(rounds < 50, 'too many rounds')
          return numbers.map((number) => {
            state = (state * 48271) % 2147483647
            return wordToHash(state % 2 === 0 ? number : number + 1n)
          })
        },
      },
      64,
    )
  }
})
