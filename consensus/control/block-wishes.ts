import type { Address, Hash } from '../../primitives/hex.ts'

/** What is wanted of blocks to come: of all that follow, and of the next one alone. */
export interface Wishes {
  readonly coinbase: Address
  /** `undefined`: it moves towards the usual one. */
  readonly gasLimit: bigint | undefined
  /** Wei per gas that a transaction must offer; `undefined`: what the node asks for. */
  readonly minimumGasPrice: bigint | undefined
  readonly next: NextBlockWishes
}

export interface NextBlockWishes {
  /** Wei per gas; `undefined`: what follows from the parent. */
  readonly baseFeePerGas?: bigint
  /** What PREVRANDAO gives. */
  readonly mixHash?: Hash
}

/** What the user of a chain with controls wants of its blocks beside their time. */
export class BlockWishes {
  #wishes: Wishes

  constructor(options: { readonly coinbase: Address }) {
    this.#wishes = { coinbase: options.coinbase, gasLimit: undefined, minimumGasPrice: undefined, next: {} }
  }

  get current(): Wishes {
    return this.#wishes
  }

  add({ next, ...lasting }: Partial<Wishes>): void {
    this.#wishes = { ...this.#wishes, ...lasting, next: { ...this.#wishes.next, ...next } }
  }

  /** A block has been made. */
  onBlock(): void {
    this.#wishes = { ...this.#wishes, next: {} }
  }

  restore(wishes: Wishes): void {
    this.#wishes = wishes
  }
}
