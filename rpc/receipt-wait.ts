import type { Hash } from '../primitives/hex.ts'
import { RpcError } from './errors.ts'
import { formatReceipt } from './format/receipt.ts'
import type { Caller } from './method.ts'
import type { RpcModules } from './modules.ts'
import { receiptSource } from './receipt-lookup.ts'

/** Who wait at the same time. */
const MAX_WAITING = 1_000

type Modules = Pick<RpcModules, 'blocks' | 'chain' | 'fees'>

/** Clients that wait for blocks with their transactions. Listens to the chain while there are any. */
export class ReceiptWaiters {
  readonly #modules: Modules
  readonly #waiting = new Set<() => void>()

  constructor(modules: Modules) {
    this.#modules = modules
  }

  /**
   * The receipt of a transaction as `eth_getTransactionReceipt` has it, at once or when it is in a block. Rejects with 4 after
   * `timeoutMs`, with the hash as data, and when the client is gone; with -32005 where too many wait already.
   */
  async receiptOf(hash: Hash, timeoutMs: number, { gone }: Caller): Promise<object> {
    const found = this.#lookUp(hash)
    if (found !== undefined) return found
    if (this.#waiting.size >= MAX_WAITING) throw new RpcError('limit-exceeded', `${MAX_WAITING} clients wait already`)
    const { promise, resolve, reject } = Promise.withResolvers<object>()
    const look = () => {
      const receipt = this.#lookUp(hash)
      if (receipt !== undefined) resolve(receipt)
    }
    const giveUp = () => reject(new RpcError('not-mined-in-time', `${hash} is in no block yet`, hash))
    const timer = setTimeout(giveUp, timeoutMs)
    gone?.addEventListener('abort', giveUp)
    if (gone?.aborted === true) giveUp()
    this.#add(look)
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      gone?.removeEventListener('abort', giveUp)
      this.#delete(look)
    }
  }

  #lookUp(hash: Hash): object | undefined {
    const location = this.#modules.blocks.transactionLocation(hash)
    const source = location === undefined ? undefined : receiptSource(location.blockHash, this.#modules)
    return location === undefined || source === undefined ? undefined : formatReceipt(source, location.index)
  }

  #add(look: () => void): void {
    if (this.#waiting.size === 0) this.#modules.chain.on('head', this.#onHead)
    this.#waiting.add(look)
  }

  #delete(look: () => void): void {
    this.#waiting.delete(look)
    if (this.#waiting.size === 0) this.#modules.chain.off('head', this.#onHead)
  }

  readonly #onHead = (): void => {
    for (const look of this.#waiting) look()
  }
}
