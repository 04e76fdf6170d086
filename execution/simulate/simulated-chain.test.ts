import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type Address, addressToWord, bytesToHex, wordToAddress, ZERO_ADDRESS } from '../../primitives/hex.ts'
import { recoverSender, type Transaction } from '../../primitives/transaction.ts'
import type { BlockRequest, CallRequest } from '../call.ts'
import { assemble } from '../evm/fixtures/assembler.ts'
import {
  ACCOUNTS,
  COINBASE,
  increment,
  STORE,
  setSlot,
  TestChain,
  transaction,
} from '../parallel/fixtures/test-chain.ts'
import type { ExecutionServiceOptions } from '../parallel/service.ts'
import type { SimulatedBlock } from './simulated-block.ts'

const CONTRACT: Address = `0x${'cc'.repeat(20)}`
const POOR: Address = `0x${'dd'.repeat(20)}`
const RICH = ACCOUNTS[0]!.address

interface Simulated {
  readonly chain: TestChain
  simulate(
    blocks: readonly Partial<BlockRequest>[],
    flags?: { readonly validates?: boolean; readonly tracesTransfers?: boolean },
  ): Promise<readonly SimulatedBlock[]>
}

async function open(context: TestContext, options: Partial<ExecutionServiceOptions> = {}): Promise<Simulated> {
  const chain = await TestChain.open(context, { plan: false })
  const service = chain.service(options)
  return {
    chain,
    simulate: (blocks, { validates = false, tracesTransfers = false } = {}) =>
      service.calls.simulate(
        { blocks: blocks.map((block) => ({ header: {}, calls: [], ...block })), validates, tracesTransfers },
        chain.head,
      ),
  }
}

/** Blocks of one call each to a contract with that code, made in the first of them. */
const calling = (source: string, count = 1, request: Partial<CallRequest> = {}): Partial<BlockRequest>[] =>
  Array.from({ length: count }, (_, index) => ({
    ...(index === 0 && { accounts: new Map([[CONTRACT, { code: assemble(source) }]]) }),
    calls: [{ from: RICH, to: CONTRACT, ...request }],
  }))

const outputs = (blocks: readonly SimulatedBlock[]) =>
  blocks.flatMap(({ calls }) => calls.map(({ output }) => BigInt(bytesToHex(output))))
const failsWith = (name: string, code: string) => ({ name, code })

const RETURN_TOP = '0 MSTORE 32 0 RETURN'

test('a block of the calls that a real one has comes to the same state', async (context) => {
  const chain = await TestChain.open(context, { plan: false })
  const service = chain.service()
  const transactions: Transaction[] = [
    transaction({ from: 0, nonce: 0, to: ACCOUNTS[1]!.address, value: 5n }),
    increment(0, 1, 7),
    setSlot(1, 0, 7, 9),
    setSlot(1, 1, 7, 0),
    transaction({ from: 2, nonce: 0, to: STORE, gasLimit: 100_000n }),
    transaction({ from: 3, nonce: 0, to: STORE, data: new Uint8Array(96), gasLimit: 60_000n }),
    transaction({ from: 4, nonce: 0, data: assemble('1 0 SSTORE 0 0 RETURN') }),
    transaction({ from: 5, nonce: 0, data: assemble('0 0 REVERT') }),
  ]
  const base = chain.head
  const { header, transactions: mined } = await chain.extend(service, transactions)
  assert.equal(mined.length, transactions.length)
  const calls = transactions.map((each): CallRequest => {
    assert.equal(each.type, 2)
    const { to, nonce, value, data, gasLimit, maxFeePerGas, maxPriorityFeePerGas } = each
    return { from: recoverSender(each), to, nonce, value, data, gasLimit, maxFeePerGas, maxPriorityFeePerGas }
  })
  const { timestamp, gasLimit, coinbase, baseFeePerGas } = header
  const overrides = { timestamp, gasLimit, coinbase, baseFeePerGas }
  for (const tracesTransfers of [false, true]) {
    const request = { blocks: [{ header: overrides, calls }], validates: true, tracesTransfers }
    const [simulated] = await service.calls.simulate(request, base)
    assert.equal(simulated?.block.header.stateRoot, header.stateRoot)
    assert.equal(simulated?.block.header.receiptsRoot, header.receiptsRoot)
    assert.equal(simulated?.block.header.gasUsed, header.gasUsed)
    assert.equal(simulated?.block.header.requestsHash, header.requestsHash)
    assert.equal(simulated?.calls[3]?.succeeded, true)
    // Clearing the slot pays back.
    assert.ok(simulated.calls[3].peakGas > simulated.calls[3].gasUsed)
  }
})

test('each block stands upon the one before, and BLOCKHASH sees them', async (context) => {
  const { chain, simulate } = await open(context)
  const blocks = await simulate(calling(`1 NUMBER SUB BLOCKHASH ${RETURN_TOP}`, 3))
  const hashes = [chain.head.hash, ...blocks.map(({ hash }) => hash)]
  assert.deepEqual(outputs(blocks), hashes.slice(0, 3).map(BigInt))
  for (const [index, { block }] of blocks.entries()) assert.equal(block.header.parentHash, hashes[index])
  // Adds 1 to slot 0 and returns it.
  const counting = await simulate(calling(`0 SLOAD 1 ADD DUP1 0 SSTORE ${RETURN_TOP}`, 3))
  assert.deepEqual(outputs(counting), [1n, 2n, 3n])
  assert.deepEqual(outputs(await simulate(calling(`0 SLOAD ${RETURN_TOP}`))), [0n])
})

test('a block has what is overridden, and gas limit and coinbase stay for those after it', async (context) => {
  const { simulate } = await open(context)
  const prevRandao = `0x${'12'.repeat(32)}` as const
  const header = { gasLimit: 90_000n, coinbase: POOR, prevRandao, baseFeePerGas: 11n, blobBaseFee: 13n }
  const source = (name: string) => `${name} ${RETURN_TOP}`
  const names = ['GASLIMIT', 'COINBASE', 'PREVRANDAO', 'BASEFEE', 'BLOBBASEFEE']
  for (const [index, expected] of [90_000n, addressToWord(POOR), BigInt(prevRandao), 11n, 13n].entries()) {
    const [first, second] = calling(source(names[index]!), 2)
    const [overridden, next] = outputs(await simulate([{ ...first, header }, second!]))
    assert.equal(overridden, expected, names[index])
    assert.equal(next, index < 2 ? expected : index === 4 ? 1n : 0n, `${names[index]} of the next block`)
  }
  const withdrawals = [{ index: 1n, validatorIndex: 2n, address: POOR, amountInGwei: 3n }]
  const [paid, after] = await simulate([
    { header: { withdrawals } },
    ...calling(`${addressToWord(POOR)} BALANCE ${RETURN_TOP}`),
  ])
  assert.deepEqual(paid?.block.withdrawals, withdrawals)
  assert.deepEqual(outputs([after!]), [3_000_000_000n])
})

test('without validation what names no price is free, even under a base fee', async (context) => {
  const { simulate } = await open(context)
  const header = { baseFeePerGas: 9n }
  const [block] = await simulate([{ header, calls: [{ from: POOR, to: ZERO_ADDRESS }] }])
  assert.equal(block?.calls[0]?.succeeded, true)
  const priced = { from: POOR, to: ZERO_ADDRESS, gasLimit: 21_000n, maxFeePerGas: 9n }
  await assert.rejects(simulate([{ header, calls: [priced] }]), failsWith('TransactionError', 'insufficient-funds'))
  const funded = new Map([[POOR, { balance: 9n * 21_000n }]])
  assert.equal((await simulate([{ header, accounts: funded, calls: [priced] }]))[0]?.calls[0]?.succeeded, true)
  await assert.rejects(
    simulate([{ header, calls: [{ ...priced, from: RICH, maxFeePerGas: 8n }] }]),
    failsWith('TransactionError', 'fee-cap-below-base-fee'),
  )
})

test('with validation nonces and prices are checked; the code of senders is not', async (context) => {
  const { simulate } = await open(context)
  const check = (request: Partial<CallRequest>) =>
    simulate([{ header: { baseFeePerGas: 0n }, calls: [{ from: RICH, to: ZERO_ADDRESS, ...request }] }], {
      validates: true,
    })
  assert.equal((await check({ nonce: 0n }))[0]?.calls[0]?.succeeded, true)
  await assert.rejects(check({ nonce: 1n }), failsWith('TransactionError', 'nonce-too-high'))
  const used = { accounts: new Map([[RICH, { nonce: 5n, code: assemble('STOP') }]]), header: { baseFeePerGas: 0n } }
  const calls = [{ from: RICH, to: ZERO_ADDRESS, nonce: 4n }]
  await assert.rejects(
    simulate([{ ...used, calls }], { validates: true }),
    failsWith('TransactionError', 'nonce-too-low'),
  )
  const next = [{ from: RICH, to: ZERO_ADDRESS, nonce: 5n }]
  assert.equal((await simulate([{ ...used, calls: next }], { validates: true }))[0]?.calls[0]?.succeeded, true)
  await assert.rejects(
    simulate([{ calls: [{ from: RICH, to: ZERO_ADDRESS }] }], { validates: true }),
    failsWith('TransactionError', 'fee-cap-below-base-fee'),
  )
})

test('a moved precompile answers calls of contracts, cold as any other account', async (context) => {
  const { simulate } = await open(context)
  const identity = wordToAddress(4n)
  // Copies the 32 bytes of the word 77 by the contract at `to`, and returns the gas of that or the copy.
  const source = (to: Address, result: string) =>
    `77 0 MSTORE GAS 32 32 32 0 0 ${addressToWord(to)} 50000 CALL POP GAS SWAP1 SUB 64 MSTORE 32 ${result} RETURN`
  const run = async (to: Address, result: string) => {
    const code = assemble(source(to, result))
    const accounts = new Map([
      [CONTRACT, { code }],
      [identity, { movePrecompileToAddress: POOR }],
    ])
    const blocks = [{ accounts, calls: [{ from: RICH, to: CONTRACT }] }, { calls: [{ from: RICH, to: CONTRACT }] }]
    return outputs(await simulate(blocks))
  }
  assert.deepEqual(await run(POOR, '32'), [77n, 0n], 'only in the block that moves it')
  assert.deepEqual(await run(identity, '32'), [0n, 77n])
  const [cold] = await run(POOR, '64')
  const [warm] = await run(identity, '64')
  assert.equal(cold! - warm!, 2_500n + 18n)
})

test('calls of a block share its gas, and all calls what the node allows', async (context) => {
  const { simulate } = await open(context, { callGasLimit: 100_000n })
  const call = { from: RICH, to: ZERO_ADDRESS }
  const header = { gasLimit: 50_000n }
  const [block] = await simulate([{ header, calls: [call, call] }])
  assert.deepEqual(
    block?.block.transactions.map(({ gasLimit }) => gasLimit),
    [50_000n, 29_000n],
  )
  await assert.rejects(
    simulate([{ header, calls: [call, { ...call, gasLimit: 29_001n }] }]),
    failsWith('SimulationError', 'block-gas-exceeded'),
  )
  const [whole] = await simulate([{ calls: [call, call, call, { ...call, gasLimit: 90_000n }] }])
  assert.deepEqual(
    whole?.block.transactions.map(({ gasLimit }) => gasLimit),
    [100_000n, 79_000n, 58_000n, 37_000n],
  )
  await assert.rejects(simulate([{ calls: Array(5).fill(call) }]), failsWith('SimulationError', 'simulation-too-large'))
})

test('it ends in time, between blocks too, and the next one is answered', async (context) => {
  const { simulate } = await open(context, { callTimeoutMs: 100, callGasLimit: 10n ** 12n, callThreads: 1 })
  const endless = { header: { gasLimit: 10n ** 12n }, ...calling('again: @again JUMP')[0] }
  await assert.rejects(simulate([endless]), failsWith('CallError', 'timeout'))
  await assert.rejects(simulate([{}, endless], { tracesTransfers: true }), failsWith('CallError', 'timeout'))
  assert.equal((await simulate([{}])).length, 1)
})

test('transactions are of the oldest type that has what the calls name', async (context) => {
  const { simulate } = await open(context)
  const accessList = [{ address: STORE, slots: [1n] }]
  const call = { from: RICH, to: ZERO_ADDRESS, gasLimit: 100_000n }
  const blobs = { maxFeePerBlobGas: 1n, blobVersionedHashes: [`0x01${'00'.repeat(31)}`] as const }
  const [block] = await simulate([
    {
      calls: [
        call,
        { ...call, gasPrice: 0n },
        { ...call, gasPrice: 0n, accessList },
        { ...call, maxFeePerGas: 0n, accessList },
        { ...call, ...blobs },
        { ...call, authorizationList: [] },
      ],
    },
  ])
  assert.deepEqual(
    block?.block.transactions.map(({ type }) => type),
    [2, 0, 1, 2, 3, 4],
  )
  assert.equal(block?.block.header.blobGasUsed, 131_072n)
  await assert.rejects(
    simulate([{ calls: [{ ...call, ...blobs, to: undefined }] }]),
    failsWith('SimulationError', 'recipient-missing'),
  )
})

test('a system contract without code makes no block', async (context) => {
  const { simulate } = await open(context)
  const withdrawals = '0x00000961ef480eb55e80d19ad83579a64c007002'
  await assert.rejects(
    simulate([{ accounts: new Map([[withdrawals, { code: new Uint8Array() }]]) }]),
    failsWith('SimulationError', 'system-call-failed'),
  )
})

test('the nonce after the last one is 0, where it is not checked', async (context) => {
  const { simulate } = await open(context)
  const accounts = new Map([[RICH, { nonce: 2n ** 64n - 1n }]])
  const call = { from: RICH, to: COINBASE }
  const [block] = await simulate([{ accounts, calls: [call, call] }])
  assert.deepEqual(
    block?.block.transactions.map(({ nonce }) => nonce),
    [2n ** 64n - 1n, 0n],
  )
  await assert.rejects(
    simulate([{ accounts, header: { baseFeePerGas: 0n }, calls: [call] }], { validates: true }),
    failsWith('TransactionError', 'nonce-at-maximum'),
  )
})

test('eth_call finds precompiles where overrides have moved them', async (context) => {
  const chain = await TestChain.open(context, { plan: false })
  const service = chain.service()
  const identity = wordToAddress(4n)
  const overrides = new Map([[identity, { movePrecompileToAddress: POOR }]])
  const call = async (to: Address) => {
    const { output } = await service.calls.call(
      { from: RICH, to, data: Uint8Array.of(7) },
      { ...chain.head, overrides },
    )
    return output
  }
  assert.deepEqual(await call(POOR), Uint8Array.of(7))
  assert.deepEqual(await call(identity), new Uint8Array())
  const wrong = new Map([[POOR, { movePrecompileToAddress: identity }]])
  await assert.rejects(
    service.calls.call({ from: RICH, to: POOR }, { ...chain.head, overrides: wrong }),
    failsWith('SimulationError', 'no-precompile'),
  )
})
