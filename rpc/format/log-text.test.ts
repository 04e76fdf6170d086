import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readLogs } from '../../primitives/encoded-log.ts'
import { randomBytes, randomHex } from '../../primitives/fixtures/item-tree.ts'
import { encodeReceipt } from '../../primitives/receipt.ts'
import { encodeRlp } from '../../primitives/rlp.ts'
import { Random, seedFromEnvironment } from '../../test/support/random.ts'
import { MemoryNode } from '../fixtures/memory-node.ts'
import { LogListText } from './log-text.ts'
import { type FormattedLog, formatLog } from './receipt.ts'

const seed = seedFromEnvironment()
const random = new Random(seed)
const { header } = new MemoryNode().chain.head()

function randomLog() {
  const topics = Array.from({ length: random.below(5) }, () => randomHex(random, 32))
  const length = random.pick([0, 1, 32, 64, random.below(5_000), random.chance(0.02) ? 400_000 : 0])
  return { address: randomHex(random, 20), topics, data: randomBytes(random, length) }
}

/** Logs of some transactions of a block, and the site of each. */
function randomBlock() {
  const receipts = Array.from({ length: random.below(40) }, () => ({
    type: 2 as const,
    status: true,
    cumulativeGasUsed: 1n,
    logsBloom: new Uint8Array(256),
    logs: Array.from({ length: random.below(20) }, randomLog),
  }))
  const sites = receipts.map((_, transactionIndex) => ({
    header: { ...header, number: BigInt(random.below(100_000)), timestamp: BigInt(random.below(2_000_000_000)) },
    blockHash: randomHex(random, 32),
    transactionHash: randomHex(random, 32),
    transactionIndex,
    removed: random.pick([undefined, true, false]),
  }))
  return readLogs(encodeRlp(receipts.map(encodeReceipt))).map((log) => ({ log, site: sites[log.transactionIndex]! }))
}

test(`the text of logs is that of their objects (seed ${seed})`, () => {
  for (let run = 0; run < 60; run++) {
    const list = new LogListText()
    const objects: FormattedLog[] = []
    for (const { log, site } of randomBlock()) {
      const object = formatLog(log.decode(), site, log.logIndex)
      objects.push(object)
      if (random.chance(0.9)) list.add(log, site)
      else list.addObject(object)
    }
    assert.equal(list.end().between('<', '>').toString(), `<${JSON.stringify(objects)}>`, `run ${run}`)
  }
})

test('the largest index of a log has room', () => {
  const receipt = { type: 0, status: true, cumulativeGasUsed: 1n, logsBloom: new Uint8Array(256) } as const
  const [log] = readLogs(encodeRlp([encodeReceipt({ ...receipt, logs: [randomLog()] })]))
  const site = { header, blockHash: randomHex(random, 32), transactionHash: randomHex(random, 32), transactionIndex: 0 }
  const last = Object.assign(log!, { logIndex: Number.MAX_SAFE_INTEGER })
  const list = new LogListText()
  list.add(last, site)
  const object = formatLog(last.decode(), site, Number.MAX_SAFE_INTEGER)
  assert.equal(list.end().between('', '').toString(), JSON.stringify([object]))
})
