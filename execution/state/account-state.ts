import type { Address, Hash } from '../../primitives/hex.ts'
import { KECCAK_EMPTY } from '../../primitives/keccak.ts'
import type { Account } from '../../storage/state-view.ts'
import { stateMemory } from './state-memory.ts'

/** Fields of an account that this transaction looked at: bits of `AccountState.looked`. */
export const LOOKED_BALANCE = 1
export const LOOKED_NONCE = 2
export const LOOKED_CODE = 4

/** One account that this world state knows, from the first transaction that met it on. */
export class AccountState {
  readonly address: Address
  /** In state memory, where its slots are. */
  readonly number: number
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
  /** Of its slots, from the view below. */
  slotsRead = 0
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
  /** Of the latest operation on its code in the log. */
  loggedCode: Hash | undefined

  constructor(address: Address) {
    this.address = address
    this.number = stateMemory().newAccount(address)
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
    this.loggedCode = undefined
    stateMemory().enterAccount(this.number)
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
