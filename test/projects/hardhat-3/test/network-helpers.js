import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { network } from 'hardhat'
import { getAddress, parseEther } from 'viem'

const { networkHelpers: helpers, viem, provider } = await network.getOrCreate('pavm')
const { time } = helpers
const client = await viem.getPublicClient()
const [owner] = await viem.getWalletClients()

const WHALE = getAddress('0x00000000000000000000000000000000000000aa')

describe('network helpers', () => {
  let snapshot
  beforeEach(async () => {
    snapshot = await helpers.takeSnapshot()
  })
  afterEach(() => snapshot.restore())

  const deploy = async () => viem.deployContract('Savings', [BigInt(await time.latest()) + 1_000n])

  it('move time', async () => {
    const start = await time.latest()
    assert.equal(await time.increase(3_600), start + 3_600)
    await time.increaseTo(start + 10_000)
    assert.equal(await time.latest(), start + 10_000)
    await time.setNextBlockTimestamp(start + 20_000)
    await helpers.mine()
    assert.equal(await time.latest(), start + 20_000)
  })

  it('mine', async () => {
    const { number, timestamp } = await client.getBlock()
    await helpers.mine(100, { interval: 15 })
    const block = await client.getBlock()
    assert.equal(block.number, number + 100n)
    assert.ok(block.timestamp >= timestamp + 99n * 15n)
    await helpers.mineUpTo(number + 110n)
    assert.equal((await client.getBlock()).number, number + 110n)
  })

  it('set what accounts have', async () => {
    await helpers.setBalance(WHALE, parseEther('5'))
    await helpers.setNonce(WHALE, 9)
    assert.equal(await client.getBalance({ address: WHALE }), parseEther('5'))
    assert.equal(await client.getTransactionCount({ address: WHALE }), 9)
    const { address } = await deploy()
    await helpers.setCode(WHALE, await client.getCode({ address }))
    await helpers.setStorageAt(WHALE, 0, 77)
    assert.equal(BigInt(await helpers.getStorageAt(WHALE, 0)), 77n)
    assert.equal(await (await viem.getContractAt('Savings', WHALE)).read.unlockTime(), 77n)
  })

  it('send for an account without its key', async () => {
    await helpers.setBalance(WHALE, parseEther('5'))
    await helpers.impersonateAccount(WHALE)
    const whale = await viem.getWalletClient(WHALE)
    const to = owner.account.address
    await viem.assertions.balancesHaveChanged(whale.sendTransaction({ to, value: 3n }), [{ address: to, amount: 3n }])
    await helpers.stopImpersonatingAccount(WHALE)
    await assert.rejects(whale.sendTransaction({ to, value: 3n }), /unknown account/)
  })

  it('set what the next block has', async () => {
    const savings = await deploy()
    await helpers.setNextBlockBaseFeePerGas(20_000_000_000n)
    await helpers.setPrevRandao(7)
    await helpers.setCoinbase(WHALE)
    await helpers.setBlockGasLimit(20_000_000)
    await helpers.mine()
    const { baseFeePerGas, gasLimit, miner, number, timestamp } = await client.getBlock()
    assert.deepEqual([baseFeePerGas, gasLimit, getAddress(miner)], [20_000_000_000n, 20_000_000n, WHALE])
    assert.deepEqual(await savings.read.environment(), [number, timestamp, 7n, WHALE])
  })

  it('drop a transaction from the pool', async () => {
    await provider.request({ method: 'evm_setAutomine', params: [false] })
    const hash = await owner.sendTransaction({ to: WHALE, value: 1n })
    assert.equal(await helpers.dropTransaction(hash), true)
    await helpers.mine()
    await provider.request({ method: 'evm_setAutomine', params: [true] })
    await assert.rejects(client.getTransaction({ hash }), /could not be found/)
  })
})
