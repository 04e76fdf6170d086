const { anyValue } = require('@nomicfoundation/hardhat-chai-matchers/withArgs')
const { loadFixture, time } = require('@nomicfoundation/hardhat-network-helpers')
const { PANIC_CODES } = require('@nomicfoundation/hardhat-chai-matchers/panic')
const { expect } = require('chai')
const { ethers } = require('hardhat')

const YEAR = 365 * 24 * 60 * 60
const AMOUNT = ethers.parseEther('1')

describe('Savings', () => {
  async function deploy() {
    const [owner, other] = await ethers.getSigners()
    const unlockTime = (await time.latest()) + YEAR
    const savings = await ethers.deployContract('Savings', [unlockTime], { value: AMOUNT })
    return { savings, unlockTime, owner, other }
  }

  it('is deployed with what it is to keep', async () => {
    const { savings, unlockTime, owner } = await loadFixture(deploy)
    expect(await savings.unlockTime()).to.equal(unlockTime)
    expect(await savings.owner()).to.equal(owner.address)
    expect(await ethers.provider.getBalance(savings)).to.equal(AMOUNT)
  })

  it('begins each test with the same chain', async () => {
    const { savings, owner } = await loadFixture(deploy)
    await owner.sendTransaction({ to: savings, value: 5n })
    const again = await loadFixture(deploy)
    expect(await ethers.provider.getBalance(again.savings)).to.equal(AMOUNT)
    expect(again.savings.target).to.equal(savings.target)
  })

  it('says why it refuses', async () => {
    const { savings, unlockTime, other } = await loadFixture(deploy)
    const factory = await ethers.getContractFactory('Savings')
    await expect(factory.deploy(1)).to.be.revertedWith('the time has passed')
    await expect(savings.withdraw()).to.be.revertedWithCustomError(savings, 'TooEarly').withArgs(anyValue, unlockTime)
    await expect(savings.share(0)).to.be.revertedWithPanic(PANIC_CODES.DIVISION_BY_ZERO)
    await expect(savings.never()).to.be.revertedWithoutReason()
    await time.setNextBlockTimestamp(unlockTime)
    await expect(savings.connect(other).withdraw()).to.be.revertedWith('not the owner')
    await expect(savings.connect(other).withdraw()).to.be.reverted
    await expect(savings.withdraw()).not.to.be.reverted
  })

  it('reverts in a block, too', async () => {
    const { savings } = await loadFixture(deploy)
    await expect(savings.withdraw({ gasLimit: 100_000 })).to.be.reverted
    const [hash] = (await ethers.provider.getBlock('latest')).transactions
    expect((await ethers.provider.getTransactionReceipt(hash)).status).to.equal(0)
  })

  it('pays its owner when the time has come', async () => {
    const { savings, unlockTime, owner } = await loadFixture(deploy)
    await time.setNextBlockTimestamp(unlockTime)
    const withdrawn = savings.withdraw()
    await expect(withdrawn).to.emit(savings, 'Withdrawn').withArgs(owner.address, AMOUNT)
    await expect(withdrawn).to.changeEtherBalances([savings, owner], [-AMOUNT, AMOUNT])
  })
})
