import { Interface } from 'ethers'
import { type Artifact, compile } from '../../contracts/compile.ts'
import { createAddress } from '../../primitives/contract-address.ts'
import { developerAccounts } from '../../primitives/developer-accounts.ts'
import { type Address, bytesToHex, type Hash, type Hex, hexToBytes } from '../../primitives/hex.ts'
import { encodeTransaction, type Transaction, transactionHash } from '../../primitives/transaction.ts'
import { eventually, RpcFailure, rpc, rpcBatch } from './json-rpc.ts'
import { send, type TestAccount, testAccounts } from './test-accounts.ts'
import { creationCode } from './test-contracts.ts'

/** Accounts that hold ether and tokens on a running network. */
export interface TokenAccounts {
  readonly token: Address
  readonly accounts: readonly TestAccount[]
  readonly interface: Interface
}

/** Hands signed transactions to a node. @throws Error with the first refusal */
export async function submit(url: string, transactions: readonly Transaction[]): Promise<Hash[]> {
  const answers = await rpcBatch<Hash>(
    url,
    'eth_sendRawTransaction',
    transactions.map((transaction) => [bytesToHex(encodeTransaction(transaction))]),
  )
  return answers.map((answer, index) => {
    if (answer instanceof RpcFailure) throw new Error(`transaction ${index} was refused: ${answer.message}`)
    return answer
  })
}

/** Waits until every transaction is in a block of that node's chain. @returns the block numbers, ascending, unique */
export async function mined(url: string, hashes: readonly Hash[], limitMs = 60_000): Promise<number[]> {
  const blocks = new Set<number>()
  let waiting = [...hashes]
  await eventually(`${hashes.length} transactions are mined`, limitMs, async () => {
    const receipts = await rpcBatch<{ blockNumber: Hex } | null>(
      url,
      'eth_getTransactionReceipt',
      waiting.map((hash) => [hash]),
    )
    waiting = waiting.filter((_, index) => {
      const receipt = receipts[index]
      if (receipt instanceof RpcFailure) throw receipt
      if (receipt === null || receipt === undefined) return true
      blocks.add(Number(receipt.blockNumber))
      return false
    })
    return waiting.length === 0 ? true : undefined
  })
  return [...blocks].sort((a, b) => a - b)
}

/** Deploys a token with a developer account and gives `count` new accounts ether and tokens. */
export async function fundTokenAccounts(url: string, name: string, count: number): Promise<TokenAccounts> {
  const artifact = compile('Token.sol').Token as Artifact
  const token = new Interface(artifact.abi as never)
  const [developer] = developerAccounts(1)
  if (developer === undefined) throw new Error('no developer account')
  const nonce = BigInt(await rpc<Hex>(url, 'eth_getTransactionCount', developer.address, 'pending'))
  const payer: TestAccount = { address: developer.address, privateKey: hexToBytes(developer.privateKey), nonce }
  const accounts = testAccounts(name, count)
  const address = createAddress(payer.address, payer.nonce)
  const transactions = [send(payer, { data: creationCode(artifact, 'Test', 'TST', 10n ** 30n), gasLimit: 3_000_000n })]
  for (let start = 0; start < count; start += 100) {
    const part = accounts.slice(start, start + 100)
    for (const account of part)
      transactions.push(send(payer, { to: account.address, value: 10n ** 18n, gasLimit: 21_000n }))
    const data = token.encodeFunctionData('airdrop', [part.map((account) => account.address), 10n ** 20n])
    transactions.push(
      send(payer, { to: address, data: hexToBytes(data as Hex), gasLimit: 60_000n + 40_000n * BigInt(part.length) }),
    )
  }
  await mined(url, await submit(url, transactions))
  return { token: address, accounts, interface: token }
}

/** A transfer of one token unit by each account, each to a receiver nobody else pays. */
export function transfersToFreshReceivers(tokens: TokenAccounts, round: number): Transaction[] {
  const receivers = testAccounts(`receiver ${tokens.token} ${round}`, tokens.accounts.length)
  return tokens.accounts.map((account, index) => {
    const data = tokens.interface.encodeFunctionData('transfer', [receivers[index]?.address, 1])
    return send(account, { to: tokens.token, data: hexToBytes(data as Hex), gasLimit: 100_000n })
  })
}

export function hashesOf(transactions: readonly Transaction[]): Hash[] {
  return transactions.map((transaction) => transactionHash(transaction))
}
