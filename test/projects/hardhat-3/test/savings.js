import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { network } from 'hardhat'
import { getAddress, parseEther } from 'viem'

const { networkHelpers, viem } = await network.getOrCreate('pavm')
const { time, loadFixture } = networkHelpers

const YEAR = 365n * 24n * 60n * 60n
const AMOUNT = parseEther('1')

describe('Savings', () => {
  async function deploy() {
    const [owner, other] = await viem.getWalletClients()
    const unlockTime = BigInt(await time.latest()) + YEAR
    const savings = await viem.deployContract('Savings', [unlockTime], { value: AMOUNT })
    return { savings, unlockTime, owner, other, client: await viem.getPublicClient() }
  }

  it('is deployed with what it is to keep', async () => {
    const { savings, unlockTime, owner, client } = await loadFixture(deploy)
    assert.equal(await savings.read.unlockTime(), unlockTime)
    assert.equal(await savings.read.owner(), getAddress(owner.account.address))
    assert.equal(await client.getBalance({ address: savings.address }), AMOUNT)
  })

  it('begins each test with the same chain', async () => {
    const { savings, owner, client } = await loadFixture(deploy)
    await owner.sendTransaction({ to: savings.address, value: 5n })
    const again = await loadFixture(deploy)
    assert.equal(again.savings.address, savings.address)
    assert.equal(await client.getBalance({ address: savings.address }), AMOUNT)
  })

  it('says why it refuses', async () => {
    const { savings, unlockTime, other } = await loadFixture(deploy)
    const { assertions } = viem
    await assertions.revertWith(viem.deployContract('Savings', [1n]), 'the time has passed')
    await assertions.revertWithCustomErrorWithArgs(savings.write.withdraw(), savings, 'TooEarly', [
      (time) => time < unlockTime,
      unlockTime,
    ])
    await assertions.revert(savings.read.share([0n]))
    await assertions.revert(savings.read.never())
    await time.setNextBlockTimestamp(unlockTime)
    await assertions.revertWith(savings.write.withdraw({ account: other.account }), 'not the owner')
  })

  it('pays its owner when the time has come', async () => {
    const { savings, unlockTime, owner } = await loadFixture(deploy)
    await time.setNextBlockTimestamp(unlockTime)
    const { address } = owner.account
    await viem.assertions.balancesHaveChanged(savings.write.withdraw(), [
      { address: savings.address, amount: -AMOUNT },
      { address, amount: AMOUNT },
    ])
    const events = await savings.getEvents.Withdrawn({ to: address }, { fromBlock: 0n })
    assert.equal(events[0]?.args.amount, AMOUNT)
  })

  it('emits what it has paid', async () => {
    const { savings, unlockTime, owner } = await loadFixture(deploy)
    await time.setNextBlockTimestamp(unlockTime)
    const args = [getAddress(owner.account.address), AMOUNT]
    await viem.assertions.emitWithArgs(savings.write.withdraw(), savings, 'Withdrawn', args)
  })
})
