import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { quantityToHex, wordToAddress, wordToHash } from '../../primitives/hex.ts'
import { RpcFailure, rpc } from '../support/json-rpc.ts'
import type { Random } from '../support/random.ts'

/** Logs its call data under the topic 1. */
const LOGGER = { address: wordToAddress(0x106n), code: '0x365f5f376001365fa100' } as const
/** Counts down from its first word of call data: many steps for a trace. */
const LOOPER = { address: wordToAddress(0x100bn), code: '0x5f355b600190038060025700' } as const

const STEPS_OF_LOOP = 20_000

/** Left alone beyond this, they are closed or reverted to. */
const MAX_SOCKETS = 20
const MAX_SNAPSHOTS = 20
const MAX_KNOWN_FILTERS = 200

/** Answers that are no fault of the node: a limit, something that is not there any more, what a client did wrong on purpose. */
const EXPECTED = /too many|filter not found|not found|parse error|too large|cannot be taken off|invalid|does not exist/

/** What clients do to a node, one thing after the other. */
export class SoakLoad {
  readonly #url: string
  readonly #random: Random
  readonly #sockets: { readonly socket: Socket; reads: boolean }[] = []
  #filters: string[] = []
  #snapshots: string[] = []
  #accounts: readonly string[] = []
  readonly done = new Map<string, number>()

  constructor(options: { readonly url: string }, modules: { readonly random: Random }) {
    this.#url = options.url
    this.#random = modules.random
  }

  async prepare(): Promise<void> {
    for (const { address, code } of [LOGGER, LOOPER]) await this.#ask('anvil_setCode', address, code)
    this.#accounts = await this.#ask<string[]>('eth_accounts')
  }

  /** @throws Error when the node does not do what it should */
  async step(): Promise<void> {
    const steps = [
      ...[
        this.#send,
        this.#send,
        this.#send,
        this.#log,
        this.#log,
        this.#sendMany,
        this.#call,
        this.#read,
        this.#getLogs,
      ],
      ...[this.#newFilter, this.#newFilter, this.#poll, this.#poll, this.#uninstall],
      ...[this.#connect, this.#subscribe, this.#subscribe, this.#disconnect, this.#stopReading],
      ...[
        this.#trace,
        this.#cancelTrace,
        this.#snapshot,
        this.#revert,
        this.#changeState,
        this.#reorganise,
        this.#misbehave,
      ],
    ]
    const step = this.#random.pick(steps)
    const name = step.name.slice(1)
    try {
      await step.call(this)
      this.#count(name)
    } catch (error) {
      if (!(error instanceof RpcFailure) || error.code === -32603 || !EXPECTED.test(error.message)) {
        throw new Error(`${name} failed`, { cause: error })
      }
      this.#count(`${name} refused`)
    }
  }

  close(): void {
    for (const { socket } of this.#sockets.splice(0)) socket.destroy()
  }

  #count(name: string): void {
    this.done.set(name, (this.done.get(name) ?? 0) + 1)
  }

  #ask<T>(method: string, ...params: unknown[]): Promise<T> {
    return rpc<T>(this.#url, method, ...params)
  }

  // Transactions and reads

  async #send(): Promise<void> {
    const [from, to] = [this.#random.pick(this.#accounts), this.#random.pick(this.#accounts)]
    await this.#ask('eth_sendTransaction', { from, to, value: quantityToHex(this.#random.below(1_000)) })
  }

  async #log(): Promise<void> {
    const data = `0x${'ab'.repeat(1 + this.#random.below(2_000))}`
    await this.#ask('eth_sendTransaction', { from: this.#random.pick(this.#accounts), to: LOGGER.address, data })
  }

  async #sendMany(): Promise<void> {
    const from = this.#random.pick(this.#accounts)
    const transaction = { from, to: LOGGER.address, data: '0x01', gas: '0xea60' }
    await this.#ask('evm_setAutomine', false)
    await Promise.all(Array.from({ length: 20 }, () => this.#ask('eth_sendTransaction', transaction)))
    await this.#ask('evm_setAutomine', true)
    await this.#ask('anvil_mine', 1 + this.#random.below(3))
  }

  async #call(): Promise<void> {
    const data = wordToHash(BigInt(1 + this.#random.below(1_000)))
    await this.#ask('eth_call', { to: LOOPER.address, data }, 'latest')
    await this.#ask('eth_estimateGas', { from: this.#accounts[0], to: LOGGER.address, data })
  }

  async #read(): Promise<void> {
    const number = quantityToHex(this.#random.below((await this.#height()) + 1))
    await this.#ask('eth_getBlockByNumber', number, true)
    await this.#ask('eth_getBlockReceipts', number)
    await this.#ask('eth_getBalance', this.#random.pick(this.#accounts), number)
    await this.#ask('eth_feeHistory', '0x10', 'latest', [25, 75])
  }

  async #getLogs(): Promise<void> {
    const height = await this.#height()
    const fromBlock = quantityToHex(Math.max(0, height - this.#random.below(500)))
    await this.#ask('eth_getLogs', { fromBlock, address: LOGGER.address })
  }

  // Filters: most of those that are made are forgotten by their client

  async #newFilter(): Promise<void> {
    const method = this.#random.pick([
      'eth_newFilter',
      'eth_newFilter',
      'eth_newBlockFilter',
      'eth_newPendingTransactionFilter',
    ])
    const topics = Array.from({ length: this.#random.below(50) }, (_, index) => wordToHash(BigInt(index)))
    const query = { address: LOGGER.address, ...(topics.length > 0 && { topics: [topics] }) }
    const id = await this.#ask<string>(method, ...(method === 'eth_newFilter' ? [query] : []))
    if (this.#filters.push(id) > MAX_KNOWN_FILTERS) this.#filters = this.#filters.slice(MAX_KNOWN_FILTERS / 2)
  }

  async #poll(): Promise<void> {
    if (this.#filters.length === 0) return
    await this.#ask('eth_getFilterChanges', this.#random.pick(this.#filters))
  }

  async #uninstall(): Promise<void> {
    if (this.#filters.length === 0) return
    await this.#ask('eth_uninstallFilter', this.#filters.pop())
  }

  // WebSockets: some say goodbye, some do not, some do not read

  async #connect(): Promise<void> {
    if (this.#sockets.length >= MAX_SOCKETS) this.#sockets.shift()?.socket.destroy()
    const { hostname, port } = new URL(this.#url)
    const socket = connect(Number(port), hostname)
    socket.on('error', () => undefined)
    socket.write(
      'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    )
    const [answer] = await once(socket, 'data', { signal: AbortSignal.timeout(10_000) })
    if (!String(answer).startsWith('HTTP/1.1 101')) throw new Error(`no WebSocket: ${String(answer).slice(0, 80)}`)
    socket.on('data', () => undefined)
    this.#sockets.push({ socket, reads: true })
  }

  async #subscribe(): Promise<void> {
    if (this.#sockets.length === 0) return
    const subject = this.#random.pick([
      ['newHeads'],
      ['logs'],
      ['logs', { address: LOGGER.address }],
      ['newPendingTransactions', true],
      ['newPendingTransactions'],
      ['syncing'],
    ])
    const request = { jsonrpc: '2.0', id: 1, method: 'eth_subscribe', params: subject }
    this.#random.pick(this.#sockets).socket.write(frame(0x81, JSON.stringify(request).padEnd(200)))
  }

  async #disconnect(): Promise<void> {
    const last = this.#sockets.splice(this.#random.below(this.#sockets.length + 1), 1)[0]
    if (last === undefined) return
    if (this.#random.chance(0.5)) last.socket.write(frame(0x88, '\x03\xe8'.padEnd(2)))
    else last.socket.destroy()
  }

  async #stopReading(): Promise<void> {
    if (this.#sockets.length > 0) this.#random.pick(this.#sockets).socket.pause()
  }

  // Traces, some left midway

  async #trace(): Promise<void> {
    await this.#ask('debug_traceBlockByNumber', 'latest', { tracer: 'callTracer' }).catch(orGenesis)
    await this.#ask('trace_block', 'latest')
  }

  async #cancelTrace(): Promise<void> {
    const abort = new AbortController()
    const data = wordToHash(BigInt(STEPS_OF_LOOP))
    const body = JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'debug_traceCall',
      params: [{ to: LOOPER.address, data, gas: '0x2faf080' }, 'latest', {}],
    })
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(this.#url, { method: 'POST', headers, body, signal: abort.signal })
    await response.body?.getReader().read()
    abort.abort()
  }

  // Controls

  async #snapshot(): Promise<void> {
    this.#snapshots.push(await this.#ask<string>('evm_snapshot'))
    if (this.#snapshots.length > MAX_SNAPSHOTS) await this.#revert()
  }

  async #revert(): Promise<void> {
    if (this.#snapshots.length === 0) return
    const [id] = this.#snapshots.splice(this.#random.below(this.#snapshots.length))
    await this.#ask('evm_revert', id)
  }

  async #changeState(): Promise<void> {
    const address = wordToAddress(BigInt(0x1000 + this.#random.below(500)))
    const value = BigInt(this.#random.below(1_000))
    await this.#ask('anvil_setBalance', address, quantityToHex(value))
    await this.#ask('anvil_setStorageAt', address, quantityToHex(BigInt(this.#random.below(50))), wordToHash(value))
  }

  async #reorganise(): Promise<void> {
    await this.#ask('anvil_reorg', Math.min(1 + this.#random.below(5), await this.#height()), [])
  }

  async #misbehave(): Promise<void> {
    const body = this.#random.pick([
      '{',
      '['.repeat(1_000_000),
      '{},'.repeat(2_000_000),
      `[${'1,'.repeat(900)}1]`,
      '"x"',
      '',
    ])
    const headers = { 'content-type': 'application/json' }
    await (await fetch(this.#url, { method: 'POST', headers, body })).text()
    await this.#ask('eth_nothing', 'x'.repeat(10_000))
  }

  async #height(): Promise<number> {
    return Number(await this.#ask('eth_blockNumber'))
  }
}

function orGenesis(error: unknown): void {
  if (!(error instanceof RpcFailure) || !error.message.includes('genesis')) throw error
}

/** A masked frame (RFC 6455 §5.2) with a mask of zeros. */
function frame(opcode: number, text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1')
  const length = bytes.length < 126 ? [0x80 | bytes.length] : [0xfe, bytes.length >> 8, bytes.length & 0xff]
  return Buffer.concat([Buffer.of(opcode, ...length, 0, 0, 0, 0), bytes])
}
