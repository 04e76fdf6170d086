import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomThreadProgram } from '../execution/threads/fixtures/random-program.ts'
import { contractOf } from '../execution/threads/fixtures/run-threads.ts'
import { wordToAddress } from '../primitives/hex.ts'
import { checkDatabase } from '../storage/checker.ts'
import { BlockLab, labGenesis } from './support/block-lab.ts'
import { assertSame, waysOf } from './support/every-way.ts'
import { Random, seedFromEnvironment } from './support/random.ts'
import { send, testAccounts } from './support/test-accounts.ts'

const PROGRAMS = Number(process.env.THREAD_PROGRAMS ?? 120)
const PER_BLOCK = 20
const POOLS = [1, 2, 4]

test(`${PROGRAMS} random programs with threads: blocks come out the same in every way of executing them`, async (t) => {
  const seed = seedFromEnvironment()
  t.diagnostic(`TEST_SEED=${seed}`)
  const random = new Random(seed)
  const senders = testAccounts('threads', PER_BLOCK)
  const programs = Array.from({ length: PROGRAMS }, (_, index) => {
    const address = wordToAddress(0x7000_0000n + 2n * BigInt(index))
    const other = wordToAddress(0x7000_0001n + 2n * BigInt(index))
    return {
      address,
      other,
      ...randomThreadProgram(random, { contract: address, other, mayTell: random.below(2) === 0 }),
    }
  })
  const genesis = labGenesis([
    ...senders.map(({ address }) => [address, { balance: 10n ** 20n }] as const),
    ...programs.flatMap(({ address, other, code, otherCode }) => [
      [address, { balance: 10n, nonce: 1n, code }] as const,
      [other, { nonce: 1n, code: otherCode }] as const,
    ]),
  ])
  const lab = await BlockLab.open({ genesis, pools: POOLS })
  t.after(() => lab.close())
  await lab.start()
  const ways = waysOf(lab, POOLS)
  let succeeded = 0
  for (let first = 0; first < PROGRAMS; first += PER_BLOCK) {
    // Some of them are called several times, so that transactions conflict.
    const transactions = senders.map((sender) => {
      const { address } = programs[Math.min(PROGRAMS - 1, first + random.below(PER_BLOCK))]!
      return send(sender, { to: address, data: new Uint8Array(0), gasLimit: BigInt(60_000 + random.below(2_000_000)) })
    })
    const made = await lab.build(transactions)
    try {
      for (const way of ways) await assertSame(way, made, lab)
    } catch (error) {
      throw new Error(`TEST_SEED=${seed}, block ${made.block.header.number}`, { cause: error })
    }
    succeeded += made.processed.executed.receipts.filter((receipt) => 'status' in receipt && receipt.status).length
    await lab.append(made)
    lab.synchroniseNonces(senders)
  }
  t.diagnostic(`${succeeded} of the transactions succeeded`)
  assert.ok(succeeded > PROGRAMS / 10)
  assert.deepEqual((await checkDatabase(lab.node.database)).problems, [])
})

test('threads that only compute run on the replay threads, also while blocks are made', async (t) => {
  const [sender] = testAccounts('threads', 1)
  const contract = wordToAddress(0x7000_0000n)
  const subsol = (id: number) => `1 PUSH0 MSTORE8 1 PUSH0 ${id} SUBSOL`
  const loop = '0 again: 1 ADD DUP1 100000 GT @again JUMPI PUSH0 MSTORE 32 PUSH0 RETURN'
  const code = contractOf(`${subsol(1)} ${subsol(2)} 32 0 2 JOIN 0 MLOAD ADD 1 SSTORE`, { 1: loop })
  const genesis = labGenesis([
    [sender!.address, { balance: 10n ** 20n }],
    [contract, { nonce: 1n, code }],
  ])
  const lab = await BlockLab.open({ genesis, pools: [2] })
  t.after(() => lab.close())
  await lab.start()
  for (let round = 0; round < 3; round++) {
    const made = await lab.build([send(sender!, { to: contract, data: new Uint8Array(0), gasLimit: 16_000_000n })])
    await assertSame({ name: 'split', executor: lab.executor('split', 2) }, made, lab)
    await lab.append(made)
  }
  assert.equal(lab.node.states.headView().slot(contract, 1n), 100_001n)
})
