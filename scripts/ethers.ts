import { ContractFactory, JsonRpcProvider, NonceManager, parseEther, type TransactionReceipt, Wallet } from 'ethers'
import { compile } from '../contracts/compile.ts'
import { DEVELOPER_KEY, scriptOptions } from './lib/options.ts'
import { reportBlocks } from './lib/report.ts'

const options = scriptOptions('ethers', 'deploys two contracts with ethers and sends transactions from many accounts')
const provider = new JsonRpcProvider(options.url, undefined, { staticNetwork: true, pollingInterval: 250 })
const developer = new NonceManager(new Wallet(DEVELOPER_KEY, provider))
const artifacts = compile('Token.sol', 'KeyValueStore.sol')

const deploy = async (name: string, ...values: unknown[]) => {
  const artifact = artifacts[name]
  if (artifact === undefined) throw new Error(`no contract ${name}`)
  const contract = await new ContractFactory([...artifact.abi] as never, artifact.bytecode, developer).deploy(...values)
  await contract.waitForDeployment()
  console.log(`${name} at ${await contract.getAddress()}`)
  return contract
}
const token = await deploy('Token', 'Example', 'EXM', parseEther('1000000'))
const store = await deploy('KeyValueStore')

const senders = Array.from(
  { length: options.accounts },
  () => new NonceManager(new Wallet(Wallet.createRandom().privateKey, provider)),
)
const addresses = await Promise.all(senders.map((sender) => sender.getAddress()))
const funding = []
for (const to of addresses) funding.push(await developer.sendTransaction({ to, value: parseEther('1') }))
funding.push(
  await token
    .getFunction('airdrop')
    .send(addresses, parseEther('100'), { gasLimit: 60_000 + 40_000 * options.accounts }),
)
await Promise.all(funding.map((transaction) => transaction.wait()))
console.log(`${options.accounts} accounts hold ether and tokens`)

// Even ones pay tokens to an address of their own, odd ones write a key of their own, each twentieth a shared key.
const sent = await Promise.all(
  Array.from({ length: options.transactions }, async (_, index) => {
    const sender = senders[index % senders.length] as NonceManager
    const fees = { maxFeePerGas: 20_000_000_000n, maxPriorityFeePerGas: 1_000_000_000n }
    if (index % 20 === 0)
      return store
        .connect(sender)
        .getFunction('increment')
        .send(0, { gasLimit: 100_000, ...fees })
    if (index % 2 === 1)
      return store
        .connect(sender)
        .getFunction('set')
        .send(index, index, { gasLimit: 100_000, ...fees })
    const to = Wallet.createRandom().address
    return token
      .connect(sender)
      .getFunction('transfer')
      .send(to, 1, { gasLimit: 100_000, ...fees })
  }),
)
const receipts = await Promise.all(sent.map((transaction) => transaction.wait()))
const failed = receipts.filter((receipt) => receipt?.status !== 1)
if (failed.length > 0) throw new Error(`${failed.length} transactions failed`)
console.log(`${receipts.length} transactions succeeded`)
await reportBlocks(
  options.reportUrl,
  receipts.map((receipt) => (receipt as TransactionReceipt).blockNumber),
)
provider.destroy()
