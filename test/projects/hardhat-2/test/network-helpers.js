const helpers = require('@nomicfoundation/hardhat-network-helpers')
const { expect } = require('chai')
const { ethers, network } = require('hardhat')

const WHALE = ethers.getAddress('0x00000000000000000000000000000000000000aa')
const { time } = helpers

describe('network helpers', () => {
  let snapshot
  beforeEach(async () => {
    snapshot = await helpers.takeSnapshot()
  })
  afterEach(() => snapshot.restore())

  const latest = () => ethers.provider.getBlock('latest')

  it('move time', async () => {
    const start = await time.latest()
    expect(await time.increase(3_600)).to.equal(start + 3_600)
    await time.increaseTo(start + 10_000)
    expect(await time.latest()).to.equal(start + 10_000)
    await time.setNextBlockTimestamp(start + 20_000)
    await helpers.mine()
    expect(await time.latest()).to.equal(start + 20_000)
    expect(await time.latestBlock()).to.equal((await latest()).number)
  })

  it('mine', async () => {
    const { number, timestamp } = await latest()
    await helpers.mine(100, { interval: 15 })
    const block = await latest()
    expect(block.number).to.equal(number + 100)
    expect(block.timestamp).to.be.at.least(timestamp + 99 * 15)
    await helpers.mineUpTo(number + 110)
    expect((await latest()).number).to.equal(number + 110)
  })

  it('set what accounts have', async () => {
    await helpers.setBalance(WHALE, ethers.parseEther('5'))
    await helpers.setNonce(WHALE, 9)
    expect(await ethers.provider.getBalance(WHALE)).to.equal(ethers.parseEther('5'))
    expect(await ethers.provider.getTransactionCount(WHALE)).to.equal(9)
    const savings = await ethers.deployContract('Savings', [(await time.latest()) + 1_000])
    await helpers.setCode(WHALE, await ethers.provider.getCode(savings))
    await helpers.setStorageAt(WHALE, 0, 77)
    expect(BigInt(await helpers.getStorageAt(WHALE, 0))).to.equal(77n)
    expect(await savings.attach(WHALE).unlockTime()).to.equal(77n)
  })

  it('send for an account without its key', async () => {
    await helpers.setBalance(WHALE, ethers.parseEther('5'))
    await helpers.impersonateAccount(WHALE)
    const whale = await ethers.getSigner(WHALE)
    const [{ address: to }] = await ethers.getSigners()
    await expect(whale.sendTransaction({ to, value: 3n })).to.changeEtherBalance(to, 3n)
    await helpers.stopImpersonatingAccount(WHALE)
    const refusal = await whale.sendTransaction({ to, value: 3n }).catch((error) => error)
    expect(refusal.message).to.match(/unknown account/)
  })

  it('set what the next block has', async () => {
    const savings = await ethers.deployContract('Savings', [(await time.latest()) + 1_000])
    await helpers.setNextBlockBaseFeePerGas(20_000_000_000n)
    await helpers.setPrevRandao(7)
    await helpers.setCoinbase(WHALE)
    await helpers.setBlockGasLimit(20_000_000)
    await helpers.mine()
    const { baseFeePerGas, gasLimit, miner, number, timestamp } = await latest()
    expect([baseFeePerGas, gasLimit, miner]).to.deep.equal([20_000_000_000n, 20_000_000n, WHALE])
    const environment = await savings.environment({ blockTag: 'latest' })
    expect([...environment]).to.deep.equal([BigInt(number), BigInt(timestamp), 7n, WHALE])
  })

  it('drop a transaction from the pool', async () => {
    const [signer] = await ethers.getSigners()
    await network.provider.send('evm_setAutomine', [false])
    const { hash } = await signer.sendTransaction({ to: WHALE, value: 1n })
    expect(await helpers.dropTransaction(hash)).to.equal(true)
    await helpers.mine()
    await network.provider.send('evm_setAutomine', [true])
    expect(await ethers.provider.getTransaction(hash)).to.equal(null)
  })

  it('begin the chain anew', async () => {
    await helpers.mine(3)
    await helpers.reset()
    expect((await latest()).number).to.equal(0)
    snapshot = await helpers.takeSnapshot()
  })
})
