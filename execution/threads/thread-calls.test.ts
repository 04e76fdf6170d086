import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AbiCoder, Interface } from 'ethers'
import { OTHER } from '../evm/fixtures/run-code.ts'
import { contractOf, runAll } from './fixtures/run-threads.ts'
import { THREADS_ADDRESS } from './thread-calls.ts'

const requests = new Interface([
  'function subsol(uint256 id, bytes data)',
  'function join(uint256 id) returns (bool, bytes)',
  'function tid() returns (uint256)',
])

/** Code that calls the reserved address with these bytes, and leaves whether that succeeded. */
function request(input: string, { kind = 'CALL', value = 0, target = THREADS_ADDRESS as string } = {}): string {
  const bytes = input.slice(2)
  const words = Array.from({ length: Math.ceil(bytes.length / 64) }, (_, index) => {
    return `PUSH32 0x${bytes.slice(64 * index, 64 * index + 64).padEnd(64, '0')} ${32 * index} MSTORE`
  })
  const valueWord = kind === 'CALL' || kind === 'CALLCODE' ? `${value}` : ''
  return `${words.join(' ')} 0 0 ${bytes.length / 2} 0 ${valueWord} ${target} 100000 ${kind}`
}

const subsol = (id: number, data: string) => request(requests.encodeFunctionData('subsol', [id, data]))
const returnTop = '0 MSTORE 32 0 RETURN'
/** What the reserved address gave back, the status first. */
const returnAnswer = '0 MSTORE RETURNDATASIZE 0 32 RETURNDATACOPY RETURNDATASIZE 32 ADD 0 RETURN'

function answerTo(
  code: string,
  threads: Record<number, string> = {},
): { readonly status: bigint; readonly data: string } {
  const { exit } = runAll(contractOf(`${code} ${returnAnswer}`, threads))
  assert.equal(exit.kind, 'return')
  const hex = Buffer.from('output' in exit ? exit.output : []).toString('hex')
  return { status: BigInt(`0x${hex.slice(0, 64)}`), data: `0x${hex.slice(64)}` }
}

function refusal(code: string): string {
  const { status, data } = answerTo(code)
  assert.equal(status, 0n)
  return new Interface(['error Error(string)']).decodeErrorResult('Error', data)[0]
}

test('a request that starts a thread does not join those before it; join does', () => {
  const append = (digit: number) => `0 SLOAD 10 MUL ${digit} ADD 0 SSTORE ${digit} ${returnTop}`
  const join = request(requests.encodeFunctionData('join', [2]))
  const { status, data } = answerTo(`${subsol(1, '0x01')} POP ${subsol(2, '0x02')} POP ${join}`, {
    1: append(1),
    2: append(2),
  })
  assert.equal(status, 1n)
  const [returned, output] = requests.decodeFunctionResult('join', data)
  assert.equal(returned, true)
  assert.equal(BigInt(output), 2n)
  const { slots } = runAll(
    contractOf(`${subsol(1, '0x01')} POP ${subsol(2, '0x02')} POP`, { 1: append(1), 2: append(2) }),
  )
  assert.equal(slots[0], 12n)
})

test('input that is no request is refused, whatever is wrong with it', () => {
  const good = requests.encodeFunctionData('subsol', [1, '0x01'])
  const withOffset = (offset: bigint) =>
    `${good.slice(0, 10)}${AbiCoder.defaultAbiCoder().encode(['uint256', 'uint256', 'uint256'], [1n, offset, 1n]).slice(2)}`
  for (const input of [
    '0x',
    '0x01',
    '0x12345678',
    good.slice(0, 10),
    good.slice(0, 74),
    withOffset(1n << 255n),
    withOffset(1_000n),
    withOffset(33n),
  ]) {
    assert.equal(refusal(request(input)), 'PaVM: a request that is none', input)
  }
  const tooLong = `${good.slice(0, 10)}${AbiCoder.defaultAbiCoder()
    .encode(['uint256', 'uint256', 'uint256'], [1n, 64n, 1n << 64n])
    .slice(2)}`
  assert.equal(refusal(request(tooLong)), 'PaVM: a request that is none')
  assert.equal(refusal(request(good, { value: 1 })), 'PaVM: threads take no value')
  assert.equal(refusal(subsol(0, '0x01')), 'PaVM: thread 0 is the one that all begin with')
})

test('other kinds of call find an account without code there', () => {
  const input = requests.encodeFunctionData('tid')
  assert.deepEqual(answerTo(request(input)), { status: 1n, data: `0x${'00'.repeat(32)}` })
  for (const kind of ['CALLCODE', 'DELEGATECALL', 'STATICCALL']) {
    assert.deepEqual(answerTo(request(input, { kind })), { status: 1n, data: '0x' }, kind)
  }
})

test('it is the frame that calls whose request it is, and no other', () => {
  const code = contractOf(
    `${request('0x', { target: OTHER })} POP ${request(requests.encodeFunctionData('join', [1]))} ${returnTop}`,
  )
  const other = contractOf(`${subsol(1, '0x')} POP`)
  assert.equal(runAll(code, { other }).output, 0n)
})
