import type { Address, Hash } from '../../primitives/hex.ts'
import { KECCAK_EMPTY, keccak256Hex } from '../../primitives/keccak.ts'
import { ChangedState } from '../../storage/changed-state.ts'
import type { Committer } from '../../storage/commit.ts'
import { allocDiff } from '../../storage/genesis-block.ts'
import type { Scanner } from '../../storage/reader.ts'
import { type DumpedAccount, dumpState } from '../../storage/state-dump.ts'
import type { StateStore } from '../../storage/state-store.ts'
import type { Account, AccountDiff, StateDiff } from '../../storage/state-view.ts'
import type { Chain } from '../chain.ts'

export interface ControlledStateModules {
  readonly chain: Pick<Chain, 'betweenBlocks'>
  readonly states: Pick<StateStore, 'headView' | 'nodes' | 'fetched'>
  readonly committer: Pick<Committer, 'changeHeadState'>
  readonly database: Scanner
  /** Called after each change with what undoes it; not after `apply`. */
  readonly onChange: (undo: StateDiff) => void
  /** Whether nobody sees the state before what is put off now is written, and nothing of it has to be fetched. */
  readonly canPutOff: () => boolean
}

/** Empty accounts do not exist (EIP-161). */
function isThere({ nonce, balance, code, storage }: DumpedAccount): boolean {
  return nonce > 0n || balance > 0n || code.length > 0 || storage.size > 0
}

const NO_ACCOUNT: Account = { nonce: 0n, balance: 0n, codeHash: KECCAK_EMPTY }

/** What is put off at most: some 30,000 changes, or a hundred of the longest codes. */
const MAX_BYTES = 4 * 1024 * 1024
/** In memory, beside its code. */
const CHANGE_BYTES = 128

/**
 * The state after the head, which its user changes without a block. Methods are to be called in a turn.
 *
 * Changes of single accounts and slots may be put off until `write`, and then take one update of the trie and one batch together.
 */
export class ControlledState {
  readonly #modules: ControlledStateModules
  #putOff: ChangedState | undefined
  #bytes = 0

  constructor(modules: ControlledStateModules) {
    this.#modules = modules
  }

  /** Wei. */
  async setBalance(address: Address, balance: bigint): Promise<void> {
    await this.#changeAccount(address, { balance })
  }

  async setNonce(address: Address, nonce: bigint): Promise<void> {
    await this.#changeAccount(address, { nonce })
  }

  /** Empty: none. */
  async setCode(address: Address, code: Uint8Array): Promise<void> {
    const codeHash = code.length === 0 ? KECCAK_EMPTY : keccak256Hex(code)
    await this.#changeAccount(address, { codeHash }, codeHash === KECCAK_EMPTY ? [] : [[codeHash, code]])
  }

  async setSlot(address: Address, slot: bigint, value: bigint): Promise<void> {
    const account = await this.account(address)
    if (account === undefined && value === 0n) return
    // An account with storage and nothing else is one that no transaction could make, and yet what is asked for.
    await this.#changeOne(address, {
      account: account ? undefined : { to: NO_ACCOUNT },
      slots: new Map([[slot, value]]),
    })
  }

  async account(address: Address): Promise<Account | undefined> {
    const { states } = this.#modules
    // Where changes are put off, nothing has to be fetched.
    if (this.#putOff !== undefined) return this.#putOff.account(address)
    return await states.fetched(() => states.headView().account(address))
  }

  /** Writes what was put off. When it fails, that is lost. */
  async write(): Promise<void> {
    const changed = this.#putOff
    this.#putOff = undefined
    this.#bytes = 0
    if (changed !== undefined) await this.change(changed.diff)
  }

  /** All accounts; of a forked chain those that have been changed. To be read in one turn. */
  dump(): AsyncIterable<DumpedAccount> {
    return dumpState(this.#modules.database)
  }

  /** Gives accounts what was dumped; slots that they have beside it stay. */
  async load(accounts: readonly DumpedAccount[]): Promise<void> {
    await this.change(allocDiff(new Map(accounts.filter(isThere).map((account) => [account.address, account]))))
  }

  /** Many changes at once. */
  async change(diff: StateDiff): Promise<void> {
    this.#modules.onChange(await this.apply(diff))
  }

  /** Returns what undoes it. */
  async apply(diff: StateDiff): Promise<StateDiff> {
    const { chain, committer, states } = this.#modules
    return await chain.betweenBlocks(() => committer.changeHeadState(diff, states.nodes))
  }

  async #changeAccount(address: Address, fields: Partial<Account>, codes: [Hash, Uint8Array][] = []): Promise<void> {
    const to = { ...((await this.account(address)) ?? NO_ACCOUNT), ...fields }
    const isEmpty = to.nonce === 0n && to.balance === 0n && to.codeHash === KECCAK_EMPTY
    // Which slots are left is counted when they are written.
    if (isEmpty && this.#putOff?.diff.accounts.get(address)?.slots?.size) await this.write()
    // Empty accounts do not exist (EIP-161).
    const isNone = isEmpty && !this.#modules.states.headView().hasStorage(address)
    await this.#changeOne(address, { account: { to: isNone ? undefined : to } }, codes)
  }

  async #changeOne(address: Address, change: AccountDiff, codes: [Hash, Uint8Array][] = []): Promise<void> {
    const { states, canPutOff } = this.#modules
    if (!canPutOff()) {
      await this.write()
      await this.change({ accounts: new Map([[address, change]]), codes: new Map(codes) })
      return
    }
    this.#putOff ??= new ChangedState(states.headView())
    this.#putOff.change(address, change)
    this.#bytes += CHANGE_BYTES
    for (const [hash, code] of codes) {
      this.#putOff.addCode(hash, code)
      this.#bytes += code.length
    }
    if (this.#bytes > MAX_BYTES) await this.write()
  }
}
