import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { MadeBlock } from '../consensus/control/miner.ts'
import type { Hash } from '../primitives/hex.ts'
import { StorageError } from '../storage/storage-error.ts'
import { type DevChain, startDevParts } from './fixtures/dev-chain.ts'
import type { Parts } from './parts.ts'

const MOST_TURNS = 10_000

async function ask<T>({ rpc }: Parts, method: string, ...params: unknown[]): Promise<T> {
  const answer = await rpc!.answer(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }))
  const { result, error } = JSON.parse(answer!) as { readonly result?: T; readonly error?: unknown }
  assert.equal(error, undefined)
  return result as T
}

function paymentOf({ accounts: [sender, receiver] }: Pick<DevChain, 'accounts'>) {
  return { from: sender!.address, to: receiver!.address, value: '0x1', gas: '0x5208' }
}

async function untilMade({ controls }: Parts): Promise<MadeBlock> {
  for (let turns = 0; turns < MOST_TURNS; turns++) {
    const made = controls!.miner.made
    if (made !== undefined) return made
    await nextTurn()
  }
  throw new Error('no block was seen between its making and its storing')
}

test('a receipt is told while its block is yet to be stored, and stays the same; all others wait for the block', async (t) => {
  const parts = await startDevParts(t)
  const head = () => Number(parts.core.chain.head().header.number)
  for (let number = 1; number <= 3; number++) {
    const hash = await ask<Hash>(parts, 'eth_sendTransaction', paymentOf(parts))
    const made = await untilMade(parts)
    assert.equal(head(), number - 1)
    const asked = [
      ask<object>(parts, 'eth_getTransactionReceipt', hash).then((receipt) => ({ receipt, head: head() })),
      // Nobody else is told of it, nor of what is not in it.
      ask<string>(parts, 'eth_blockNumber').then((block) => ({ block, head: head() })),
      ask<object>(parts, 'eth_getTransactionReceipt', `0x${'12'.repeat(32)}`).then((receipt) => ({
        receipt,
        head: head(),
      })),
    ]
    const [early, blockNumber, unknown] = await Promise.all(asked)
    assert.deepEqual(blockNumber, { block: `0x${number}`, head: number })
    assert.deepEqual(unknown, { receipt: null, head: number })
    assert.equal(early!.head, number - 1)
    assert.equal(parts.controls!.miner.made, undefined)
    assert.equal(parts.core.chain.head().hash, made.hash)
    assert.deepEqual(early, {
      receipt: await ask<object>(parts, 'eth_getTransactionReceipt', hash),
      head: number - 1,
    })
  }
})

test('blocks that were asked for, and those with nobody who waits, are stored as they are made', async (t) => {
  const parts = await startDevParts(t)
  await ask(parts, 'evm_setAutomine', false)
  const hash = await ask<Hash>(parts, 'eth_sendTransaction', paymentOf(parts))
  let seen = false
  let isLooking = true
  const look = () => {
    seen ||= parts.controls!.miner.made !== undefined
    if (isLooking) setImmediate(look)
  }
  look()
  await ask(parts, 'hardhat_mine', '0x3')
  assert.notEqual(await ask(parts, 'eth_getTransactionReceipt', hash), null)
  assert.equal(await ask(parts, 'eth_blockNumber'), '0x3')
  isLooking = false
  assert.equal(seen, false)
})

test('where the disk fails after the receipt, whoever asks next is told, and the block is none', async (t) => {
  const parts = await startDevParts(t)
  const hash = await ask<Hash>(parts, 'eth_sendTransaction', paymentOf(parts))
  const failing = t.mock.method(parts.core.chain, 'importBlock', async () => {
    throw new StorageError('disk-full', 'no space left')
  })
  await untilMade(parts)
  const early = ask(parts, 'eth_getTransactionReceipt', hash)
  const next = parts.rpc!.answer(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_blockNumber', params: [] }))
  assert.notEqual(await early, null)
  assert.match((await next)!, /"error"/)
  assert.equal(parts.controls!.miner.made, undefined)
  failing.mock.restore()
  assert.equal(await ask(parts, 'eth_getTransactionReceipt', hash), null)
  assert.equal(await ask(parts, 'eth_blockNumber'), '0x0')
  // The pool has it still: it is in the next block.
  await ask(parts, 'evm_mine')
  assert.notEqual(await ask(parts, 'eth_getTransactionReceipt', hash), null)
})
