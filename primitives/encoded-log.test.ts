import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Random, seedFromEnvironment } from '../test/support/random.ts'
import { readLogs } from './encoded-log.ts'
import { DecodeError } from './errors.ts'
import { randomBytes, randomHex } from './fixtures/item-tree.ts'
import { decodeReceipt, encodeReceipt, type Log, type Receipt } from './receipt.ts'
import { asBytes, asList, decodeRlp, encodeRlp } from './rlp.ts'

const seed = seedFromEnvironment()
const random = new Random(seed)

function randomLog(): Log {
  const topics = Array.from({ length: random.below(5) }, () => randomHex(random, 32))
  return { address: randomHex(random, 20), topics, data: randomBytes(random, random.pick([0, 1, 32, 55, 56, 300])) }
}

function randomReceipts(): Receipt[] {
  return Array.from({ length: random.below(6) }, () => ({
    type: random.pick([0, 1, 2, 3, 4] as const),
    status: random.pick([true, false, randomHex(random, 32)]),
    cumulativeGasUsed: BigInt(random.below(1_000_000)),
    logsBloom: randomBytes(random, 256),
    logs: Array.from({ length: random.below(5) }, randomLog),
    ...(random.chance(0.5) ? { operationsHash: randomHex(random, 32) } : {}),
  }))
}

/** The logs with their places, by way of decoded receipts. */
function decodedLogs(encoded: Uint8Array) {
  const items = asList(decodeRlp(encoded, { maxItems: encoded.length }), 'receipts')
  const logs = items
    .map((item) => decodeReceipt(asBytes(item, 'receipt')))
    .flatMap((receipt, transactionIndex) => receipt.logs.map((log) => ({ log, transactionIndex })))
  return logs.map((placed, logIndex) => ({ ...placed, logIndex }))
}

const readInPlace = (encoded: Uint8Array) =>
  readLogs(encoded).map((found) => {
    const { transactionIndex, logIndex } = found
    const log = found.decode()
    assert.deepEqual([found.addressHex(), found.dataLength], [log.address, log.data.length])
    return { log: { ...log, data: log.data.slice() }, transactionIndex, logIndex }
  })

test(`logs read in place are those of decoded receipts (seed ${seed})`, () => {
  for (let run = 0; run < 300; run++) {
    const encoded = encodeRlp(randomReceipts().map(encodeReceipt))
    assert.deepEqual(readInPlace(encoded), decodedLogs(encoded), `run ${run}`)
  }
})

test(`damaged receipts are refused, or read as they are decoded (seed ${seed})`, () => {
  let refused = 0
  for (let run = 0; run < 2_000; run++) {
    const encoded = encodeRlp(randomReceipts().map(encodeReceipt))
    encoded[random.below(encoded.length)]! ^= 1 << random.below(8)
    const damaged = random.chance(0.2) ? encoded.slice(0, random.below(encoded.length)) : encoded
    let expected: unknown
    try {
      expected = decodedLogs(damaged)
    } catch (error) {
      assert.ok(error instanceof DecodeError)
    }
    try {
      const found = readInPlace(damaged)
      // Fields beside the logs are not looked at.
      if (expected !== undefined) assert.deepEqual(found, expected, `run ${run}`)
    } catch (error) {
      assert.ok(error instanceof DecodeError, `run ${run}: ${error}`)
      assert.equal(expected, undefined, `run ${run}: ${error}`)
      refused += 1
    }
  }
  assert.ok(refused > 100)
})
