import type { Rules } from '../../config/hardforks.ts'
import type { Address, Hash } from '../../primitives/hex.ts'
import { KECCAK_EMPTY, keccak256Hex } from '../../primitives/keccak.ts'
import type { Log } from '../../primitives/receipt.ts'
import type { Account, AccountDiff, StateDiff, StateView } from '../../storage/state-view.ts'
import type { StateEffects } from '../block/outcome.ts'
import { AccountState, LOOKED_BALANCE, LOOKED_CODE, LOOKED_NONCE } from './account-state.ts'
import { diffOf } from './diff.ts'
import { effectsOf } from './effects.ts'
import type { JournalEntry } from './journal.ts'
import { CONTROL, SLOT_FLAGS, TRANSIENT } from './linear-memory.ts'
import { OPERATION } from './operation-format.ts'
import { OperationLog } from './operation-log.ts'
import { type RecordedLocation, type RecordedOperation, readOperations } from './operation-reader.ts'
import { newScope, type ScopeOwner, type StateMemory, stateMemory, type TransactionScope } from './state-memory.ts'
import type { Warmth, WarmthMark } from './warmth.ts'

/** RIPEMD-160: its touch survives rollback, as it did in mainnet's block 2,675,119 (EIP-161). */
const TOUCHED_FOR_GOOD: Address = '0x0000000000000000000000000000000000000003'

export interface WorldStateOptions {
  readonly rules: Pick<Rules, 'clearsEmptyAccounts' | 'keepsDestroyedAccounts'>
  /** Keep read sets and the operation log. */
  readonly record: boolean
  /** Keep what `preimage` is given; default no. */
  readonly keepPreimages?: boolean
}

/** What a transaction left behind. */
export interface TransactionEffects {
  readonly effects: StateEffects
  readonly logs: readonly Log[]
  /** Where recording is on. */
  readonly operationsHash: Hash | undefined
}

/** All 14 kinds of information that a transaction has recorded; what is not an operation without what was rolled back. */
export interface TransactionRecord {
  /** Reads and writes in program order, those of frames that failed included. */
  readonly operations: readonly RecordedOperation[]
  /** EIP-161. */
  readonly touched: readonly Address[]
  /** EIP-2929. */
  readonly warmAddresses: readonly Address[]
  readonly warmSlots: readonly { readonly address: Address; readonly slot: bigint }[]
  /** Hashes whose input was noted. */
  readonly preimages: readonly Hash[]
  /** In gas. */
  readonly refund: bigint
}

/** Where a rollback goes to. */
interface Checkpoint {
  /** Entries of the journal, bytes of the one in state memory. */
  readonly journal: number
  readonly slots: number
  /** Bytes of the logs. */
  readonly logs: number
  readonly refund: bigint
}

/** To ask whether there is storage at all takes about as long as reading a slot. */
const MANY_SLOTS = 8

const NO_ACCOUNT: Account = { nonce: 0n, balance: 0n, codeHash: KECCAK_EMPTY }

/** Gives back what a world state that nobody released had in state memory. */
const forgotten = new FinalizationRegistry((accounts: readonly number[]) => stateMemory().release(accounts))

/**
 * The world state as running transactions see and change it, over a read-only view. One transaction at a time, between
 * `beginTransaction` and `endTransaction`; the next one sees what the last one left.
 *
 * A journal undoes what failed frames changed. What they looked at stays recorded: it decided what happened. Slots stand in state
 * memory, with a journal of their own, so that the virtual machine can work on them by itself.
 *
 * A balance may be added to without being looked at. Such an amount waits in `credited`; the first look in the
 * transaction turns it into an ordinary change. Nonce, code and slots are always looked at before they change,
 * so what changed them is in the read set too.
 */
export class WorldState implements ScopeOwner {
  readonly #rules: WorldStateOptions['rules']
  readonly #view: StateView
  /** `undefined`: nothing is recorded. */
  readonly #operations: OperationLog | undefined
  readonly #memory: StateMemory = stateMemory()
  readonly #scope: TransactionScope
  readonly #accounts = new Map<Address, AccountState>()
  readonly #byNumber = new Map<number, AccountState>()
  /** The one whose slot was read last: the next one is most often of the same. */
  #reading: AccountState | undefined
  readonly #numbers: number[] = []
  readonly #preimages: Map<Hash, Uint8Array> | undefined
  #journal: JournalEntry[] = []
  #checkpoints: Checkpoint[] = []
  /** Accounts met in this transaction. */
  #met: AccountState[] = []
  #epoch: number
  #isReleased = false

  constructor(options: WorldStateOptions, modules: { readonly view: StateView }) {
    this.#rules = options.rules
    this.#view = modules.view
    this.#operations = options.record ? new OperationLog() : undefined
    this.#preimages = options.keepPreimages ? new Map() : undefined
    this.#epoch = this.#memory.newEpoch()
    this.#scope = newScope(this.#epoch, options.record)
    forgotten.register(this, this.#numbers, this)
  }

  /** Makes the running transaction of the thread this world state's. */
  own(): void {
    this.#requireUse()
    this.#memory.own(this, this.#scope)
  }

  /**
   * Gives back its room in state memory. What it has returned stays, but it throws if it is used again. One that nobody
   * releases gives it back some time after it is gone, which is too late where many follow each other in one go.
   */
  release(): void {
    if (this.#isReleased) return
    this.#isReleased = true
    forgotten.unregister(this)
    this.#memory.disown(this)
    this.#memory.release(this.#numbers)
    this.#accounts.clear()
    this.#byNumber.clear()
    this.#reading = undefined
  }

  #requireUse(): void {
    if (this.#isReleased) throw new Error('the world state has been released')
  }

  // Scopes

  /** Starts a transaction. What one that was begun and not ended did is undone. */
  beginTransaction(): void {
    this.own()
    this.#rollbackTo({ journal: 0, slots: 0, logs: 0, refund: 0n })
    this.#epoch = this.#memory.begin()
    this.#journal = []
    this.#checkpoints = []
    this.#met = []
  }

  /**
   * Deletes what self-destructed or was touched and is empty, as the hardfork has it, and returns what the transaction
   * did. The journal is gone after it.
   */
  endTransaction(): TransactionEffects {
    this.own()
    for (const account of this.#met) {
      if (account.isDestroyed && (account.isCreated || !this.#rules.keepsDestroyedAccounts)) this.#delete(account)
      // Not a look: below a plan no empty account is in the parent's state (EIP-7523), so none can be deleted here but
      // one that this transaction itself brought about.
      else if (this.#rules.clearsEmptyAccounts && account.isTouched && account.isEmpty) account.exists = false
    }
    const effects = effectsOf(this.#met, this.#operations !== undefined, (account) => this.#codeOf(account))
    for (const account of this.#met) {
      account.balance += account.credited
      account.credited = 0n
    }
    const operationsHash = this.hashOperations()
    const logs = this.#memory.logs((account) => this.#byNumber.get(account)!.address)
    this.#journal = []
    this.#checkpoints = []
    this.#memory.forgetJournal()
    return { effects, logs, operationsHash }
  }

  /** Of what the running transaction has done so far; `undefined` where nothing is recorded. */
  hashOperations(): Hash | undefined {
    this.own()
    return this.#operations?.hash()
  }

  /**
   * What the running transaction has recorded so far, in its own words. `undefined` where nothing is recorded, or so much that the
   * beginning of the log is hashed already.
   */
  recorded(): TransactionRecord | undefined {
    this.own()
    const bytes = this.#operations === undefined ? undefined : this.#memory.wholeOperations
    if (bytes === undefined) return undefined
    const locations = new Map<number, RecordedLocation>()
    for (const { address, number } of this.#met) {
      locations.set(this.#memory.locationOf(number), { address })
      for (const entry of this.#memory.loggedSlots(number)) {
        locations.set(this.#memory.locationOfSlot(entry), { address, slot: this.#memory.slotOf(entry) })
      }
    }
    const ofKind = (kind: JournalEntry['kind']) =>
      this.#journal.flatMap((entry) => (entry.kind === kind && 'account' in entry ? [entry.account.address] : []))
    const warmSlots = this.#memory.warmSlots().map(({ account, slot }) => {
      return { address: this.#byNumber.get(account)!.address, slot }
    })
    return {
      operations: readOperations(bytes, locations),
      touched: [...new Set(ofKind('touch'))],
      warmAddresses: ofKind('accessListAddress'),
      warmSlots,
      preimages: this.#journal.flatMap((entry) => (entry.kind === 'preimage' ? [entry.hash] : [])),
      refund: this.refund,
    }
  }

  /** A place to roll back to; good until the end of the transaction or a rollback to before it. */
  checkpoint(): number {
    this.own()
    return (
      this.#checkpoints.push({
        journal: this.#journal.length,
        slots: this.#memory.journalLength,
        logs: this.#memory.logsLength,
        refund: this.refund,
      }) - 1
    )
  }

  /** Undoes every change since the checkpoint. */
  rollback(checkpoint: number): void {
    this.own()
    const target = this.#checkpoints[checkpoint]
    if (target === undefined) throw new RangeError(`there is no checkpoint ${checkpoint}`)
    this.#checkpoints.length = checkpoint
    this.#rollbackTo(target)
  }

  #rollbackTo({ journal, slots, logs, refund }: Checkpoint): void {
    this.#memory.rollback(slots)
    this.#memory.rollbackLogs(logs)
    while (this.#journal.length > journal) this.#undo(this.#journal.pop()!)
    this.#memory.memory.i64[CONTROL.refund / 8] = refund
  }

  /** Everything since construction, by transactions that ended. */
  diff(): StateDiff {
    this.#requireUse()
    const accounts = new Map<Address, AccountDiff>()
    const codes = new Map<Hash, Uint8Array>()
    for (const account of this.#accounts.values()) {
      const diff = diffOf(account)
      if (!diff) continue
      accounts.set(account.address, diff)
      const codeHash = diff.account?.to?.codeHash ?? KECCAK_EMPTY
      if (codeHash !== KECCAK_EMPTY && codeHash !== account.base?.codeHash) codes.set(codeHash, this.#codeOf(account))
    }
    return { accounts, codes }
  }

  // Reading

  balance(address: Address): bigint {
    const account = this.#access(address)
    this.#lookAtBalance(account)
    this.#operations?.accountValue(OPERATION.balanceRead, account, account.balance)
    return account.balance
  }

  nonce(address: Address): bigint {
    const account = this.#access(address)
    account.looked |= LOOKED_NONCE
    this.#operations?.accountValue(OPERATION.nonceRead, account, account.nonce)
    return account.nonce
  }

  /** The hash of no bytes for an account without code, and for no account. */
  codeHash(address: Address): Hash {
    return this.#readCode(address).codeHash
  }

  code(address: Address): Uint8Array {
    return this.#codeOf(this.#readCode(address))
  }

  /** No code, nonce 0, balance 0 (EIP-161). Looks at them in this order and stops at the first that decides. */
  isEmpty(address: Address): boolean {
    return this.codeHash(address) === KECCAK_EMPTY && this.nonce(address) === 0n && this.balance(address) === 0n
  }

  /**
   * Whether the account is in the state, be it empty. From EIP-161 on the same as not being empty, and looked at in that
   * way: an addition to the balance alone can bring an account into being.
   */
  exists(address: Address): boolean {
    if (this.#rules.clearsEmptyAccounts) return !this.isEmpty(address)
    const account = this.#access(address)
    account.looked |= LOOKED_CODE
    this.#operations?.accountValue(OPERATION.existenceRead, account, account.exists ? 1n : 0n)
    return account.exists
  }

  slot(address: Address, slot: bigint): bigint {
    const entry = this.#accessSlot(this.#access(address), slot)
    const value = this.#memory.read(entry, 'value')
    this.#operations?.slotRead(OPERATION.slotRead, entry)
    return value
  }

  /** The slot's value before the transaction (EIP-2200). */
  originalSlot(address: Address, slot: bigint): bigint {
    return this.#memory.read(this.#accessSlot(this.#access(address), slot), 'original')
  }

  /** EIP-1153; 0n at the start of each transaction. */
  transient(address: Address, slot: bigint): bigint {
    const entry = this.#transientSlot(this.#access(address), slot)
    const value = this.#memory.read(entry, 'value')
    this.#operations?.slotRead(OPERATION.transientRead, entry)
    return value
  }

  /**
   * Whether a contract cannot be created here (EIP-684, EIP-7610). Storage is no location of its own: under the rules
   * that blocks with a plan have, an account without code and nonce never gains any.
   */
  hasCodeOrNonceOrStorage(address: Address): boolean {
    return (
      this.codeHash(address) !== KECCAK_EMPTY ||
      this.nonce(address) !== 0n ||
      this.#mayHaveStorage(this.#access(address))
    )
  }

  // Writing

  /** Adds wei without looking at the balance, and touches the account. */
  credit(address: Address, amount: bigint): void {
    const account = this.#access(address)
    this.#touch(account)
    if (amount === 0n) return
    this.#journal.push({ kind: 'balance', account, delta: amount })
    if (account.looked & LOOKED_BALANCE) account.balance += amount
    else account.credited += amount
    this.#operations?.accountValue(OPERATION.balanceAdded, account, amount)
  }

  /** Takes wei that the caller has seen to be there. Throws RangeError otherwise. */
  debit(address: Address, amount: bigint): void {
    const account = this.#access(address)
    this.#lookAtBalance(account)
    if (account.balance < amount) throw new RangeError(`${address} has ${account.balance} wei, not ${amount}`)
    this.#touch(account)
    if (amount === 0n) return
    this.#journal.push({ kind: 'balance', account, delta: -amount })
    account.balance -= amount
    this.#operations?.accountValue(OPERATION.balanceWritten, account, account.balance)
  }

  setNonce(address: Address, nonce: bigint): void {
    const account = this.#access(address)
    account.looked |= LOOKED_NONCE
    this.#touch(account)
    this.#journal.push({ kind: 'nonce', account, previous: account.nonce })
    account.nonce = nonce
    this.#operations?.accountValue(OPERATION.nonceWritten, account, nonce)
  }

  setCode(address: Address, code: Uint8Array): void {
    const account = this.#access(address)
    account.looked |= LOOKED_CODE
    this.#touch(account)
    this.#journal.push({ kind: 'code', account, previous: account.codeHash, previousBytes: account.code })
    account.codeHash = code.length === 0 ? KECCAK_EMPTY : keccak256Hex(code)
    account.code = code
    this.#operations?.code(OPERATION.codeWritten, account, account.codeHash)
  }

  /** Of a slot that was looked at just before, another value than it has. */
  setSlot(address: Address, slot: bigint, value: bigint): void {
    const entry = this.#accessSlot(this.#access(address), slot)
    this.#memory.journal('value', entry)
    this.#memory.write(entry, value)
    this.#operations?.slotWritten(entry)
  }

  setTransient(address: Address, slot: bigint, value: bigint): void {
    const entry = this.#transientSlot(this.#access(address), slot)
    this.#memory.journal('value', entry)
    this.#memory.write(entry, value)
    this.#operations?.transientWritten(entry)
  }

  /**
   * Begins a contract at an address that has no code and no nonce. It keeps its balance; storage that it may have had (an
   * address met before EIP-7610) is cleared.
   */
  createAccount(address: Address): void {
    const account = this.#access(address)
    account.looked |= LOOKED_CODE
    this.#touch(account)
    this.#journal.push({ kind: 'createdAccount', account, existed: account.exists })
    account.isCreated = true
    account.exists = true
    this.#operations?.account(OPERATION.accountCreated, account)
    if (this.#mayHaveStorage(account)) this.#reset(account)
  }

  isCreatedInTransaction(address: Address): boolean {
    return this.#account(address).isCreated
  }

  /**
   * The account goes at the end of the transaction; from Cancun on (EIP-6780) only if the transaction created it. Returns
   * whether it was not marked before.
   */
  markDestroyed(address: Address): boolean {
    const account = this.#access(address)
    this.#touch(account)
    this.#operations?.account(OPERATION.selfDestructed, account)
    if (account.isDestroyed) return false
    this.#journal.push({ kind: 'selfDestruct', account })
    account.isDestroyed = true
    return true
  }

  /** The account took part in a state change, be it of nothing (EIP-161). Before EIP-161 it exists from then on. */
  touch(address: Address): void {
    this.#touch(this.#access(address))
  }

  /** The account was met, and nothing else (EIP-7928). Looking at it or changing it says so too. */
  markAccessed(address: Address): void {
    this.#access(address)
  }

  addLog({ address, topics, data }: Log): void {
    const account = this.#access(address)
    this.#memory.addLog(account.number, topics, data)
    this.#operations?.account(OPERATION.logged, account)
  }

  /** In gas. */
  get refund(): bigint {
    this.own()
    return this.#memory.memory.i64[CONTROL.refund / 8]!
  }

  addRefund(gas: bigint): void {
    this.own()
    this.#memory.memory.i64[CONTROL.refund / 8]! += gas
  }

  subRefund(gas: bigint): void {
    this.addRefund(-gas)
  }

  get keepsPreimages(): boolean {
    return this.#preimages !== undefined
  }

  /** Notes what a KECCAK256 hashed, if preimages are kept. */
  preimage(hash: Hash, bytes: Uint8Array): void {
    if (!this.#preimages || this.#preimages.has(hash)) return
    this.#journal.push({ kind: 'preimage', hash })
    this.#preimages.set(hash, bytes)
  }

  /** Of all transactions since construction. */
  get preimages(): ReadonlyMap<Hash, Uint8Array> {
    return this.#preimages ?? new Map()
  }

  // Warmth (EIP-2929): not a look

  isWarmAddress(address: Address): boolean {
    return this.#account(address).isWarm
  }

  /** Returns whether it was warm. */
  warmAddress(address: Address): boolean {
    const account = this.#account(address)
    if (account.isWarm) return true
    this.#journal.push({ kind: 'accessListAddress', account })
    account.isWarm = true
    return false
  }

  isWarmSlot(address: Address, slot: bigint): boolean {
    const entry = this.#memory.slot(this.#account(address).number, slot)
    return (this.#memory.flags(entry) & SLOT_FLAGS.isWarm) !== 0
  }

  /** Returns whether it was warm. */
  warmSlot(address: Address, slot: bigint): boolean {
    return this.#memory.makeWarm(this.#memory.slot(this.#account(address).number, slot))
  }

  /** What is made warm from here on can be taken back. */
  warmthMark(): WarmthMark {
    this.own()
    return { journal: this.#journal.length, slots: this.#memory.journalLength }
  }

  /** Makes cold again what has become warm since the mark, and was not rolled back. */
  takeWarmth({ journal, slots }: WarmthMark): Warmth {
    this.own()
    const accounts = this.#journal.slice(journal).flatMap((entry) => {
      return entry.kind === 'accessListAddress' ? [entry.account] : []
    })
    for (const account of accounts) account.isWarm = false
    return { accounts, slots: this.#memory.takeWarmth(slots) }
  }

  /** Makes warm what was taken. */
  addWarmth({ accounts, slots }: Warmth): void {
    this.own()
    for (const { address } of accounts) this.warmAddress(address)
    for (const entry of slots) this.#memory.makeWarm(entry)
  }

  /** Accounts and slots that the running transaction has met and logged; 0 where nothing is recorded. */
  get recordedLocations(): number {
    this.own()
    return this.#operations === undefined ? 0 : this.#memory.recordedLocations
  }

  // For tracers: what is there now, looked at without being recorded

  /** Nonce 0, balance 0 and the hash of no code for an account that is not there. */
  peekAccount(address: Address): Account {
    const account = this.#accounts.get(address)
    if (!account?.isLoaded) return this.#view.account(address) ?? NO_ACCOUNT
    const { nonce, balance, credited, codeHash } = account
    return { nonce, balance: balance + credited, codeHash }
  }

  peekCode(address: Address): Uint8Array {
    const account = this.#accounts.get(address)
    return account?.isLoaded ? this.#codeOf(account) : this.#view.code(this.peekAccount(address).codeHash)
  }

  /** To be called in a transaction, or after it before the next one begins. */
  peekSlot(address: Address, slot: bigint): bigint {
    const account = this.#account(address)
    const entry = this.#memory.slot(account.number, slot)
    if (this.#memory.flags(entry) & SLOT_FLAGS.isLoaded) return this.#memory.read(entry, 'value')
    return account.isStorageCleared ? 0n : this.#view.slot(address, slot)
  }

  // For the virtual machine, which works on slots by itself

  /** The number of an account in state memory, which is met with that. */
  accountNumber(address: Address): number {
    return this.#access(address).number
  }

  readSlot(number: number, entry: number): bigint {
    const account = this.#ofNumber(number)
    // A contract that meets so many slots may be a new one, of which the view below has none.
    if (++account.slotsRead === MANY_SLOTS) account.hadStorage ??= this.#view.hasStorage(account.address)
    if (account.hadStorage === false) return 0n
    return this.#view.slot(account.address, this.#memory.key(entry))
  }

  isStorageCleared(number: number): boolean {
    return this.#ofNumber(number).isStorageCleared
  }

  // Inside

  #ofNumber(number: number): AccountState {
    if (this.#reading?.number !== number) this.#reading = this.#byNumber.get(number)!
    return this.#reading
  }

  #account(address: Address): AccountState {
    this.own()
    let account = this.#accounts.get(address)
    if (!account) {
      account = new AccountState(address)
      this.#accounts.set(address, account)
      this.#byNumber.set(account.number, account)
      this.#numbers.push(account.number)
    }
    if (account.epoch !== this.#epoch) {
      account.enter(this.#epoch)
      this.#met.push(account)
    }
    return account
  }

  #access(address: Address): AccountState {
    const account = this.#account(address)
    account.isAccessed = true
    if (!account.isLoaded) account.load(this.#view.account(address))
    return account
  }

  /** Its entry in state memory, loaded and looked at. */
  #accessSlot(account: AccountState, slot: bigint): number {
    const entry = this.#memory.slot(account.number, slot)
    this.#memory.load(entry)
    this.#memory.setFlag(entry, SLOT_FLAGS.isRead)
    return entry
  }

  #transientSlot(account: AccountState, slot: bigint): number {
    return this.#memory.slot(account.number | TRANSIENT, slot)
  }

  #lookAtBalance(account: AccountState): void {
    if (account.looked & LOOKED_BALANCE) return
    account.looked |= LOOKED_BALANCE
    account.balance += account.credited
    account.credited = 0n
  }

  #readCode(address: Address): AccountState {
    const account = this.#access(address)
    account.looked |= LOOKED_CODE
    this.#operations?.code(OPERATION.codeRead, account, account.codeHash)
    return account
  }

  #codeOf(account: AccountState): Uint8Array {
    account.code ??= this.#view.code(account.codeHash)
    return account.code
  }

  #touch(account: AccountState): void {
    // One that is touched for good may not be there any more: what it is sent brings it back.
    if (account.isTouched && account.exists) return
    this.#journal.push({ kind: 'touch', account, existed: account.exists })
    account.isTouched = true
    account.exists = true
  }

  #mayHaveStorage(account: AccountState): boolean {
    account.hadStorage ??= this.#view.hasStorage(account.address)
    if (account.hadStorage && !account.isStorageCleared) return true
    for (const entry of this.#memory.loadedSlots(account.number)) {
      if (this.#memory.read(entry, 'value') !== 0n) return true
    }
    return false
  }

  #reset(account: AccountState): void {
    const loaded = new Set(this.#memory.loadedSlots(account.number))
    this.#journal.push({ kind: 'resetAccount', account, wasCleared: account.isStorageCleared, loaded })
    for (const entry of loaded) {
      this.#memory.journal('value', entry)
      this.#memory.journal('original', entry)
    }
    this.#clearStorage(account)
    this.#operations?.account(OPERATION.accountReset, account)
  }

  #clearStorage(account: AccountState): void {
    account.isStorageCleared = true
    account.clearsStorage = true
    for (const entry of this.#memory.loadedSlots(account.number)) {
      this.#memory.reset(entry, 0n)
    }
  }

  /** At the end of a transaction, so there is nothing to undo. What it was sent after its self-destruction is burnt. */
  #delete(account: AccountState): void {
    this.#lookAtBalance(account)
    const clearsStorage = account.isCreated ? account.clearsStorage : this.#mayHaveStorage(account)
    if (clearsStorage) this.#clearStorage(account)
    else {
      for (const entry of this.#memory.metSlots(account.number)) {
        this.#memory.write(entry, this.#memory.read(entry, 'original'))
      }
    }
    account.nonce = 0n
    account.balance = 0n
    account.codeHash = KECCAK_EMPTY
    account.code = undefined
    account.exists = false
  }

  #undo(entry: JournalEntry): void {
    switch (entry.kind) {
      case 'createdAccount':
        entry.account.isCreated = false
        entry.account.exists = entry.existed
        return
      case 'resetAccount':
        entry.account.isStorageCleared = entry.wasCleared
        entry.account.clearsStorage = false
        // One loaded since the reset was loaded as 0; the others have been brought back by their own journal.
        for (const slot of this.#memory.loadedSlots(entry.account.number)) {
          if (entry.loaded.has(slot)) continue
          const value = entry.wasCleared ? 0n : this.#memory.read(slot, 'base')
          this.#memory.reset(slot, value)
        }
        return
      case 'selfDestruct':
        entry.account.isDestroyed = false
        return
      case 'balance':
        if (entry.account.looked & LOOKED_BALANCE) entry.account.balance -= entry.delta
        else entry.account.credited -= entry.delta
        return
      case 'nonce':
        entry.account.nonce = entry.previous
        return
      case 'code':
        entry.account.codeHash = entry.previous
        entry.account.code = entry.previousBytes
        return
      case 'preimage':
        this.#preimages?.delete(entry.hash)
        return
      case 'touch':
        entry.account.exists = entry.existed
        entry.account.isTouched = entry.account.address === TOUCHED_FOR_GOOD
        return
      case 'accessListAddress':
        entry.account.isWarm = false
        return
      default:
        entry satisfies never
    }
  }
}

/** What `use` makes of a world state over a view, which is released after that. */
export function withWorldState<Result>(
  options: WorldStateOptions,
  modules: { readonly view: StateView },
  use: (state: WorldState) => Result,
): Result {
  const state = new WorldState(options, modules)
  try {
    return use(state)
  } finally {
    state.release()
  }
}
