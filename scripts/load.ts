import { Command } from 'commander'
import { Interface } from 'ethers'
import { compile } from '../contracts/compile.ts'
import { createAddress } from '../primitives/contract-address.ts'
import { type Address, bytesToHex, type Hash, type Hex, hexToBytes } from '../primitives/hex.ts'
import { keccak256 } from '../primitives/keccak.ts'
import { privateKeyToAddress } from '../primitives/secp256k1.ts'
import { encodeTransaction, signTransaction } from '../primitives/transaction.ts'
import { DEVELOPER_KEY } from './lib/options.ts'

const options = new Command('load')
  .description('sends a steady load of token transfers: independent ones, and a chosen share that conflicts')
  .option('--url <url>', 'node that takes the transactions', 'http://127.0.0.1:8545')
  .option('--rate <n>', 'transactions a second', Number, 50)
  .option('--conflict <ratio>', 'share that writes one and the same slot, 0 to 1', Number, 0.2)
  .option('--seconds <n>', 'how long; 0 = until Ctrl-C', Number, 0)
  .option('--accounts <n>', 'sending accounts', Number, 200)
  .parse()
  .opts<{ url: string; rate: number; conflict: number; seconds: number; accounts: number }>()
for (const [key, least, most] of [
  ['rate', 1, 10_000],
  ['conflict', 0, 1],
  ['seconds', 0, 1e6],
  ['accounts', 1, 5_000],
] as const) {
  if (!(options[key] >= least && options[key] <= most))
    throw new Error(`--${key} takes a number from ${least} to ${most}`)
}

interface Sender {
  readonly address: Address
  readonly privateKey: Uint8Array
  nonce: bigint
}

interface Answer<T> {
  readonly id: number
  readonly result?: T
  readonly error?: { readonly message: string }
}

async function askAll<T>(
  calls: readonly { readonly method: string; readonly params: readonly unknown[] }[],
): Promise<Answer<T>[]> {
  const response = await fetch(options.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(calls.map((call, id) => ({ jsonrpc: '2.0', id, ...call }))),
  })
  return ((await response.json()) as Answer<T>[]).sort((a, b) => a.id - b.id)
}

async function ask<T>(method: string, ...params: unknown[]): Promise<T> {
  const [answer] = await askAll<T>([{ method, params }])
  if (answer?.error !== undefined) throw new Error(`${method}: ${answer.error.message}`)
  return answer?.result as T
}

const chainId = BigInt(await ask<Hex>('eth_chainId'))
const token = new Interface(compile('Token.sol').Token?.abi as never)
const tokenCode = compile('Token.sol').Token?.bytecode as Hex
const bytesOf = (hex: string): Uint8Array => hexToBytes(hex.toLowerCase() as Hex)

function sign(sender: Sender, to: Address | undefined, data: Uint8Array, gasLimit: bigint, value = 0n): Hex {
  const fees = { maxFeePerGas: 50_000_000_000n, maxPriorityFeePerGas: 1_000_000_000n }
  const unsigned = {
    type: 2 as const,
    chainId,
    nonce: sender.nonce++,
    to,
    data,
    gasLimit,
    value,
    accessList: [],
    ...fees,
  }
  return bytesToHex(encodeTransaction(signTransaction(unsigned, sender.privateKey)))
}

async function submit(raw: readonly Hex[]): Promise<Answer<Hash>[]> {
  const answers: Answer<Hash>[] = []
  for (let start = 0; start < raw.length; start += 50) {
    const slice = raw
      .slice(start, start + 50)
      .map((transaction) => ({ method: 'eth_sendRawTransaction', params: [transaction] }))
    answers.push(...(await askAll<Hash>(slice)))
  }
  return answers
}

async function mined(hash: Hash): Promise<void> {
  while ((await ask<unknown>('eth_getTransactionReceipt', hash)) === null)
    await new Promise((resolve) => setTimeout(resolve, 200))
}

async function submitAndWait(raw: readonly Hex[]): Promise<void> {
  const answers = await submit(raw)
  const failed = answers.find(({ error }) => error !== undefined)
  if (failed !== undefined) throw new Error(failed.error?.message)
  await mined(answers.at(-1)?.result as Hash)
}

const developerKey = bytesOf(DEVELOPER_KEY)
const developerAddress = privateKeyToAddress(developerKey)
const developer: Sender = {
  address: developerAddress,
  privateKey: developerKey,
  nonce: BigInt(await ask<Hex>('eth_getTransactionCount', developerAddress, 'pending')),
}
const run = `${Date.now()}`
const senders: Sender[] = Array.from({ length: options.accounts }, (_, index) => {
  const privateKey = keccak256(new TextEncoder().encode(`load ${run} ${index}`))
  return { address: privateKeyToAddress(privateKey), privateKey, nonce: 0n }
})

const tokenAddress = createAddress(developerAddress, developer.nonce)
const constructorArguments = token.encodeDeploy(['Load', 'LOAD', 10n ** 30n])
await submitAndWait([sign(developer, undefined, bytesOf(tokenCode + constructorArguments.slice(2)), 3_000_000n)])
for (let start = 0; start < senders.length; start += 100) {
  const part = senders.slice(start, start + 100)
  const funding = part.map(({ address }) => sign(developer, address, new Uint8Array(0), 21_000n, 10n ** 18n))
  const airdrop = token.encodeFunctionData('airdrop', [part.map(({ address }) => address), 10n ** 20n])
  await submitAndWait([
    ...funding,
    sign(developer, tokenAddress, bytesOf(airdrop), 60_000n + 40_000n * BigInt(part.length)),
  ])
}
console.log(
  `token ${tokenAddress}, ${senders.length} funded accounts, ${options.rate} tx/s, ${options.conflict * 100} % conflicting`,
)

let stopped = false
process.on('SIGINT', () => {
  stopped = true
})
const sharedReceiver = senders[0]?.address as Address
const began = Date.now()
let sent = 0
let refused = 0
let lastRefusal = ''
let seenBlock = Number(await ask<Hex>('eth_blockNumber'))
let confirmed = 0
let fill = 0

async function countBlocks(): Promise<void> {
  const head = Number(await ask<Hex>('eth_blockNumber'))
  for (; seenBlock < head; seenBlock++) {
    const block = await ask<{ transactions: unknown[]; gasUsed: Hex; gasLimit: Hex } | null>(
      'eth_getBlockByNumber',
      `0x${(seenBlock + 1).toString(16)}`,
      false,
    )
    confirmed += block?.transactions.length ?? 0
    fill = block === null ? 0 : Number(block.gasUsed) / Number(block.gasLimit)
  }
}

while (!stopped && (options.seconds === 0 || Date.now() - began < options.seconds * 1000)) {
  const due = Math.min(options.rate, Math.floor(((Date.now() - began) / 1000) * options.rate) - sent)
  const raw: Hex[] = []
  for (let index = 0; index < due; index++) {
    const sender = senders[(sent + index) % senders.length] as Sender
    const to =
      Math.random() < options.conflict ? sharedReceiver : bytesToHex(crypto.getRandomValues(new Uint8Array(20)))
    raw.push(sign(sender, tokenAddress, bytesOf(token.encodeFunctionData('transfer', [to, 1])), 100_000n))
  }
  sent += raw.length
  for (const { error } of await submit(raw)) {
    if (error === undefined) continue
    refused++
    lastRefusal = error.message
  }
  await countBlocks()
  const seconds = (Date.now() - began) / 1000
  const line = `${seconds.toFixed(0)} s  sent ${sent}  mined ${confirmed} (${(confirmed / seconds).toFixed(1)} tx/s)  block ${seenBlock} ${(fill * 100).toFixed(1)} % full${refused === 0 ? '' : `  refused ${refused} (${lastRefusal})`}`
  process.stdout.write(process.stdout.isTTY ? `\r\x1b[K${line}` : `${line}\n`)
  await new Promise((resolve) => setTimeout(resolve, 250))
}
process.stdout.write('\n')
