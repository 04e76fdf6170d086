import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Address, type Hash, type Hex, quantityToHex, wordToAddress, wordToHash } from '../primitives/hex.ts'
import { type DevNode, startDevNode } from './support/dev-node.ts'
import { Random, seedFromEnvironment } from './support/random.ts'

const STEPS = Number(process.env.TEST_STEPS ?? 120)
/** How many steps lie between two looks at everything. */
const LOOK_EVERY = 10
const SENDERS: readonly Address[] = [0xa1n, 0xa2n].map(wordToAddress)
const CONTRACTS: readonly Address[] = [0xc1n, 0xc2n, 0xc3n].map(wordToAddress)
const OTHERS: readonly Address[] = [0xe1n, 0xe2n, 0xe3n, 0xe4n].map(wordToAddress)
const SLOTS = [0n, 1n, 2n, 1n << 255n]
/** Stores the second word of its call data in the slot that the first one names. */
const STORES: Hex = '0x6020355f3555'
const CODES: readonly Hex[] = ['0x', STORES, '0x00', '0x5f5ffd']
const ETHER = 10n ** 18n

type Step = readonly [method: string, ...params: unknown[]]

function word(value: bigint): string {
  return wordToHash(value).slice(2)
}

/** What to do next; the same to both nodes. */
function nextSteps(random: Random, snapshots: number): readonly Step[] {
  const store = (): Hex => `0x${word(random.pick(SLOTS))}${word(BigInt(random.below(3)))}`
  const any = [...SENDERS, ...CONTRACTS, ...OTHERS]
  const send = (): readonly Step[] => {
    const call = random.chance(0.6)
      ? { to: random.pick(CONTRACTS), data: store() }
      : { to: random.pick(any), value: quantityToHex(random.below(3)) }
    return [['eth_sendTransaction', { from: random.pick(SENDERS), gas: '0x30d40', gasPrice: '0x2540be400', ...call }]]
  }
  const steps: readonly (() => readonly Step[])[] = [
    send,
    send,
    send,
    () => [
      [
        'anvil_setStorageAt',
        random.pick(CONTRACTS),
        wordToHash(random.pick(SLOTS)),
        wordToHash(BigInt(random.below(3))),
      ],
    ],
    () => [['anvil_setBalance', random.pick(OTHERS), quantityToHex(random.below(3))]],
    () => [['anvil_setCode', random.pick(CONTRACTS), random.pick(CODES)]],
    () => [['anvil_setNonce', random.pick(OTHERS), quantityToHex(random.below(3))]],
    () => [['anvil_mine', quantityToHex(1 + random.below(3))]],
    () => [['evm_snapshot']],
    () => (snapshots > 0 ? [['evm_revert', quantityToHex(1 + random.below(snapshots))]] : []),
  ]
  return random.pick(steps)()
}

/** What is to be the same on both: of dev accounts, blocks and times only what all of this shows. */
async function picture(node: DevNode, block: string): Promise<unknown> {
  const addresses = [...SENDERS, ...CONTRACTS, ...OTHERS]
  const accounts = await Promise.all(
    addresses.map((address) =>
      Promise.all(
        ['eth_getBalance', 'eth_getTransactionCount', 'eth_getCode'].map((method) =>
          node.request(method, address, block),
        ),
      ),
    ),
  )
  const slots = await Promise.all(
    CONTRACTS.flatMap((address) =>
      SLOTS.map((slot) => node.request('eth_getStorageAt', address, wordToHash(slot), block)),
    ),
  )
  return { accounts, slots }
}

test('a fork goes on as the chain itself would have', async (context) => {
  const seed = seedFromEnvironment()
  context.diagnostic(`TEST_SEED=${seed}`)
  const random = new Random(seed)
  const directory = mkdtempSync(join(tmpdir(), 'pavm-fork-random-'))
  try {
    await using chain = await startDevNode()
    const prepare: Step[] = SENDERS.map((address) => ['anvil_setBalance', address, quantityToHex(ETHER)])
    for (const address of CONTRACTS) {
      // As every contract that a transaction made: with nonce 0 it would be empty without its code, and go with its slots when touched.
      prepare.push(['anvil_setCode', address, STORES], ['anvil_setNonce', address, '0x1'])
      for (const slot of SLOTS) {
        prepare.push(['anvil_setStorageAt', address, wordToHash(slot), wordToHash(BigInt(random.below(3)))])
      }
    }
    for (const address of OTHERS) prepare.push(['anvil_setBalance', address, quantityToHex(random.below(3))])
    for (const step of [...prepare, ['anvil_mine', '0x5'] as const]) await chain.request(...step)
    await using fork = await startDevNode('--fork', chain.url, '--fork-cache', join(directory, 'cache'))
    const point = Number(await fork.request<Hex>('eth_blockNumber'))
    // What the fork is to read later must be asked for by its block: the chain goes on, too.
    const nodes = [chain, fork]
    for (const node of nodes) await node.request('anvil_autoImpersonateAccount', true)
    // A change of the state after the fork point, without a block, would be one of what the fork begins upon.
    for (const node of nodes) await node.request('anvil_mine', '0x1')
    let snapshots = 0
    for (let done = 0; done < STEPS; done++) {
      const steps = nextSteps(random, snapshots)
      for (const [method, ...params] of steps) {
        const answers = await Promise.all(
          nodes.map((node) => node.request(method, ...params).catch((error: Error) => error.message)),
        )
        if (method === 'evm_snapshot') snapshots = Number(answers[0] as Hex)
        if (method === 'evm_snapshot' || method === 'evm_revert') assert.deepEqual(answers[0], answers[1], method)
        if (method !== 'eth_sendTransaction') continue
        const [one, other] = await Promise.all(
          nodes.map((node, index) =>
            node.request<{ status: Hex; gasUsed: Hex; blockNumber: Hex } | null>(
              'eth_getTransactionReceipt',
              answers[index] as Hash,
            ),
          ),
        )
        assert.ok(one != null && other != null, `${String(answers)}`)
        assert.deepEqual([one.status, one.gasUsed, one.blockNumber], [other.status, other.gasUsed, other.blockNumber])
      }
      if (done % LOOK_EVERY !== LOOK_EVERY - 1) continue
      const heads = await Promise.all(nodes.map((node) => node.request<Hex>('eth_blockNumber')))
      assert.equal(heads[0], heads[1])
      assert.deepEqual(await picture(fork, 'latest'), await picture(chain, 'latest'), `after ${done} steps`)
      const earlier = quantityToHex(point + random.below(Number(heads[0]) - point + 1))
      assert.deepEqual(await picture(fork, earlier), await picture(chain, earlier), `of block ${earlier}`)
    }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
})
