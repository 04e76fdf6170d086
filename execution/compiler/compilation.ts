import type { Rules } from '../../config/hardforks.ts'
import { FunctionBody, type Label, type Local, ModuleBuilder } from '../../primitives/wasm/encoder.ts'
import { WASM_PAGE_BYTES } from '../../primitives/wasm/webassembly.ts'
import { instructionsFor } from '../evm/opcodes.ts'
import { STACK_LIMIT } from '../evm/stack.ts'
import { WORD_BYTES } from '../evm/word.ts'
import { CONTROL, FRAME, MEMORY_BYTES } from '../state/linear-memory.ts'
import { type Block, CodeBlocks, isHosted, TERMINATORS } from './blocks.ts'
import { type CompilationLimits, DEFAULT_LIMITS } from './compilation-limits.ts'
import { CompiledEmitter, type CompiledRegisters, cloneState, type SymbolicState } from './compiled-emitter.ts'
import { EMISSIONS } from './emissions.ts'
import type { Halts } from './emitter.ts'
import { EXIT, JUMPS_PER_PAUSE } from './exit-reasons.ts'
import { RUNTIME_SIGNATURES, type RuntimeFunctions } from './runtime.ts'
import { type Structure, structureOf } from './structure.ts'
import { constant, constantOf, LIMBS, significantLimbs, type Word, wordOf } from './word.ts'

/** What running the code has shown. */
export interface Profile {
  /** Whether the block at a position has run; without it all are taken to have. */
  readonly hasRun?: ((position: number) => boolean) | undefined
  /** Words at loop heads that have had more than 64 bits, as `wideKey` names them. */
  readonly wide: ReadonlySet<string>
}

/** The word at a depth below the top, at the head of a loop. */
export function wideKey(position: number, depth: number): string {
  return `${position}:${depth}`
}

/** The code is not worth it, or not good for it: it stays with the interpreter. */
export class CompilationError extends Error {
  override readonly name = 'CompilationError'
}

/** The analysis begins again with what it has found out. */
class Restart {}

/** A word at the beginning of a node, over all edges that lead to it. */
interface AbstractWord {
  constant: bigint | undefined
  bits: number
  /** As of a word. */
  targets: ReadonlySet<bigint> | undefined
  /** As of a word. */
  pushedAt: number | undefined
}

/**
 * A block as it is reached in one way: with so many words in locals, among which the places to return to are known. So an
 * internal function of the contract is a node of its own for each caller.
 */
interface Node {
  readonly index: number
  readonly block: Block
  words: AbstractWord[]
  isFloating: boolean
  successors: number[]
  /** Has a jump to somewhere that is not known: it is written as a choice among all places known to be meant anywhere. */
  isUnresolved: boolean
}

/**
 * A block that is reached with more different numbers of words than this, or from inside itself, is reached with the fewest,
 * the others in memory: code that is slow, and more of it. Small functions of OpenZeppelin's contracts are called with up to 27,
 * those of the largest two with up to 42.
 */
const MAX_HEIGHTS = 32
/** For code of which there would be too many nodes otherwise. */
const FEWER_HEIGHTS = 12
const MAX_CONTEXTS = 12
const MAX_TARGETS = 64
const MAX_CANDIDATES = 32
const LIMB_BITS = 64
/** Width bounds go up in these steps, so that an analysis ends soon. */
const WIDTHS = [1, 8, 32, 64, 128, 160, 192, 256]

/**
 * One compilation of EVM bytecode to a WebAssembly module that exports `run(frame) -> reason`, entered at position 0 with an empty
 * stack.
 */
export class Compilation {
  readonly #rules: Rules
  readonly #blocks: CodeBlocks
  readonly #profile: Profile
  readonly #limits: CompilationLimits
  // What outlives a restart
  readonly #shared = new Map<number, number>()
  #maxHeights = MAX_HEIGHTS
  readonly #candidates = new Set<number>()
  #loopHeads: ReadonlySet<number> = new Set()
  // What does not
  #nodes: Node[] = []
  #byKey = new Map<string, Node>()
  #heights = new Map<number, Set<number>>()
  #contexts = new Map<string, Set<string>>()
  #queue: Node[] = []
  #visits = 0
  // While writing
  #module = new ModuleBuilder()
  #functions: RuntimeFunctions | undefined
  #hostStep = 0
  #hostPause = 0

  constructor(code: Uint8Array, rules: Rules, profile: Profile, limits: CompilationLimits = DEFAULT_LIMITS) {
    this.#rules = rules
    this.#blocks = new CodeBlocks(code, instructionsFor(rules))
    this.#profile = profile
    this.#limits = limits
  }

  /** The module's bytes. @throws CompilationError */
  compile(): Uint8Array {
    this.#import()
    // First without assumptions, to see where the loops are.
    this.#analyseFully()
    const heads = this.#findLoopHeads()
    if (heads.size > 0) {
      this.#loopHeads = heads
      this.#analyseFully()
    }
    const structure = structureOf({ successors: this.#nodes.map((node) => node.successors) })
    const run = this.#module.declare(['i32'], ['i32'], 'run')
    this.#module.define(run, (body) => new Writer(this, body, structure).write())
    return this.#module.encode()
  }

  #import(): void {
    const module = this.#module
    module.importMemory('pavm', 'memory', MEMORY_BYTES / WASM_PAGE_BYTES)
    this.#hostStep = module.importFunction('pavm', 'step', ['i32'], ['i32'])
    this.#hostPause = module.importFunction('pavm', 'pause', [], [])
    this.#functions = Object.fromEntries(
      Object.entries(RUNTIME_SIGNATURES).map(([name, { parameters, results }]) => [
        name,
        module.importFunction('runtime', name, parameters, results),
      ]),
    ) as unknown as RuntimeFunctions
  }

  get functions(): RuntimeFunctions {
    return this.#functions!
  }

  get hostStep(): number {
    return this.#hostStep
  }

  get hostPause(): number {
    return this.#hostPause
  }

  get rules(): Rules {
    return this.#rules
  }

  get limits(): CompilationLimits {
    return this.#limits
  }

  get nodes(): readonly Node[] {
    return this.#nodes
  }

  get candidates(): readonly number[] {
    return [...this.#candidates].sort((a, b) => a - b)
  }

  isDestination(position: bigint): boolean {
    return this.#blocks.isDestination(position)
  }

  hasRun(position: number): boolean {
    return this.#profile.hasRun?.(position) ?? true
  }

  // Analysis

  #analyseFully(): void {
    for (let restarts = 0; ; restarts++) {
      if (restarts > this.#limits.restarts) throw new CompilationError('the analysis does not settle')
      try {
        this.#analyse()
        return
      } catch (error) {
        if (!(error instanceof Restart)) throw error
      }
    }
  }

  #analyse(): void {
    this.#nodes = []
    this.#byKey = new Map()
    this.#heights = new Map()
    this.#contexts = new Map()
    this.#queue = []
    this.reach(0, { words: [], taken: 0, owed: 0n, isFloating: false })
    const analyst = new Analyst(this)
    for (let node = this.#queue.shift(); node !== undefined; node = this.#queue.shift()) {
      if (++this.#visits > this.#limits.visits) throw new CompilationError('too many visits')
      node.successors = []
      node.isUnresolved = false
      analyst.visit(node)
    }
  }

  /**
   * An edge to the block at a position: the node that it leads to, made or changed if need be, and how many of the lowest words
   * go to memory. Only the analysis changes anything.
   */
  reach(position: number, state: SymbolicState): { readonly node: Node; readonly spilled: number } {
    this.#noteHeight(position, state.words)
    const { node, spilled } = this.find(position, state)
    const words = state.words.slice(spilled).map((word) => this.#abstract(word))
    for (const word of state.words.slice(0, spilled)) this.#noteCandidates(this.#abstract(word))
    const isFloating = state.isFloating || spilled > 0
    if (node !== undefined) {
      if (this.#join(node, words, isFloating) && !this.#queue.includes(node)) this.#queue.push(node)
      return { node, spilled }
    }
    if (this.#nodes.length >= this.#limits.nodes) {
      if (this.#maxHeights === FEWER_HEIGHTS) throw new CompilationError('too many nodes')
      this.#maxHeights = FEWER_HEIGHTS
      throw new Restart()
    }
    const made: Node = {
      index: this.#nodes.length,
      block: this.#blocks.at(position),
      words: words.map((word, index) => this.#clamped(position, words.length - 1 - index, word)),
      isFloating,
      successors: [],
      isUnresolved: false,
    }
    this.#nodes.push(made)
    this.#byKey.set(this.#keyOf(position, state.words, spilled), made)
    this.#queue.push(made)
    return { node: made, spilled }
  }

  /** @throws Restart when the block is reached with fewer words than it is known to be, or in too many ways */
  #noteHeight(position: number, words: readonly Word[]): void {
    const canonical = this.#shared.get(position)
    if (canonical === undefined) {
      const heights = this.#heights.get(position) ?? new Set()
      this.#heights.set(position, heights.add(words.length))
      if (heights.size <= this.#maxHeights && (heights.size === 1 || !this.#isRecursive(words))) return
      this.#shared.set(position, Math.min(...heights))
    } else {
      if (words.length >= canonical) return
      this.#shared.set(position, words.length)
    }
    throw new Restart()
  }

  find(position: number, { words }: SymbolicState): { readonly node: Node | undefined; readonly spilled: number } {
    const spilled = words.length - (this.#shared.get(position) ?? words.length)
    return { node: this.#byKey.get(this.#keyOf(position, words, spilled)), spilled }
  }

  /**
   * Whether a place to return to is there twice, pushed by one instruction: then a function is on the way to calling itself. Two
   * instructions may push the same place for calls in one another's arguments: solc's IR pipeline joins code that is the same.
   */
  #isRecursive(words: readonly Word[]): boolean {
    const seen = new Set<number>()
    for (const word of words) {
      const value = constantOf(word)
      // Small numbers are more often numbers than places.
      if (value === undefined || value <= 0xffn || !this.#blocks.isDestination(value)) continue
      if (word.pushedAt === undefined) continue
      if (seen.has(word.pushedAt)) return true
      seen.add(word.pushedAt)
    }
    return false
  }

  #keyOf(position: number, words: readonly Word[], spilled: number): string {
    const place = `${position}:${words.length - spilled}`
    const context = words
      .slice(spilled)
      .map((word, index) => {
        const value = constantOf(word)
        return value !== undefined && this.#blocks.isDestination(value) ? `${index}=${value}` : ''
      })
      .filter((part) => part !== '')
      .join()
    const contexts = this.#contexts.get(place) ?? new Set()
    this.#contexts.set(place, contexts)
    if (!contexts.has(context)) {
      if (contexts.size >= MAX_CONTEXTS) return `${place}:any`
      contexts.add(context)
    }
    return `${place}:${context}`
  }

  #join(node: Node, words: readonly AbstractWord[], isFloating: boolean): boolean {
    let changed = false
    if (isFloating && !node.isFloating) {
      node.isFloating = true
      changed = true
    }
    for (const [index, word] of node.words.entries()) {
      const incoming = words[index]!
      if (word.constant !== undefined && word.constant !== incoming.constant) {
        word.constant = undefined
        changed = true
      }
      if (word.pushedAt !== undefined && word.pushedAt !== incoming.pushedAt) {
        word.pushedAt = undefined
        changed = true
      }
      const targets = union(word.targets, incoming.targets)
      if (targets?.size !== word.targets?.size) {
        if (targets === undefined) this.#noteCandidates(word)
        word.targets = targets
        changed = true
      }
      if (targets === undefined) this.#noteCandidates(incoming)
      const { bits } = this.#clamped(node.block.position, node.words.length - 1 - index, {
        ...word,
        bits: Math.max(word.bits, incoming.bits),
      })
      if (bits > word.bits) {
        word.bits = bits
        changed = true
      }
    }
    return changed
  }

  /** At loop heads words are taken to have no more than 64 bits until one has been seen to have. */
  #clamped(position: number, depth: number, word: AbstractWord): AbstractWord {
    const { constant: value, bits } = word
    const rounded = WIDTHS.find((width) => width >= bits) ?? 256
    const isAssumed = this.#loopHeads.has(position) && !this.#profile.wide.has(wideKey(position, depth))
    return { ...word, bits: isAssumed && value === undefined ? Math.min(LIMB_BITS, rounded) : rounded }
  }

  #abstract(word: Word): AbstractWord {
    const value = constantOf(word)
    const isTarget = value !== undefined && this.#blocks.isDestination(value)
    const { bits, targets, pushedAt } = word
    return { constant: value, bits, targets: isTarget ? new Set([value]) : targets, pushedAt }
  }

  /** Places that are lost sight of: jumps to somewhere unknown may mean them. */
  #noteCandidates({ targets }: AbstractWord): void {
    for (const target of targets ?? []) {
      const position = Number(target)
      if (this.#candidates.has(position) || this.#candidates.size >= MAX_CANDIDATES) continue
      this.#candidates.add(position)
      for (const node of this.#nodes) {
        if (node.isUnresolved && !this.#queue.includes(node)) this.#queue.push(node)
      }
    }
  }

  /** Blocks that an edge goes back to, in depth-first order. */
  #findLoopHeads(): Set<number> {
    const heads = new Set<number>()
    const state = new Uint8Array(this.#nodes.length)
    const stack: { node: number; next: number }[] = [{ node: 0, next: 0 }]
    state[0] = 1
    while (stack.length > 0) {
      const top = stack.at(-1)!
      const successor = this.#nodes[top.node]!.successors[top.next++]
      if (successor === undefined) {
        state[top.node] = 2
        stack.pop()
      } else if (state[successor] === 0) {
        state[successor] = 1
        stack.push({ node: successor, next: 0 })
      } else if (state[successor] === 1) heads.add(this.#nodes[successor]!.block.position)
    }
    return heads
  }
}

/** `undefined` where it is not known, or too many. */
function union(
  a: ReadonlySet<bigint> | undefined,
  b: ReadonlySet<bigint> | undefined,
): ReadonlySet<bigint> | undefined {
  if (a === undefined || b === undefined) return undefined
  const both = a.union(b)
  return both.size > MAX_TARGETS ? undefined : both
}

/** What analysis and writing have in common: blocks are gone through by the same code, so both see the same. */
abstract class Walker {
  readonly compilation: Compilation
  abstract readonly emitter: CompiledEmitter

  constructor(compilation: Compilation) {
    this.compilation = compilation
  }

  /** An edge from here to the block at a position, which has run. */
  protected abstract follow(position: number): void

  /** A block that has not run is left to the interpreter. */
  protected go(position: number): void {
    if (this.compilation.hasRun(position)) this.follow(position)
    else this.emitter.leaveAt(position, EXIT.resume)
  }

  /** What is inside `write` may happen or not. */
  protected abstract branch(write: () => void): void
  protected abstract noteUnresolved(): void

  /** Blocks can be long: between any two instructions the limits hold. @throws CompilationError */
  protected checkSize(): void {
    const { body } = this.emitter
    const { bytes, locals, localsInStructures } = this.compilation.limits
    if (body.size > bytes) throw new CompilationError('the module is too large')
    if (body.localCount > locals || body.localCount * body.structureCount > localsInStructures) {
      throw new CompilationError('too many locals')
    }
  }

  protected walk({ instructions, next }: Block): void {
    const { emitter, compilation } = this
    emitter.isOver = false
    const lent = emitter.lent
    for (const placedInstruction of instructions) {
      const { position, instruction } = placedInstruction
      if (emitter.lent - lent > MAX_LENT) emitter.releaseUnused(lent, emitter.state.words)
      this.checkSize()
      emitter.current = placedInstruction
      if (TERMINATORS[instruction.name] === 'message') {
        emitter.leaveAt(position, EXIT.host)
        return
      }
      if (instruction.joins && compilation.rules.threads !== undefined) {
        emitter.body.get(emitter.registers.frame).memory('i32.load', FRAME.mustJoin)
        this.branch(() => emitter.leaveAt(position, EXIT.host))
      }
      if (isHosted(instruction)) {
        emitter.callHost(compilation.hostStep, placedInstruction)
        continue
      }
      emitter.state.owed += instruction.gas
      EMISSIONS[instruction.name]!(emitter, compilation.rules)
      if (emitter.isOver) return
    }
    // Nothing else can come next, so it has run, though no jump told so.
    this.follow(next)
  }

  jump(destination: Word): void {
    this.#jumpTo(destination, [destination])
  }

  /** `operands`: of the instruction, lowest first, as the interpreter needs them if it is left to it. */
  #jumpTo(destination: Word, operands: readonly Word[]): void {
    const { emitter } = this
    const position = constantOf(destination)
    if (position === undefined) this.#jumpAmong(destination, operands)
    else if (this.compilation.isDestination(position)) this.go(Number(position))
    else emitter.body.br(emitter.halts['invalid-jump'])
  }

  jumpIf(destination: Word, condition: Word): void {
    const { emitter } = this
    const { position, instruction } = emitter.current!
    const target = constantOf(destination)
    const known = constantOf(condition)
    const next = position + 1
    if (known !== undefined) {
      if (known === 0n) this.go(next)
      else this.#jumpTo(destination, [condition, destination])
      return
    }
    if (target === undefined) {
      emitter.state.words.push(condition, destination)
      emitter.state.owed -= instruction.gas
      emitter.leaveAt(position, EXIT.resume)
      return
    }
    emitter.pushTruth(condition)
    this.branch(() => {
      emitter.learn(condition, true)
      if (this.compilation.isDestination(target)) this.go(Number(target))
      else emitter.body.br(emitter.halts['invalid-jump'])
    })
    emitter.learn(condition, false)
    this.go(next)
  }

  /** One of the places that it can be, or that return addresses have been seen to be; else the interpreter finds out. */
  #jumpAmong(destination: Word, operands: readonly Word[]): void {
    const { emitter, compilation } = this
    const { position, instruction } = emitter.current!
    if (destination.targets === undefined) this.noteUnresolved()
    emitter.materialise(destination)
    const places = destination.targets === undefined ? compilation.candidates : [...destination.targets].map(Number)
    for (const candidate of places) {
      emitter.pushTruth(emitter.equal(destination, constant(BigInt(candidate))))
      this.branch(() => this.go(candidate))
    }
    emitter.state.words.push(...operands)
    emitter.state.owed -= instruction.gas
    emitter.leaveAt(position, EXIT.resume)
  }
}

const NO_LABEL: Label = { depth: 0 }
const NO_HALTS: Halts = {
  'out-of-gas': NO_LABEL,
  'invalid-jump': NO_LABEL,
  'write-in-static-context': NO_LABEL,
}

/** Registers of every compiled function: its parameter, and locals that come first. */
function declareRegisters(body: FunctionBody): CompiledRegisters {
  return {
    frame: 0,
    stackPointer: body.local('i32'),
    gas: body.local('i64'),
    memoryBase: body.local('i32'),
    memoryLimit: body.local('i64'),
    stackBase: body.local('i32'),
    stackEnd: body.local('i32'),
    budget: body.local('i32'),
  }
}

/** From here on numbers that no local has: in the analysis words are nowhere, but no two of them are the same. */
const NO_LOCAL = 1 << 20

/** Goes through a block for what it does to the widths and constants of words; its code is thrown away. */
class Analyst extends Walker {
  override emitter!: CompiledEmitter
  #node: Node | undefined

  visit(node: Node): void {
    const body = new FunctionBody(['i32'])
    this.emitter = new CompiledEmitter(body, {
      registers: declareRegisters(body),
      functions: this.compilation.functions,
      halts: () => NO_HALTS,
      ends: this,
    })
    this.#node = node
    this.emitter.state = {
      words: node.words.map(({ constant: value, bits, targets, pushedAt }, place) => {
        if (value !== undefined) return { ...constant(value), pushedAt }
        const limbs = Array.from({ length: significantLimbs(bits) }, (_, limb) => NO_LOCAL + LIMBS * place + limb)
        return { ...wordOf(limbs, bits), targets }
      }),
      taken: 0,
      owed: 0n,
      isFloating: node.isFloating,
    }
    const { needed, highest } = node.block
    // As in `Writer`: such a block is left at its beginning.
    if (!node.isFloating && (needed > node.words.length || node.words.length + highest > STACK_LIMIT)) return
    this.walk(node.block)
  }

  protected override follow(position: number): void {
    const { node } = this.compilation.reach(position, this.emitter.state)
    this.#node!.successors.push(node.index)
  }

  protected override branch(write: () => void): void {
    const kept = this.emitter.state
    this.emitter.state = cloneState(kept)
    write()
    this.emitter.state = kept
  }

  protected override noteUnresolved(): void {
    this.#node!.isUnresolved = true
  }
}

/** Locals of instructions that are done are given back when there are more than this. */
const MAX_LENT = 64

/** Writes the nodes, in the order and with the blocks and loops that the structure says. */
class Writer extends Walker {
  override readonly emitter: CompiledEmitter
  readonly #body: FunctionBody
  readonly #registers: CompiledRegisters
  readonly #structure: Structure
  readonly #loops = new Map<number, Label>()
  readonly #merges = new Map<number, Label>()
  /** Locals of words where paths join: four for each place in the stack, as they are needed. */
  readonly #slots: (Local | undefined)[] = []
  #halts: Halts = NO_HALTS
  #dispatcher: { readonly label: Label; readonly target: Local } | undefined
  #node!: Node

  constructor(compilation: Compilation, body: FunctionBody, structure: Structure) {
    super(compilation)
    this.#body = body
    this.#structure = structure
    this.#registers = declareRegisters(body)
    this.emitter = new CompiledEmitter(body, {
      registers: this.#registers,
      functions: compilation.functions,
      halts: () => this.#halts,
      ends: this,
    })
  }

  write(): void {
    const body = this.#body
    this.#loadRegisters()
    const reasons = [
      ['out-of-gas', EXIT.outOfGas],
      ['invalid-jump', EXIT.invalidJump],
      ['write-in-static-context', EXIT.writeInStaticContext],
    ] as const
    const labels = reasons.map(() => body.begin('block')).reverse()
    this.#halts = {
      'out-of-gas': labels[0]!,
      'invalid-jump': labels[1]!,
      'write-in-static-context': labels[2]!,
    }
    if (this.#structure.targets.length === 0) this.#writeNode(0, this.#fresh(0))
    else this.#writeDispatcher()
    for (const [, reason] of reasons) {
      body.emit('unreachable')
      body.end()
      body.i32(reason).emit('return')
    }
    body.emit('unreachable')
  }

  #loadRegisters(): void {
    const body = this.#body
    const { frame, stackPointer, gas, memoryBase, stackBase, stackEnd, budget } = this.#registers
    body.get(frame).memory('i32.load', FRAME.stackPointer).set(stackPointer)
    body.get(frame).memory('i64.load', FRAME.gas).set(gas)
    body.get(frame).memory('i32.load', FRAME.memoryBase).set(memoryBase)
    body.get(frame).memory('i32.load', FRAME.stackBase).tee(stackBase)
    body
      .i32(STACK_LIMIT * WORD_BYTES)
      .emit('i32.sub')
      .set(stackEnd)
    body.i32(0).memory('i32.load', CONTROL.jumpBudget).set(budget)
    this.emitter.reloadMemoryLimit()
  }

  /** Reads where to go from a local; the beginning, and all edges for which there is no loop, go through here. */
  #writeDispatcher(): void {
    const body = this.#body
    const { targets, kids } = this.#structure
    const target = body.local('i32')
    body.i32(0).set(target)
    const label = body.begin('loop')
    this.#dispatcher = { label, target }
    const all = kids.at(-1)!
    for (const kid of all.toReversed()) this.#merges.set(kid, body.begin('block'))
    const table = targets.map((node) => this.#merges.get(node)!)
    body.get(target).brTable(table, table[0]!)
    for (const kid of all) {
      body.end()
      this.#writeNode(kid, this.#fresh(kid))
      body.emit('unreachable')
    }
    body.end()
  }

  /** A node that is reached by branches: its words are constants or in the locals of their places. */
  #fresh(index: number): SymbolicState {
    const node = this.compilation.nodes[index]!
    const words = node.words.map(({ constant: value, bits, targets, pushedAt }, place) => {
      if (value !== undefined) return { ...constant(value), pushedAt }
      const limbs = Array.from({ length: significantLimbs(bits) }, (_, limb) => this.#slot(place, limb))
      return { ...wordOf(limbs, bits), targets }
    })
    return { words, taken: 0, owed: 0n, isFloating: node.isFloating }
  }

  #slot(place: number, limb: number): Local {
    const index = LIMBS * place + limb
    const known = this.#slots[index]
    if (known !== undefined) return known
    const local = this.#body.local('i64')
    this.#slots[index] = local
    return local
  }

  #writeNode(index: number, state: SymbolicState): void {
    const body = this.#body
    const { emitter } = this
    const node = this.compilation.nodes[index]!
    const kids = this.#structure.kids[index]!
    const isLoop = this.#structure.isLoop[index]!
    const lent = emitter.lent
    emitter.state = state
    if (isLoop) this.#beginLoop(index)
    for (const kid of kids.toReversed()) this.#merges.set(kid, body.begin('block'))
    const outer = this.#node
    this.#node = node
    this.#checkStack(node)
    this.#node = outer
    for (const kid of kids) {
      body.emit('unreachable')
      body.end()
      this.#writeNode(kid, this.#fresh(kid))
    }
    if (isLoop) {
      body.emit('unreachable')
      body.end()
    }
    emitter.releaseTo(lent)
  }

  /** Every round looks whether the gas has run out, and now and then whether there is something else to do. */
  #beginLoop(index: number): void {
    const body = this.#body
    const { budget } = this.#registers
    this.#loops.set(index, body.begin('loop'))
    this.emitter.testGas()
    body.get(budget).i32(1).emit('i32.sub').tee(budget).i32(0).emit('i32.le_s')
    body.if(() => body.call(this.compilation.hostPause).i32(JUMPS_PER_PAUSE).set(budget))
  }

  /** A block is left at its beginning if it would run into an end of the stack: the interpreter finds out where. */
  #checkStack(node: Node): void {
    const body = this.#body
    const { emitter } = this
    const { block } = node
    const { words, taken, isFloating } = emitter.state
    const { stackPointer, stackBase, stackEnd } = this.#registers
    const missing = block.needed - words.length
    if (!isFloating) {
      if (missing > 0 || words.length + block.highest > STACK_LIMIT) {
        emitter.leaveAt(block.position, EXIT.resume)
        return
      }
    } else {
      if (missing > 0) {
        body
          .get(stackPointer)
          .i32(WORD_BYTES * (taken + missing))
          .emit('i32.add')
          .get(stackBase)
          .emit('i32.gt_u')
        body.if(() => emitter.leaveAt(block.position, EXIT.resume))
      }
      if (block.highest > 0) {
        body
          .get(stackPointer)
          .i32(WORD_BYTES * (taken - words.length - block.highest))
          .emit('i32.add')
          .get(stackEnd)
        body.emit('i32.lt_s')
        body.if(() => emitter.leaveAt(block.position, EXIT.resume))
      }
    }
    this.walk(block)
  }

  protected override branch(write: () => void): void {
    const kept = this.emitter.state
    this.emitter.state = cloneState(kept)
    this.#body.if(() => {
      const lent = this.emitter.lent
      write()
      this.emitter.releaseTo(lent)
    })
    this.emitter.state = kept
  }

  protected override noteUnresolved(): void {}

  protected override follow(position: number): void {
    const { emitter, compilation } = this
    const { node, spilled } = compilation.find(position, emitter.state)
    if (node === undefined) throw new CompilationError('an edge that the analysis has not seen')
    const { order, isLoop, isMerge, dispatched } = this.#structure
    const from = this.#node.index
    const to = node.index
    const count = compilation.nodes.length
    if (
      !dispatched.has(from * count + to) &&
      order[to]! > order[from]! &&
      !isMerge[to] &&
      !isLoop[to] &&
      spilled === 0
    ) {
      emitter.state.isFloating = node.isFloating
      this.#writeNode(to, emitter.state)
      return
    }
    this.#assign(node, spilled)
    if (dispatched.has(from * count + to)) {
      const { label, target } = this.#dispatcher!
      this.#body.i32(this.#structure.targets.indexOf(to)).set(target).br(label)
    } else if (order[to]! <= order[from]!) this.#body.br(this.#loops.get(to)!)
    else if (isMerge[to]) this.#body.br(this.#merges.get(to)!)
    else this.#writeNode(to, this.#fresh(to))
  }

  /** Puts the words where the node expects them: the lowest into memory, the others into the locals of their places. */
  #assign(node: Node, spilled: number): void {
    const body = this.#body
    const { emitter } = this
    const { state } = emitter
    const { stackPointer } = this.#registers
    emitter.payGas()
    emitter.materialise(...state.words)
    this.#guard(node, spilled)
    for (let index = 0; index < spilled; index++) this.#spill(state, index)
    const moved = state.taken - spilled
    if (moved !== 0)
      body
        .get(stackPointer)
        .i32(WORD_BYTES * moved)
        .emit('i32.add')
        .set(stackPointer)
    const moves: Local[] = []
    for (const [place, { constant: value, bits }] of node.words.entries()) {
      if (value !== undefined) continue
      const word = state.words[place + spilled]!
      for (let limb = 0; limb < significantLimbs(bits); limb++) {
        const from = emitter.limb(word, limb)
        const to = this.#slot(place, limb)
        if (from === to) continue
        emitter.pushLimb(from)
        moves.push(to)
      }
    }
    for (const to of moves.reverse()) body.set(to)
  }

  #spill(state: SymbolicState, index: number): void {
    const { emitter } = this
    const address = emitter.local('i32')
    this.#body
      .get(this.#registers.stackPointer)
      .i32(WORD_BYTES * (state.taken - 1 - index))
      .emit('i32.add')
      .set(address)
    emitter.store(address, 0, state.words[index]!)
  }

  /** Words that the node takes to be narrow must be: else the interpreter goes on from the loop's head. */
  #guard(node: Node, spilled: number): void {
    const body = this.#body
    const { emitter } = this
    const upper = node.words.flatMap(({ constant: value, bits }, place) => {
      const word = emitter.state.words[place + spilled]!
      if (value !== undefined || word.bits <= LIMB_BITS * significantLimbs(bits)) return []
      return emitter
        .limbs(word)
        .slice(significantLimbs(bits))
        .filter((limb) => limb !== 0n)
    })
    if (upper.length === 0) return
    emitter.pushLimb(upper[0]!)
    for (const limb of upper.slice(1)) emitter.pushLimb(limb).emit('i64.or')
    body.i64(0).emit('i64.ne')
    body.if(() => emitter.leaveAt(node.block.position, EXIT.wide))
  }
}
