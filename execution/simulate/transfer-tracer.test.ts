import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Address, addressToWord, wordToAddress, wordToHash } from '../../primitives/hex.ts'
import { assemble } from '../evm/fixtures/assembler.ts'
import { CALLER, CONTRACT, OTHER, runCode } from '../evm/fixtures/run-code.ts'
import { TransferTracer } from './transfer-tracer.ts'

const TARGET = addressToWord(OTHER)

/** What the call's logs are, in short: `log n` with the topic, or from, to and wei; and the index of each. */
function run(source: string, { value = 0n, other = '', tracer = new TransferTracer() } = {}): [string, number][] {
  const { exit, state } = runCode(source, {
    value,
    tracer,
    account: { balance: 100n },
    others: [[OTHER, { nonce: 1n, balance: 5n, code: assemble(other) }]],
  })
  const { logs } = state.endTransaction()
  return tracer.take(exit.kind === 'return' ? logs : []).map(({ address, topics, data, index }) => {
    if (address !== '0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee') return [`log ${BigInt(topics[0]!)}`, index]
    assert.equal(topics[0], '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef')
    const wei = BigInt(`0x${Buffer.from(data).toString('hex')}`)
    return [`${name(topics[1]!)} ${name(topics[2]!)} ${wei}`, index]
  })
}

const NAMES = new Map([CALLER, CONTRACT, OTHER].map((address) => [wordToHash(addressToWord(address)), address]))
const LABELS: Readonly<Record<Address, string>> = { [CALLER]: 'caller', [CONTRACT]: 'contract', [OTHER]: 'other' }
const name = (topic: string): string => LABELS[NAMES.get(topic as Address) ?? wordToAddress(0n)] ?? topic

const log = (topic: number) => `${topic} 0 0 LOG1`
const call = (value: number, kind = 'CALL') => `0 0 0 0 ${value} ${TARGET} 50000 ${kind} POP`

test('transfers stand among the logs of the code, in the order in which they happen', () => {
  assert.deepEqual(run(`${log(1)} ${call(3)} ${log(2)} STOP`, { value: 7n, other: `${log(9)} STOP` }), [
    ['caller contract 7', 0],
    ['log 1', 1],
    ['contract other 3', 2],
    ['log 9', 3],
    ['log 2', 4],
  ])
})

test('calls without value, and those that only run code of others, move nothing', () => {
  const delegate = `0 0 0 0 ${TARGET} 50000 DELEGATECALL POP`
  assert.deepEqual(run(`${call(0)} ${call(3, 'CALLCODE')} ${delegate} STOP`, { other: 'STOP' }), [])
})

test('what a failed frame did is gone, but counts in the indexes', () => {
  assert.deepEqual(run(`${call(3)} ${log(2)} STOP`, { other: `${log(9)} 0 0 REVERT` }), [['log 2', 2]])
  assert.deepEqual(run(`${call(3)} ${log(2)} STOP`, { other: `${log(9)} INVALID` }), [['log 2', 2]])
})

test('a LOG or SELFDESTRUCT that halts did nothing at all', () => {
  assert.deepEqual(run(`${call(0)} ${log(2)} STOP`, { other: '0 LOG1' }), [['log 2', 0]])
  assert.deepEqual(run(`${call(0)} ${log(2)} STOP`, { other: 'SELFDESTRUCT' }), [['log 2', 0]])
})

test('SELFDESTRUCT moves what is there', () => {
  assert.deepEqual(run(`${call(3)} STOP`, { other: `${addressToWord(CALLER)} SELFDESTRUCT` }), [
    ['contract other 3', 0],
    ['other caller 8', 1],
  ])
})

test('indexes count on over the calls of a block, those that failed included', () => {
  const tracer = new TransferTracer()
  assert.deepEqual(run('STOP', { value: 1n, tracer }), [['caller contract 1', 0]])
  assert.deepEqual(run('INVALID', { value: 2n, tracer }), [])
  assert.deepEqual(run('STOP', { value: 3n, tracer }), [['caller contract 3', 2]])
})
