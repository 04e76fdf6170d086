import { EMPTY_BYTES } from '../../primitives/bytes.ts'
import type { Address } from '../../primitives/hex.ts'
import { KECCAK_EMPTY } from '../../primitives/keccak.ts'
import { Frame, type FrameSignal } from '../evm/frame.ts'
import { expansionGas, type FrameMemory } from '../evm/memory.ts'
import type { Instruction } from '../evm/opcodes.ts'
import { Stack } from '../evm/stack.ts'
import type { WorldState } from '../state/world-state.ts'

/** More than any instruction can cost: memory beyond 1 GiB is refused whatever there is. */
const PLENTY = 1n << 62n
const CALLS: ReadonlySet<string> = new Set(['CALL', 'CALLCODE', 'DELEGATECALL', 'STATICCALL'])

/**
 * What the frame's next instruction costs, without executing it: its own rules are run on a frame that has enough gas, an empty
 * memory of the same size, and a state that only answers. What a call passes on is not counted.
 */
export function neededGas(frame: Frame, instruction: Instruction, operands: readonly bigint[]): bigint {
  const probe = new ProbeFrame(frame)
  for (const word of operands.toReversed()) probe.stack.push(word)
  if (CALLS.has(instruction.name)) probe.stack.setTop(0n)
  const outcome = instruction.execute(probe)
  const passed = outcome?.kind === 'message' && outcome.message.kind === 'create' ? outcome.message.gas : 0n
  return instruction.gas + PLENTY - probe.gas - passed
}

class ProbeFrame extends Frame {
  override readonly stack = new Stack()
  override readonly memory: FrameMemory
  override gas = PLENTY
  override programCounter: number
  override returnData: Uint8Array

  constructor(frame: Frame) {
    const { context } = frame
    const state = new ProbeState(context.state) as unknown as WorldState
    super(frame.message, { context: { ...context, state, started: { ...context.started } }, checkpoint: 0 })
    this.memory = new ProbeMemory(frame.memory.size)
    this.programCounter = frame.programCounter + 1
    this.returnData = frame.returnData
  }

  override run(): FrameSignal {
    throw new Error('a probe runs nothing')
  }

  override close(): void {}
}

/** Has a size and no contents. */
class ProbeMemory implements FrameMemory {
  size: number

  constructor(size: number) {
    this.size = size
  }

  expansionGas(offset: bigint, length: bigint): bigint | undefined {
    return expansionGas(this.size, offset, length)
  }

  expand(offset: bigint, length: bigint): void {
    const end = Number((offset + length + 31n) >> 5n) * 32
    if (length > 0n && end > this.size) this.size = end
  }

  loadWord(): bigint {
    return 0n
  }

  storeWord(): void {}
  storeByte(): void {}

  read(): Uint8Array {
    return EMPTY_BYTES
  }

  view(): Uint8Array {
    return EMPTY_BYTES
  }

  write(): void {}
  writeFrom(): void {}
  copyWithin(): void {}

  contents(): Uint8Array {
    return EMPTY_BYTES
  }
}

/** What instructions ask of the state, answered without being recorded; what they do to it is not done. */
class ProbeState {
  readonly keepsPreimages = false
  readonly #state: WorldState

  constructor(state: WorldState) {
    this.#state = state
  }

  balance(address: Address) {
    return this.#state.peekAccount(address).balance
  }

  nonce(address: Address) {
    return this.#state.peekAccount(address).nonce
  }

  codeHash(address: Address) {
    return this.#state.peekAccount(address).codeHash
  }

  code(address: Address) {
    return this.#state.peekCode(address)
  }

  isEmpty(address: Address) {
    const { nonce, balance, codeHash } = this.#state.peekAccount(address)
    return nonce === 0n && balance === 0n && codeHash === KECCAK_EMPTY
  }

  exists(address: Address) {
    return !this.isEmpty(address)
  }

  slot(address: Address, slot: bigint) {
    return this.#state.peekSlot(address, slot)
  }

  originalSlot(address: Address, slot: bigint) {
    return this.#state.originalSlot(address, slot)
  }

  isCreatedInTransaction(address: Address) {
    return this.#state.isCreatedInTransaction(address)
  }

  warmAddress(address: Address) {
    return this.#state.isWarmAddress(address)
  }

  warmSlot(address: Address, slot: bigint) {
    return this.#state.isWarmSlot(address, slot)
  }

  transient() {
    return 0n
  }

  markDestroyed() {
    return true
  }

  setNonce() {}
  setSlot() {}
  setTransient() {}
  addRefund() {}
  subRefund() {}
  addLog() {}
  credit() {}
  debit() {}
  touch() {}
  preimage() {}
}
