import {
  type Abi,
  createPublicClient,
  createWalletClient,
  defineChain,
  type Hex,
  http,
  type PublicClient,
  parseEther,
  type TransactionReceipt,
} from 'viem'
import { generatePrivateKey, nonceManager, privateKeyToAccount } from 'viem/accounts'
import { compile } from '../contracts/compile.ts'
import { DEVELOPER_KEY, scriptOptions } from './lib/options.ts'
import { reportBlocks } from './lib/report.ts'

const options = scriptOptions('viem', 'deploys two contracts with viem and sends transactions from many accounts')
const chain = defineChain({
  id: 31_337,
  name: 'pavm',
  nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
  rpcUrls: { default: { http: [options.url] } },
})
const transport = http(options.url, { batch: true })
const client: PublicClient = createPublicClient({ chain, transport, pollingInterval: 250 })
const walletOf = (key: Hex) =>
  createWalletClient({ account: privateKeyToAccount(key, { nonceManager }), chain, transport })
const developer = walletOf(DEVELOPER_KEY)
const artifacts = compile('Token.sol', 'KeyValueStore.sol')

const settled = async (hashes: readonly Hex[]): Promise<TransactionReceipt[]> => {
  const receipts = await Promise.all(hashes.map((hash) => client.waitForTransactionReceipt({ hash })))
  const failed = receipts.filter(({ status }) => status !== 'success')
  if (failed.length > 0) throw new Error(`${failed.length} transactions failed`)
  return receipts
}

const deploy = async (name: string, args: unknown[]) => {
  const artifact = artifacts[name]
  if (artifact === undefined) throw new Error(`no contract ${name}`)
  const abi = artifact.abi as unknown as Abi
  const [receipt] = await settled([await developer.deployContract({ abi, bytecode: artifact.bytecode, args })])
  const address = receipt?.contractAddress
  if (address === undefined || address === null) throw new Error(`${name} was not deployed`)
  console.log(`${name} at ${address}`)
  return { address, abi }
}
const token = await deploy('Token', ['Example', 'EXM', parseEther('1000000')])
const store = await deploy('KeyValueStore', [])

const wallets = Array.from({ length: options.accounts }, () => walletOf(generatePrivateKey()))
const addresses = wallets.map(({ account }) => account.address)
const funding: Hex[] = []
for (const to of addresses) funding.push(await developer.sendTransaction({ to, value: parseEther('1') }))
const gas = BigInt(60_000 + 40_000 * options.accounts)
funding.push(
  await developer.writeContract({ ...token, functionName: 'airdrop', args: [addresses, parseEther('100')], gas }),
)
await settled(funding)
console.log(`${options.accounts} accounts hold ether and tokens`)

// Even ones pay tokens to an address of their own, odd ones write a key of their own, each twentieth a shared key.
const fees = { gas: 100_000n, maxFeePerGas: 20_000_000_000n, maxPriorityFeePerGas: 1_000_000_000n }
const hashes = await Promise.all(
  Array.from({ length: options.transactions }, (_, index) => {
    const wallet = wallets[index % wallets.length] as (typeof wallets)[number]
    if (index % 20 === 0) return wallet.writeContract({ ...store, functionName: 'increment', args: [0n], ...fees })
    if (index % 2 === 1)
      return wallet.writeContract({ ...store, functionName: 'set', args: [BigInt(index), 1n], ...fees })
    const to = privateKeyToAccount(generatePrivateKey()).address
    return wallet.writeContract({ ...token, functionName: 'transfer', args: [to, 1n], ...fees })
  }),
)
const receipts = await settled(hashes)
console.log(`${receipts.length} transactions succeeded`)
await reportBlocks(
  options.reportUrl,
  receipts.map(({ blockNumber }) => Number(blockNumber)),
)
