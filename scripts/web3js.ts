import { type Contract, type ContractAbi, type TransactionReceipt, Web3 } from 'web3'
import { compile } from '../contracts/compile.ts'
import { DEVELOPER_KEY, scriptOptions } from './lib/options.ts'
import { reportBlocks } from './lib/report.ts'

const options = scriptOptions('web3js', 'deploys two contracts with web3.js and sends transactions from many accounts')
const web3 = new Web3(options.url)
web3.eth.transactionPollingInterval = 250
const developer = web3.eth.accounts.privateKeyToAccount(DEVELOPER_KEY)
const artifacts = compile('Token.sol', 'KeyValueStore.sol')
const fees = { maxFeePerGas: '20000000000', maxPriorityFeePerGas: '1000000000' }

interface Order {
  readonly to?: string
  readonly value?: string
  readonly data?: string
  readonly gas: number
}

type Account = typeof developer

const nonces = new Map<string, number>()

/** Signs with a nonce of our own count, so that many can be under way at once. */
const submit = async (account: Account, order: Order): Promise<TransactionReceipt> => {
  const nonce = nonces.get(account.address) ?? Number(await web3.eth.getTransactionCount(account.address))
  nonces.set(account.address, nonce + 1)
  const signed = await account.signTransaction({ ...order, ...fees, nonce, chainId: 31_337 })
  const receipt = await web3.eth.sendSignedTransaction(signed.rawTransaction)
  if (Number(receipt.status) !== 1) throw new Error(`transaction ${receipt.transactionHash.toString()} failed`)
  return receipt
}

const deploy = async (name: string, ...values: unknown[]): Promise<Contract<ContractAbi>> => {
  const artifact = artifacts[name]
  if (artifact === undefined) throw new Error(`no contract ${name}`)
  const contract = new web3.eth.Contract(artifact.abi as unknown as ContractAbi)
  const data = contract.deploy({ data: artifact.bytecode, arguments: values as never }).encodeABI()
  const { contractAddress } = await submit(developer, { data, gas: 3_000_000 })
  if (contractAddress === undefined) throw new Error(`${name} was not deployed`)
  console.log(`${name} at ${contractAddress}`)
  return new web3.eth.Contract(artifact.abi as unknown as ContractAbi, contractAddress)
}
const token = await deploy('Token', 'Example', 'EXM', web3.utils.toWei('1000000', 'ether'))
const store = await deploy('KeyValueStore')
const order = (contract: Contract<ContractAbi>, name: string, ...values: unknown[]): Order => ({
  to: contract.options.address as string,
  data: contract.methods[name]?.(...(values as never[])).encodeABI() as string,
  gas: 100_000,
})

const senders = Array.from({ length: options.accounts }, () => web3.eth.accounts.create())
const funding: Promise<TransactionReceipt>[] = []
for (const { address } of senders) {
  nonces.set(address, 0)
  funding.push(submit(developer, { to: address, value: web3.utils.toWei('1', 'ether'), gas: 21_000 }))
}
const airdrop = order(
  token,
  'airdrop',
  senders.map(({ address }) => address),
  web3.utils.toWei('100', 'ether'),
)
funding.push(submit(developer, { ...airdrop, gas: 60_000 + 40_000 * options.accounts }))
await Promise.all(funding)
console.log(`${options.accounts} accounts hold ether and tokens`)

// Even ones pay tokens to an address of their own, odd ones write a key of their own, each twentieth a shared key.
const receipts = await Promise.all(
  Array.from({ length: options.transactions }, (_, index) => {
    const sender = senders[index % senders.length] as Account
    if (index % 20 === 0) return submit(sender, order(store, 'increment', 0))
    if (index % 2 === 1) return submit(sender, order(store, 'set', index, index))
    return submit(sender, order(token, 'transfer', web3.eth.accounts.create().address, 1))
  }),
)
console.log(`${receipts.length} transactions succeeded`)
await reportBlocks(
  options.reportUrl,
  receipts.map(({ blockNumber }) => Number(blockNumber)),
)
