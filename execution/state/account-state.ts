import type { Address, Hash } from '../../primitives/hex.ts'
import { KECCAK_EMPTY } from '../../primitives/keccak.ts'
import type { Account } from '../../storage/state-view.ts'

/** A place that the operation log numbers. */
export interface Located {
  /** 0 until it is used in the transaction, then its number + 1. */
  location: number
}

/** A slot as the operation log sees it. */
export interface LocatedSlot extends Located {
  readonly slot: bigint
  /** Value of the latest operation on it; of no meaning while `location` is 0. */
  logged: bigint
}

/** Fields of an account that this transaction looked at: bits of `AccountState.looked`. */
export const LOOKED_BALANCE = 1
export const LOOKED_NONCE = 2
export const LOOKED_CODE = 4

/** One storage slot that this world state knows. Its fields of one transaction are renewed when a transaction first meets it. */
export class SlotState implements LocatedSlot {
  readonly slot: bigint
  /** Number of the transaction that the fields below `value` belong to. */
  epoch = 0
  isLoaded = false
  /** In the view below. */
  base = 0n
  value = 0n
  /** Before the transaction; 0n once the account was created over old storage. */
  original = 0n
  isRead = false
  isWarm = false
  location = 0
  logged = 0n

  constructor(slot: bigint) {
    this.slot = slot
  }

  enter(epoch: number): void {
    this.epoch = epoch
    this.original = this.value
    this.isRead = false
    this.isWarm = false
    this.location = 0
  }

  load(value: bigint, isCleared: boolean): void {
    this.isLoaded = true
    this.base = value
    this.value = isCleared ? 0n : value
    this.original = this.value
  }
}

/** One word of transient storage (EIP-1153): lives for one transaction. */
export interface TransientSlot extends LocatedSlot {
  value: bigint
}

/** One account that this world state knows, from the first transaction that met it on. */
export class AccountState implements Located {
  readonly address: Address
  readonly storage = new Map<string, SlotState>()
  /** Number of the transaction that the fields of one transaction belong to. */
  epoch = 0

  isLoaded = false
  /** In the view below. */
  base: Account | undefined
  nonce = 0n
  /** Without `credited`. */
  balance = 0n
  codeHash: Hash = KECCAK_EMPTY
  /** The bytes behind `codeHash`, once somebody asked for them. */
  code: Uint8Array | undefined
  exists = false
  /** Whether the view below holds storage, once somebody asked. */
  hadStorage: boolean | undefined
  /** What the view below holds of the storage is gone. */
  isStorageCleared = false

  nonceBefore = 0n
  balanceBefore = 0n
  codeHashBefore: Hash = KECCAK_EMPTY
  existedBefore = false

  /** Added in this transaction and not yet looked at. */
  credited = 0n
  looked = 0
  /** Met in the sense of EIP-7928; survives rollback. */
  isAccessed = false
  /** Touched in the sense of EIP-161. */
  isTouched = false
  isCreated = false
  isDestroyed = false
  isWarm = false
  /** This transaction cleared storage that may have held something. */
  clearsStorage = false
  location = 0
  loggedCode: Hash | undefined
  /** Slots met in this transaction. */
  readonly slots: SlotState[] = []
  /** The one met last: the next look is at the same one more often than not, and a slot's key takes 60 ns to make. */
  lastSlot: SlotState | undefined
  transient: Map<string, TransientSlot> | undefined

  constructor(address: Address) {
    this.address = address
  }

  enter(epoch: number): void {
    this.epoch = epoch
    this.credited = 0n
    this.looked = 0
    this.isAccessed = false
    this.isTouched = false
    this.isCreated = false
    this.isDestroyed = false
    this.isWarm = false
    this.clearsStorage = false
    this.location = 0
    this.loggedCode = undefined
    this.slots.length = 0
    this.lastSlot = undefined
    this.transient = undefined
    this.#remember()
  }

  load(base: Account | undefined): void {
    this.isLoaded = true
    this.base = base
    this.exists = base !== undefined
    if (base) {
      this.nonce = base.nonce
      this.balance = base.balance
      this.codeHash = base.codeHash
    }
    this.#remember()
  }

  /** EIP-161, whatever was looked at. */
  get isEmpty(): boolean {
    return this.nonce === 0n && this.codeHash === KECCAK_EMPTY && this.balance === 0n && this.credited === 0n
  }

  #remember(): void {
    this.nonceBefore = this.nonce
    this.balanceBefore = this.balance
    this.codeHashBefore = this.codeHash
    this.existedBefore = this.exists
  }
}
